"""The fast mock behind both gateways: an OpenAI-compatible server in one small protocol class.

It answers every POST with a fixed completion of 20 words, or with 20 chunks when the body asks for
a stream; the pause between chunks comes from the command line. Run as
``python -m bench.gateway.upstream PORT PAUSE_MS``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import cast

import uvloop

WORDS = [f"word{i} " for i in range(20)]
MODEL = "mock"


def _completion() -> bytes:
    body = {
        "id": "chatcmpl-mock",
        "object": "chat.completion",
        "created": 1,
        "model": MODEL,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "".join(WORDS)}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 20, "total_tokens": 40},
    }
    data = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(data) + data


def _chunk(delta: dict[str, str], finish: str | None, usage: dict[str, int] | None = None) -> bytes:
    body: dict[str, object] = {
        "id": "chatcmpl-mock",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": MODEL,
        "choices": [] if usage else [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    if usage:
        body["usage"] = usage
    return _framed(b"data: " + json.dumps(body).encode() + b"\n\n")


def _framed(data: bytes) -> bytes:
    return b"%x\r\n" % len(data) + data + b"\r\n"


COMPLETION = _completion()
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS = [_chunk({"role": "assistant", "content": WORDS[0]}, None)]
CHUNKS += [_chunk({"content": word}, None) for word in WORDS[1:]]
USAGE = _chunk({}, None, {"prompt_tokens": 20, "completion_tokens": 20, "total_tokens": 40})
STREAM_TAIL = _chunk({}, "stop") + USAGE + _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n"
MODELS = b'{"object":"list","data":[{"id":"mock","object":"model","created":1,"owned_by":"mock"}]}'
LISTING = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    % len(MODELS)
    + MODELS
)


class Upstream(asyncio.Protocol):
    """One connection; requests on it are answered in order."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            size = _content_length(head)
            if len(self._buffer) < end + 4 + size:
                return
            body = self._buffer[end + 4 : end + 4 + size]
            self._buffer = self._buffer[end + 4 + size :]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if head.startswith(b"get"):
            self._transport.write(LISTING)
            self._transport.close()
        elif b'"stream":true' in body.replace(b" ", b""):
            self._transport.write(STREAM_HEAD)
            self._send_chunk(0)
        else:
            self._transport.write(COMPLETION)

    def _send_chunk(self, index: int) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if index == len(CHUNKS):
            self._transport.write(STREAM_TAIL)
            return
        self._transport.write(CHUNKS[index])
        asyncio.get_running_loop().call_later(self._pause_s, self._send_chunk, index + 1)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":", 1)[1])
    return 0


async def serve(port: int, pause_s: float) -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Upstream(pause_s), "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
