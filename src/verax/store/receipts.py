"""Receipts: from a promise to a proof (protocol clauses 10 and 11).

* *promised*: record and promise are durable, the leaf is not in a published tree yet.
* *integrated*: the receipt holds the record and a proof at the newest checkpoint.
* *witnessed*: the same under the newest checkpoint that carried the witness quorum of the root in
  force; an older tree than the newest, where that one covers the leaf already.

A receipt is made from the stored record when it is asked for, and checked before it is
handed out: a row that no longer leads to its leaf is an error, never a receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from verax.kernel.errors import ConflictError, CorruptStore, KernelError
from verax.kernel.merkle import leaf_hash
from verax.kernel.proof import LogProof, verify_proof
from verax.kernel.receipt import Receipt
from verax.kernel.record import entry_of, erase_entry
from verax.store.replies import ReplyLog
from verax.store.turns import Erasure, StoredTurn, TurnStore

__all__ = ["ReceiptStatus", "Receipts"]


@dataclass(frozen=True, slots=True)
class ReceiptStatus:
    """How far the leaf of one turn has come.

    Attributes:
        promise: The signed promise.
        secret: The turn's secret, hex; goes to the authenticated owner only.
        receipt: The receipt's bytes without opened salts; None while the leaf is only promised.
    """

    turn_id: str
    state: Literal["promised", "integrated", "witnessed"]
    owner_id: str
    record: Mapping[str, Any]
    promise: str
    secret: str = field(repr=False)
    receipt: bytes | None = None


class Receipts:
    """Receipts by turn id.

    Args:
        turns: Where records are.
        replies: The reply log that holds their leaves.
        is_witnessed: Says whether a checkpoint of that log carries the quorum now demanded.
    """

    def __init__(
        self, turns: TurnStore, replies: ReplyLog, is_witnessed: Callable[[bytes], bool] = lambda _: False
    ) -> None:
        self._turns = turns
        self._replies = replies
        self._is_witnessed = is_witnessed

    async def status(self, turn_id: str) -> ReceiptStatus:
        """Return how far the leaf has come, with the receipt once there is one.

        Raises:
            UnknownObject: no such turn, or it is still running.
            CorruptStore: the stored record is not the one that was logged.
        """
        turn = await self._turns.get(turn_id)
        proof = await self._prove(turn)
        return ReceiptStatus(
            turn_id=turn_id,
            state=self._state_of(proof),
            owner_id=turn.user_id,
            record=turn.record.to_dict(),
            promise=turn.promise.decode("utf-8"),
            secret=turn.secret.data.hex(),
            receipt=None if proof is None else Receipt(turn.record, proof, {}).to_bytes(),
        )

    async def receipt(self, turn_id: str, parts: Iterable[str]) -> bytes:
        """Return the receipt with the salts of `parts` (``evidence``, ``reply``, ``request``) opened.

        Raises:
            ConflictError: the leaf is only promised yet.
            ReceiptError: another part than those three.
            UnknownObject, CorruptStore: as `status`.
        """
        turn = await self._turns.get(turn_id)
        proof = await self._prove(turn)
        if proof is None:
            raise ConflictError(
                "receipt: the leaf is promised, but not integrated yet",
                hint="ask again in a second",
                code="receipt/not-integrated",
            )
        return Receipt(turn.record, proof, {part: turn.secret.salt(part) for part in parts}).to_bytes()

    async def prove_erasure(self, erasure: Erasure) -> LogProof | None:
        """Return the proof of an erase receipt's leaf, or None while it is only queued.

        Raises:
            CorruptStore: the stored receipt is not the one that was logged.
        """
        proof = await self._replies.prove(erasure.index)
        if proof is not None:
            entry = erase_entry(erasure.log, erasure.count, erasure.time_ms, bytes.fromhex(erasure.salt))
            self._check(proof, entry, f"erasure {erasure.erasure_id}")
        return proof

    def _state_of(self, proof: LogProof | None) -> Literal["promised", "integrated", "witnessed"]:
        if proof is None:
            return "promised"
        return "witnessed" if self._is_witnessed(proof.checkpoint) else "integrated"

    async def _prove(self, turn: StoredTurn) -> LogProof | None:
        """Return the proof that says most: under a witnessed checkpoint, else under the newest one."""
        proof = await self._replies.prove_witnessed(turn.index)
        if proof is None or not self._is_witnessed(proof.checkpoint):
            proof = await self._replies.prove(turn.index)
        if proof is not None:
            self._check(proof, entry_of(turn.record), f"turn {turn.turn_id}")
        return proof

    def _check(self, proof: LogProof, entry: bytes, what: str) -> None:
        try:
            verify_proof(proof, leaf_hash(entry), self._replies.origin, self._replies.live.log.verifiers)
        except KernelError as error:
            raise CorruptStore(
                f"{what}: its row in the database does not lead to leaf {proof.index} of the log",
                hint="restore the newest backup of the database; the log still commits to the true record",
            ) from error
