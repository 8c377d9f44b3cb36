"""A scripted model behind OpenAI's API, outside of the server: it says what it is told to say, and keeps every prompt.

What an insider changed in a prompt can only be seen where the prompt arrives. So the throw-away server is connected
to this model by its address, as to any other, and a drill compares what came with what was released.

>>> with ScriptedModel(lambda lines: "I do not know.") as model:
...     model.url.startswith("http://127.0.0.1:")
True
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, TypeAlias

__all__ = ["Lines", "ScriptedModel"]

Lines: TypeAlias = Sequence[Mapping[str, str]]
"""Lines of a prompt as they came: ``role`` and ``content``, the system line first."""

_MAX_KEPT = 4096


class ScriptedModel:
    """Serves chat completions on a free loopback port from `__enter__` to `__exit__`.

    Args:
        answer: Returns the reply to a prompt; called from several threads.
    """

    def __init__(self, answer: Callable[[Lines], str]) -> None:
        self.answer = answer
        self._prompts: list[Lines] = []
        self._server = _Server(self)

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

    def __init__(self, model: ScriptedModel) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = model


class _Handler(BaseHTTPRequestHandler):
    """``POST /v1/chat/completions`` and ``GET /v1/models``, and nothing else."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:  # the name that http.server calls
        if self.path != "/v1/models":
            self.send_error(404)
            return
        self._send("application/json", _json({"object": "list", "data": [{"id": "script", "object": "model"}]}))

    def do_POST(self) -> None:  # the name that http.server calls
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            self.send_error(404)
            return
        text = self.server.model.reply(body["messages"])
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        if not body.get("stream"):
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            self._send("application/json", _json({"object": "chat.completion", "choices": [choice], "usage": usage}))
            return
        said = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        ended = {"index": 0, "delta": {}, "finish_reason": "stop"}
        chunks = [{"choices": [said]}, {"choices": [ended]}, {"choices": [], "usage": usage}]
        events = b"".join(b"data: " + _json(chunk) + b"\n\n" for chunk in chunks)
        self._send("text/event-stream", events + b"data: [DONE]\n\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Keep requests out of the terminal."""

    def _send(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8")
