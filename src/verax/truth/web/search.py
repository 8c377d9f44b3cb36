"""A question to the web: pages that an engine names, fetched, read, and cut into passages for this request alone.

* What goes to the engine is the query and nothing else: no name or address of whoever asks, nothing
  said before, no memory. Without a query of its own it is the question, its first 400 characters.
* A query that names the assistant's owner is refused where the question does not (`verax.truth.web.owners`).
* An engine's titles and snippets are never evidence. A page is, as it came by `verax.truth.web.fetch`.
* Nothing is kept: pages, text and passages go with the request.
* A page that cannot be had is told, and does not end the search.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from verax.kernel import canonical
from verax.kernel.errors import ForbiddenError, RequestError, VeraxError
from verax.store.clock import Clock, SystemClock
from verax.truth.check import Document, DocumentSource
from verax.truth.knowledge.convert import Converter
from verax.truth.verdicts import Evidence
from verax.truth.web.engines import FoundPage, SearchEngine
from verax.truth.web.fetch import Fetcher
from verax.truth.web.owners import check_owner_unnamed

__all__ = ["MAX_PAGES", "MAX_QUERY_CHARS", "ReadPage", "WebFindings", "WebSearch"]

MAX_QUERY_CHARS = 400  # the least of what the engines take: Brave's
MAX_PAGES = 8
_PAGES = 5
_PAGES_S = 20.0


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page that the engine named.

    Attributes:
        found: As the engine named it.
        source: Where it was in the end; empty where it was not read.
        digest: SHA-256 of its bytes, hex; empty where it was not read.
        fetched_ms: When it came; None where it was not read.
        problem: Code of the error that kept it from being read; empty where it was.
    """

    found: FoundPage
    source: str = ""
    digest: str = ""
    fetched_ms: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class WebFindings:
    """What a search found.

    Attributes:
        passages: Those nearest to the question, best first.
        documents: Finds those nearest to something else in the same pages.
    """

    engine: str
    query: str
    pages: tuple[ReadPage, ...]
    passages: tuple[Evidence, ...]
    documents: DocumentSource


class WebSearch:
    """Searches the web through one engine.

    Args:
        engine: None where the administrator named none.
        owner_names: Returns the names of the assistant's owner.
        pages_s: Longest time for all pages of one search.
    """

    def __init__(
        self,
        engine: SearchEngine | None,
        fetcher: Fetcher,
        converter: Converter,
        clock: Clock | None = None,
        owner_names: Callable[[], Iterable[str]] = tuple,
        pages_s: float = _PAGES_S,
    ) -> None:
        self._engine = engine
        self._fetcher = fetcher
        self._converter = converter
        self._clock = clock or SystemClock()
        self._owner_names = owner_names
        self._pages_s = pages_s

    @property
    def is_available(self) -> bool:
        """Whether the administrator named an engine, and pages may be fetched."""
        return self._engine is not None and self._fetcher.rules.is_on

    async def evidence(self, question: str) -> Sequence[Evidence]:
        """Return the passages of the web nearest to a question; raises as `find` does."""
        return (await self.find(question)).passages

    async def find(self, question: str, query: str = "", pages: int = _PAGES) -> WebFindings:
        """Search the web.

        Args:
            question: What is to be known; the passages nearest to it are returned.
            query: What the engine is asked; empty asks the question.
            pages: Most pages that are read, 1 to `MAX_PAGES`.

        Raises:
            ForbiddenError: searching or fetching is off.
            RequestError: nothing is asked, or the query names the owner and the question does not.
            FetchError, BusyError: the engine cannot be asked.
        """
        if self._engine is None or not self._fetcher.rules.is_on:
            raise ForbiddenError(
                "search: this installation does not search the web",
                hint="its administrator names an engine with the setting web_search",
                code="search/off",
            )
        asked = (query or question)[:MAX_QUERY_CHARS].strip()
        if not asked:
            raise RequestError("query: expected something to search for", param="query")
        check_owner_unnamed(asked, question, self._owner_names())
        found = await self._engine.find(asked, pages)
        read, documents = await self._read_all(found[:pages])
        source = await asyncio.to_thread(DocumentSource, documents)
        passages = tuple(await source.nearest(question or asked))
        return WebFindings(self._engine.name, asked, tuple(read), passages, source)

    async def _read_all(self, found: Sequence[FoundPage]) -> tuple[list[ReadPage], list[Document]]:
        """Read pages side by side; those that take too long are given up."""
        tasks = [asyncio.ensure_future(self._read(page)) for page in found]
        if not tasks:
            return [], []
        try:
            await asyncio.wait(tasks, timeout=self._pages_s)
            late = [ReadPage(page, problem="fetch/timeout") for page in found]
            results = [task.result() if task.done() else (late[at], None) for at, task in enumerate(tasks)]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        pages = [page for page, _ in results]
        documents = {document.digest: document for _, document in reversed(results) if document is not None}
        return pages, list(documents.values())[::-1]

    async def _read(self, found: FoundPage) -> tuple[ReadPage, Document | None]:
        page = ReadPage(found)
        try:
            fetched = await self._fetcher.fetch(found.url)
            page = replace(page, source=fetched.url, fetched_ms=self._clock.now_ms())
            page = replace(page, digest=canonical.hex_digest(fetched.data))
            text = await self._converter.convert(fetched.data, fetched.name, fetched.media_type)
        except VeraxError as error:
            return ReadPage(found, problem=error.reason_code), None
        return page, Document(page.source, page.digest, text)
