"""``POST /v1/search/web``: a question to the web, and passages of the pages that answer it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.operations import Operation, json_reply
from verax.surfaces.http.reply_models import ReplyModel
from verax.surfaces.http.validation import WireModel, validate
from verax.truth.verdicts import Evidence
from verax.truth.web.search import MAX_PAGES, MAX_QUERY_CHARS, ReadPage, WebSearch

__all__ = ["OPERATIONS", "WebResults", "WebSearchEndpoints", "WebSearchRequest"]

_BODY_LIMIT_BYTES = 65_536
_MAX_QUESTION = 2_000


class WebSearchRequest(WireModel):
    """Body of ``POST /v1/search/web``: what to know, and what the engine is asked where that differs."""

    question: Annotated[str, Field(min_length=1, max_length=_MAX_QUESTION)]
    query: Annotated[str, Field(max_length=MAX_QUERY_CHARS)] = ""
    pages: Annotated[int, Field(ge=1, le=MAX_PAGES)] = 5


class WebPage(ReplyModel):
    """A page that the engine named; `source`, `digest` and `fetched_ms` are null where it was not read.

    `problem` is then the code that says why.
    """

    title: str
    url: str
    snippet: str
    source: str | None
    digest: str | None
    fetched_ms: int | None
    problem: str | None


class WebPassage(ReplyModel):
    """A passage of a page; `start` is where it begins in the page's normalised text."""

    source: str
    digest: str
    fetched_ms: int
    page: int | None
    heading: str
    start: int
    end: int
    text: str


class WebResults(ReplyModel):
    """What the engine was asked, the pages that it named, and their passages nearest to the question, best first."""

    object: Literal["web_search"]
    engine: str
    query: str
    pages: list[WebPage]
    passages: list[WebPassage]


class WebSearchEndpoints:
    """Serves searches of the web."""

    def __init__(self, search: WebSearch, gate: Gate) -> None:
        self._search = search
        self._gate = gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/v1/search/web", Endpoint(self.search), methods=["POST"])]

    async def search(self, exchange: Exchange) -> Response:
        """Search the web."""
        exchange.query()
        await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        body = validate(WebSearchRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        found = await self._search.find(body.question, body.query, body.pages)
        times = {page.source: page.fetched_ms for page in found.pages}
        return json_response(
            {
                "object": "web_search",
                "engine": found.engine,
                "query": found.query,
                "pages": [_page(page) for page in found.pages],
                "passages": [_passage(item, times[item.source]) for item in found.passages],
            }
        )


def _page(page: ReadPage) -> dict[str, Any]:
    return {
        "title": page.found.title,
        "url": page.found.url,
        "snippet": page.found.snippet,
        "source": page.source or None,
        "digest": page.digest or None,
        "fetched_ms": page.fetched_ms,
        "problem": page.problem or None,
    }


def _passage(passage: Evidence, fetched_ms: int | None) -> dict[str, Any]:
    return {
        "source": passage.source,
        "digest": passage.document,
        "fetched_ms": fetched_ms,
        "page": passage.page,
        "heading": passage.heading,
        "start": passage.start,
        "end": passage.start + len(passage.text),
        "text": passage.text,
    }


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/v1/search/web",
        "searchWeb",
        "Search the web through the engine of this installation; nothing is kept",
        json_reply(WebResults),
        body=WebSearchRequest,
        needs_key=True,
    ),
)
