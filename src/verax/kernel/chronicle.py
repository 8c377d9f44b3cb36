"""Who did what on a channel, in order: the effective statements of a log with their signers.

The fold keeps what is in force; this reads back how it came to be: for people, timelines and
plans. It decides nothing.

>>> [deed.statement.act for deed in chronicle(entries, state.outcomes, "assistant") if deed.kind == "move"]
['admit', 'step', 'rollback']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verax.kernel.dsse import Envelope, verify_signatures
from verax.kernel.errors import KernelError
from verax.kernel.fold_state import Outcome
from verax.kernel.root import RootDocument
from verax.kernel.statement import Change, Gate, Kind, Move, Review, RootChange, Statement, parse_statement
from verax.kernel.statement_kinds import describe

__all__ = ["Deed", "chronicle", "read_statement", "statement_at"]


@dataclass(frozen=True, slots=True)
class Deed:
    """An effective statement.

    Attributes:
        persons: Who signed it, by the root that was in force then.
    """

    index: int
    statement_id: str
    kind: Kind
    statement: Statement
    persons: tuple[str, ...]


def statement_at(entries: Sequence[bytes], index: int) -> Statement:
    """Return the statement of one entry.

    Raises:
        StatementError: nothing readable stands there.
    """
    return parse_statement(Envelope.parse(entries[index]).payload)


def read_statement(envelope: bytes) -> Statement | None:
    """Return the statement of an envelope, None where it is unreadable; nothing is verified."""
    try:
        return parse_statement(Envelope.parse(envelope).payload)
    except KernelError:
        return None


def chronicle(entries: Sequence[bytes], outcomes: Sequence[Outcome], channel: str) -> list[Deed]:
    """Return the effective changes, reviews, gates and moves of a channel, oldest first.

    Args:
        entries: Leaf bytes in index order, as they were folded.
        outcomes: What became of each, from the state of that fold.
    """
    root: RootDocument | None = None
    changes: set[str] = set()
    found: list[Deed] = []
    for entry, outcome in zip(entries, outcomes, strict=False):
        if not outcome.effective or outcome.kind == "alarm":
            continue
        envelope = Envelope.parse(entry)
        statement = parse_statement(envelope.payload)
        if isinstance(statement, RootChange):
            root = RootDocument.parse(statement.document)
            continue
        if root is None or not _concerns(statement, channel, changes):
            continue
        if isinstance(statement, Change):
            changes.add(outcome.statement_id)
        persons = tuple(sorted({signer.person for signer in verify_signatures(envelope, root)}))
        found.append(Deed(outcome.index, outcome.statement_id, describe(statement).kind, statement, persons))
    return found


def _concerns(statement: Statement, channel: str, changes: set[str]) -> bool:
    if isinstance(statement, Change | Move):
        return statement.channel == channel
    return isinstance(statement, Review | Gate) and statement.change in changes
