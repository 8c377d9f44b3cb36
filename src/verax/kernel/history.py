"""A governance log as people read it: every entry with who signed it and what became of it.

The fold decides; this only tells. Persons are those whose keys the root in force at that
index names (clause 5.2); of a root change also those of the root that it brings. An entry
that is no statement is told too, without anything that it claims.

>>> reader = HistoryReader()
>>> told = [reader.read(entry, outcome) for entry, outcome in zip(entries, state.outcomes)]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from verax.kernel.dsse import Envelope, verify_signatures
from verax.kernel.errors import KernelError
from verax.kernel.fold_state import Outcome
from verax.kernel.root import RootDocument
from verax.kernel.statement import NONE, Alarm, Change, Gate, Move, Review, RootChange, Statement, parse_statement

__all__ = ["HistoryEntry", "HistoryReader", "content_of"]

Fact = str | int | bool


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry, told.

    Attributes:
        reason: Why it had no effect; empty where it had one.
        channel: The channel it concerns, empty for none.
        change: Statement id of the change it is or concerns, empty for none.
        time_ms: When its signer claims to have signed; None where it is no statement.
        persons: Who signed it, in order of their names.
        digests: Digests it names, by what they are: ``candidate``, ``base``, ``reason``,
            ``report``, ``from``, ``to``, ``cause``, ``detail``, ``document``.
        facts: Small values of its kind: ``act``, ``verdict``, ``suite``, ``code`` and so on.
        content: Blobs that are its own content (clause 3); all of them are among `digests`.
    """

    index: int
    statement_id: str
    kind: str
    is_effective: bool
    reason: str
    channel: str = ""
    change: str = ""
    time_ms: int | None = None
    persons: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    content: frozenset[str] = frozenset()


def content_of(statement: Statement) -> frozenset[str]:
    """Return the digests of the blobs that a statement brings along as its own content."""
    match statement:
        case Change():
            return frozenset({statement.candidate, statement.reason})
        case Gate():
            return frozenset({statement.report})
        case Move():
            return frozenset({statement.cause} - {NONE})
        case Alarm():
            return frozenset({statement.detail})
    return frozenset()


class HistoryReader:
    """Reads a log from its first entry on; each entry once, in order of its index."""

    def __init__(self) -> None:
        self._root: RootDocument | None = None
        self._channels: dict[str, str] = {}

    def read(self, entry: bytes, outcome: Outcome) -> HistoryEntry:
        """Return the next entry, told.

        Args:
            outcome: What the fold says became of it.
        """
        told = HistoryEntry(outcome.index, outcome.statement_id, outcome.kind, outcome.effective, outcome.reason)
        try:
            envelope = Envelope.parse(entry)
            statement = parse_statement(envelope.payload)
        except KernelError:
            return told
        digests, facts = _named(statement)
        return replace(
            told,
            channel=self._channel_of(statement, outcome.statement_id),
            change=_change_of(statement, outcome.statement_id),
            time_ms=statement.basis.time_ms,
            persons=self._persons(statement, envelope, outcome),
            digests=digests,
            facts=facts,
            content=content_of(statement),
        )

    def _persons(self, statement: Statement, envelope: Envelope, outcome: Outcome) -> tuple[str, ...]:
        roots = [] if self._root is None else [self._root]
        if isinstance(statement, RootChange) and outcome.effective:
            self._root = RootDocument.parse(statement.document)
            roots.append(self._root)
        return tuple(sorted({signer.person for root in roots for signer in verify_signatures(envelope, root)}))

    def _channel_of(self, statement: Statement, statement_id: str) -> str:
        match statement:
            case Change():
                return self._channels.setdefault(statement_id, statement.channel)
            case Move():
                return statement.channel
            case Review() | Gate():
                return self._channels.get(statement.change, "")
            case Alarm():
                return "" if statement.channel == NONE else statement.channel
        return ""


def _change_of(statement: Statement, statement_id: str) -> str:
    match statement:
        case Change():
            return statement_id
        case Review() | Gate():
            return statement.change
        case Move():
            return "" if statement.change == NONE else statement.change
    return ""


def _named(statement: Statement) -> tuple[dict[str, str], dict[str, Fact]]:
    """Return digests and facts of a statement; what is ``none`` is left out."""
    digests: dict[str, str]
    facts: dict[str, Fact]
    match statement:
        case RootChange():
            document = RootDocument.parse(statement.document) if _is_valid(statement) else None
            digests = {} if document is None else {"document": document.fingerprint}
            facts = {} if document is None else {"version": document.version, "solo": document.is_solo}
        case Change():
            digests = {"candidate": statement.candidate, "base": statement.base, "reason": statement.reason}
            facts = {"base_index": statement.base_index}
        case Review():
            digests = {"candidate": statement.candidate, "base": statement.base}
            facts = {"verdict": statement.verdict, "unbans": len(statement.unban)}
        case Gate():
            digests = {"report": statement.report, "runtime": statement.runtime}
            facts = {"suite": statement.suite, "passed": statement.is_passed, "n": statement.n}
        case Move():
            digests = {"from": statement.from_id, "to": statement.to_id, "cause": statement.cause}
            facts = {"act": statement.act, "share_bp": statement.share_bp}
        case Alarm():
            digests = {"detail": statement.detail}
            facts = {"code": statement.code, "count": statement.count}
            facts |= {"first_ms": statement.first_ms, "last_ms": statement.last_ms}
    return {name: digest for name, digest in digests.items() if digest != NONE}, facts


def _is_valid(statement: RootChange) -> bool:
    try:
        RootDocument.parse(statement.document)
    except KernelError:
        return False
    return True
