"""``/v1/collections``: documents that a person keeps, and the passages in them.

* The body of an upload is the file itself. What it is, its bytes decide; name and source are data.
* With `url` the server fetches the page itself (`verax.truth.web.fetch`), and the body is empty.
* Only its owner changes a collection. One that is shared, every account may search.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from verax.kernel.errors import RequestError
from verax.store.collections_types import LABELS, Collection, Label, StoredDocument
from verax.surfaces.http.body import read_body, read_json
from verax.surfaces.http.collection_models import CollectionRequest, PassageSearch
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate, require_role
from verax.surfaces.http.validation import validate
from verax.truth.knowledge.library import File, Hit, Library, Question
from verax.turn.request import Caller

__all__ = ["CollectionEndpoints"]

_BODY_LIMIT_BYTES = 65_536
_MAX_LIST = 500
_SHARING = frozenset({"owner"})


class CollectionEndpoints:
    """Serves collections."""

    def __init__(self, library: Library, gate: Gate, limit_bytes: int) -> None:
        self._library = library
        self._collections = library.collections
        self._gate = gate
        self._limit_bytes = limit_bytes

    def routes(self) -> list[Route]:
        """Return the routes."""
        one = "/v1/collections/{id}"
        return [
            Route("/v1/collections", Endpoint(self.list_collections), methods=["GET"]),
            Route("/v1/collections", Endpoint(self.create), methods=["POST"]),
            Route(one, Endpoint(self.get_collection), methods=["GET"]),
            Route(one, Endpoint(self.delete), methods=["DELETE"]),
            Route(f"{one}/documents", Endpoint(self.list_documents), methods=["GET"]),
            Route(f"{one}/documents", Endpoint(self.add), methods=["POST"]),
            Route(f"{one}/documents/{{document}}", Endpoint(self.get_document), methods=["GET"]),
            Route(f"{one}/documents/{{document}}", Endpoint(self.remove), methods=["DELETE"]),
            Route(f"{one}/search", Endpoint(self.search), methods=["POST"]),
        ]

    async def list_collections(self, exchange: Exchange) -> Response:
        """Return what the caller may search, and how large a document may be."""
        exchange.query()
        caller = await self._caller(exchange)
        found = await self._collections.listed(caller.user_id)
        data = [_collection(item, caller, None) for item in found]
        return json_response({"object": "list", "data": data, "max_document_bytes": self._limit_bytes})

    async def create(self, exchange: Exchange) -> Response:
        """Make an empty collection."""
        exchange.query()
        caller = await self._caller(exchange)
        body = validate(CollectionRequest, await self._json(exchange))
        if body.is_shared:
            require_role(caller, _SHARING, "sharing a collection")
        made = await self._collections.create(caller.user_id, body.name, is_shared=body.is_shared)
        return json_response(await self._whole(made, caller), 201)

    async def get_collection(self, exchange: Exchange) -> Response:
        """Return a collection with its version."""
        exchange.query()
        caller = await self._caller(exchange)
        found = await self._collections.get(exchange.path_value("id"), caller.user_id)
        return json_response(await self._whole(found, caller))

    async def delete(self, exchange: Exchange) -> Response:
        """Remove a collection with all it holds."""
        exchange.query()
        caller, collection_id = await self._caller(exchange), exchange.path_value("id")
        await self._collections.delete(collection_id, caller.user_id)
        return json_response({"id": collection_id, "deleted": True})

    async def list_documents(self, exchange: Exchange) -> Response:
        """Return a page of documents."""
        caller = await self._caller(exchange)
        values = exchange.query("after", "limit")
        limit = exchange.number(values, "limit", 100, 1, _MAX_LIST)
        found = await self._collections.documents(
            exchange.path_value("id"), caller.user_id, after=values.get("after", ""), limit=limit + 1
        )
        data = [_document(item) for item in found[:limit]]
        return json_response({"object": "list", "data": data, "has_more": len(found) > limit})

    async def add(self, exchange: Exchange) -> Response:
        """Read a file or fetch a page, and keep it."""
        caller, collection_id = await self._caller(exchange), exchange.path_value("id")
        values = exchange.query("name", "source", "label", "url")
        label = _label(values.get("label", ""))
        await self._collections.own(collection_id, caller.user_id)
        data = await read_body(exchange.headers, exchange.receive, self._limit_bytes)
        if "url" in values:
            _check_alone(values, data)
            added = await self._library.add_page(collection_id, caller.user_id, values["url"], label)
        else:
            file = File(data, values.get("name", ""), values.get("source", ""), label)
            added = await self._library.add(collection_id, caller.user_id, file)
        answer = {**_document(added.document), "is_new": added.is_new, "replaced": added.replaced or None}
        return json_response(answer, 201 if added.is_new else 200)

    async def get_document(self, exchange: Exchange) -> Response:
        """Return a document with its text."""
        exchange.query()
        found = await self._document(exchange, await self._caller(exchange))
        return json_response({**_document(found), "text": await self._collections.text(found)})

    async def remove(self, exchange: Exchange) -> Response:
        """Remove a document for good."""
        exchange.query()
        caller, document_id = await self._caller(exchange), exchange.path_value("document")
        await self._collections.remove(exchange.path_value("id"), document_id, caller.user_id)
        return json_response({"id": document_id, "deleted": True})

    async def search(self, exchange: Exchange) -> Response:
        """Find passages."""
        exchange.query()
        caller = await self._caller(exchange)
        body = validate(PassageSearch, await self._json(exchange))
        question = Question(body.query, body.limit, body.exclude, body.version)
        found = await self._library.search(exchange.path_value("id"), caller.user_id, question)
        data = [_hit(item) for item in found.hits]
        return json_response({"object": "list", "version": found.version, "encoded": found.encoded, "data": data})

    async def _document(self, exchange: Exchange, caller: Caller) -> StoredDocument:
        collection_id, document_id = exchange.path_value("id"), exchange.path_value("document")
        return await self._collections.document(collection_id, document_id, caller.user_id)

    async def _whole(self, collection: Collection, caller: Caller) -> dict[str, Any]:
        version = await self._collections.version(collection.collection_id)
        encoded = await self._library.meaning.count(collection.collection_id)
        return {**_collection(collection, caller, version), "encoded": encoded}

    async def _caller(self, exchange: Exchange) -> Caller:
        return await self._gate.caller(exchange.headers, exchange.method, exchange.address)

    async def _json(self, exchange: Exchange) -> Any:
        return await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES)


def _check_alone(values: Mapping[str, str], data: bytes) -> None:
    if data or "name" in values or "source" in values:
        raise RequestError(
            "url: expected neither a body nor name or source beside it: they follow from the page", param="url"
        )


def _label(text: str) -> Label:
    found = next((label for label in LABELS if label == text), None)
    if found is None:
        raise RequestError("label: expected speaks_for_owner, self, or nothing", param="label")
    return found


def _collection(collection: Collection, caller: Caller, version: str | None) -> dict[str, Any]:
    return {
        "id": collection.collection_id,
        "name": collection.name,
        "is_shared": collection.is_shared,
        "is_own": collection.user_id == caller.user_id,
        "version": version,
        "documents": collection.documents,
        "passages": collection.passages,
        "size_bytes": collection.size_bytes,
        "created_ms": collection.created_ms,
        "updated_ms": collection.updated_ms,
    }


def _document(document: StoredDocument) -> dict[str, Any]:
    return {
        "id": document.document_id,
        "name": document.name,
        "source": document.source,
        "label": document.label,
        "kind": document.kind,
        "media_type": document.media_type,
        "digest": document.digest,
        "title": document.title,
        "size_bytes": document.size_bytes,
        "characters": document.characters,
        "pages": document.pages,
        "passages": document.passages,
        "notices": [dict(notice) for notice in document.notices],
        "created_ms": document.created_ms,
        "fetched_ms": document.fetched_ms,
    }


def _hit(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "document": passage.document_id,
        "name": passage.name,
        "source": passage.source,
        "label": passage.label,
        "digest": passage.digest,
        "page": passage.page,
        "heading": passage.heading,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "score": round(hit.score, 6),
    }
