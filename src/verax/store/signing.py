"""Passkeys that people enrolled, and statements that wait for signatures.

Neither has authority. A passkey signs for a person once the root document names its key; a
statement is one once the fold takes it. What lies here may be lost, and is asked for again.

* A challenge is used once, and lives for five minutes.
* A draft lives for a week (a root change collects signatures of several people), and an account has
  at most `MAX_DRAFTS` of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verax.kernel.enrolment import EnrolledPasskey
from verax.kernel.errors import ConflictError, RequestError, TooLarge, UnknownObject
from verax.store.clock import Clock, SystemClock
from verax.store.database import Database, Row, Tx

__all__ = ["MAX_DRAFTS", "Passkey", "PendingDraft", "SigningDesk"]

MAX_DRAFTS = 32
MAX_PASSKEYS = 16
_CHALLENGE_MS = 5 * 60 * 1000
_DRAFT_MS = 7 * 24 * 3600 * 1000
_PASSKEY = "SELECT id, user_id, name, material, rp_id, origin, backed_up, created_ms FROM passkeys"
_DRAFT = "SELECT id, user_id, kind, payload, blobs, signatures, created_ms, expires_ms FROM drafts"


@dataclass(frozen=True, slots=True)
class Passkey:
    """One enrolled passkey.

    Attributes:
        credential_id: Base64url, as browsers name it.
        material: Uncompressed P-256 point, 65 bytes.
    """

    credential_id: str
    user_id: str
    name: str
    material: bytes
    rp_id: str
    origin: str
    can_be_backed_up: bool
    created_ms: int


@dataclass(frozen=True, slots=True)
class PendingDraft:
    """A statement that waits for signatures.

    Attributes:
        id: The statement id.
        user_id: The account that drafted it.
        blobs: Base64 of what it names, by digest.
        signatures: As they will stand in the envelope.
    """

    id: str
    user_id: str
    kind: str
    payload: bytes
    blobs: Mapping[str, str]
    signatures: Sequence[Mapping[str, Any]]
    created_ms: int
    expires_ms: int


class SigningDesk:
    """Everything about signing that is kept between two requests."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    async def keep_challenge(self, user_id: str, challenge: str) -> None:
        """Remember a challenge that was handed to a browser."""
        now_ms = self._clock.now_ms()

        def keep(tx: Tx) -> None:
            tx.execute("DELETE FROM passkey_challenges WHERE expires_ms < ?", (now_ms,))
            tx.execute(
                "INSERT INTO passkey_challenges (challenge, user_id, expires_ms) VALUES (?, ?, ?)",
                (challenge, user_id, now_ms + _CHALLENGE_MS),
            )

        await self._database.write(keep)

    async def take_challenge(self, user_id: str, challenge: str) -> None:
        """Use up a challenge.

        Raises:
            RequestError: it was not handed to this account, was used, or is too old.
        """
        now_ms = self._clock.now_ms()
        taken = await self._database.write(
            lambda tx: tx.execute(
                "DELETE FROM passkey_challenges WHERE challenge = ? AND user_id = ? AND expires_ms >= ?"
                " RETURNING challenge",
                (challenge, user_id, now_ms),
            )
        )
        if not taken:
            raise RequestError("passkey: the challenge is unknown, used or too old", code="passkey/challenge")

    async def enrol(self, user_id: str, name: str, found: EnrolledPasskey, rp_id: str, origin: str) -> Passkey:
        """Keep a new passkey.

        Raises:
            ConflictError: it was enrolled before.
            TooLarge: the account has `MAX_PASSKEYS`.
        """
        now_ms = self._clock.now_ms()
        values = (
            found.credential_id,
            user_id,
            name,
            found.material,
            rp_id,
            origin,
            int(found.can_be_backed_up),
            now_ms,
        )

        def insert(tx: Tx) -> None:
            [(count,)] = tx.execute("SELECT count(*) FROM passkeys WHERE user_id = ?", (user_id,))
            if count >= MAX_PASSKEYS:
                raise TooLarge(f"passkeys: an account has at most {MAX_PASSKEYS}", hint="remove one first")
            made = tx.execute(
                "INSERT INTO passkeys (id, user_id, name, material, rp_id, origin, backed_up, created_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING id",
                values,
            )
            if not made:
                raise ConflictError("passkey: it was enrolled before", code="passkey/known")

        await self._database.write(insert)
        return _to_passkey(values)

    async def passkeys(self, user_id: str | None = None) -> list[Passkey]:
        """Return the passkeys of an account, or of everybody, oldest first."""
        where, params = ("", ()) if user_id is None else (" WHERE user_id = ?", (user_id,))
        found = await self._database.read(lambda tx: tx.execute(f"{_PASSKEY}{where} ORDER BY created_ms, id", params))
        return [_to_passkey(row) for row in found]

    async def remove_passkey(self, user_id: str, credential_id: str) -> None:
        """Forget a passkey; in the root document it stays until a root change takes it out.

        Raises:
            UnknownObject: the account has none of that id.
        """
        gone = await self._database.write(
            lambda tx: tx.execute(
                "DELETE FROM passkeys WHERE id = ? AND user_id = ? RETURNING id", (credential_id, user_id)
            )
        )
        if not gone:
            raise UnknownObject("passkey: this account has none of that id")

    async def put_draft(self, draft_id: str, user_id: str, kind: str, payload: bytes, blobs: Mapping[str, str]) -> None:
        """Keep a statement that waits for signatures.

        Raises:
            TooLarge: the account has `MAX_DRAFTS`.
        """
        now_ms = self._clock.now_ms()

        def insert(tx: Tx) -> None:
            tx.execute("DELETE FROM drafts WHERE expires_ms < ?", (now_ms,))
            [(count,)] = tx.execute("SELECT count(*) FROM drafts WHERE user_id = ?", (user_id,))
            if count >= MAX_DRAFTS:
                raise TooLarge(f"drafts: an account has at most {MAX_DRAFTS}", hint="discard some first")
            tx.execute(
                "INSERT INTO drafts (id, user_id, kind, payload, blobs, signatures, created_ms, expires_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (draft_id, user_id, kind, payload, _pack(blobs), _pack([]), now_ms, now_ms + _DRAFT_MS),
            )

        await self._database.write(insert)

    async def drafts(self) -> list[PendingDraft]:
        """Return everything that waits for signatures, oldest first."""
        now_ms = self._clock.now_ms()
        sql = f"{_DRAFT} WHERE expires_ms >= ? ORDER BY created_ms, id"
        return [_to_draft(row) for row in await self._database.read(lambda tx: tx.execute(sql, (now_ms,)))]

    async def draft(self, draft_id: str) -> PendingDraft:
        """Return one; raises `UnknownObject`."""
        now_ms = self._clock.now_ms()
        sql = f"{_DRAFT} WHERE id = ? AND expires_ms >= ?"
        found = await self._database.read(lambda tx: tx.execute(sql, (draft_id, now_ms)))
        if not found:
            raise UnknownObject("draft: none of that id waits for signatures", hint="make it again")
        return _to_draft(found[0])

    async def add_signature(self, draft_id: str, signature: Mapping[str, Any]) -> PendingDraft:
        """Add a signature to a draft; one of the same key takes the place of the older one.

        Raises:
            UnknownObject: no such draft.
        """

        def add(tx: Tx) -> None:
            tx.lock(f"draft {draft_id}")
            found = tx.execute(f"{_DRAFT} WHERE id = ?", (draft_id,))
            if not found:
                raise UnknownObject("draft: none of that id waits for signatures", hint="make it again")
            others = [item for item in _to_draft(found[0]).signatures if item["keyid"] != signature["keyid"]]
            tx.execute("UPDATE drafts SET signatures = ? WHERE id = ?", (_pack([*others, signature]), draft_id))

        await self._database.write(add)
        return await self.draft(draft_id)

    async def discard(self, draft_id: str) -> None:
        """Forget a draft; forgetting one that is not there is no error."""
        await self._database.write(lambda tx: tx.execute("DELETE FROM drafts WHERE id = ?", (draft_id,)))


def _pack(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _to_passkey(row: Row) -> Passkey:
    return Passkey(row[0], row[1], row[2], bytes(row[3]), row[4], row[5], bool(row[6]), row[7])


def _to_draft(row: Row) -> PendingDraft:
    return PendingDraft(row[0], row[1], row[2], bytes(row[3]), json.loads(row[4]), json.loads(row[5]), row[6], row[7])
