"""What a running model reads cannot be changed under it (protocol clause 13)."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.errors import DigestMismatch, ModelUnavailable
from verax.kernel.segments import Segment
from verax.models.base import Delta, ModelCall, Options, Usage
from verax.models.embedded import EmbeddedBackend, EmbeddedSettings
from verax.models.engine import Engine, EngineSpec
from verax.models.engine_request import split_bos
from verax.models.gguf import read_gguf
from verax.models.registry import Backends, BackendSettings
from verax.models.weights import SealKind, hold_weights

from .conftest import assistant_release

pytestmark = pytest.mark.model

SETTINGS = EmbeddedSettings(slots=1, threads=1, embedding_tokens=64)


@asynccontextmanager
async def serving(
    path: Path, seal: SealKind = "sealed", model: Mapping[str, Any] | None = None
) -> AsyncIterator[EmbeddedBackend]:
    spec = assistant_release({"context_tokens": 256, "seal": seal, **(model or {})}).model
    weights = await asyncio.to_thread(hold_weights, path, None, seal)
    backend = await asyncio.to_thread(EmbeddedBackend, weights, spec, SETTINGS)
    try:
        yield backend
    finally:
        await backend.close()


def question(text: str = "What is the capital of France?", max_tokens: int = 12) -> ModelCall:
    segments = (Segment("release", "system", "You are a helpful assistant."), Segment("user", "user", text))
    return ModelCall(assistant_release(), segments, Options(temperature=0.0, max_tokens=max_tokens))


async def answer(backend: EmbeddedBackend, call: ModelCall | None = None) -> str:
    async with asyncio.timeout(60):
        events = [event async for event in backend.generate(call or question())]
    return "".join(event.text for event in events if isinstance(event, Delta))


def overwrite(path: Path) -> None:
    """Overwrite the tensors in place, as an attacker with the file open would."""
    with path.open("r+b") as handle:
        handle.seek(8 * 2**20)
        for _ in range(80):
            handle.write(b"\x5a" * 2**20)


@pytest.fixture
def own_copy(weights_path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(weights_path, tmp_path / "own.gguf"))


async def test_overwriting_the_file_under_a_sealed_model_changes_no_answer(own_copy: Path) -> None:
    async with serving(own_copy) as backend:
        before = await answer(backend)
        running = backend.generate(question("Tell me a story.", 30))
        await anext(running)
        first = await anext(running)
        overwrite(own_copy)
        rest = [event async for event in running]
        after = await answer(backend)
        vectors = await backend.embed(["Hello"])
        own_copy.unlink()
        assert await answer(backend) == after == before == "The capital of France is Paris."
        assert isinstance(first, Delta) and isinstance(rest[-1], Usage)
        assert len(vectors[0]) == 576


async def test_overwriting_the_file_under_a_checked_model_is_noticed_and_ends_its_answers(own_copy: Path) -> None:
    async with serving(own_copy, "checked") as backend:
        assert backend.identity.details["seal"] == "checked"
        assert await answer(backend) == "The capital of France is Paris."
        overwrite(own_copy)
        for _ in range(2):
            with pytest.raises(DigestMismatch):
                await answer(backend)


async def test_checked_weights_that_were_only_touched_go_on(own_copy: Path) -> None:
    async with serving(own_copy, "checked") as backend:
        own_copy.touch()
        assert await answer(backend) == "The capital of France is Paris."


async def test_checked_weights_are_hashed_again_after_a_while(own_copy: Path) -> None:
    now = [0.0]
    spec = assistant_release({"context_tokens": 256, "seal": "checked"}).model
    weights = await asyncio.to_thread(hold_weights, own_copy, None, "checked")
    backend = await asyncio.to_thread(EmbeddedBackend, weights, spec, SETTINGS, lambda: now[0])
    checks: list[float] = []
    original = weights.check
    weights.check = lambda: (checks.append(now[0]), original())[1]  # type: ignore[method-assign]  # counts the real one
    await answer(backend, question(max_tokens=1))
    assert checks == []
    now[0] = SETTINGS.recheck_s
    await answer(backend, question(max_tokens=1))
    await backend.close()
    assert checks == [SETTINGS.recheck_s]


async def test_a_registry_loads_a_release_by_its_digest_and_shares_the_backend(weights_path: Path) -> None:
    backends = Backends(BackendSettings((weights_path.parent,), SETTINGS), lambda name: name)
    small = {"context_tokens": 256}
    one, other = assistant_release(small), assistant_release({**small, "quantisation": "q4"})
    assert one.id != other.id
    async with asyncio.timeout(60):
        first, second = await asyncio.gather(backends.resolve(one), backends.resolve(other))
    assert first is second
    assert first.identity.weights == one.model.weights
    await backends.close()


async def test_a_release_over_weights_that_are_not_here_is_not_answered_by_others(weights_path: Path) -> None:
    backends = Backends(BackendSettings((weights_path,), SETTINGS), lambda name: name)
    for _ in range(2):
        with pytest.raises(ModelUnavailable) as raised:
            await backends.resolve(assistant_release({"weights": "ab" * 32}))
        assert raised.value.reason_code == "model/no-weights"
    await backends.close()


async def test_a_model_to_which_the_engine_adds_a_token_still_reads_exactly_the_prompt(own_copy: Path) -> None:
    """The same weights, with the one flag set that makes llama.cpp put a token in front."""
    flag = b"tokenizer.ggml.add_bos_token" + (7).to_bytes(4, "little")
    data = own_copy.read_bytes()[: 4 * 2**20]
    with own_copy.open("r+b") as handle:
        handle.seek(data.index(flag) + len(flag))
        handle.write(b"\x01")
    plain = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    header = read_gguf(own_copy)
    engine = await asyncio.to_thread(Engine, EngineSpec(str(own_copy), 128, 1, 1))
    try:
        assert engine.adds_bos
        counts = [
            _prompt_tokens(engine, prompt) for prompt in (plain, split_bos(plain, header.bos_id, header.bos_token))
        ]
    finally:
        engine.close()
    async with serving(own_copy) as backend:
        assert await answer(backend) == "The capital of France is Paris."
    assert counts == [11, 10]


def _prompt_tokens(engine: Engine, prompt: str | list[str | int]) -> int:
    body = {"prompt": prompt, "max_tokens": 1, "temperature": 0.0, "cache_prompt": False}
    return int(engine.complete_whole(body)["usage"]["prompt_tokens"])


async def test_a_file_that_llama_cannot_load_is_said_so(own_copy: Path) -> None:
    with own_copy.open("r+b") as handle:
        handle.truncate(20 * 2**20)
    with pytest.raises(ModelUnavailable):
        async with serving(own_copy):
            pass


def test_the_first_release_says_of_the_weights_what_they_say_of_themselves(weights_path: Path) -> None:
    header, model = read_gguf(weights_path), assistant_release().model
    assert model.chat_template == header.chat_template
    assert model.special_tokens == header.special_tokens
    assert (model.bos_token, model.eos_token, model.quantisation) == (
        header.bos_token, header.eos_token, header.quantisation,
    )  # fmt: skip
    assert model.context_tokens <= header.context_tokens
