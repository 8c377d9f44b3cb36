"""Search engines of the web behind one small protocol: a query in, titles, addresses and snippets out.

* The administrator names the engine and its address, so the address may be a private one (SearXNG
  usually is); a redirect is a failure, not a new address. Nothing but the query and a number is sent.
* Of an answer only titles, addresses and snippets are read, at most what was asked for.

Sources: SearXNG, "Search API" (``GET /search?q=…&format=json``; the instance must allow the format
``json``); Brave, "Web Search API" (``GET /res/v1/web/search``, header ``X-Subscription-Token``);
Tavily, "Search" (``POST /search``, bearer key).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import urlencode, urlsplit

import aiohttp

from verax.kernel.errors import BusyError, FetchError

__all__ = ["EngineName", "EngineSettings", "FoundPage", "SearchEngine", "open_engine"]

EngineName = Literal["searxng", "brave", "tavily"]

_HOSTED: Mapping[EngineName, str] = {"brave": "https://api.search.brave.com", "tavily": "https://api.tavily.com"}
_ANSWER_BYTES = 4 * 2**20
_MAX_TITLE, _MAX_SNIPPET = 300, 2_000
_RETRY_S = 10


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page that an engine names; `snippet` is the engine's text and never evidence."""

    title: str
    url: str
    snippet: str


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Which engine is asked, and how.

    Attributes:
        url: Its base address; empty for the hosted one, which SearXNG has not.
        key_of: Returns its key when it is needed; empty for none.
        total_s: Longest time for its answer.
    """

    name: EngineName
    url: str = ""
    key_of: Callable[[], str] = str
    total_s: float = 10.0


class SearchEngine(Protocol):
    """Finds pages of the web."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    async def find(self, query: str, limit: int) -> list[FoundPage]:
        """Return at most `limit` pages, best first.

        Raises:
            FetchError: it cannot be reached, refuses, or does not answer as it should.
            BusyError: it asks to come back later.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, object] | None = None


def open_engine(settings: EngineSettings) -> SearchEngine:
    """Return the engine of the settings."""
    return _HttpEngine(settings)


class _HttpEngine:
    """Asks any of the engines; what differs is what `_request` writes and `_results` reads."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._base = (settings.url or _HOSTED.get(settings.name, "")).rstrip("/")

    @property
    def name(self) -> str:
        return self._settings.name

    async def find(self, query: str, limit: int) -> list[FoundPage]:
        data = await self._ask(_request(self._settings, query, limit))
        try:
            rows = _results(self._settings.name, json.loads(data))
            found = [_page(row) for row in rows]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise FetchError(
                f"search: {self.name} did not answer as its interface says",
                hint="check web_search_url; an instance of SearXNG must allow the format json",
                code="search/protocol",
            ) from None
        pages = [page for page in found if urlsplit(page.url).scheme in ("http", "https")]
        return list({page.url: page for page in reversed(pages)}.values())[::-1][:limit]

    async def _ask(self, request: _Request) -> bytes:
        timeout = aiohttp.ClientTimeout(total=self._settings.total_s)
        session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, timeout=timeout)
        try:
            async with (
                session,
                session.request(
                    request.method,
                    self._base + request.path,
                    headers={"Accept": "application/json", "Accept-Encoding": "identity", **request.headers},
                    json=request.body,
                    allow_redirects=False,
                ) as response,
            ):
                self._check(response.status)
                data = await response.content.read(_ANSWER_BYTES + 1)
                while not response.content.at_eof() and len(data) <= _ANSWER_BYTES:
                    data += await response.content.read(_ANSWER_BYTES)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise FetchError(
                f"search: {self.name} could not be reached, or did not answer in {self._settings.total_s:g} s",
                hint="check web_search_url, and that this server may reach it",
                code="search/unreachable",
            ) from None
        return data[:_ANSWER_BYTES]

    def _check(self, status: int) -> None:
        if status == 200:
            return
        if status == 429:
            raise BusyError(
                f"search: {self.name} asks to come back later", retry_after_s=_RETRY_S, code="busy/search-engine"
            )
        if status in (401, 402, 403):
            raise FetchError(
                f"search: {self.name} refused ({status})",
                hint="check the key that web_search_key names; an instance of SearXNG must allow the format json",
                code="search/refused",
            )
        raise FetchError(
            f"search: {self.name} answered {status}",
            hint="try again later, or check web_search_url",
            code="search/failed",
        )


def _request(settings: EngineSettings, query: str, limit: int) -> _Request:
    key = settings.key_of()
    if settings.name == "searxng":
        bearer = {"Authorization": f"Bearer {key}"} if key else {}
        return _Request("GET", f"/search?{urlencode({'q': query, 'format': 'json'})}", bearer)
    if settings.name == "brave":
        values = urlencode({"q": query, "count": limit, "text_decorations": "false"})
        return _Request("GET", f"/res/v1/web/search?{values}", {"X-Subscription-Token": key})
    body = {"query": query, "max_results": limit, "search_depth": "basic"}
    return _Request("POST", "/search", {"Authorization": f"Bearer {key}"}, body)


def _results(name: EngineName, answer: Any) -> list[Any]:
    found = answer.get("web", {}).get("results", []) if name == "brave" else answer["results"]
    if not isinstance(found, list):
        raise TypeError
    return found


def _page(row: Any) -> FoundPage:
    snippet = row.get("content") or row.get("description") or ""
    return FoundPage(_clean(row.get("title") or "")[:_MAX_TITLE], row["url"].strip(), _clean(snippet)[:_MAX_SNIPPET])


def _clean(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
