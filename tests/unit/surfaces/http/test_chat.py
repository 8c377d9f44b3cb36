"""Chat completions over ASGI: whole, streamed, failing in the middle, and left by the client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from verax.kernel.errors import ModelError
from verax.surfaces.http.app import create_app
from verax.testing.http_installation import FakeInstallation, Turn, say
from verax.truth.verdicts import Verdict
from verax.turn.events import Choice, ClaimVerdict, Completed, Failed, Refusal, TextDelta, ToolCallDelta, TurnEvent

CHAT = "/v1/chat/completions"
HELLO: dict[str, Any] = {"model": "assistant", "messages": [{"role": "user", "content": "Hello"}]}
LIMIT_S = 10


def chunks(response: httpx.Response) -> list[dict[str, Any]]:
    blocks = [block for block in response.text.split("\n\n") if block]
    return [json.loads(block[6:]) for block in blocks if block != "data: [DONE]"]


async def test_a_reply_names_its_release_and_its_receipt(client: httpx.AsyncClient) -> None:
    response = await client.post(CHAT, json=HELLO)
    body = response.json()
    assert response.status_code == 200
    assert body["choices"][0]["message"]["content"] == "Hello there"
    assert body["verax"]["record"]["id"] == body["verax"]["id"]
    assert body["verax"]["receipt"] == f"http://localhost:8420/v1/receipts/{body['verax']['id']}"
    assert len(body["verax"]["secret"]) == 64


async def test_headers_carry_the_id_and_nothing_else_of_the_turn(client: httpx.AsyncClient) -> None:
    for stream in (False, True):
        response = await client.post(CHAT, json={**HELLO, "stream": stream})
        mine = {name: value for name, value in response.headers.items() if name.startswith("x-verax")}
        assert list(mine) == ["x-verax-turn"]
        secret = chunks(response)[-1]["verax"]["secret"] if stream else response.json()["verax"]["secret"]
        assert secret not in str(response.headers)


async def test_a_stream_says_the_same_as_a_whole_reply(client: httpx.AsyncClient) -> None:
    response = await client.post(CHAT, json={**HELLO, "stream": True, "stream_options": {"include_usage": True}})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text.endswith("data: [DONE]\n\n")
    found = chunks(response)
    text = "".join(c["choices"][0]["delta"].get("content") or "" for c in found if c["choices"])
    assert text == "Hello there"
    assert found[-1]["usage"]["total_tokens"] == 9
    assert found[-1]["verax"]["status"] == "complete"


async def test_the_caller_comes_from_the_key_and_never_from_the_body(
    installation: FakeInstallation, client: httpx.AsyncClient
) -> None:
    await client.post(CHAT, json={**HELLO, "user": "somebody-else"})
    [request] = installation.engine.requests
    [stored] = await installation.accounts.keys()
    assert request.caller.user_id == stored.user_id
    assert request.caller.key_id == stored.key_id
    assert request.caller.roles == {"member"}


@pytest.mark.parametrize("with_usage", [False, True])
async def test_metadata_comes_back_in_a_stream_too(client: httpx.AsyncClient, with_usage: bool) -> None:
    body = {**HELLO, "stream": True, "metadata": {"job": "7"}, "stream_options": {"include_usage": with_usage}}
    assert chunks(await client.post(CHAT, json=body))[-1]["metadata"] == {"job": "7"}


async def test_every_choice_asked_for_is_streamed(installation: FakeInstallation, client: httpx.AsyncClient) -> None:
    installation.engine.script = say("a", "b")
    found = chunks(await client.post(CHAT, json={**HELLO, "stream": True, "n": 3}))
    texts = ["", "", ""]
    for chunk in found:
        for choice in chunk["choices"]:
            texts[choice["index"]] += choice["delta"].get("content") or ""
    assert texts == ["ab", "ab", "ab"]
    assert [c["choices"][0]["finish_reason"] for c in found[-3:]] == ["stop", "stop", "stop"]


async def everything(turn: Turn) -> AsyncIterator[TurnEvent]:
    yield turn.started
    yield TextDelta("It is ")
    yield ClaimVerdict(0, 5, "Hello", Verdict.SUPPORTED, 0.9)
    yield ToolCallDelta(0, "{}", 0, "call_1", "weather")
    yield Refusal("x", "No.", "Stop.")
    yield turn.complete(Choice("It is ", "content_filter"), status="refused")


async def test_every_kind_of_event_reaches_the_client(
    installation: FakeInstallation, client: httpx.AsyncClient
) -> None:
    installation.engine.script = everything
    found = chunks(await client.post(CHAT, json={**HELLO, "stream": True}))
    assert [list(chunk["choices"][0]["delta"]) for chunk in found] == [
        ["role", "content", "refusal"],
        ["content"],
        [],
        ["tool_calls"],
        ["refusal"],
        [],
    ]
    assert found[2]["verax"]["claim"]["verdict"] == "supported"
    assert len(found[-1]["verax"]["claims"]) == 1
    whole = (await client.post(CHAT, json=HELLO)).json()
    assert whole["choices"][0]["message"]["refusal"] == "No. Stop."
    assert whole["verax"]["claims"] == found[-1]["verax"]["claims"]


async def failing(turn: Turn) -> AsyncIterator[TurnEvent]:
    yield turn.started
    yield TextDelta("Hel")
    yield Failed(turn.started.turn_id, "model/failed", "the model stopped", "again", 502)


async def raising(turn: Turn) -> AsyncIterator[TurnEvent]:
    yield turn.started
    yield TextDelta("Hel")
    raise ModelError("the model stopped", hint="again")


async def breaking(turn: Turn) -> AsyncIterator[TurnEvent]:
    yield turn.started
    yield TextDelta("Hel")
    raise ValueError("secret words")


ENDING_IN_ERRORS = pytest.mark.parametrize(
    ("script", "code"), [(failing, "model/failed"), (raising, "model/failed"), (breaking, "verax/internal")]
)


@ENDING_IN_ERRORS
async def test_an_error_in_mid_stream_ends_it_with_an_error_and_without_done(
    installation: FakeInstallation, client: httpx.AsyncClient, script: Any, code: str
) -> None:
    installation.engine.script = script
    response = await client.post(CHAT, json={**HELLO, "stream": True})
    assert response.status_code == 200
    assert "[DONE]" not in response.text
    assert "secret" not in response.text
    assert chunks(response)[-1]["error"]["code"] == code


@ENDING_IN_ERRORS
async def test_an_error_in_the_middle_of_a_streamed_response_is_its_last_event(
    installation: FakeInstallation, client: httpx.AsyncClient, script: Any, code: str
) -> None:
    installation.engine.script = script
    response = await client.post("/v1/responses", json={"model": "assistant", "input": "Hello", "stream": True})
    last = json.loads(response.text.strip().split("\n\n")[-1].split("data: ", 1)[1])
    assert last["type"] == "response.failed"
    assert last["response"]["error"]["reason_code"] == code
    assert "secret words" not in response.text
    assert (await client.get(f"/v1/responses/{last['response']['id']}")).status_code == 404


async def test_every_kind_of_event_reaches_a_response(
    installation: FakeInstallation, client: httpx.AsyncClient
) -> None:
    installation.engine.script = everything
    body = {"model": "assistant", "input": "Hello"}
    whole = (await client.post("/v1/responses", json=body)).json()
    streamed = await client.post("/v1/responses", json={**body, "stream": True})
    last = json.loads(streamed.text.strip().split("\n\n")[-1].split("data: ", 1)[1])
    assert last["type"] == "response.incomplete"
    for response in (whole, last["response"]):
        assert [part["type"] for part in response["output"][0]["content"]] == ["output_text", "refusal"]
        assert response["verax"]["claims"][0]["verdict"] == "supported"


@pytest.mark.parametrize("path", [CHAT, "/v1/responses"])
@pytest.mark.parametrize("begins", [False, True])
async def test_an_error_at_once_keeps_its_status_in_a_stream(
    installation: FakeInstallation, client: httpx.AsyncClient, path: str, begins: bool
) -> None:
    async def script(turn: Turn) -> AsyncIterator[TurnEvent]:
        if begins:
            yield turn.started
        yield Failed(turn.started.turn_id, "request/invalid", "max_tokens: too many", "fewer", 400, None, "max_tokens")

    installation.engine.script = script
    body = HELLO if path == CHAT else {"model": "assistant", "input": "Hello"}
    for stream in (False, True):
        response = await client.post(path, json={**body, "stream": stream})
        assert response.status_code == 400
        error = response.json()["error"]
        name = "max_tokens" if path == CHAT else "max_output_tokens"
        assert (error["param"], error["message"]) == (name, f"{name}: too many")


@pytest.mark.parametrize("script", [failing, raising])
async def test_the_same_error_without_a_stream_is_a_status(
    installation: FakeInstallation, client: httpx.AsyncClient, script: Any
) -> None:
    installation.engine.script = script
    response = await client.post(CHAT, json=HELLO)
    assert response.status_code == 502
    assert response.json()["error"]["code"] == "model/failed"


async def silent(turn: Turn) -> AsyncIterator[TurnEvent]:
    yield turn.started


async def backwards(turn: Turn) -> AsyncIterator[TurnEvent]:
    yield turn.complete(Choice("x", "stop"))


@pytest.mark.parametrize("script", [silent, backwards])
@pytest.mark.parametrize("path", [CHAT, "/v1/responses"])
async def test_a_turn_without_a_beginning_or_an_end_is_a_fault_of_ours(
    installation: FakeInstallation, client: httpx.AsyncClient, script: Any, path: str
) -> None:
    installation.engine.script = script
    response = await client.post(path, json=HELLO if path == CHAT else {"model": "assistant", "input": "x"})
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "verax/internal"


class Browser:
    """A client that sends one request and may close the connection at any moment."""

    def __init__(self, installation: FakeInstallation, key: str, path: str, body: dict[str, Any]) -> None:
        self._app = create_app(installation)
        data = json.dumps(body).encode()
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._incoming.put_nowait({"type": "http.request", "body": data, "more_body": False})
        self.sent: list[dict[str, Any]] = []
        self.first_text = asyncio.Event()
        self._scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "scheme": "http",
            "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {key}".encode())],
            "client": ("127.0.0.1", 1),
        }

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        if message["type"] == "http.response.body":
            self.first_text.set()

    def close(self) -> None:
        self._incoming.put_nowait({"type": "http.disconnect"})

    async def run(self) -> None:
        async with asyncio.timeout(LIMIT_S):
            await self._app(self._scope, self._incoming.get, self.send)


def endless(begin: asyncio.Event) -> Any:
    async def script(turn: Turn) -> AsyncIterator[TurnEvent]:
        yield turn.started
        yield TextDelta("Hello")
        begin.set()
        await asyncio.Event().wait()
        yield Completed("", "complete", (), 0, 0, {}, "", "")

    return script


@pytest.mark.parametrize("path", [CHAT, "/v1/responses"])
@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_ends_its_turn_at_once(
    installation: FakeInstallation, key: str, path: str, stream: bool
) -> None:
    waiting = asyncio.Event()
    installation.engine.script = endless(waiting)
    body = HELLO if path == CHAT else {"model": "assistant", "input": "Hello"}
    browser = Browser(installation, key, path, {**body, "stream": stream})
    running = asyncio.create_task(browser.run())
    async with asyncio.timeout(LIMIT_S):
        await waiting.wait()
        assert not installation.engine.cancelled
        browser.close()
        await running
    assert installation.engine.cancelled == 1
    assert bool(browser.sent) is stream


async def test_a_client_that_leaves_while_its_text_is_written_ends_its_turn(
    installation: FakeInstallation, key: str
) -> None:
    async def script(turn: Turn) -> AsyncIterator[TurnEvent]:
        yield turn.started
        while True:
            yield TextDelta("x")

    class Slow(Browser):
        async def send(self, message: Any) -> None:
            await super().send(message)
            if len(self.sent) == 3:
                self.close()
                await asyncio.Event().wait()

    installation.engine.script = script
    browser = Slow(installation, key, CHAT, {**HELLO, "stream": True})
    await browser.run()
    assert installation.engine.cancelled == 1


async def test_a_server_that_stops_cancels_the_turn_and_stays_cancelled(
    installation: FakeInstallation, key: str
) -> None:
    waiting = asyncio.Event()
    installation.engine.script = endless(waiting)
    browser = Browser(installation, key, CHAT, HELLO)
    running = asyncio.create_task(browser.run())
    async with asyncio.timeout(LIMIT_S):
        await waiting.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert installation.engine.cancelled == 1
    assert browser.sent[0]["status"] == 503
    assert b"server/stopping" in browser.sent[1]["body"]


async def test_a_client_that_leaves_while_it_sends_is_no_error(installation: FakeInstallation, key: str) -> None:
    browser = Browser(installation, key, CHAT, HELLO)
    browser._incoming = asyncio.Queue()
    browser._incoming.put_nowait({"type": "http.request", "body": b'{"mod', "more_body": True})
    browser.close()
    await browser.run()
    assert browser.sent == []
    assert installation.engine.requests == []
