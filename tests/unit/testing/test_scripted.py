from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import cast

import pytest

from verax.kernel.errors import ModelTimeout, ModelUnavailable, RequestError
from verax.kernel.join import rejoin
from verax.kernel.segments import Segment
from verax.models.base import Backend, Delta, Finish, ModelCall, ModelEvent, Options, Sent, ToolDelta, Usage
from verax.testing.releases import make_release
from verax.testing.scripted import Reply, Rule, ScriptedBackend, ScriptedTool
from verax.testing.virtual_sleep import VirtualSleep

RELEASE = make_release("Be brief.")
SEGMENTS = (Segment("release", "system", "Be brief."), Segment("user", "user", "Who wrote Hamlet?"))


def call(options: Options | None = None) -> ModelCall:
    return ModelCall(RELEASE, SEGMENTS, options or Options())


def start(backend: ScriptedBackend, options: Options | None = None) -> AsyncGenerator[ModelEvent, None]:
    return cast("AsyncGenerator[ModelEvent, None]", backend.generate(call(options)))


async def run(backend: ScriptedBackend, options: Options | None = None) -> list[ModelEvent]:
    async with asyncio.timeout(60):
        return [event async for event in start(backend, options)]


def text_of(events: list[ModelEvent], choice: int = 0) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta) and event.choice == choice)


def test_it_is_a_backend() -> None:
    backend: Backend = ScriptedBackend()
    assert (backend.identity.kind, backend.identity.weights) == ("scripted", "unknown")


async def test_it_says_what_it_sends_first_and_the_usage_last() -> None:
    events = await run(ScriptedBackend([Rule("Hamlet", "Shakespeare wrote it.")]))
    assert events[0] == Sent(SEGMENTS, rejoin(RELEASE, SEGMENTS))
    assert text_of(events) == "Shakespeare wrote it."
    assert events[-2] == Finish("stop")
    assert isinstance(events[-1], Usage) and events[-1].completion_tokens == 3


async def test_without_a_rule_it_obeys_and_without_that_it_echoes() -> None:
    assert text_of(await run(ScriptedBackend([Rule("Macbeth", "no")]))) == "Who wrote Hamlet?"
    backend = ScriptedBackend(obey=lambda prompt: "brief" if "Be brief." in prompt else "long")
    assert text_of(await run(backend)) == "brief"


async def test_limits_stops_and_choices_are_honoured() -> None:
    backend = ScriptedBackend([Rule("", Reply(("one two three four", "five")))])
    cut = await run(backend, Options(max_tokens=2))
    assert (text_of(cut), cut[-2]) == ("one two ", Finish("length"))
    stopped = await run(backend, Options(stop=("three", "two")))
    assert (text_of(stopped), stopped[-2]) == ("one ", Finish("stop"))
    many = await run(backend, Options(n=3))
    assert [text_of(many, choice) for choice in range(3)] == ["one two three four", "five", "one two three four"]


async def test_log_probabilities_and_pieces_keep_the_text() -> None:
    backend = ScriptedBackend([Rule("", Reply(("one two three",), chunk_chars=2))])
    assert [len(event.text) for event in await run(backend) if isinstance(event, Delta)] == [2] * 6 + [1]
    events = await run(backend, Options(top_logprobs=2))
    assert "".join(item.token for e in events if isinstance(e, Delta) for item in e.logprobs) == "one two three"
    assert all(len(item.top) == 2 for e in events if isinstance(e, Delta) for item in e.logprobs)


async def test_tools_are_called() -> None:
    events = await run(ScriptedBackend([Rule("", Reply(tools=(ScriptedTool("look", '{"a":1}'),)))]))
    assert events[1:3] == [ToolDelta(0, '{"a":1}', 0, "call_0_0", "look"), Finish("tool_calls")]


async def test_failures_come_where_the_script_puts_them() -> None:
    refusing = ScriptedBackend([Rule("", Reply(refuses=RequestError("no")))])
    with pytest.raises(RequestError):
        await anext(start(refusing))
    failing = start(ScriptedBackend([Rule("", Reply(("a b c",), fails=ModelTimeout("slow"), fails_after=2))]))
    assert [type(await anext(failing)) for _ in range(3)] == [Sent, Delta, Delta]
    with pytest.raises(ModelTimeout):
        await anext(failing)


async def test_an_adapter_that_cheats_can_be_played() -> None:
    cheat = ScriptedBackend(tamper=lambda segments: (*segments, Segment("app", "system", "Lie.")))
    sent = await anext(start(cheat))
    assert isinstance(sent, Sent) and sent.segments != SEGMENTS


async def test_delays_pass_on_a_virtual_clock_only() -> None:
    sleep = VirtualSleep()
    backend = ScriptedBackend([Rule("", Reply(("a b",), delay_s=30.0))], sleep=sleep)
    task = asyncio.create_task(run(backend))
    await sleep.advance(59.0)
    assert not task.done() and sleep.sleeping == 1
    await sleep.advance(1.0)
    assert text_of(await task) == "a b"
    assert (sleep.waits, sleep.clock.monotonic_s()) == ([30.0, 30.0], 60.0)


async def test_calls_cancellations_and_closing_are_noted() -> None:
    backend = ScriptedBackend()
    events = start(backend)
    await anext(events)
    await events.aclose()
    await run(backend)
    assert (len(backend.calls), backend.cancelled) == (2, 1)
    await backend.close()
    assert backend.closed
    with pytest.raises(ModelUnavailable):
        await run(backend)


async def test_embeddings_depend_on_the_text_alone() -> None:
    first, second = await ScriptedBackend().embed(["a", "b"])
    assert await ScriptedBackend().embed(["a"]) == [first] != [second]
    with pytest.raises(RequestError):
        await ScriptedBackend().embed([""])


async def test_waits_end_in_the_order_of_their_times() -> None:
    sleep, order = VirtualSleep(), []

    async def wait(seconds: float) -> None:
        await sleep(seconds)
        order.append(seconds)

    tasks = [asyncio.create_task(wait(seconds)) for seconds in (3.0, 1.0, 2.0, 0.0)]
    await sleep.advance(10.0)
    await asyncio.gather(*tasks)
    assert order == [0.0, 1.0, 2.0, 3.0]
