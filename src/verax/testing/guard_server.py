"""A larger guard behind a real HTTP server on loopback: a moderation API and two chat guards in one.

It goes by words: a text that holds one of them is answered with what that word stands for, a field
of the moderation API, hazard codes of Llama Guard, or a risk of Granite Guardian.

>>> async def example():
...     async with GuardServer({"bomb": "S9"}) as server:
...         return server.url
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web

__all__ = ["GuardServer"]

_FIELDS = ("hate", "hate/threatening", "harassment", "self-harm", "sexual", "sexual/minors", "violence", "illicit")


class GuardServer:
    """The server; use it as an asynchronous context manager.

    Args:
        words: What each word stands for.
        answer: What it says to everything instead, in no form that anybody knows.

    Attributes:
        authorized: Every ``Authorization`` header that came.
    """

    def __init__(self, words: Mapping[str, str], answer: str = "") -> None:
        self._words = words
        self._answer = answer
        self._runner: web.AppRunner | None = None
        self._port = 0
        self.authorized: set[str] = set()

    @property
    def url(self) -> str:
        """Base address, ``/v1`` included."""
        return f"http://127.0.0.1:{self._port}/v1"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/moderations", self._moderate)
        app.router.add_post("/v1/chat/completions", self._chat)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _moderate(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        if self._answer:
            return web.json_response({"answer": self._answer})
        results = []
        for text in body["input"]:
            meant = self._meant(text)
            results.append({"category_scores": {name: 0.97 if name == meant else 0.01 for name in _FIELDS}})
        return web.json_response({"id": "modr-1", "model": body["model"], "results": results})

    async def _chat(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        meant = self._meant(body["messages"][0]["content"])
        risk = body.get("chat_template_kwargs", {}).get("guardian_config", {}).get("risk_name")
        if self._answer:
            said = self._answer
        elif risk is not None:
            said = "<score> yes </score>" if meant == risk else "No"
        else:
            said = f"unsafe\n{meant}" if meant else "\n\nsafe"
        return web.json_response({"choices": [{"message": {"role": "assistant", "content": said}}]})

    async def _body(self, request: web.Request) -> Any:
        self.authorized.add(request.headers.get("Authorization", ""))
        return await request.json()

    def _meant(self, text: str) -> str:
        return next((meant for word, meant in self._words.items() if word in text), "")
