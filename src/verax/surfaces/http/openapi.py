"""``/openapi.json``: generated from the models that validate requests and from `OPERATIONS`.

A test compares `OPERATIONS` with the router, so that no call goes undescribed.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import Response
from starlette.routing import Route

import verax
from verax.surfaces.http import (
    account_operations,
    admin_operations,
    check_models,
    collection_operations,
    conversation_operations,
    gate_operations,
    history,
    junior_operations,
    moderation_models,
    preview_operations,
    rollout_operations,
    signing_operations,
    web_search,
    witness_operations,
)
from verax.surfaces.http import reply_models as replies
from verax.surfaces.http.chat_request import ChatRequest
from verax.surfaces.http.embeddings import EmbeddingRequest
from verax.surfaces.http.exchange import Endpoint, Exchange
from verax.surfaces.http.governance import EntryRequest
from verax.surfaces.http.operations import BYTES as _BYTES
from verax.surfaces.http.operations import JSON as _JSON
from verax.surfaces.http.operations import SSE as _SSE
from verax.surfaces.http.operations import TEXT as _TEXT
from verax.surfaces.http.operations import Operation, Shape
from verax.surfaces.http.operations import json_reply as _json
from verax.surfaces.http.preview_models import PreviewEvent
from verax.surfaces.http.reply import dump
from verax.surfaces.http.responses_request import ResponseRequest
from verax.surfaces.http.stream_models import StreamEvent

__all__ = ["OPERATIONS", "OpenApiEndpoints", "Operation", "openapi_document"]

# Shapes that no call names: the data of an event stream has no place of its own in OpenAPI 3.1.
_COMPONENTS: tuple[type[BaseModel], ...] = (PreviewEvent, StreamEvent)

_PARTS = ("evidence", "reply", "request")
_OPEN = {
    "open": {
        "type": "string",
        "enum": [",".join(some) for count in range(len(_PARTS) + 1) for some in itertools.combinations(_PARTS, count)],
    }
}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/v1/chat/completions",
        "createChatCompletion",
        "Answer a conversation",
        {200: {_JSON: replies.ChatCompletion, _SSE: None}},
        body=ChatRequest,
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/responses",
        "createResponse",
        "Answer, with the conversation kept here",
        {200: {_JSON: replies.ResponseObject, _SSE: None}},
        body=ResponseRequest,
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/responses/{id}",
        "getResponse",
        "Return a stored response",
        _json(replies.ResponseObject),
        needs_key=True,
    ),
    Operation(
        "DELETE",
        "/v1/responses/{id}",
        "deleteResponse",
        "Forget a stored response",
        _json(replies.ResponseDeleted),
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/embeddings",
        "createEmbedding",
        "Turn texts into vectors",
        _json(replies.EmbeddingList),
        body=EmbeddingRequest,
        needs_key=True,
    ),
    Operation("GET", "/v1/models", "listModels", "List the channels", _json(replies.ModelList), needs_key=True),
    Operation("GET", "/v1/models/{model}", "getModel", "Return a channel", _json(replies.Model), needs_key=True),
    *conversation_operations.OPERATIONS,
    *collection_operations.OPERATIONS,
    *check_models.OPERATIONS,
    *moderation_models.OPERATIONS,
    *web_search.OPERATIONS,
    Operation(
        "GET",
        "/v1/receipts/{id}",
        "getReceipt",
        "Return the receipt of a turn",
        {**_json(replies.ReceiptBody), **_json(replies.ReceiptPromised, 202)},
        query=_OPEN,
    ),
    Operation(
        "GET", "/v1/receipts/{id}/proof", "getProof", "Return the C2SP tlog-proof of a turn", {200: {_TEXT: None}}
    ),
    Operation(
        "GET",
        "/v1/receipts/{id}/governance",
        "getGovernanceBundle",
        "Return who approved the release that answered a turn",
        _json(replies.BundleBody),
    ),
    Operation(
        "GET",
        "/v1/receipts/{id}/secret",
        "getTurnSecret",
        "Return the secret of a turn to its owner",
        _json(replies.TurnSecretBody),
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/turns/{id}/segments",
        "getSegments",
        "Return the opened prompt of a turn to its owner",
        _json(replies.OpenedSegments),
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/turns/{id}/evidence",
        "getTurnEvidence",
        "Return the verdicts of a turn and what they are about, as its record commits to them, to its owner",
        _json(replies.EvidenceFile),
        needs_key=True,
    ),
    Operation(
        "DELETE",
        "/v1/turns/{id}",
        "eraseTurn",
        "Erase the text, record and secret of a turn",
        _json(replies.TurnErased),
        needs_key=True,
    ),
    Operation(
        "GET", "/v1/governance/state", "getGovernanceState", "Return what the log says", _json(replies.GovernanceState)
    ),
    Operation(
        "POST",
        "/v1/governance/entries",
        "appendEntry",
        "Append a signed statement",
        _json(replies.EntryAppended, 201),
        body=EntryRequest,
        needs_key=True,
    ),
    *gate_operations.OPERATIONS,
    *preview_operations.OPERATIONS,
    *history.OPERATIONS,
    *account_operations.OPERATIONS,
    *admin_operations.OPERATIONS,
    *junior_operations.OPERATIONS,
    *signing_operations.OPERATIONS,
    *rollout_operations.OPERATIONS,
    *witness_operations.OPERATIONS,
    Operation("GET", "/log/key", "getLogKeys", "Return the verifier keys of every log", {200: {_TEXT: None}}),
    Operation("GET", "/log/checkpoint", "getCheckpoint", "Return the newest checkpoint", {200: {_TEXT: None}}),
    Operation(
        "GET",
        "/log/checkpoint.witnessed",
        "getWitnessedCheckpoint",
        "Return the newest checkpoint with the witness quorum",
        {200: {_TEXT: None}},
    ),
    Operation("GET", "/log/tile/{path}", "getTile", "Return a tile or entry bundle", {200: {_BYTES: None}}),
    Operation("GET", "/log/blob/{digest}", "getBlob", "Return a blob of the governance log", {200: {_BYTES: None}}),
    Operation("GET", "/replies/{k}/key", "getReplyLogKey", "Return a reply log's key", {200: {_TEXT: None}}),
    Operation(
        "GET", "/replies/{k}/checkpoint", "getReplyCheckpoint", "Return the newest checkpoint", {200: {_TEXT: None}}
    ),
    Operation(
        "GET",
        "/replies/{k}/checkpoint.witnessed",
        "getWitnessedReplyCheckpoint",
        "Return the newest checkpoint with the witness quorum",
        {200: {_TEXT: None}},
    ),
    Operation(
        "GET", "/replies/{k}/tile/{path}", "getReplyTile", "Return a tile or entry bundle", {200: {_BYTES: None}}
    ),
    Operation(
        "GET",
        "/health",
        "getHealth",
        "Say whether turns can be answered",
        {**_json(replies.Health), **_json(replies.Health, 503)},
    ),
    Operation("GET", "/health/live", "getLive", "Answer while the process lives", _json(replies.Live)),
    Operation("GET", "/metrics", "getMetrics", "Return metrics in Prometheus' format", {200: {_TEXT: None}}),
    Operation("GET", "/openapi.json", "getOpenApi", "Return this document", {200: {_JSON: None}}),
    Operation("GET", "/", "getLanding", "Say what this is", {200: {_JSON: replies.Landing, "text/html": None}}),
)


class OpenApiEndpoints:
    """Serves the document."""

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/openapi.json", Endpoint(self.get_document), methods=["GET"])]

    async def get_document(self, exchange: Exchange) -> Response:
        """Return the OpenAPI document."""
        exchange.query()
        return Response(_document_bytes(), headers={"cache-control": "no-cache"}, media_type=_JSON)


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    refs, definitions = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Verax",
            "version": verax.__version__,
            "summary": "An assistant whose every reply carries a receipt.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "vx-…"}},
        },
    }


@cache
def _document_bytes() -> bytes:
    return dump(openapi_document())


def _schemas() -> tuple[dict[type[BaseModel], dict[str, Any]], dict[str, Any]]:
    shapes: set[type[BaseModel]] = {replies.ErrorBody, *_COMPONENTS}
    for operation in OPERATIONS:
        shapes.update(shape for media in operation.replies.values() for shape in media.values() if shape is not None)
        if operation.body is not None:
            shapes.add(operation.body)
    ordered = sorted(shapes, key=lambda shape: shape.__name__)
    found, document = models_json_schema(
        [(shape, "validation") for shape in ordered], ref_template="#/components/schemas/{model}"
    )
    return {shape: found[shape, "validation"] for shape in ordered}, document.get("$defs", {})


def _operation(operation: Operation, refs: dict[type[BaseModel], dict[str, Any]]) -> dict[str, Any]:
    error = {"description": "An error", "content": {_JSON: {"schema": refs[replies.ErrorBody]}}}
    result: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {
            **{str(status): _reply(media, refs) for status, media in operation.replies.items()},
            "4XX": error,
            "5XX": error,
        },
    }
    if operation.body is not None:
        result["requestBody"] = {"required": True, "content": {_JSON: {"schema": refs[operation.body]}}}
    if operation.takes_bytes:
        content = {_BYTES: {"schema": {"type": "string"}}}
        result["requestBody"] = {"required": operation.needs_body, "content": content}
    if operation.needs_key:
        result["security"] = [{"key": []}]
    return result


def _reply(media: dict[str, Shape], refs: dict[type[BaseModel], dict[str, Any]]) -> dict[str, Any]:
    content = {kind: {} if shape is None else {"schema": refs[shape]} for kind, shape in media.items()}
    return {"description": "Done", "content": content} if content else {"description": "Done"}


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    return [
        *({"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names),
        *({"name": name, "in": "query", "schema": schema} for name, schema in operation.query.items()),
    ]
