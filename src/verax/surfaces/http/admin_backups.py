"""``/v1/admin/backups``: one file that holds the installation, streamed while it runs.

Two steps, so that a browser saves the file as any other and the passphrase stands in no
address: ``POST`` takes the passphrase and answers with a path that works once, for the same
person, for a few minutes; ``GET`` of that path streams. Of the passphrase only the key of that
one file is kept, in memory.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from pydantic import Field
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from verax.config import Config
from verax.kernel.errors import BusyError, RequestError, UnknownObject
from verax.store.age import AgeKey, new_age_key
from verax.surfaces.backups import ROWS_ELSEWHERE, check_passphrase, write_backup
from verax.surfaces.house_checks import BACKUP_FACT
from verax.surfaces.http.admin_gate import AdminGate, note_change
from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.operations import BYTES, Operation, json_reply
from verax.surfaces.http.reply_models import ReplyModel
from verax.surfaces.http.validation import WireModel, validate
from verax.surfaces.office import Office

__all__ = ["OPERATIONS", "AdminBackupEndpoints", "BackupOffer", "BackupRequest"]

_BODY_LIMIT_BYTES = 8192
_OFFER_MS = 600_000
_MAX_OFFERS = 16


class BackupRequest(WireModel):
    """Body of ``POST /v1/admin/backups``: a passphrase, or the word that it shall do without."""

    passphrase: str | None = Field(default=None, max_length=1024)
    unencrypted_unsafe: Literal[True] | None = Field(
        default=None, description="Leave the file readable for everybody who gets it."
    )


class BackupOffer(ReplyModel):
    """Where the file is fetched, once; `notice` says what it does not hold."""

    path: str
    file_name: str
    expires_ms: int
    is_encrypted: bool
    notice: str


OPERATIONS = (
    Operation(
        "POST",
        "/v1/admin/backups",
        "offerBackup",
        "Prepare a backup to be fetched",
        json_reply(BackupOffer, 201),
        body=BackupRequest,
        needs_key=True,
    ),
    Operation(
        "GET", "/v1/admin/backups/{id}", "getBackup", "Stream a backup, once", {200: {BYTES: None}}, needs_key=True
    ),
)


@dataclass(frozen=True, slots=True)
class _Offer:
    user_id: str
    key: AgeKey | None
    file_name: str
    expires_ms: int


class AdminBackupEndpoints:
    """Streams backups to owners, one at a time."""

    def __init__(self, office: Office, config: Config, gate: AdminGate) -> None:
        self._office = office
        self._config = config
        self._gate = gate
        self._offers: dict[str, _Offer] = {}
        self._is_streaming = False

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/admin/backups", Endpoint(self.offer), methods=["POST"]),
            Route("/v1/admin/backups/{id}", Endpoint(self.stream), methods=["GET"]),
        ]

    async def offer(self, exchange: Exchange) -> Response:
        """Take a passphrase, and say where the backup can be fetched once."""
        actor = await self._gate.owner(exchange)
        exchange.query()
        body = validate(BackupRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        if (body.passphrase is None) != (body.unencrypted_unsafe is True):
            raise RequestError("passphrase: expected one, or unencrypted_unsafe, and not both", param="passphrase")
        key = None
        if body.passphrase is not None:
            check_passphrase(body.passphrase)
            key = await asyncio.to_thread(new_age_key, body.passphrase)
        now_ms = self._office.clock.now_ms()
        self._offers = {offer_id: offer for offer_id, offer in self._offers.items() if offer.expires_ms > now_ms}
        if len(self._offers) >= _MAX_OFFERS:
            raise BusyError("backup: too many wait to be fetched", retry_after_s=60, hint="fetch one of them")
        offer = _Offer(actor.user_id, key, _file_name(now_ms, is_encrypted=key is not None), now_ms + _OFFER_MS)
        offer_id = secrets.token_urlsafe(24)
        self._offers[offer_id] = offer
        shown = {
            "path": f"/v1/admin/backups/{offer_id}",
            "file_name": offer.file_name,
            "expires_ms": offer.expires_ms,
            "is_encrypted": key is not None,
            "notice": "" if self._config.database_url is None else ROWS_ELSEWHERE,
        }
        return json_response(shown, 201)

    async def stream(self, exchange: Exchange) -> Response:
        """Stream the backup of an offer, which is used up by this."""
        actor = await self._gate.owner(exchange)
        exchange.query()
        now_ms = self._office.clock.now_ms()
        offer = self._offers.get(exchange.path_value("id"))
        if offer is None or offer.user_id != actor.user_id or offer.expires_ms <= now_ms:
            raise UnknownObject("backup: nothing waits here", hint="ask for a new one: each is fetched once")
        if self._is_streaming:
            raise BusyError("backup: another one is being made", retry_after_s=30, hint="wait until it is done")
        del self._offers[exchange.path_value("id")]
        note_change(actor, "backup fetched", offer.file_name)
        self._is_streaming = True
        pump = _Pump(write_backup(self._config, now_ms, offer.key))
        try:
            # The first piece comes once the database is copied: until then an error has a status of its own.
            first = await pump.next()
        except BaseException:
            self._release(pump)
            raise
        disposition = f'attachment; filename="{offer.file_name}"'
        headers = {"cache-control": "no-store", "content-disposition": disposition}
        return _BackupResponse(self._body(pump, first, now_ms), headers, lambda: self._release(pump))

    async def _body(self, pump: _Pump, piece: bytes | None, now_ms: int) -> AsyncIterator[bytes]:
        while piece is not None:
            yield piece
            piece = await pump.next()
        await self._office.facts.put(BACKUP_FACT, str(now_ms))

    def _release(self, pump: _Pump) -> None:
        self._is_streaming = False
        pump.close()


class _BackupResponse(StreamingResponse):
    """Gives everything back when it ends, also where nobody read a byte of it."""

    def __init__(self, body: AsyncIterator[bytes], headers: Mapping[str, str], release: Callable[[], None]) -> None:
        super().__init__(body, headers=headers, media_type=BYTES)
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._release()


class _Pump:
    """Takes pieces out of a blocking generator on a thread of its own, one after the other."""

    def __init__(self, pieces: Generator[bytes, None, None]) -> None:
        self._pieces = pieces
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="verax-backup")

    async def next(self) -> bytes | None:
        """Return the next piece, None at the end."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, next, self._pieces, None)

    def close(self) -> None:
        """Close the generator once the piece that is being made is done; called once."""
        self._thread.submit(self._pieces.close)
        self._thread.shutdown(wait=False)


def _file_name(now_ms: int, *, is_encrypted: bool) -> str:
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now_ms // 1000))
    return f"verax-{moment}.tar{'.age' if is_encrypted else ''}"
