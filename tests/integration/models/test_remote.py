"""A remote model over real HTTP on loopback."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from typing import cast

import aiohttp
import pytest

from verax.kernel.errors import BusyError, ModelError, ModelTimeout, ModelUnavailable, RequestError, VeraxError
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.models.base import Delta, Finish, ModelCall, ModelEvent, Options, Sent, ToolDelta, Usage
from verax.models.remote import RemoteBackend, RemoteSettings, open_session
from verax.models.wire import request_body
from verax.testing.pictures import png
from verax.testing.releases import manifest_toml
from verax.testing.upstream import Script, Upstream
from verax.testing.virtual_sleep import VirtualSleep

KEY = "sk-not-to-be-seen-anywhere"
TEXT = "Hamlet was written by William Shakespeare."


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as upstream:
        yield upstream


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as session:
        yield session


@pytest.fixture
def sleep() -> VirtualSleep:
    return VirtualSleep()


def release_at(url: str, key_name: str = "") -> Release:
    more = f'key_name = "{key_name}"' if key_name else ""
    model = f'backend = "remote"\nname = "mock"\nurl = "{url}"\ncontext_tokens = 4096\n{more}'
    return Release.from_toml(manifest_toml("Be brief.", model=model))


def call_of(release: Release, options: Options | None = None, *, stream: bool = True) -> ModelCall:
    segments = (Segment("release", "system", "Be brief."), Segment("user", "user", "Who wrote Hamlet?"))
    return ModelCall(release, segments, options or Options(), stream)


class Wired:
    """A backend on an upstream, with time that stands still."""

    def __init__(self, upstream: Upstream, session: aiohttp.ClientSession, sleep: VirtualSleep) -> None:
        self.upstream, self.session, self.sleep = upstream, session, sleep
        self.settings = RemoteSettings()
        self.release = release_at(upstream.url)

    async def run(self, options: Options | None = None, *, stream: bool = True) -> list[ModelEvent]:
        async with asyncio.timeout(60):
            return [event async for event in self.start(options, stream=stream)]

    def start(self, options: Options | None = None, *, stream: bool = True) -> AsyncGenerator[ModelEvent, None]:
        events = self.backend().generate(call_of(self.release, options, stream=stream))
        return cast("AsyncGenerator[ModelEvent, None]", events)

    def backend(self) -> RemoteBackend:
        return RemoteBackend(self.release.model, self.session, lambda name: KEY, self.settings, self.sleep)

    async def run_through_waits(self) -> list[ModelEvent]:
        """Run while time passes as fast as the backend asks for it."""
        task = asyncio.create_task(self.run())
        async with asyncio.timeout(60):
            while not task.done():
                await asyncio.sleep(0.001)
                if self.sleep.sleeping:
                    await self.sleep.advance(60.0)
        return await task


@pytest.fixture
def wired(upstream: Upstream, session: aiohttp.ClientSession, sleep: VirtualSleep) -> Wired:
    return Wired(upstream, session, sleep)


def text_of(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


async def until(condition: object) -> None:
    async with asyncio.timeout(60):
        while not condition():  # type: ignore[operator]  # a callable
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("stream", [True, False])
async def test_what_is_sent_is_what_the_server_got_to_the_byte(wired: Wired, stream: bool) -> None:
    events = await wired.run(stream=stream)
    call = call_of(wired.release, stream=stream)
    assert events[0] == Sent(call.segments, request_body(call))
    assert events[0].data == wired.upstream.received[0].body
    assert text_of(events) == TEXT
    assert events[-2:] == [Finish("stop"), Usage(11, 8)]
    assert len([event for event in events if isinstance(event, Delta)]) == (7 if stream else 1)


async def test_a_picture_reaches_the_server_as_a_content_part_and_sent_is_what_went(
    upstream: Upstream, session: aiohttp.ClientSession, sleep: VirtualSleep
) -> None:
    model = f'backend = "remote"\nname = "mock"\nurl = "{upstream.url}"\ncontext_tokens = 4096\nsees = ["image"]'
    release = Release.from_toml(manifest_toml("Be brief.", model=model))
    data = f"data:image/png;base64,{base64.b64encode(png(2, 2)).decode()}"
    segments = (Segment("user", "user", "What is this?"), Segment("retrieved", "image", data))
    backend = RemoteBackend(release.model, session, lambda name: KEY, RemoteSettings(), sleep)
    async with asyncio.timeout(60):
        events = [event async for event in backend.generate(ModelCall(release, segments, Options()))]
    assert isinstance(events[0], Sent)
    assert events[0].data == upstream.received[0].body
    assert json.loads(events[0].data)["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": data}},
            ],
        }
    ]


async def test_nothing_is_sent_before_the_caller_saw_what_will_be(wired: Wired) -> None:
    events = wired.start()
    await anext(events)
    await events.aclose()
    assert not wired.upstream.received


async def test_connections_are_kept_for_the_next_call(wired: Wired) -> None:
    for stream in (True, False, True):
        await wired.run(stream=stream)
    assert wired.upstream.open_connections == 1


async def test_choices_tools_and_log_probabilities_come_through(wired: Wired) -> None:
    tool = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"a":1}'}}
    wired.upstream.expect(Script(text="ab", pieces=2, tool_calls=[tool], logprobs=True))
    events = await wired.run(Options(n=2, top_logprobs=0))
    assert [event.choice for event in events if isinstance(event, Delta)] == [0, 1, 0, 1]
    assert [event for event in events if isinstance(event, ToolDelta)] == [
        ToolDelta(0, '{"a":1}', choice, "c1", "look") for choice in (0, 1)
    ]
    assert all(event.logprobs[0].logprob == -0.5 for event in events if isinstance(event, Delta))
    assert [event.reason for event in events if isinstance(event, Finish)] == ["tool_calls"] * 2


async def test_a_server_that_does_not_stream_is_understood(wired: Wired) -> None:
    wired.upstream.expect(Script(ignore_stream=True))
    assert text_of(await wired.run()) == TEXT


async def test_the_key_goes_into_one_header_and_nowhere_else(wired: Wired, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wired.release = release_at(wired.upstream.url, "my-key")
    events = await wired.run()
    request = wired.upstream.received[0]
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert KEY.encode() not in request.body
    wired.upstream.expect(Script(status=401))
    with pytest.raises(ModelUnavailable) as raised:
        await wired.run()
    seen = f"{events} {raised.value} {wired.backend().identity} {caplog.text}"
    assert KEY not in seen


async def test_a_redirect_is_not_followed(wired: Wired) -> None:
    wired.upstream.expect(Script(status=307, headers={"Location": wired.upstream.url + "/elsewhere"}))
    with pytest.raises(ModelError, match="307"):
        await wired.run()
    assert len(wired.upstream.received) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_asked_again_with_growing_waits(wired: Wired, status: int) -> None:
    wired.upstream.expect(Script(status=status), Script(status=status))
    assert text_of(await wired.run_through_waits()) == TEXT
    first, second = wired.sleep.waits
    assert 0.125 <= first <= 0.25 <= second <= 0.5
    assert len(wired.upstream.received) == 3


async def test_a_retry_waits_at_least_as_long_as_the_server_asks(wired: Wired) -> None:
    wired.upstream.expect(Script(status=429, headers={"Retry-After": "7"}))
    await wired.run_through_waits()
    assert wired.sleep.waits == [7.0]


async def test_a_server_that_asks_for_a_long_wait_is_not_waited_for(wired: Wired) -> None:
    wired.upstream.expect(Script(status=429, headers={"Retry-After": "120"}))
    with pytest.raises(BusyError) as raised:
        await wired.run()
    assert raised.value.retry_after_s == 120
    assert wired.sleep.waits == [] and len(wired.upstream.received) == 1


@pytest.mark.parametrize(("status", "kind"), [(429, BusyError), (503, ModelUnavailable)])
async def test_a_server_that_stays_busy_is_given_up(wired: Wired, status: int, kind: type[VeraxError]) -> None:
    wired.upstream.script = Script(status=status)
    with pytest.raises(kind):
        await wired.run_through_waits()
    assert len(wired.upstream.received) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 500, 502, 504])
async def test_no_other_status_is_retried(wired: Wired, status: int) -> None:
    wired.upstream.expect(Script(status=status))
    with pytest.raises(ModelError):
        await wired.run()
    assert len(wired.upstream.received) == 1


async def test_a_prompt_too_long_is_told_to_the_caller(wired: Wired) -> None:
    wired.upstream.expect(Script(status=400, error={"code": "context_length_exceeded", "message": "no"}))
    with pytest.raises(RequestError):
        await wired.run()


async def test_a_connection_refused_is_tried_again_and_then_said_so(wired: Wired) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        wired.release = release_at(f"http://127.0.0.1:{free.getsockname()[1]}/v1")
        with pytest.raises(ModelUnavailable, match="3 attempts") as raised:
            await wired.run_through_waits()
    assert raised.value.reason_code == "model/unreachable"
    assert len(wired.sleep.waits) == 2


async def test_a_server_that_starts_between_two_attempts_answers(
    session: aiohttp.ClientSession, sleep: VirtualSleep
) -> None:
    late = Upstream()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    release = release_at(f"http://127.0.0.1:{port}/v1")
    backend = RemoteBackend(release.model, session, lambda name: KEY, None, sleep)

    async def collect() -> list[ModelEvent]:
        return [event async for event in backend.generate(call_of(release))]

    task = asyncio.create_task(collect())
    await until(lambda: sleep.sleeping)
    await late.start(port)
    await sleep.advance(1.0)
    async with asyncio.timeout(60):
        assert text_of(await task) == TEXT
    await late.stop()


async def test_nothing_is_retried_after_the_first_token(wired: Wired) -> None:
    wired.upstream.expect(Script(cut_after=3))
    seen: list[ModelEvent] = []
    with pytest.raises(ModelError) as raised:
        await _collect(wired.start(), seen)
    assert raised.value.reason_code == "model/cut-short"
    assert text_of(seen)
    assert len(wired.upstream.received) == 1 and wired.sleep.waits == []


async def test_a_connection_that_breaks_before_the_first_token_is_not_retried_either(wired: Wired) -> None:
    wired.upstream.expect(Script(cut_after=0))
    with pytest.raises(ModelError):
        await wired.run()
    assert len(wired.upstream.received) == 1


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"data: {broken\n\n", "model/protocol"),
        (b'data: {"error":{"message":"boom"}}\n\n', "model/upstream-error"),
        (b"data: [DONE]\n\n", "model/cut-short"),
        (b"", "model/cut-short"),
        (b'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n', "model/cut-short"),
    ],
)
async def test_a_broken_stream_fails_the_call(wired: Wired, raw: bytes, code: str) -> None:
    wired.upstream.expect(Script(raw_events=raw))
    with pytest.raises(ModelError) as raised:
        await wired.run()
    assert raised.value.reason_code == code


async def test_a_silent_server_is_given_up_before_the_first_event(wired: Wired) -> None:
    await wired.run()  # leaves a connection: making one could take a busy machine longer than the limit below
    wired.settings = RemoteSettings(first_timeout_s=0.05)
    wired.upstream.expect(Script(first_delay_s=30))
    with pytest.raises(ModelTimeout):
        await wired.run()
    await until(lambda: wired.upstream.broken_off == 1)


async def test_a_server_that_falls_silent_between_two_events_is_given_up(wired: Wired) -> None:
    wired.settings = RemoteSettings(idle_timeout_s=0.05)
    wired.upstream.expect(Script(piece_delay_s=30))
    seen: list[ModelEvent] = []
    with pytest.raises(ModelTimeout):
        await _collect(wired.start(), seen)
    assert text_of(seen)


async def test_closing_the_generator_closes_the_connection(wired: Wired) -> None:
    wired.upstream.expect(Script(piece_delay_s=30))
    events = wired.start()
    await anext(events)
    assert isinstance(await anext(events), Delta)
    await events.aclose()
    await until(lambda: wired.upstream.broken_off == 1)
    assert text_of(await wired.run()) == TEXT


async def test_embeddings_come_in_order(wired: Wired) -> None:
    assert await wired.backend().embed(["a", "bbb"]) == [[1.0, 1.0], [3.0, 1.0]]
    wired.upstream.expect(Script(status=404))
    with pytest.raises(ModelUnavailable):
        await wired.backend().embed(["a"])


async def test_two_hundred_streams_at_once_lose_no_piece(wired: Wired) -> None:
    texts = await asyncio.gather(*(wired.run() for _ in range(200)))
    assert {text_of(events) for events in texts} == {TEXT}


async def _collect(events: AsyncGenerator[ModelEvent, None], seen: list[ModelEvent]) -> None:
    async with asyncio.timeout(60), contextlib.aclosing(events):
        async for event in events:
            seen.append(event)  # noqa: PERF401 - what came before the error is kept
