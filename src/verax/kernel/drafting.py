"""Statements before they are signed: payload and blobs from a state and a person's wish. Pure.

* Whatever signs, a key of the command line or a passkey in a browser, the payload comes from here.
* A draft says what its signer relied on (`Basis`); whether it will have an effect is decided by
  the fold when it is submitted, and by nothing before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verax.kernel.canonical import hex_digest
from verax.kernel.errors import ConflictError, UnknownObject
from verax.kernel.fold_state import ChangeState, State
from verax.kernel.short_code import short_code
from verax.kernel.statement import (
    FULL_SHARE_BP,
    NONE,
    Act,
    Basis,
    Change,
    Move,
    Review,
    RootChange,
    Statement,
    Verdict,
    payload_of,
    statement_id,
)

__all__ = [
    "Draft",
    "draft_admit",
    "draft_back",
    "draft_change",
    "draft_review",
    "draft_root",
    "draft_step",
    "draft_unfreeze",
]


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement to be signed.

    Attributes:
        payload: The exact bytes that are signed.
        blobs: Content that it names, by digest.
    """

    statement: Statement
    payload: bytes
    blobs: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The statement id."""
        return statement_id(self.payload)

    @property
    def code(self) -> str:
        """The short code of the statement id, for comparing on two machines."""
        return short_code(self.id)


def draft_change(state: State, basis: Basis, channel: str, candidate: bytes, reason: str) -> Draft:
    """Propose that `candidate`, the bytes of a manifest, become the head of a channel.

    Raises:
        UnknownObject: the root names no such channel.
    """
    found = state.channels.get(channel)
    if found is None:
        raise UnknownObject(f"channel {channel!r}: the root names none of that name", code="channel/unknown")
    note = reason.encode("utf-8")
    base, index = (found.head, found.head_index) if found.head is not None else (NONE, 0)
    change = Change(basis, channel, hex_digest(candidate), base, index, hex_digest(note))
    return _draft(change, {change.candidate: candidate, change.reason: note})


def draft_review(change: ChangeState, basis: Basis, verdict: Verdict, unban: tuple[str, ...] = ()) -> Draft:
    """Give a verdict on a change; `unban` names bans that it lets back in."""
    return _draft(Review(basis, change.id, verdict, change.candidate, change.base, tuple(sorted(unban))))


def draft_admit(change: ChangeState, basis: Basis, share_bp: int = FULL_SHARE_BP, plan: bytes = b"") -> Draft:
    """Admit a change; under a full share its candidate becomes the head, else a canary.

    Args:
        plan: How a canary goes on (`verax.gates.rollout.plan`), kept as the move's cause; empty for none.
    """
    cause = hex_digest(plan) if plan else NONE
    move = Move(basis, change.channel, "admit", change.id, change.base, change.candidate, share_bp, cause)
    return _draft(move, {cause: plan} if plan else {})


def draft_step(state: State, basis: Basis, channel: str, share_bp: int) -> Draft:
    """Raise the share of a channel's canary.

    Raises:
        ConflictError: it has none.
    """
    found = state.channels.get(channel)
    if found is None or found.canary is None:
        raise ConflictError(f"channel {channel}: it has no canary", hint='"verax status" lists the channels')
    canary = found.canary
    return _draft(Move(basis, channel, "step", canary.change, found.head or NONE, canary.release, share_bp))


def draft_back(state: State, basis: Basis, channel: str, act: Act, to_id: str, cause: str) -> Draft:
    """Roll a channel back to `to_id`, or freeze it; `cause` says why.

    A rollback to the head itself drops the canary.

    Raises:
        ConflictError: the channel serves nothing.
    """
    found = state.channels.get(channel)
    if found is None or found.head is None:
        raise ConflictError(f"channel {channel}: it serves nothing", hint='"verax status" lists the channels')
    note = cause.encode("utf-8")
    from_id = found.head
    if act == "rollback" and to_id == found.head and found.canary is not None:
        from_id = found.canary.release
    return _draft(Move(basis, channel, act, NONE, from_id, to_id, 0, hex_digest(note)), {hex_digest(note): note})


def draft_unfreeze(change: ChangeState, basis: Basis) -> Draft:
    """Let a frozen channel answer again, by a change whose candidate is its head."""
    return _draft(Move(basis, change.channel, "unfreeze", change.id, change.candidate, change.candidate, 0))


def draft_root(basis: Basis, document: Mapping[str, Any]) -> Draft:
    """Put another root document in force."""
    return _draft(RootChange(basis, document))


def _draft(statement: Statement, blobs: Mapping[str, bytes] | None = None) -> Draft:
    return Draft(statement, payload_of(statement), blobs or {})
