"""The rows of a log: entries, and the tree that may be signed.

* An entry gets its index when it is written; the row of ``logs`` is taken first, so that
  indices have no gaps and no doubles, whoever else writes.
* ``size`` and ``root`` move only by compare-and-swap (clause 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verax.kernel.errors import ConflictError, CorruptStore
from verax.kernel.merkle import EMPTY_ROOT
from verax.store.database import Database, Row, Tx

__all__ = ["INDEX_TAKEN", "LogRow", "TreeHead", "append_entries", "open_row", "read_entries", "read_row", "swap_head"]

INDEX_TAKEN = "log/index-taken"
"""Code of the error that another entry got the index which this one must have."""

_BATCH = 16_384


@dataclass(frozen=True, slots=True)
class TreeHead:
    """Size of a tree, and its root, 32 bytes."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class LogRow:
    """What the database says of a log.

    Attributes:
        log_id: 0 for the governance log, k+1 for reply log k.
        appended: Entries written; the last ones may not be in the tree yet.
        head: The tree that may be signed.
    """

    log_id: int
    origin: str
    appended: int
    head: TreeHead


def open_row(tx: Tx, log_id: int, origin: str) -> LogRow:
    """Return the row of a log, made when missing, and change it.

    The change is the point: its commit makes durable whatever this process may have read
    from a page cache that the process before it left behind unsynced.

    Raises:
        ConflictError: the number belongs to a log of another origin.
    """
    tx.execute(
        "INSERT INTO logs (id, origin, appended, size, root, starts) VALUES (?, ?, 0, 0, ?, 0) ON CONFLICT DO NOTHING",
        (log_id, origin, EMPTY_ROOT),
    )
    rows = tx.execute("UPDATE logs SET starts = starts + 1 WHERE id = ? AND origin = ? RETURNING id", (log_id, origin))
    if not rows:
        raise ConflictError(
            f"log {origin}: number {log_id} belongs to another log in this database",
            hint="give each installation a database of its own",
            code="log/other-origin",
        )
    return read_row(tx, log_id)


def read_row(tx: Tx, log_id: int) -> LogRow:
    """Return the row of a log.

    Raises:
        CorruptStore: the row is gone.
    """
    rows = tx.execute("SELECT origin, appended, size, root FROM logs WHERE id = ?", (log_id,))
    if not rows:
        raise CorruptStore(f"log {log_id}: its row is gone from the database", hint="restore the newest backup")
    origin, appended, size, root = rows[0]
    if not (isinstance(appended, int) and isinstance(size, int) and isinstance(root, bytes)):
        raise CorruptStore(f"log {log_id}: its row holds values that it cannot have", hint="restore the newest backup")
    return LogRow(log_id, origin, appended, TreeHead(size, root))


def append_entries(tx: Tx, log_id: int, entries: Sequence[bytes], expected: int | None = None) -> int:
    """Write entries at the end of a log and return the index of the first.

    Args:
        expected: Index that the first entry must get; None for any.

    Raises:
        ConflictError: the log has grown past `expected`.
    """
    rows = tx.execute("UPDATE logs SET appended = appended + ? WHERE id = ? RETURNING appended", (len(entries), log_id))
    if not rows:
        raise CorruptStore(f"log {log_id}: its row is gone from the database", hint="restore the newest backup")
    first = int(rows[0][0]) - len(entries)
    if expected is not None and first != expected:
        raise ConflictError(
            f"log {log_id}: expected to write entry {expected}, the next one is {first}",
            hint="look at what came in meanwhile, and try again",
            code=INDEX_TAKEN,
        )
    tx.execute_many(
        "INSERT INTO log_entries (log_id, idx, entry) VALUES (?, ?, ?)",
        [(log_id, first + offset, entry) for offset, entry in enumerate(entries)],
    )
    return first


def read_entries(db: Database, log_id: int, start: int, end: int) -> Iterator[list[bytes]]:
    """Yield the entries of indices `start` to `end`, in lists that end at tile borders.

    Raises:
        CorruptStore: an entry is missing, or has a type that none can have.
    """
    while start < end:
        stop = min(end, (start // _BATCH + 1) * _BATCH)
        rows = db.read_now(_Select(log_id, start, stop))
        found = next((place for place, row in enumerate(rows, start) if row[0] != place), start + len(rows))
        if found != stop:
            raise CorruptStore(
                f"log {log_id}: entry {found} is missing from the database",
                hint="restore the newest backup; entries that were published also lie in the bundles of the log",
            )
        entries = [row[1] for row in rows]
        if not set(map(type, entries)) <= {bytes}:
            raise CorruptStore(
                f"log {log_id}: an entry from {start} on is no bytes in the database", hint="restore the newest backup"
            )
        yield entries
        start = stop


@dataclass(frozen=True, slots=True)
class _Select:
    """A read of the entries `start` to `stop`, in order."""

    log_id: int
    start: int
    stop: int

    def __call__(self, tx: Tx) -> list[Row]:
        return tx.execute(
            "SELECT idx, entry FROM log_entries WHERE log_id = ? AND idx >= ? AND idx < ? ORDER BY idx",
            (self.log_id, self.start, self.stop),
        )


def swap_head(tx: Tx, log_id: int, old: TreeHead, new: TreeHead) -> bool:
    """Move the tree from `old` to `new`; False when it was not at `old`."""
    rows = tx.execute(
        "UPDATE logs SET size = ?, root = ? WHERE id = ? AND size = ? AND root = ? AND appended >= ? RETURNING id",
        (new.size, new.root, log_id, old.size, old.root, new.size),
    )
    return bool(rows)
