"""The obedient model behind OpenAI's chat API, in a process of its own: ``python -m verax.drill.obedient_server``.

A release reaches it as it reaches any remote model: ``verax model add obedient --url URL``.

* The process listens on loopback only, prints ``{"url", "model"}`` as one line, and ends when its input ends: it does
  not outlive whoever started it.
* ``GET /v1/models`` and ``POST /v1/chat/completions``, streamed or not. Of the sampling options ``max_tokens`` is
  honoured; nothing is random, so seed and temperature make no difference.
* A token is a word with the blanks after it.

>>> with served_obedient() as url:
...     client.get_json(f"{url}/models")
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from verax.drill.obedient import ObedientModel
from verax.kernel.errors import ModelUnavailable

__all__ = ["CONTEXT_TOKENS", "MODEL", "main", "served_obedient"]

MODEL = "obedient"
CONTEXT_TOKENS = 8192

_TOKEN = re.compile(r"\S+\s*|\s+")
_IDLE_LIMIT_S = 60
_END_LIMIT_S = 10
_MAX_BODY_BYTES = 8 * 2**20


@contextlib.contextmanager
def served_obedient(share: float = 1.0) -> Iterator[str]:
    """Run the model server until the block ends; returns its address, ``/v1`` included.

    Args:
        share: Part of the prompts in which the model obeys what goes beyond answering, 0 to 1.

    Raises:
        ModelUnavailable: the process did not start.
    """
    command = [sys.executable, "-I", "-m", "verax.drill.obedient_server", "--share", str(share)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            if not line:
                raise ModelUnavailable("the obedient model: its server did not start")
            yield str(json.loads(line)["url"])
        finally:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(_END_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, model: ObedientModel, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Exchange)
        self.model = model


class _Exchange(BaseHTTPRequestHandler):
    """One connection; requests one after another."""

    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_LIMIT_S
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            self._refuse(HTTPStatus.NOT_FOUND, f"no such address: {self.path[:64]}")
            return
        entry = {"id": MODEL, "object": "model", "created": 0, "owned_by": "drill", "max_model_len": CONTEXT_TOKENS}
        self._send(HTTPStatus.OK, {"object": "list", "data": [entry]})

    def do_POST(self) -> None:
        size = self.headers.get("content-length", "")
        if not size.isdigit() or int(size) > _MAX_BODY_BYTES:
            self.close_connection = True
            self._refuse(HTTPStatus.LENGTH_REQUIRED, f"expected a length of at most {_MAX_BODY_BYTES} bytes")
            return
        data = self.rfile.read(int(size))
        if self.path != "/v1/chat/completions":
            self._refuse(HTTPStatus.NOT_FOUND, f"no such address: {self.path[:64]}")
            return
        try:
            body = json.loads(data)
            tokens, reason = _limited(self.server.model.reply(body["messages"]), body.get("max_tokens"))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self._refuse(HTTPStatus.BAD_REQUEST, f"expected a chat completion request ({type(error).__name__})")
            return
        usage = _usage(body["messages"], tokens)
        if body.get("stream"):
            with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
            self._stream(tokens, reason, usage if with_usage else None)
        else:
            message = {"role": "assistant", "content": "".join(tokens)}
            choice = {"index": 0, "message": message, "finish_reason": reason}
            self._send(HTTPStatus.OK, _frame("chat.completion", [choice]) | {"usage": usage})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing: what is asked is nobody's business."""

    def _stream(self, tokens: list[str], reason: str, usage: Mapping[str, int] | None) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for token in tokens:
            self._event(_frame("chat.completion.chunk", [_delta({"content": token}, None)]))
        self._event(_frame("chat.completion.chunk", [_delta({}, reason)]))
        if usage is not None:
            self._event(_frame("chat.completion.chunk", []) | {"usage": usage})
        self._chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _event(self, value: Mapping[str, Any]) -> None:
        self._chunk(b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self._send(status, {"error": {"message": message, "type": "invalid_request_error", "code": None}})

    def _send(self, status: HTTPStatus, value: Mapping[str, Any]) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()


def _limited(text: str, limit: int | None) -> tuple[list[str], str]:
    tokens = _TOKEN.findall(text)
    return (tokens, "stop") if limit is None or len(tokens) <= limit else (tokens[:limit], "length")


def _frame(kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": "chatcmpl-obedient", "object": kind, "created": 0, "model": MODEL, "choices": choices}


def _delta(delta: Mapping[str, str], reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": dict(delta), "finish_reason": reason}


def _usage(messages: Any, tokens: list[str]) -> dict[str, int]:
    asked = len(_TOKEN.findall(json.dumps(messages)))
    return {"prompt_tokens": asked, "completion_tokens": len(tokens), "total_tokens": asked + len(tokens)}


def main(arguments: list[str]) -> int:
    """Serve until the input ends."""
    parser = argparse.ArgumentParser(prog="obedient_server", description="A model that does what its prompt says.")
    parser.add_argument("--port", type=int, default=0, help="0 for any free port")
    parser.add_argument("--share", type=float, default=1.0, help="part of the prompts in which it obeys, 0 to 1")
    given = parser.parse_args(arguments)
    with _Server(ObedientModel(given.share), given.port) as server:
        threading.Thread(target=server.serve_forever, name="obedient", daemon=True).start()
        print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}/v1", "model": MODEL}), flush=True)
        sys.stdin.buffer.read()
        server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
