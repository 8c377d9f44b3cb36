"""OpenVINO GenAI on the same file; runs in an environment of its own, where Verax is not installed.

``openvino_worker.py WEIGHTS THREADS GENERATED`` prints one line of JSON; ``openvino_worker.py
--lookups LOG`` imports it with its telemetry on and notes every host name that is looked up.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.embedded.work import CHAT, clocked, filler, rates, resident_mib


def main(arguments: list[str]) -> None:
    """Measure and print."""
    if arguments[0] == "--lookups":
        _log_lookups(arguments[1])
        return
    weights, threads, generated = arguments[0], int(arguments[1]), int(arguments[2])
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # keeps it from being imported
    begun = time.perf_counter()
    import openvino_genai as genai

    pipe = genai.LLMPipeline(weights, "CPU", INFERENCE_NUM_THREADS=threads)
    found: dict[str, Any] = {"load_s": round(time.perf_counter() - begun, 2), "resident_mib": resident_mib()}
    count = pipe.get_tokenizer().encode(filler(300, "0")).input_ids.shape[1]

    def run(prompt: str, tokens: int, seed: int | None = None) -> Callable[[Callable[[], None]], str]:
        config = genai.GenerationConfig()
        config.max_new_tokens, config.apply_chat_template, config.ignore_eos = tokens, False, True
        config.do_sample, config.rng_seed = seed is not None, seed or 0

        def generate(piece: Callable[[], None]) -> str:
            def took(_text: str) -> Any:
                piece()
                return genai.StreamingStatus.RUNNING

            return str(pipe.generate([prompt], config, took).texts[0])

        return generate

    prompts = [clocked(run(filler(300, str(number)), 1)) for number in range(2)]
    story = CHAT.format("Tell me a long story about a fox and a hen in a small village.")
    found |= rates(count, prompts, [clocked(run(story, generated)) for _ in range(5)])
    texts = {run(CHAT.format("Tell me a story."), 24, seed=7)(lambda: None) for _ in range(2)}
    found |= {"same_seed_same_text": len(texts) == 1, "resident_after_mib": resident_mib()}
    print(json.dumps(found))


def _log_lookups(log: str) -> None:
    original = socket.getaddrinfo

    def noted(host: Any, *rest: Any, **named: Any) -> Any:
        with Path(log).open("a", encoding="utf-8") as handle:
            handle.write(f"{host}\n")
        return original(host, *rest, **named)

    socket.getaddrinfo = noted
    import openvino_genai  # noqa: F401 - the import alone is what is watched

    time.sleep(5)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
