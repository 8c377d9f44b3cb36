"""A small, fast server that speaks OpenAI's chat API: for tests of the wire and for benchmarks.

It runs no model. What it answers is told beforehand, also how it misbehaves: refuse, wait, cut
a reply, send broken events. One asyncio protocol, no framework, so that a benchmark measures
the client and not this server.

>>> async def example():
...     async with Upstream(Script(text="Hello there.")) as upstream:
...         return upstream.url

``python -m verax.testing.upstream --port 9099`` runs it alone, for benchmarks.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, cast

__all__ = ["Received", "Script", "Upstream"]

_DONE = b"data: [DONE]\n\n"
_SPECIAL_STATUS = {429: "Too Many Requests", 503: "Service Unavailable", 400: "Bad Request"}


@dataclass(frozen=True, slots=True)
class Script:
    """What the server does with one request.

    Attributes:
        text: The reply, sent in `pieces` chunks when it is streamed.
        pieces: Number of chunks.
        status: HTTP status; anything but 200 sends `error` as the body.
        headers: More headers.
        first_delay_s: Wait before the first byte of the answer.
        piece_delay_s: Wait before each chunk after the first.
        cut_after: Close the connection after that many chunks.
        raw_events: Send these bytes as the stream instead of a reply.
        tool_calls: Tool calls of the reply, in OpenAI's shape without ``index``.
        logprobs: Add a log probability to each chunk.
        error: Body of a refusal.
        ignore_stream: Answer with one JSON object even when a stream was asked for.
    """

    text: str = "Hamlet was written by William Shakespeare."
    pieces: int = 8
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    first_delay_s: float = 0.0
    piece_delay_s: float = 0.0
    cut_after: int | None = None
    raw_events: bytes | None = None
    tool_calls: Sequence[Mapping[str, Any]] = ()
    logprobs: bool = False
    error: Mapping[str, Any] = field(default_factory=lambda: {"message": "refused", "type": "test", "code": None})
    ignore_stream: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class Upstream:
    """The server; use it as an asynchronous context manager, or `start` and `stop`."""

    def __init__(self, script: Script | None = None, *, keep: int = 1000) -> None:
        """`script` answers every request for which `expect` laid up nothing else; the last `keep` are kept."""
        self._script = script or Script()
        self._ready: dict[tuple[str, bool, int, bool], bytes] = {}
        self.received: deque[Received] = deque(maxlen=keep)
        self.open_connections = 0
        self.broken_off = 0
        self._next: deque[Script] = deque()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def script(self) -> Script:
        """What answers every request for which nothing else was laid up."""
        return self._script

    @script.setter
    def script(self, script: Script) -> None:
        self._script = script
        self._ready.clear()

    @property
    def url(self) -> str:
        """Base URL, ``/v1`` included."""
        if self._server is None:
            raise RuntimeError("the upstream is not running")
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/v1"

    def expect(self, *scripts: Script) -> None:
        """Answer the next requests with these, in order."""
        self._next.extend(scripts)

    async def start(self, port: int = 0) -> None:
        """Listen on loopback."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", port)

    async def stop(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def take(self, received: Received) -> Script:
        """Note a request and return what to do with it."""
        self.received.append(received)
        return self._next.popleft() if self._next else self.script

    def answer(self, script: Script, path: str, body: Mapping[str, Any]) -> bytes:
        """Return the whole answer of a script without delays; the usual one is made only once."""
        if script is not self._script or path.endswith("/embeddings"):
            return b"".join(_parts(script, path, body))
        key = (path, bool(body.get("stream")), int(body.get("n", 1)), bool(body.get("stream_options")))
        if key not in self._ready:
            self._ready[key] = b"".join(_parts(script, path, body))
        return self._ready[key]

    def run(self, work: Any) -> asyncio.Task[None]:
        """Start `work` as a task that ends with the server."""
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class _Connection(asyncio.Protocol):
    """One client's connection; requests one after another."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not checked: uvloop's transports have another base class.
        self._transport = cast("asyncio.Transport", transport)
        self._upstream.open_connections += 1

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names the parameter
        self._upstream.open_connections -= 1
        if self._task is not None and not self._task.done():
            self._upstream.broken_off += 1
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (request := self._cut()) is not None:
            self._answer(request)

    def _cut(self) -> Received | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        size = int(headers.get("content-length", "0"))
        if len(self._buffer) < end + 4 + size:
            return None
        body = self._buffer[end + 4 : end + 4 + size]
        self._buffer = self._buffer[end + 4 + size :]
        return Received(lines[0].split(" ")[1], headers, body)

    def _answer(self, request: Received) -> None:
        script = self._upstream.take(request)
        body: Mapping[str, Any] = json.loads(request.body) if request.body else {}
        if script.first_delay_s == 0 and script.piece_delay_s == 0:
            self._write_all(script, request.path, body)
        else:
            self._task = self._upstream.run(self._write_slowly(script, request.path, body))

    def _write_all(self, script: Script, path: str, body: Mapping[str, Any]) -> None:
        if self._transport is None:
            return
        if script.cut_after is None:
            self._transport.write(self._upstream.answer(script, path, body))
        else:
            self._transport.write(b"".join(_parts(script, path, body)[: 1 + script.cut_after]))
            self._transport.close()

    async def _write_slowly(self, script: Script, path: str, body: Mapping[str, Any]) -> None:
        await asyncio.sleep(script.first_delay_s)
        for index, part in enumerate(_parts(script, path, body)):
            if self._transport is None or self._transport.is_closing():
                return
            if script.cut_after is not None and index > script.cut_after:
                self._transport.close()
                return
            if index > 1:
                await asyncio.sleep(script.piece_delay_s)
            self._transport.write(part)


def _parts(script: Script, path: str, body: Mapping[str, Any]) -> list[bytes]:
    """Return the answer as pieces: the head (with the body where there is one), then chunk after chunk."""
    if script.status != 200:
        return [_whole(json.dumps({"error": script.error}).encode(), script)]
    if path.endswith("/models"):
        return [_whole(json.dumps({"object": "list", "data": [{"id": "mock", "object": "model"}]}).encode(), script)]
    if path.endswith("/embeddings"):
        return [_whole(_embeddings(body), script)]
    if not body.get("stream") or script.ignore_stream:
        return [_whole(json.dumps(_completion(script, body)).encode(), script)]
    head = _head(script, "text/event-stream", "Transfer-Encoding: chunked")
    if script.raw_events is not None:
        events = [_chunked(script.raw_events)] if script.raw_events else []
        return [head, *events, b"0\r\n\r\n"]
    return [head, *(_chunked(event) for event in _events(script, body)), b"0\r\n\r\n"]


def _head(script: Script, kind: str, length: str) -> bytes:
    reason = "OK" if script.status == 200 else _SPECIAL_STATUS.get(script.status, "Error")
    more = "".join(f"{name}: {value}\r\n" for name, value in script.headers.items())
    return f"HTTP/1.1 {script.status} {reason}\r\nContent-Type: {kind}\r\n{length}\r\n{more}\r\n".encode("latin-1")


def _whole(data: bytes, script: Script) -> bytes:
    return _head(script, "application/json", f"Content-Length: {len(data)}") + data


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _events(script: Script, body: Mapping[str, Any]) -> list[bytes]:
    events: list[bytes] = []
    choices = range(int(body.get("n", 1)))
    for piece in _cut_text(script.text, script.pieces):
        for choice in choices:
            logprobs = {"content": [_logprob(piece)]} if script.logprobs else None
            events.append(_event(choice, {"content": piece}, None, logprobs))
    for choice in choices:
        for index, call in enumerate(script.tool_calls):
            events.append(_event(choice, {"tool_calls": [{"index": index, **call}]}, None, None))
        events.append(_event(choice, {}, "tool_calls" if script.tool_calls else "stop", None))
    if body.get("stream_options", {}).get("include_usage"):
        events.append(_data({"object": "chat.completion.chunk", "choices": [], "usage": _usage(script)}))
    events.append(_DONE)
    return events


def _event(choice: int, delta: Mapping[str, Any], reason: str | None, logprobs: Any) -> bytes:
    found = {"index": choice, "delta": delta, "finish_reason": reason, "logprobs": logprobs}
    return _data({"id": "chatcmpl-mock", "object": "chat.completion.chunk", "model": "mock", "choices": [found]})


def _data(value: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


def _completion(script: Script, body: Mapping[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": script.text or None}
    if script.tool_calls:
        message["tool_calls"] = list(script.tool_calls)
    reason = "tool_calls" if script.tool_calls else "stop"
    logprobs = {"content": [_logprob(script.text)]} if script.logprobs else None
    choices = [
        {"index": index, "message": message, "finish_reason": reason, "logprobs": logprobs}
        for index in range(int(body.get("n", 1)))
    ]
    return {"id": "chatcmpl-mock", "object": "chat.completion", "choices": choices, "usage": _usage(script)}


def _usage(script: Script) -> dict[str, int]:
    return {"prompt_tokens": 11, "completion_tokens": script.pieces, "total_tokens": 11 + script.pieces}


def _logprob(piece: str) -> dict[str, Any]:
    return {"token": piece, "logprob": -0.5, "bytes": list(piece.encode()), "top_logprobs": []}


def _embeddings(body: Mapping[str, Any]) -> bytes:
    rows = [{"index": index, "embedding": [float(len(text)), 1.0]} for index, text in enumerate(body.get("input", ()))]
    return json.dumps({"object": "list", "data": rows}).encode()


def _cut_text(text: str, pieces: int) -> list[str]:
    size = max(1, -(-len(text) // max(1, pieces)))
    return [text[start : start + size] for start in range(0, len(text), size)]


async def _serve(port: int, script: Script) -> None:
    upstream = Upstream(script, keep=1)
    await upstream.start(port)
    print(upstream.url, flush=True)
    await asyncio.Event().wait()


def _main() -> None:
    parser = argparse.ArgumentParser(description="A mock OpenAI-compatible server for benchmarks.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--text", default=Script().text)
    parser.add_argument("--pieces", type=int, default=8)
    parser.add_argument("--piece-delay-s", type=float, default=0.0)
    given = parser.parse_args()
    asyncio.run(_serve(given.port, Script(given.text, given.pieces, piece_delay_s=given.piece_delay_s)))


if __name__ == "__main__":
    _main()
