"""The six kinds of statement as frozen records (protocol clause 3, table).

Of each kind `describe` gives the subject and the fields of its own, as they stand in the
payload. Reading and writing payloads is in `verax.kernel.statement`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from verax.kernel import canonical
from verax.kernel.errors import CanonicalError, StatementError
from verax.kernel.root import RUNTIME_CHANNEL

__all__ = [
    "NONE",
    "Act",
    "Alarm",
    "Basis",
    "Change",
    "Description",
    "Gate",
    "Kind",
    "Move",
    "Review",
    "RootChange",
    "Statement",
    "Verdict",
    "describe",
]

Kind = Literal["root", "change", "review", "gate", "move", "alarm"]
Act = Literal["admit", "step", "rollback", "freeze", "unfreeze"]
Verdict = Literal["approve", "reject"]

NONE = "none"


@dataclass(frozen=True, slots=True)
class Basis:
    """What the signer relied on.

    Attributes:
        log: Origin of the governance log.
        root: Version of the root in force; 0 for the first entry.
        seen_size: Size of the newest checkpoint that the signer verified.
        seen_root: Its tree root, 64 hex digits.
        nonce: 16 random bytes, hex.
        time_ms: Milliseconds since 1970, a claim.
    """

    log: str
    root: int
    seen_size: int
    seen_root: str
    nonce: str
    time_ms: int


@dataclass(frozen=True, slots=True)
class RootChange:
    """Puts a root document in force; `document` is the whole document as plain objects."""

    basis: Basis
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """Proposes to move a channel's head from `base` to `candidate`.

    Attributes:
        base: Head of the channel when it was proposed, or ``none``.
        base_index: Index of the entry that set that head, or 0.
        reason: Digest of the blob that gives the reason.
    """

    basis: Basis
    channel: str
    candidate: str
    base: str
    base_index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """A verdict on a change; `unban` names bans that the reviewer lets back in."""

    basis: Basis
    change: str
    verdict: Verdict
    candidate: str
    base: str
    unban: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """A result of a suite on a change.

    Attributes:
        seed: 64 hex digits, fixed by the change and the tree after it.
        runtime: Digest of the instance manifest that ran it.
        n: Samples that ran.
        report: Digest of the report's blob.
    """

    basis: Basis
    change: str
    suite: str
    seed: str
    runtime: str
    n: int
    is_passed: bool
    report: str


@dataclass(frozen=True, slots=True)
class Move:
    """Moves a channel.

    Attributes:
        change: The change that allows it (admit, step, unfreeze), else ``none``.
        from_id: What served, or is taken out.
        to_id: What serves then.
        share_bp: Share of users in hundredths of a percent (admit, step), else 0.
        cause: Digest of a blob, or ``none``.
    """

    basis: Basis
    channel: str
    act: Act
    change: str
    from_id: str
    to_id: str
    share_bp: int
    cause: str = NONE


@dataclass(frozen=True, slots=True)
class Alarm:
    """Merged alarms of one code on one channel (or ``none``); `detail` is a blob's digest."""

    basis: Basis
    code: str
    channel: str
    detail: str
    count: int
    first_ms: int
    last_ms: int


Statement: TypeAlias = RootChange | Change | Review | Gate | Move | Alarm


@dataclass(frozen=True, slots=True)
class Description:
    """A statement as its payload shows it."""

    kind: Kind
    subject_name: str
    subject_digest: str
    own: Mapping[str, Any]


def describe(statement: Statement) -> Description:
    """Return kind, name and digest of the subject, and the fields of the kind's own."""
    match statement:
        case RootChange():
            return Description("root", "root", _document_digest(statement.document), {"document": statement.document})
        case Change():
            own = {"channel": statement.channel, "base": statement.base, "base_index": statement.base_index}
            return Description(
                "change", _thing(statement.channel), statement.candidate, {**own, "reason": statement.reason}
            )
        case Review():
            own = {"verdict": statement.verdict, "candidate": statement.candidate, "base": statement.base}
            return Description("review", "change", statement.change, {**own, "unban": list(statement.unban)})
        case Gate():
            own = {"suite": statement.suite, "seed": statement.seed, "runtime": statement.runtime}
            own |= {"n": statement.n, "passed": statement.is_passed, "report": statement.report}
            return Description("gate", "change", statement.change, own)
        case Move():
            own = {"channel": statement.channel, "act": statement.act, "change": statement.change}
            own |= {"from": statement.from_id, "to": statement.to_id}
            own |= {"share_bp": statement.share_bp, "cause": statement.cause}
            about = statement.from_id if statement.act in {"rollback", "freeze"} else statement.to_id
            return Description("move", _thing(statement.channel), about, own)
    own = {"code": statement.code, "channel": statement.channel, "count": statement.count}
    own |= {"first_ms": statement.first_ms, "last_ms": statement.last_ms}
    return Description("alarm", "detail", statement.detail, own)


def _thing(channel: str) -> str:
    return "runtime" if channel == RUNTIME_CHANNEL else "release"


def _document_digest(document: Mapping[str, Any]) -> str:
    try:
        return canonical.hex_digest(canonical.encode(document))
    except CanonicalError as error:
        raise StatementError(f"root: {error.message}") from None
