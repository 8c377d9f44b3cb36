"""``/v1/attachments``: files that a person attaches to messages.

* The body is the file itself. What it is, its bytes decide; the name is data like them.
* Files go back to their owner only, as a download that no browser runs: ``nosniff``, a policy
  that allows nothing, and text always as plain text.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from verax.store.attachments import Attachments, NewAttachment, StoredAttachment
from verax.surfaces.http.body import read_body
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.truth.documents import clean_name, read_document
from verax.truth.pdf import PdfReader
from verax.turn.request import Caller

__all__ = ["AttachmentEndpoints"]

_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
_CHARSETS = {"text/plain": "text/plain; charset=utf-8"}


class AttachmentEndpoints:
    """Takes files and gives them back."""

    def __init__(self, attachments: Attachments, pdf: PdfReader, gate: Gate, limit_bytes: int) -> None:
        self._attachments = attachments
        self._pdf = pdf
        self._gate = gate
        self._limit_bytes = limit_bytes

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/attachments", Endpoint(self.upload), methods=["POST"]),
            Route("/v1/attachments/{id}", Endpoint(self.download), methods=["GET"]),
            Route("/v1/attachments/{id}", Endpoint(self.delete), methods=["DELETE"]),
        ]

    async def upload(self, exchange: Exchange) -> Response:
        """Read a file, keep it, and say what of it a model will read."""
        caller = await self._caller(exchange)
        name = clean_name(exchange.query("name").get("name", ""))
        data = await read_body(exchange.headers, exchange.receive, self._limit_bytes)
        document = await read_document(data, self._pdf)
        new = NewAttachment(
            name=name,
            kind=document.kind,
            media_type=document.media_type,
            data=data,
            pages=document.pages,
            count=document.count,
            characters=document.characters,
            notice=None if document.notice is None else asdict(document.notice),
        )
        return json_response(_object(await self._attachments.put(caller.user_id, new)), 201)

    async def download(self, exchange: Exchange) -> Response:
        """Return the file to its owner, as it was sent."""
        exchange.query()
        caller = await self._caller(exchange)
        found = await self._attachments.get(exchange.path_value("id"), caller.user_id)
        headers = {
            "content-length": str(found.size_bytes),
            "content-disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
            "content-security-policy": _POLICY,
            "cache-control": "private, no-store",
        }
        media_type = _CHARSETS.get(found.media_type, found.media_type)
        return StreamingResponse(self._attachments.data(found), headers=headers, media_type=media_type)

    async def delete(self, exchange: Exchange) -> Response:
        """Remove a file that no message holds."""
        exchange.query()
        caller, attachment_id = await self._caller(exchange), exchange.path_value("id")
        await self._attachments.delete(attachment_id, caller.user_id)
        return json_response({"id": attachment_id, "deleted": True})

    async def _caller(self, exchange: Exchange) -> Caller:
        return await self._gate.caller(exchange.headers, exchange.method, exchange.address)


def _object(attachment: StoredAttachment) -> dict[str, Any]:
    return {**attachment.reference(), "notice": attachment.notice}
