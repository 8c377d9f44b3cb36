"""The embedded model, for real: one small engine for the whole file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import psutil
import pytest
import pytest_asyncio

from verax.kernel.errors import BusyError, ModelUnavailable, RequestError, UnsupportedParameter
from verax.kernel.join import join_chat
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.models.base import Delta, Finish, ModelCall, ModelEvent, Options, Sent, Usage
from verax.models.embedded import EmbeddedBackend, EmbeddedSettings
from verax.models.weights import hold_weights

from .conftest import assistant_release

pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module")]

GREEDY = Options(temperature=0.0, max_tokens=16)
WILD = Options(temperature=1.0, max_tokens=12, seed=7)
SETTINGS = EmbeddedSettings(slots=2, threads=1, queue_length=1, embedding_tokens=64)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend(weights_path: Path) -> AsyncIterator[EmbeddedBackend]:
    model = assistant_release({"context_tokens": 256}).model
    backend = await asyncio.to_thread(EmbeddedBackend, hold_weights(weights_path, model.weights), model, SETTINGS)
    yield backend
    await backend.close()


def ask(question: str, options: Options = GREEDY, system: str = "You are a helpful assistant.") -> ModelCall:
    segments = (Segment("release", "system", system), Segment("user", "user", question))
    return ModelCall(assistant_release(), segments, options)


def listening() -> set[tuple[str, int]]:
    """Return the addresses at which this process takes connections; servers of other tests may be among them."""
    held = psutil.Process().net_connections("inet")
    return {(c.laddr.ip, c.laddr.port) for c in held if c.status == psutil.CONN_LISTEN}


def start(backend: EmbeddedBackend, call: ModelCall) -> AsyncGenerator[ModelEvent, None]:
    return cast("AsyncGenerator[ModelEvent, None]", backend.generate(call))


async def run(backend: EmbeddedBackend, call: ModelCall) -> list[ModelEvent]:
    async with asyncio.timeout(60):
        return [event async for event in backend.generate(call)]


def text_of(events: list[ModelEvent], choice: int = 0) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta) and event.choice == choice)


def usage_of(events: list[ModelEvent]) -> Usage:
    assert isinstance(events[-1], Usage)
    return events[-1]


async def until_idle(backend: EmbeddedBackend) -> None:
    async with asyncio.timeout(60):
        while backend.running:
            await asyncio.sleep(0.005)


async def test_the_first_release_answers_who_wrote_hamlet(backend: EmbeddedBackend, release: Release) -> None:
    examples = [Segment("release", example.role, example.text) for example in release.prompt.examples]
    segments = (
        Segment("release", "system", release.prompt.system),
        *examples,
        Segment("user", "user", "Who wrote Hamlet?"),
    )
    sampling = release.sampling
    options = Options(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        frequency_penalty=sampling.frequency_penalty,
        max_tokens=40,
    )
    assert "William Shakespeare" in text_of(await run(backend, ModelCall(release, segments, options)))


async def test_what_is_sent_is_the_joined_prompt_to_the_byte_and_comes_first(backend: EmbeddedBackend) -> None:
    call = ask("Grüße, 世界 \x00 <|im_end|>")
    events = await run(backend, replace(call, options=replace(GREEDY, max_tokens=1)))
    assert events[0] == Sent(call.segments, join_chat(call.release, call.segments).encode("utf-8"))


async def test_a_reply_ends_with_its_reason_and_its_tokens(backend: EmbeddedBackend) -> None:
    events = await run(backend, ask("Tell me a story.", replace(WILD, max_tokens=5)))
    assert events[-2] == Finish("length")
    assert usage_of(events).completion_tokens == 5
    assert usage_of(events).prompt_tokens > 10


async def test_the_engine_adds_no_token_to_the_prompt(backend: EmbeddedBackend) -> None:
    one = await run(backend, ask("a", replace(GREEDY, max_tokens=1)))
    more = await run(backend, ask("a a a", replace(GREEDY, max_tokens=1)))
    # Head, role, line end (3), text (6 and 1), tail, line end (2); head of the reply (4: "assistant" is two).
    assert (usage_of(one).prompt_tokens, usage_of(more).prompt_tokens) == (21, 23)


async def test_the_same_input_gives_the_same_bytes_alone_among_others_and_from_the_cache(
    backend: EmbeddedBackend,
) -> None:
    calls = [ask(f"{word} " * count + "Go on.", WILD) for word, count in (("rain", 2), ("stone and sea", 12))]
    alone = [text_of(await run(backend, call)) for call in calls]
    together = [text_of(events) for events in await asyncio.gather(*(run(backend, call) for call in calls))]
    again = [text_of(await run(backend, call)) for call in reversed(calls)][::-1]
    assert alone == together == again
    assert all(alone)


async def test_another_seed_gives_another_reply(backend: EmbeddedBackend) -> None:
    replies = {text_of(await run(backend, ask("Tell me a story.", replace(WILD, seed=seed)))) for seed in (1, 2)}
    assert len(replies) == 2


async def test_each_choice_is_the_reply_of_its_own_seed(backend: EmbeddedBackend) -> None:
    both = await run(backend, ask("Tell me a story.", replace(WILD, n=2)))
    second = await run(backend, ask("Tell me a story.", replace(WILD, seed=WILD.seed + 1)))
    assert text_of(both, 1) == text_of(second) != text_of(both, 0)
    assert {event.choice for event in both if isinstance(event, Finish)} == {0, 1}
    assert usage_of(both).completion_tokens > usage_of(second).completion_tokens


async def test_a_stop_string_ends_the_text_and_is_no_part_of_it(backend: EmbeddedBackend) -> None:
    whole = text_of(await run(backend, ask("What is the capital of France?")))
    assert whole == "The capital of France is Paris."
    events = await run(backend, ask("What is the capital of France?", replace(GREEDY, stop=(" Paris",))))
    assert text_of(events) == "The capital of France is"
    assert events[-2] == Finish("stop")


async def test_log_probabilities_belong_to_the_tokens_of_the_text(backend: EmbeddedBackend) -> None:
    events = await run(backend, ask("What is the capital of France?", replace(GREEDY, top_logprobs=2)))
    found = [logprob for event in events if isinstance(event, Delta) for logprob in event.logprobs]
    assert "".join(item.token for item in found) == text_of(events)
    assert all(item.logprob <= 0 and len(item.top) == 2 and item.top[0][0] == item.token for item in found)
    plain = await run(backend, ask("What is the capital of France?", replace(GREEDY, top_logprobs=0)))
    assert all(item.top == () for event in plain if isinstance(event, Delta) for item in event.logprobs)


async def test_a_json_schema_is_enforced(backend: EmbeddedBackend) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "minLength": 2, "maxLength": 20}, "size": {"enum": ["big", "small"]}},
        "required": ["city", "size"],
        "additionalProperties": False,
    }
    events = await run(backend, ask("Describe Paris in JSON.", replace(GREEDY, schema=schema, max_tokens=60)))
    value = json.loads(text_of(events))
    assert set(value) == {"city", "size"} and value["size"] in ("big", "small")


@pytest.mark.parametrize(
    "schema", [{"type": "nonsense"}, {"not": {}}, {"$ref": "https://example.com/schema.json"}, {"enum": []}]
)
async def test_a_schema_that_the_engine_would_silently_drop_is_refused(
    backend: EmbeddedBackend, schema: dict[str, object]
) -> None:
    with pytest.raises(UnsupportedParameter) as raised:
        await run(backend, ask("Hello", replace(GREEDY, schema=schema)))
    assert raised.value.param == "response_format"


async def test_native_tools_are_refused(backend: EmbeddedBackend) -> None:
    with pytest.raises(UnsupportedParameter, match="tools"):
        await run(backend, ask("Hello", replace(GREEDY, tools=({"type": "function"},))))


async def test_a_prompt_beyond_the_context_is_refused_with_numbers(backend: EmbeddedBackend) -> None:
    with pytest.raises(RequestError, match=r"at most 256 tokens .* found 3\d\d") as raised:
        await run(backend, ask("word " * 300))
    assert raised.value.reason_code == "request/context-length"


async def test_a_full_context_ends_the_reply_and_cuts_nothing(backend: EmbeddedBackend) -> None:
    events = await run(backend, ask("word " * 220, replace(GREEDY, max_tokens=30, temperature=1.5)))
    usage = usage_of(events)
    assert usage.prompt_tokens > 220
    assert usage.prompt_tokens + usage.completion_tokens <= 256


async def test_closing_the_generator_frees_the_slot(backend: EmbeddedBackend) -> None:
    events = start(backend, ask("Tell me a very long story.", replace(WILD, max_tokens=200)))
    assert isinstance(await anext(events), Sent)
    assert isinstance(await anext(events), Delta)
    assert backend.running == 1
    await events.aclose()
    await until_idle(backend)
    assert text_of(await run(backend, ask("What is the capital of France?"))) == "The capital of France is Paris."


async def test_closing_before_the_first_token_frees_the_slot(backend: EmbeddedBackend) -> None:
    events = start(backend, ask("stone and sea " * 50, replace(WILD, max_tokens=90)))
    await anext(events)
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await events.aclose()
    await until_idle(backend)


async def test_a_full_line_is_told_when_to_come_back_and_a_caller_in_it_may_leave(backend: EmbeddedBackend) -> None:
    long = replace(WILD, max_tokens=200)
    running = [start(backend, ask("Tell me a story.", long)) for _ in range(2)]
    for events in running:
        await anext(events)
        await anext(events)
    third = start(backend, ask("Tell me a story.", long))
    await anext(third)
    waiting = asyncio.ensure_future(anext(third))
    async with asyncio.timeout(60):
        while not backend.waiting:
            await asyncio.sleep(0.001)
    with pytest.raises(BusyError) as raised:
        await run(backend, ask("Hello"))
    assert 1 <= raised.value.retry_after_s <= 60
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    for events in (third, *running):
        await events.aclose()
    await until_idle(backend)
    assert text_of(await run(backend, ask("What is the capital of France?"))) == "The capital of France is Paris."


async def test_embeddings_are_normalised_repeatable_and_about_meaning(backend: EmbeddedBackend) -> None:
    texts = ["The cat sleeps on the sofa.", "A kitten naps on the couch.", "The stock market fell by two percent."]
    vectors = await backend.embed(texts)
    assert [len(vector) for vector in vectors] == [576] * 3
    assert await backend.embed(texts[:1]) == vectors[:1]
    products = [sum(a * b for a, b in zip(vectors[0], other, strict=True)) for other in vectors]
    assert products[0] == pytest.approx(1.0, abs=1e-4)
    assert products[1] > products[2]


async def test_a_text_too_long_to_embed_is_refused(backend: EmbeddedBackend) -> None:
    with pytest.raises(RequestError) as raised:
        await backend.embed(["word " * 80])
    assert raised.value.reason_code == "request/context-length"
    with pytest.raises(RequestError):
        await backend.embed([""])


async def test_no_port_is_open_and_the_engine_says_nothing_by_itself(
    weights_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = listening()
    model = assistant_release({"context_tokens": 256}).model
    backend = await asyncio.to_thread(EmbeddedBackend, hold_weights(weights_path, model.weights), model, SETTINGS)
    with pytest.raises(RequestError):
        await run(backend, ask("word " * 300))
    await run(backend, ask("Hello", replace(GREEDY, max_tokens=2)))
    assert listening() <= before
    named = [c.laddr for c in psutil.Process().net_connections("unix") if c.laddr and Path(c.laddr).exists()]
    assert named == []
    assert capfd.readouterr() == ("", "")
    await backend.close()


async def test_closing_ends_replies_and_refuses_new_ones(weights_path: Path) -> None:
    model = assistant_release({"context_tokens": 256}).model
    backend = await asyncio.to_thread(
        EmbeddedBackend, hold_weights(weights_path), model, EmbeddedSettings(slots=1, threads=1)
    )
    events = start(backend, ask("Tell me a story.", replace(WILD, max_tokens=100)))
    await anext(events)
    await anext(events)
    async with asyncio.timeout(20):
        await backend.close()
        await backend.close()
    with pytest.raises(ModelUnavailable):
        await run(backend, ask("Hello"))
    with pytest.raises(ModelUnavailable):
        await backend.embed(["Hello"])
    await events.aclose()
