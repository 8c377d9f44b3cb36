"""``/v1/conversations`` and ``/v1/search``: what a person has talked about, and everything they may do with it.

Only the owner finds a conversation; for everybody else it is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from verax.kernel.errors import RequestError, UnknownObject
from verax.store.attachments import Attachments
from verax.store.messages import Messages
from verax.store.messages_types import Conversation
from verax.surfaces.conversations import wire
from verax.surfaces.conversations.export import export_json, export_markdown
from verax.surfaces.conversations.runs import Runs
from verax.surfaces.http.body import read_json
from verax.surfaces.http.channels import channel_names
from verax.surfaces.http.conversation_models import ConversationChange, ConversationRequest, ShowRequest
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.ports import Eraser, GovernanceDesk
from verax.surfaces.http.validation import validate
from verax.truth.documents import clean_name
from verax.turn.request import Caller

__all__ = ["ConversationEndpoints", "TalkParts"]

_BODY_LIMIT_BYTES = 65_536
_MAX_LIST = 200
_MAX_MESSAGES = 500


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of export."""

    ending: str
    media_type: str


_FORMS = {
    "json": _Form(".json", "application/json"),
    "markdown": _Form(".md", "text/markdown; charset=utf-8"),
}


@dataclass(frozen=True, slots=True)
class TalkParts:
    """What conversations are made of."""

    messages: Messages
    attachments: Attachments
    runs: Runs
    eraser: Eraser


class ConversationEndpoints:
    """Serves conversations to their owners."""

    def __init__(self, parts: TalkParts, governance: GovernanceDesk, gate: Gate) -> None:
        self._messages = parts.messages
        self._attachments = parts.attachments
        self._runs = parts.runs
        self._eraser = parts.eraser
        self._governance = governance
        self._gate = gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        one = "/v1/conversations/{id}"
        return [
            Route("/v1/conversations", Endpoint(self.list_conversations), methods=["GET"]),
            Route("/v1/conversations", Endpoint(self.create), methods=["POST"]),
            Route(one, Endpoint(self.get_conversation), methods=["GET"]),
            Route(one, Endpoint(self.change), methods=["PATCH"]),
            Route(one, Endpoint(self.delete), methods=["DELETE"]),
            Route(f"{one}/messages", Endpoint(self.list_messages), methods=["GET"]),
            Route(f"{one}/export", Endpoint(self.export), methods=["GET"]),
            Route(f"{one}/show", Endpoint(self.show), methods=["POST"]),
            Route("/v1/search", Endpoint(self.search), methods=["GET"]),
        ]

    async def list_conversations(self, exchange: Exchange) -> Response:
        """Return conversations, pinned ones first, then the latest."""
        caller = await self._caller(exchange)
        values = exchange.query("archived", "after", "limit")
        limit = exchange.number(values, "limit", 50, 1, _MAX_LIST)
        after = None
        if "after" in values:
            after = await self._messages.conversation(values["after"], caller.user_id)
        found = await self._messages.conversations(
            caller.user_id, archived=exchange.flag(values, "archived"), after=after, limit=limit + 1
        )
        data = [self._object(conversation) for conversation in found[:limit]]
        return json_response({"object": "list", "data": data, "has_more": len(found) > limit})

    async def create(self, exchange: Exchange) -> Response:
        """Begin a conversation on a channel."""
        exchange.query()
        caller = await self._caller(exchange)
        body = validate(ConversationRequest, await self._json(exchange))
        known = channel_names(self._governance.state)
        if body.channel not in known:
            raise UnknownObject(
                f"channel: no channel of that name; this installation has: {', '.join(known)}",
                hint="GET /v1/models lists the channels",
                param="channel",
                code="channel/unknown",
            )
        made = await self._messages.create(caller.user_id, channel=body.channel, title=body.title or "")
        return json_response(self._object(await self._messages.conversation(made, caller.user_id)), 201)

    async def get_conversation(self, exchange: Exchange) -> Response:
        """Return a conversation without its messages."""
        exchange.query()
        caller = await self._caller(exchange)
        found = await self._messages.conversation(exchange.path_value("id"), caller.user_id)
        return json_response(self._object(found))

    async def change(self, exchange: Exchange) -> Response:
        """Rename, pin or archive."""
        exchange.query()
        caller, conversation_id = await self._caller(exchange), exchange.path_value("id")
        body = validate(ConversationChange, await self._json(exchange))
        if body.title is not None:
            await self._messages.rename(conversation_id, caller.user_id, body.title)
        if body.is_pinned is not None:
            await self._messages.pin(conversation_id, caller.user_id, body.is_pinned)
        if body.is_archived is not None:
            await self._messages.archive(conversation_id, caller.user_id, body.is_archived)
        return json_response(self._object(await self._messages.conversation(conversation_id, caller.user_id)))

    async def delete(self, exchange: Exchange) -> Response:
        """Erase a conversation for good: its messages, its turns, their records and secrets (clause 14)."""
        exchange.query()
        caller, conversation_id = await self._caller(exchange), exchange.path_value("id")
        await self._messages.conversation(conversation_id, caller.user_id)
        async with self._runs.closing(conversation_id):
            report = await self._eraser.conversation(conversation_id, caller.user_id)
        return json_response({"id": conversation_id, "deleted": True, "erasures": list(report.erasures)})

    async def list_messages(self, exchange: Exchange) -> Response:
        """Return a window of a path: the newest messages, or those above a depth."""
        caller = await self._caller(exchange)
        values = exchange.query("leaf", "before", "limit")
        page = await self._messages.path(
            exchange.path_value("id"),
            caller.user_id,
            leaf_id=values.get("leaf") or None,
            before=exchange.number(values, "before", 0, 0, 2**53 - 1) if "before" in values else None,
            limit=exchange.number(values, "limit", 100, 1, _MAX_MESSAGES),
        )
        return json_response(
            {
                "conversation": self._object(page.conversation),
                "data": [wire.message_object(message) for message in page.messages],
                "length": page.length,
                "has_older": page.has_older,
            }
        )

    async def export(self, exchange: Exchange) -> Response:
        """Return a conversation as a download: JSON with everything, or Markdown for people."""
        caller = await self._caller(exchange)
        form = exchange.query("format").get("format", "json")
        if form not in _FORMS:
            raise RequestError("format: expected json or markdown", param="format")
        found = await self._messages.conversation(exchange.path_value("id"), caller.user_id)
        if form == "json":
            pieces = export_json(self._messages, self._attachments, found)
        else:
            pieces = export_markdown(self._messages, found)
        name = f"{found.title or found.conversation_id}{_FORMS[form].ending}"
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{quote(clean_name(name), safe='')}",
            "cache-control": "no-store",
        }
        return StreamingResponse(pieces, headers=headers, media_type=_FORMS[form].media_type)

    async def show(self, exchange: Exchange) -> Response:
        """Show the path through a message."""
        exchange.query()
        caller = await self._caller(exchange)
        body = validate(ShowRequest, await self._json(exchange))
        leaf_id = await self._messages.show(exchange.path_value("id"), caller.user_id, body.message_id)
        return json_response({"leaf_id": leaf_id})

    async def search(self, exchange: Exchange) -> Response:
        """Return what holds all words, titles first."""
        caller = await self._caller(exchange)
        values = exchange.query("q", "limit")
        limit = exchange.number(values, "limit", 50, 1, _MAX_LIST)
        hits = await self._messages.search(caller.user_id, values.get("q", ""), limit=limit)
        return json_response({"data": [wire.search_object(hit) for hit in hits]})

    async def _caller(self, exchange: Exchange) -> Caller:
        return await self._gate.caller(exchange.headers, exchange.method, exchange.address)

    async def _json(self, exchange: Exchange) -> Any:
        return await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES)

    def _object(self, conversation: Conversation) -> dict[str, Any]:
        running = self._runs.running_in(conversation.conversation_id)
        return wire.conversation_object(conversation, running)
