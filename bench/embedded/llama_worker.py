"""llama.cpp three ways in one process: through Verax, through its own HTTP server, and with its usual batches.

``llama_worker.py WEIGHTS THREADS GENERATED`` prints one line of JSON. The runs take turns, so that whatever
else the machine does meets all of them.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import xllamacpp

from bench.embedded.work import CHAT, Clocked, clocked, filler, rates, resident_mib
from verax.kernel import canonical
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.models.base import Delta, ModelCall, Options
from verax.models.embedded import EmbeddedBackend, EmbeddedSettings
from verax.models.engine_request import completion_body
from verax.models.weights import hold_weights

_CONTEXT, _SLOTS, _ROUNDS = 2048, 2, 9
_STORY = CHAT.format("Tell me a long story about a fox and a hen in a small village.")

Way = Callable[[str, int], Awaitable[Clocked]]


async def main(arguments: list[str]) -> None:
    """Measure and print."""
    weights, threads, generated = arguments[0], int(arguments[1]), int(arguments[2])
    release = _release()
    begun = time.perf_counter()
    settings = EmbeddedSettings(slots=_SLOTS, threads=threads)
    backend = EmbeddedBackend(hold_weights(Path(weights), release.model.weights), release.model, settings)
    found: dict[str, Any] = {"load_s": round(time.perf_counter() - begun, 2), "resident_mib": resident_mib()}
    same = _http_server(weights, threads, batch=32, ubatch=1)
    usual = _http_server(weights, threads, batch=2048, ubatch=512)
    ways: dict[str, Way] = {
        "verax": lambda prompt, tokens: _through_verax(backend, _call(release, prompt, tokens, 1, 0.0)),
        "own_server": lambda prompt, tokens: asyncio.to_thread(clocked, _through_http(same, prompt, tokens)),
        "own_server_usual_batches": lambda prompt, tokens: asyncio.to_thread(
            clocked, _through_http(usual, prompt, tokens)
        ),
    }
    prompts = [{name: await way(filler(300, str(number)), 1) for name, way in ways.items()} for number in range(2)]
    replies = [{name: await way(_STORY, generated) for name, way in ways.items()} for _ in range(_ROUNDS)]
    count = _prompt_tokens(same)
    found["runs"] = {
        name: rates(count, [turn[name] for turn in prompts], [turn[name] for turn in replies]) for name in ways
    }
    found["of_own_server_by_wall_time"] = _ratio(replies, lambda run: run.tokens_per_s)
    found["of_own_server_by_processor_time"] = _ratio(replies, lambda run: 1 / run.processor_ms_per_token)
    found |= await _determinism(backend, release)
    found["resident_after_mib"] = resident_mib()
    print(json.dumps(found))


def _ratio(turns: list[dict[str, Clocked]], rate: Callable[[Clocked], float]) -> float:
    """Return the median over turns of our rate by the rate of llama.cpp's own server in the same turn."""
    return round(statistics.median(rate(turn["verax"]) / rate(turn["own_server"]) for turn in turns), 3)


def _release() -> Release:
    text = (Path(__file__).resolve().parents[2] / "src/verax/products/assistant/release.toml").read_text()
    manifest = Release.from_toml(text).manifest
    # The prompt is handed over as one segment that holds the whole text already.
    manifest["model"] |= {"context_tokens": _CONTEXT, "chat_template": "{{ messages[0]['content'] }}"}
    return Release.from_bytes(canonical.encode(manifest))


def _call(release: Release, prompt: str, tokens: int, seed: int, temperature: float) -> ModelCall:
    options = Options(temperature=temperature, max_tokens=tokens, seed=seed)
    return ModelCall(release, (Segment("release", "system", prompt),), options)


async def _through_verax(backend: EmbeddedBackend, call: ModelCall) -> Clocked:
    moments = Clocked()
    async for event in backend.generate(call):
        if isinstance(event, Delta):
            moments.piece()
    return moments


def _http_server(weights: str, threads: int, batch: int, ubatch: int) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = weights
    params.n_ctx, params.n_parallel = _CONTEXT * _SLOTS, _SLOTS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.n_batch, params.n_ubatch = batch, ubatch
    params.verbosity, params.cache_ram_mib, params.n_gpu_layers, params.fit_params = -1, 0, 0, False
    return xllamacpp.Server(params)


def _through_http(server: Any, prompt: str, tokens: int) -> Callable[[Callable[[], None]], None]:
    body = completion_body(prompt, Options(temperature=0.0, max_tokens=tokens, seed=1), 0)
    body.pop("return_progress")

    def run(piece: Callable[[], None]) -> None:
        with _post(server, body) as response:
            for line in response:
                if line.startswith(b"data: {") and json.loads(line[6:])["choices"][0]["text"]:
                    piece()

    return run


def _post(server: Any, body: dict[str, Any]) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(server.listening_address).netloc, timeout=300)
    connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
    return connection.getresponse()


def _prompt_tokens(server: Any) -> int:
    with _post(server, {"prompt": filler(300, "0"), "max_tokens": 1}) as response:
        return int(json.loads(response.read())["usage"]["prompt_tokens"])


async def _determinism(backend: EmbeddedBackend, release: Release) -> dict[str, Any]:
    """Say whether replies alone, among others and from the cache are the same bytes."""
    prompts = [CHAT.format(f"{word} " * count + "Go on.") for word, count in (("rain", 1), ("stone", 12), ("fish", 40))]

    async def say(number: int) -> str:
        call = _call(release, prompts[number], 16, 7 + number, 1.0)
        return "".join([event.text async for event in backend.generate(call) if isinstance(event, Delta)])

    alone = [await say(number) for number in range(len(prompts))]
    again = [await say(number) for number in range(len(prompts))]
    together = await asyncio.gather(*(say(number) for number in range(len(prompts))))
    return {"same_seed_same_text": alone == again, "same_text_among_others": alone == list(together)}


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
