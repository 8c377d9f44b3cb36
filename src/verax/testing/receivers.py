"""Receivers of notices on loopback ports: a webhook's, and a mail server's.

>>> async with WebhookReceiver() as receiver:
...     receiver.url
'http://127.0.0.1:…/hook'
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

__all__ = ["MailReceiver", "Posted", "WebhookReceiver"]


@dataclass(frozen=True, slots=True)
class Posted:
    """One call of a webhook."""

    headers: dict[str, str]
    body: bytes
    path: str


class WebhookReceiver:
    """Answers POSTs with `statuses` in turn, then with 204.

    Attributes:
        posted: Every call, oldest first.
        location: Where redirects point.
    """

    def __init__(self, *statuses: int, location: str = "") -> None:
        self.posted: list[Posted] = []
        self.location = location
        self._statuses = list(statuses)
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The webhook's address."""
        return f"http://127.0.0.1:{self._port}/hook"

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.posted.append(Posted(dict(request.headers), await request.read(), request.path))
        status = self._statuses.pop(0) if self._statuses else 204
        return web.Response(status=status, headers={"Location": self.location} if self.location else {})


@dataclass
class MailReceiver:
    """A mail server that takes everything, in the clear, by TLS, or by STARTTLS.

    Attributes:
        context: For TLS; None for a server that has none.
        is_tls: Whether TLS begins with the first byte.
        messages: Texts of the messages taken.
        said: Every line that a client said, passwords included.
    """

    context: ssl.SSLContext | None = None
    is_tls: bool = False
    messages: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    port: int = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        """Listen on a free port."""
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=self.context if self.is_tls else None)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await self._session(reader, writer)
        writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode("latin-1").strip():
            self.said.append(line)
            word = line.split()[0].upper()
            if word == "EHLO":
                extra = b"250-STARTTLS\r\n" if self.context and not self.is_tls else b""
                writer.write(b"250-test\r\n" + extra + b"250 AUTH PLAIN\r\n")
            elif word == "STARTTLS" and self.context is not None:
                writer.write(b"220 go\r\n")
                await writer.drain()
                await writer.start_tls(self.context)
            elif word == "DATA":
                writer.write(b"354 send\r\n")
                data = await reader.readuntil(b"\r\n.\r\n")
                self.messages.append(data.decode("utf-8"))
                writer.write(b"250 taken\r\n")
            elif word == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"235 in\r\n" if word == "AUTH" else b"250 ok\r\n")
