"""A scripted model behind OpenAI's API, outside of the server: it says what it is told to say, and keeps every prompt.

What an insider changed in a prompt can only be seen where the prompt arrives. So the throw-away server is connected
to this model by its address, as to any other, and a drill compares what came with what was released.

* ``GET /v1/models`` and ``POST /v1/chat/completions``, streamed or not. Of the sampling options ``max_tokens`` is
  honoured; nothing is random, so seed and temperature make no difference.
* A token is a word with the blanks after it.

>>> with ScriptedModel(lambda lines: "I do not know.") as model:
...     model.url.startswith("http://127.0.0.1:")
True
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, TypeAlias

__all__ = ["CONTEXT_TOKENS", "Lines", "ScriptedModel"]

Lines: TypeAlias = Sequence[Mapping[str, str]]
"""Lines of a prompt as they came: ``role`` and ``content``, the system line first."""

CONTEXT_TOKENS = 8192
"""What it says of its own context; it reads any prompt."""

_TOKEN = re.compile(r"\S+\s*|\s+")
_MAX_KEPT = 64
_IDLE_LIMIT_S = 60
_MAX_BODY_BYTES = 8 * 2**20


class ScriptedModel:
    """Serves chat completions on a loopback port from `__enter__` to `__exit__`.

    Args:
        answer: Returns the reply to a prompt; called from several threads.
        name: What its list of models calls it.
        port: 0 for any free one.
    """

    def __init__(self, answer: Callable[[Lines], str], name: str = "script", port: int = 0) -> None:
        self.answer = answer
        self.name = name
        self._prompts: list[Lines] = []
        self._server = _Server(self, port)

    @property
    def url(self) -> str:
        """Base address, as a release names it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def prompts(self) -> tuple[Lines, ...]:
        """The last prompts that arrived, oldest first."""
        return tuple(self._prompts)

    def reply(self, lines: Lines) -> str:
        """Note a prompt and return the reply to it."""
        self._prompts = [*self._prompts, lines][-_MAX_KEPT:]
        return self.answer(lines)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="verax-drill-model", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, model: ScriptedModel, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Exchange)
        self.model = model


class _Exchange(BaseHTTPRequestHandler):
    """One connection; requests one after another."""

    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_LIMIT_S
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:  # the name that http.server calls
        if self.path != "/v1/models":
            self._refuse(HTTPStatus.NOT_FOUND, f"no such address: {self.path[:64]}")
            return
        entry = {"id": self.server.model.name, "object": "model", "created": 0, "max_model_len": CONTEXT_TOKENS}
        self._send(HTTPStatus.OK, {"object": "list", "data": [entry]})

    def do_POST(self) -> None:  # the name that http.server calls
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
            self._send(HTTPStatus.OK, self._frame("chat.completion", [choice]) | {"usage": usage})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Keep requests out of the terminal."""

    def _stream(self, tokens: list[str], reason: str, usage: Mapping[str, int] | None) -> None:
        kind = "chat.completion.chunk"
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for token in tokens:
            self._event(self._frame(kind, [_delta({"content": token}, None)]))
        self._event(self._frame(kind, [_delta({}, reason)]))
        if usage is not None:
            self._event(self._frame(kind, []) | {"usage": usage})
        self._chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _frame(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        name = self.server.model.name
        return {"id": "chatcmpl-script", "object": kind, "created": 0, "model": name, "choices": choices}

    def _event(self, value: Mapping[str, Any]) -> None:
        self._chunk(b"data: " + _json(value) + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self._send(status, {"error": {"message": message, "type": "invalid_request_error", "code": None}})

    def _send(self, status: HTTPStatus, value: Mapping[str, Any]) -> None:
        data = _json(value)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()


def _limited(text: str, limit: int | None) -> tuple[list[str], str]:
    tokens = _TOKEN.findall(text)
    return (tokens, "stop") if limit is None or len(tokens) <= limit else (tokens[:limit], "length")


def _delta(delta: Mapping[str, str], reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": dict(delta), "finish_reason": reason}


def _usage(messages: Any, tokens: list[str]) -> dict[str, int]:
    asked = len(_TOKEN.findall(json.dumps(messages)))
    return {"prompt_tokens": asked, "completion_tokens": len(tokens), "total_tokens": asked + len(tokens)}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8")
