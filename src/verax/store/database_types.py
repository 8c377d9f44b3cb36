"""The words that the database modules share: a transaction, a connection, a driver.

* A closure that is handed to ``db.write`` or ``db.read`` sees a `Tx` and nothing else. It
  must not keep the `Tx`, must not catch the errors of `Tx` (on PostgreSQL the savepoint is
  then already lost; write ``ON CONFLICT`` instead), and must have no effect outside the
  transaction, because PostgreSQL may ask for it to run again after a deadlock.
* SQL is written once, with ``?`` placeholders, in the dialect that SQLite and PostgreSQL
  share. Numbers are integers (booleans 0 and 1), bytes are ``bytea`` columns.
* On SQLite one writer excludes all others from ``BEGIN IMMEDIATE`` on. On PostgreSQL other
  processes write at the same time: a closure that decides by what it read takes the row
  (``UPDATE ... RETURNING``) or ``tx.lock(name)`` first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from verax.kernel.errors import BusyError, StorageError

__all__ = [
    "Connection",
    "DatabaseLimits",
    "DeadlockError",
    "Dialect",
    "Driver",
    "HeldLock",
    "Observer",
    "Row",
    "SqlValue",
    "Tx",
]

Dialect = Literal["sqlite", "postgres"]
SqlValue = str | bytes | int | float | None
Row = tuple[Any, ...]
Observer = Callable[[str], None]


class DeadlockError(BusyError):
    """Two writers on PostgreSQL met; the writer thread runs the closure again, a few times."""


@dataclass(frozen=True, slots=True)
class DatabaseLimits:
    """How much may wait.

    Attributes:
        write_queue: Writes waiting for the writer thread; one more is a `BusyError`.
        write_batch: Writes that share one commit, at most.
        read_queue: Reads waiting for a connection; one more is a `BusyError`.
        readers: Read connections.
        lock_wait_s: How long a write waits for another process before it is a `BusyError`.
    """

    write_queue: int = 10_000
    write_batch: int = 1_000
    read_queue: int = 1_000
    readers: int = 4
    lock_wait_s: float = 5.0


class Connection(Protocol):
    """One connection of a driver; used by one thread at a time. Raises Verax's errors only."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def in_transaction(self) -> bool:
        """False also where an error ended the whole transaction behind our back."""
        ...

    def begin(self) -> None:
        """Open a transaction.

        Raises:
            StorageError: an earlier commit failed in a way that only a restart can mend.
        """
        ...

    def commit(self) -> None:
        """Return only when the transaction is on disk."""
        ...

    def rollback(self) -> None:
        """Forget the open transaction; safe when there is none."""
        ...

    def savepoint(self) -> None: ...

    def release(self) -> None: ...

    def rollback_to(self) -> None: ...

    def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]: ...

    def execute_many(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None: ...

    def script(self, sql: str) -> None:
        """Run several statements without parameters."""
        ...

    @property
    def is_lost(self) -> bool:
        """True when only a fresh connection can help."""
        ...

    def lock(self, name: str) -> None: ...

    def upkeep(self) -> None:
        """Called on the writer thread between batches, after every waiter was answered."""
        ...

    def scrub(self) -> None:
        """Remove what deleted rows left behind (clause 14)."""
        ...

    def problems(self) -> list[str]:
        """Look for damage, slowly; an empty list when there is none."""
        ...

    def close(self) -> None: ...


class HeldLock(Protocol):
    """A lock that lives until it is released or its process ends."""

    def is_held(self) -> bool:
        """Ask the store, not the memory: a lost connection loses the lock."""
        ...

    def release(self) -> None: ...


class Driver(Protocol):
    """What differs between SQLite and PostgreSQL outside SQL."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def label(self) -> str:
        """The file or server for error messages; never a password."""
        ...

    def connect(self, *, readonly: bool) -> Connection: ...

    def try_lock(self, name: str) -> HeldLock | None: ...


class Tx:
    """One transaction, or one savepoint of a shared one. Unusable after its closure returned."""

    __slots__ = ("_connection", "_observe")

    def __init__(self, connection: Connection, observe: Observer | None = None) -> None:
        self._connection: Connection | None = connection
        self._observe = observe

    @property
    def dialect(self) -> Dialect:
        return self._open().dialect

    def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one statement and return its rows; placeholders are ``?``.

        Raises:
            ConflictError: a UNIQUE, FOREIGN KEY, CHECK or NOT NULL rule of the schema.
            RequestError: text with lone surrogates.
            StoreFull, CorruptStore, BusyError, StorageError: as their classes say.
        """
        connection = self._open()
        if self._observe is not None:
            self._observe(sql)
        return connection.execute(sql, params)

    def execute_many(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        """Run one statement once a row; nothing is returned."""
        connection = self._open()
        if self._observe is not None:
            self._observe(sql)
        connection.execute_many(sql, rows)

    def lock(self, name: str) -> None:
        """Exclude other writers that lock the same name until this transaction ends.

        Free on SQLite, where a write transaction is alone anyway.
        """
        self._open().lock(name)

    def end(self) -> None:
        """Take the connection away; only the database calls this."""
        self._connection = None

    def _open(self) -> Connection:
        if self._connection is None:
            raise StorageError(
                "transaction: used after its closure returned",
                hint="finish all statements inside the function given to write() or read()",
            )
        return self._connection
