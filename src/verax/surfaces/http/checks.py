"""``POST /v1/check``: any text checked against any documents."""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.routing import Route

from verax.kernel import canonical
from verax.kernel.errors import RequestError
from verax.surfaces.http.body import read_json
from verax.surfaces.http.check_models import CheckRequest, EvidenceText
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.validation import validate
from verax.truth.check import CollectionSource, Document, DocumentSource, Source, check_text
from verax.truth.check_object import check_object
from verax.truth.knowledge.library import Library
from verax.truth.knowledge.normal import NormalText, normalise
from verax.truth.verdicts import Verifier

__all__ = ["CheckEndpoints"]


class CheckEndpoints:
    """Serves checks."""

    def __init__(self, library: Library, verifier: Verifier, gate: Gate, limit_bytes: int) -> None:
        self._library = library
        self._verifier = verifier
        self._gate = gate
        self._limit_bytes = limit_bytes

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/v1/check", Endpoint(self.check), methods=["POST"])]

    async def check(self, exchange: Exchange) -> Response:
        """Check a text."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        body = validate(CheckRequest, await read_json(exchange.headers, exchange.receive, self._limit_bytes))
        if not body.evidence and not body.collections:
            raise RequestError(
                "evidence: expected a text in `evidence`, or an id in `collections`",
                hint="there must be something to check against",
                param="evidence",
            )
        sources: list[Source] = []
        for collection_id in dict.fromkeys(body.collections):
            await self._library.collections.get(collection_id, caller.user_id)
            sources.append(CollectionSource(self._library, collection_id, caller.user_id))
        documents = [_document(number, item) for number, item in enumerate(body.evidence, start=1)]
        if documents:
            sources.append(await asyncio.to_thread(DocumentSource, documents))
        report = await check_text(body.text, sources, self._verifier)
        return json_response(check_object(report, body.text, documents))


def _document(number: int, given: str | EvidenceText) -> Document:
    source, raw = (given.source, given.text) if isinstance(given, EvidenceText) else (f"evidence {number}", given)
    text, _ = normalise(raw)
    return Document(source, canonical.hex_digest(raw.encode("utf-8")), NormalText("text", "text/plain", text))
