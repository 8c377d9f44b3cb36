"""A site of the web on a loopback port, good or hostile, and a fetcher that finds it under its names.

Each path has an answer: bytes as they go over the wire, or a function that writes and may never end.

>>> async with WebSite({"/": answer(b"<p>Hello", "text/html")}) as site:
...     (await site.fetcher().fetch(site.url("/"))).data
b'<p>Hello'
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Self

from verax.truth.web.addresses import IpAddress, is_public
from verax.truth.web.fetch import Fetcher, FetchRules

__all__ = ["HERE", "Answer", "WebSite", "answer", "redirect", "search_answer"]

HERE = "127.0.0.1"
"""The one address that the fetchers of these tests take for public besides those that are."""

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes, media_type: str = "text/plain", status: int = 200, **headers: str) -> bytes:
    """Return an answer with its length; `headers` are written with hyphens for underscores."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    typed = f"Content-Type: {media_type}\r\n" if media_type else ""
    return f"HTTP/1.1 {status} Said\r\n{typed}Content-Length: {len(body)}\r\n{more}\r\n".encode("latin-1") + body


def redirect(location: str, status: int = 302) -> bytes:
    """Return a redirect."""
    return answer(b"", "", status, Location=location)


def search_answer(*urls: str) -> bytes:
    """Return what a SearXNG says that found these pages."""
    rows = [{"title": url, "url": url, "content": "the words of the engine"} for url in urls]
    return answer(json.dumps({"query": "q", "results": rows}).encode(), "application/json")


class WebSite:
    """Serves `pages` by path; what is not there is a 404.

    Attributes:
        asked: Head of each request, as it came.
        resolved: Names that fetchers of this site looked up, in order.
        names: Addresses of names; of several lists the first is used up first. Any other name is `HERE`.
    """

    def __init__(self, pages: Mapping[str, Answer], tls: ssl.SSLContext | None = None) -> None:
        self.pages = dict(pages)
        self.names: dict[str, list[Sequence[str]]] = {}
        self.asked: list[str] = []
        self.resolved: list[str] = []
        self.port = 0
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._accept, HERE, 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening, and end what never ends by itself."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, path: str, host: str = "pages.example") -> str:
        """Return the address of a path under a name of this site."""
        return f"http{'s' if self._tls else ''}://{host}:{self.port}{path}"

    def fetcher(self, rules: FetchRules | None = None, tls: ssl.SSLContext | None = None) -> Fetcher:
        """Return a fetcher that finds this site under every name, and asks no other address of this machine."""
        rules = replace(rules or FetchRules(), ports=frozenset({80, 443, self.port}), allows=_here_or_public)
        return Fetcher(rules, self._resolve, tls)

    async def _resolve(self, host: str, _: int) -> Sequence[str]:
        self.resolved.append(host)
        known = self.names.get(host, [])
        return known.pop(0) if known else [HERE]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._serve(reader, writer)
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.asked.append(head)
        found = self.pages.get(head.split(" ", 2)[1].partition("?")[0], answer(b"nothing here", status=404))
        if isinstance(found, bytes):
            writer.write(found)
            await writer.drain()
        else:
            await found(writer)


def _here_or_public(address: IpAddress) -> bool:
    return address == ip_address(HERE) or is_public(address)
