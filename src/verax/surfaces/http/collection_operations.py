"""The calls of collections, as the OpenAPI document describes them."""

from __future__ import annotations

from verax.surfaces.http import collection_models as shapes
from verax.surfaces.http.operations import Operation, json_reply
from verax.truth.web.addresses import MAX_ADDRESS_CHARS

__all__ = ["OPERATIONS"]

_ONE = "/v1/collections/{id}"
_LABEL = {"type": "string", "enum": ["", "speaks_for_owner", "self"]}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/v1/collections",
        "listCollections",
        "List the collections that the caller may search",
        json_reply(shapes.CollectionList),
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/collections",
        "createCollection",
        "Make an empty collection; the role `owner` may share it with every account",
        json_reply(shapes.CollectionShown, 201),
        body=shapes.CollectionRequest,
        needs_key=True,
    ),
    Operation(
        "GET",
        _ONE,
        "getCollection",
        "Return a collection with its version",
        json_reply(shapes.CollectionShown),
        needs_key=True,
    ),
    Operation(
        "DELETE",
        _ONE,
        "deleteCollection",
        "Remove a collection with all it holds, for good",
        json_reply(shapes.CollectionDeleted),
        needs_key=True,
    ),
    Operation(
        "GET",
        f"{_ONE}/documents",
        "listDocuments",
        "List documents in the order in which they were added",
        json_reply(shapes.DocumentList),
        needs_key=True,
        query={"after": {"type": "string"}, "limit": {"type": "integer", "minimum": 1}},
    ),
    Operation(
        "POST",
        f"{_ONE}/documents",
        "addDocument",
        "Keep a document: the file that is the body, or the page at `url`, which the server fetches. It replaces the "
        "one of the same source; the source of a page is its address in the end",
        {**json_reply(shapes.DocumentAdded, 201), **json_reply(shapes.DocumentAdded)},
        needs_key=True,
        query={
            "name": {"type": "string"},
            "source": {"type": "string"},
            "label": _LABEL,
            "url": {"type": "string", "maxLength": MAX_ADDRESS_CHARS},
        },
        takes_bytes=True,
        needs_body=False,
    ),
    Operation(
        "GET",
        f"{_ONE}/documents/{{document}}",
        "getDocument",
        "Return a document with its text",
        json_reply(shapes.DocumentText),
        needs_key=True,
    ),
    Operation(
        "DELETE",
        f"{_ONE}/documents/{{document}}",
        "removeDocument",
        "Remove a document with its text and its passages, for good",
        json_reply(shapes.DocumentDeleted),
        needs_key=True,
    ),
    Operation(
        "POST",
        f"{_ONE}/search",
        "searchPassages",
        "Find the passages that fit a question best",
        json_reply(shapes.PassageHits),
        body=shapes.PassageSearch,
        needs_key=True,
    ),
)
