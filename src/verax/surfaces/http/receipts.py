"""``/v1/receipts`` and ``/v1/turns``: what a turn leaves behind (clauses 7, 10 and 11).

* Whoever holds the 128-bit id of a turn may fetch its record, promise and receipt.
* Salts and the secret go to the authenticated owner only. Their receipt opens the reply
  unless they say otherwise with ``?open=``, so that ``check_receipt.py --reply`` works on it.
* 202 until the leaf is integrated; 200 with the receipt's exact bytes from then on.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import Route

from verax.kernel.errors import (
    AccessError,
    ConflictError,
    ForbiddenError,
    ReceiptError,
    RequestError,
    UnknownObject,
)
from verax.kernel.merkle import leaf_hash
from verax.kernel.receipt import Receipt
from verax.kernel.record import Record, entry_of
from verax.store.receipts import ReceiptStatus
from verax.surfaces.http.bundles import GovernanceBundles
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.ports import Eraser, Receipts, Turns

__all__ = ["ReceiptEndpoints"]

_TURN_ID = re.compile(r"[0-9a-f]{32}\Z")
_PARTS = ("evidence", "reply", "request")


class ReceiptEndpoints:
    """Serves receipts, proofs, secrets and opened segments."""

    def __init__(
        self,
        receipts: Receipts,
        turns: Turns,
        eraser: Eraser,
        bundles: GovernanceBundles,
        gate: Gate,
        on_erased: Callable[[str], None],
    ) -> None:
        """Make them; `on_erased` is told of each turn that was erased, to forget what it holds in memory."""
        self._receipts = receipts
        self._bundles = bundles
        self._turns = turns
        self._eraser = eraser
        self._on_erased = on_erased
        self._gate = gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/receipts/{id}", Endpoint(self.get_receipt), methods=["GET"]),
            Route("/v1/receipts/{id}/proof", Endpoint(self.get_proof), methods=["GET"]),
            Route("/v1/receipts/{id}/governance", Endpoint(self.get_governance), methods=["GET"]),
            Route("/v1/receipts/{id}/secret", Endpoint(self.get_secret), methods=["GET"]),
            Route("/v1/turns/{id}/segments", Endpoint(self.get_segments), methods=["GET"]),
            Route("/v1/turns/{id}/evidence", Endpoint(self.get_evidence), methods=["GET"]),
            Route("/v1/turns/{id}", Endpoint(self.erase_turn), methods=["DELETE"]),
        ]

    async def get_receipt(self, exchange: Exchange) -> Response:
        """Return the receipt, or record and promise while its leaf is not integrated."""
        status, is_owner = await self._status(exchange)
        parts = _parts_to_open(exchange.query("open").get("open"), is_owner=is_owner)
        if status.receipt is None:
            return _promised(status, is_owner=is_owner)
        data = await self._receipts.receipt(status.turn_id, parts) if parts else status.receipt
        headers = {"cache-control": "no-store", "x-verax-receipt-state": status.state}
        return Response(data, headers=headers, media_type="application/json")

    async def get_proof(self, exchange: Exchange) -> Response:
        """Return the proof alone, in the C2SP tlog-proof format; the leaf hash is a header."""
        exchange.query()
        status, _ = await self._status(exchange)
        if status.receipt is None:
            raise ConflictError(
                "proof: the leaf is promised, but not integrated yet",
                hint="ask again in a second",
                code="receipt/not-integrated",
            )
        receipt = Receipt.parse(status.receipt)
        headers = {"cache-control": "no-store", "x-verax-leaf": leaf_hash(entry_of(receipt.record)).hex()}
        return Response(receipt.proof.to_bytes(), headers=headers, media_type="text/plain; charset=utf-8")

    async def get_governance(self, exchange: Exchange) -> Response:
        """Return the governance bundle: who approved the release that answered (clause 12, step 7)."""
        exchange.query()
        status, _ = await self._status(exchange)
        try:
            data = await self._bundles.bundle(Record.from_dict(status.record))
        except ReceiptError as error:
            raise UnknownObject(error.message, hint="ask again in a second", code="receipt/no-bundle") from error
        return Response(data, headers={"cache-control": "no-store"}, media_type="application/json")

    async def get_secret(self, exchange: Exchange) -> Response:
        """Return the turn's secret to its owner."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        status = await self._receipts.status(_turn_id(exchange))
        if status.owner_id != caller.user_id:
            raise _not_the_owner()
        return json_response({"id": status.turn_id, "secret": status.secret})

    async def get_segments(self, exchange: Exchange) -> Response:
        """Return every segment of the prompt, opened, to the turn's owner (clause 7)."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        turn = await self._turns.opened(_turn_id(exchange))
        if turn.owner_id != caller.user_id:
            raise _not_the_owner()
        return json_response(
            {"id": turn.turn_id, "prompt": turn.prompt, "sent": turn.sent, "segments": list(turn.segments)}
        )

    async def get_evidence(self, exchange: Exchange) -> Response:
        """Return the bytes that the record commits to as evidence, to the turn's owner."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        found = await self._turns.evidence(_turn_id(exchange))
        if found.owner_id != caller.user_id:
            raise _not_the_owner()
        return Response(found.data, headers={"cache-control": "no-store"}, media_type="application/json")

    async def erase_turn(self, exchange: Exchange) -> Response:
        """Erase the text, record and secret of a turn for its owner (clause 14)."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        turn_id = _turn_id(exchange)
        report = await self._eraser.turn(turn_id, caller.user_id)
        self._on_erased(turn_id)
        return json_response({"id": turn_id, "object": "turn", "deleted": True, "erasures": list(report.erasures)})

    async def _status(self, exchange: Exchange) -> tuple[ReceiptStatus, bool]:
        caller = await self._gate.caller_or_none(exchange.headers, exchange.method, exchange.address)
        status = await self._receipts.status(_turn_id(exchange))
        return status, caller is not None and caller.user_id == status.owner_id


def _turn_id(exchange: Exchange) -> str:
    turn_id = exchange.path_value("id")
    if not _TURN_ID.match(turn_id):
        raise UnknownObject("turn: no turn has this id", hint="ids are 32 hex digits: verax.id of a reply")
    return turn_id


def _parts_to_open(asked: str | None, *, is_owner: bool) -> tuple[str, ...]:
    if asked is None:
        return ("reply",) if is_owner else ()
    parts = tuple(part for part in asked.split(",") if part)
    if any(part not in _PARTS for part in parts) or len(set(parts)) != len(parts):
        raise RequestError("open: expected evidence, reply, request, parted by commas, or nothing", param="open")
    if parts and not is_owner:
        raise AccessError(
            "open: only the turn's owner may open parts of it", hint="send the API key that asked", code="access/owner"
        )
    return parts


def _promised(status: ReceiptStatus, *, is_owner: bool) -> Response:
    body = {
        "id": status.turn_id,
        "state": status.state,
        "record": dict(status.record),
        "promise": status.promise,
    }
    if is_owner:
        body["secret"] = status.secret
    return json_response(body, 202, {"retry-after": "1"})


def _not_the_owner() -> ForbiddenError:
    return ForbiddenError("turn: only its owner may open it", hint="send the API key that asked", code="access/owner")
