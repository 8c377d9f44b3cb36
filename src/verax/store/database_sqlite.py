"""SQLite through apsw: settings, error mapping, checkpoints.

*Life of a commit.* ``BEGIN IMMEDIATE`` takes the write lock (waiting at most
``lock_wait_s``); frames go to the write-ahead log; ``COMMIT`` appends the commit frame and
syncs the log (``synchronous=FULL``), and only then returns. Checkpoints copy the log into
the main file between batches, after every waiter was answered: first on a thread of their
own, so that no writer waits for the copy, then the small rest on the writer thread, so that
the log starts again from its beginning instead of growing under load.

apsw is used because many builds of Python leave extension loading out of ``sqlite3``, and
because its VFS layer lets a test record every write and sync.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import apsw

from verax.kernel.errors import ConfigError, CorruptStore, StorageError, StoreFull, VeraxError
from verax.store.database_lock import FileLock
from verax.store.database_sqlite_errors import explain
from verax.store.database_types import DatabaseLimits, Dialect, HeldLock, Row, SqlValue

__all__ = ["APPLICATION_ID", "SqliteDriver"]

APPLICATION_ID = 0x56525831  # "VRX1" in the file's header: another program's file is refused

_CHECKPOINT_PAGES = 1_000  # 4 MB of log: SQLite's own default
_CHECKPOINT_AT_ONCE_PAGES = 16_000  # the copying thread fell behind: let the writer do it

_log = logging.getLogger(__name__)


class SqliteConnection:
    """One apsw connection that raises Verax's errors."""

    dialect: Dialect = "sqlite"

    def __init__(
        self, raw: apsw.Connection, label: str, connect: Callable[[], SqliteConnection], *, readonly: bool
    ) -> None:
        self._raw = raw
        self._label = label
        self._connect = connect
        self._copying: threading.Thread | None = None
        self._has_rest = False
        self._checkpoint_at = _CHECKPOINT_PAGES
        self._begin = "BEGIN" if readonly else "BEGIN IMMEDIATE"
        self._stopped_by = ""
        self.wal_pages = 0

    @property
    def raw(self) -> apsw.Connection:
        """Apsw's own connection, for a copy of the whole database."""
        return self._raw

    @property
    def in_transaction(self) -> bool:
        return self._raw.in_transaction

    def begin(self) -> None:
        if self._stopped_by:
            raise StorageError(
                f"{self._label}: a commit failed on the disk, so writing has stopped: {self._stopped_by}",
                hint="look at the disk, then start Verax again: it reads back what is really there",
            )
        self._run(self._begin)

    def commit(self) -> None:
        """Commit and sync; after a sync that failed, refuse every later transaction.

        The operating system may have dropped the very pages that it could not write, and
        the next sync would report success all the same. A full disk is no such failure.
        """
        try:
            self._raw.execute("COMMIT")
        except apsw.Error as error:
            explained = explain(error, self._label, self._raw)
            if isinstance(error, apsw.IOError) and not isinstance(explained, StoreFull):
                self._stopped_by = str(error)
            raise explained from error

    def rollback(self) -> None:
        if self._raw.in_transaction:
            self._run("ROLLBACK")

    def savepoint(self) -> None:
        self._run("SAVEPOINT job")

    def release(self) -> None:
        self._run("RELEASE job")

    def rollback_to(self) -> None:
        self._run("ROLLBACK TO job")
        self._run("RELEASE job")

    def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        try:
            return self._raw.execute(sql, tuple(params)).fetchall()
        except (apsw.Error, UnicodeError) as error:
            raise explain(error, self._label, self._raw) from error

    def execute_many(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        try:
            self._raw.executemany(sql, (tuple(row) for row in rows)).fetchall()
        except (apsw.Error, UnicodeError) as error:
            raise explain(error, self._label, self._raw) from error

    def script(self, sql: str) -> None:
        self._run(sql)

    def lock(self, name: str) -> None:
        """Nothing to do: a write transaction excludes all others already."""

    def close(self) -> None:
        if self._copying is not None:
            self._copying.join()
        try:
            self._raw.close()
        except apsw.Error as error:
            raise explain(error, self._label, self._raw) from error

    @property
    def is_lost(self) -> bool:
        return False

    def upkeep(self) -> None:
        """Keep the log short without making a writer wait for the long copy."""
        if self._copying is not None and self._copying.is_alive():
            if self.wal_pages < _CHECKPOINT_AT_ONCE_PAGES:
                return
            self._copying.join()
        if self._has_rest:
            self._has_rest = False
            is_whole = self._try_checkpoint(self)
            # A long read may pin the log, or the disk be full: then wait for more before trying again.
            self._checkpoint_at = _CHECKPOINT_PAGES + (0 if is_whole else self.wal_pages)
        elif self.wal_pages >= self._checkpoint_at:
            self._copying = threading.Thread(target=self._copy, name="verax-checkpoint", daemon=True)
            self._copying.start()

    def scrub(self) -> None:
        """Empty the write-ahead log; deleted content in the main file was zeroed by ``secure_delete``."""
        if self._copying is not None:
            self._copying.join()
        self.checkpoint(apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def problems(self) -> list[str]:
        found = [str(row[0]) for row in self.execute("PRAGMA quick_check(10)")]
        return [] if found == ["ok"] else found

    def checkpoint(self, mode: int) -> bool:
        """Copy the log into the main file; return whether all of it was copied.

        Modes are those of SQLite's ``wal_checkpoint_v2``.
        """
        try:
            in_log, copied = self._raw.wal_checkpoint(mode=mode)
        except apsw.Error as error:
            raise explain(error, self._label, self._raw) from error
        return in_log == copied

    def _copy(self) -> None:
        """On a thread and connection of its own: copy what the log held when this began."""
        try:
            connection = self._connect()
            try:
                self._try_checkpoint(connection)
            finally:
                connection.close()
        except VeraxError as error:
            _log.warning("%s: checkpoint put off: %s", self._label, error.message)
        self._has_rest = True

    def _try_checkpoint(self, connection: SqliteConnection) -> bool:
        """Put a failed checkpoint off, since the log keeps every commit; a failed sync stops writing."""
        try:
            return connection.checkpoint(apsw.SQLITE_CHECKPOINT_PASSIVE)
        except VeraxError as error:
            _log.warning("%s: checkpoint put off: %s", self._label, error.message)
            if type(error) is StorageError:
                self._stopped_by = error.message
            return False

    def _run(self, sql: str) -> None:
        try:
            self._raw.execute(sql)
        except apsw.Error as error:
            raise explain(error, self._label, self._raw) from error


class SqliteDriver:
    """Opens connections to one file.

    Args:
        path: The database file; created with mode 0600 when missing.
        limits: Only ``lock_wait_s`` matters here.
        vfs: Name of a registered apsw VFS, for tests that record or forbid writes.
    """

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path, limits: DatabaseLimits, vfs: str | None = None) -> None:
        self._path = path
        self._vfs = vfs
        self._lock_wait_ms = int(limits.lock_wait_s * 1000)
        self._was_ours = False
        self._first: tuple[int, int] | None = None
        if vfs is None:
            _create_private(path)

    @property
    def label(self) -> str:
        return str(self._path)

    def connect(self, *, readonly: bool) -> SqliteConnection:
        if self._was_ours and self._vfs is None:
            self._set_journal_aside()
            self._check_still_there()
        raw: apsw.Connection | None = None
        try:
            raw = apsw.Connection(str(self._path), vfs=self._vfs, statementcachesize=256)
            self._configure(raw, readonly=readonly)
        except (apsw.Error, VeraxError) as error:
            explained = error if isinstance(error, VeraxError) else explain(error, self.label, raw)
            if raw is not None:
                raw.close()
            raise explained from error
        connection = SqliteConnection(raw, self.label, lambda: self.connect(readonly=False), readonly=readonly)
        if not readonly:
            raw.set_wal_hook(_WalCounter(connection))
        return connection

    def try_lock(self, name: str) -> HeldLock | None:
        return FileLock.take(self._path.with_name(f"{self._path.name}-{re.sub('[^a-z0-9]+', '-', name)}.lock"))

    def _set_journal_aside(self) -> None:
        """Rename a rollback journal that appeared while the database is open; it keeps what it holds.

        A database with a write-ahead log has none, so somebody else put it there. SQLite would want to play it back:
        each new connection would wait for a lock that the open ones never give up, and fail.
        """
        journal = self._path.with_name(f"{self._path.name}-journal")
        with contextlib.suppress(OSError):
            journal.rename(f"{journal}.foreign")

    def _check_still_there(self) -> None:
        """Refuse another file under the name of the one that is open.

        SQLite would take it for a database that nobody has open, and cut the index of the write-ahead log, which it
        shares with the open one by name: the kernel ends a process that reads a mapped file where it was cut (SIGBUS).
        """
        if self._first is not None and _identity(self._path) != self._first:
            raise _gone(self.label)

    def _configure(self, raw: apsw.Connection, *, readonly: bool) -> None:
        raw.set_busy_timeout(self._lock_wait_ms)
        raw.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        raw.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        raw.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
        raw.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
        self._check_application(raw)
        mode = raw.execute("PRAGMA journal_mode=WAL").fetchall()[0][0]
        if mode != "wal":
            raise StorageError(
                f"{self.label}: expected a write-ahead log, the file system gives {mode!r}",
                hint="put the data folder on a local disk",
            )
        raw.execute("PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA checkpoint_fullfsync=ON")
        raw.execute("PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA cell_size_check=ON")
        if readonly:
            raw.execute("PRAGMA query_only=ON")

    def _remember(self) -> None:
        """Note that the file is a database of Verax, and which file it is."""
        self._was_ours = True
        if self._vfs is None and self._first is None:
            self._first = _identity(self._path)

    def _check_application(self, raw: apsw.Connection) -> None:
        """Mark an empty file as ours; refuse one that is another program's, and one that was ours and is no more.

        Only the first connection may mark: a file that is emptied under a running server is damaged, and connections
        that each wait for the lock to mark it would hold up everything, the end of the server included.
        """
        if _application_id(raw) == APPLICATION_ID:
            self._remember()
            return
        if self._was_ours:
            raise _gone(self.label)
        raw.execute("BEGIN IMMEDIATE")
        try:
            found = _application_id(raw)
            if found == 0 and not raw.execute("SELECT count(*) FROM sqlite_schema").fetchall()[0][0]:
                raw.execute(f"PRAGMA application_id={APPLICATION_ID}")
                raw.execute("COMMIT")
                self._remember()
            elif found != APPLICATION_ID:
                raise ConfigError(
                    f"{self.label}: expected a database of Verax, found one of another program",
                    hint="name another file, or a folder of its own, for the data of Verax",
                )
        finally:
            if raw.in_transaction:
                raw.execute("ROLLBACK")


class _WalCounter:
    """Remembers the length of the log after each commit; setting it stops automatic checkpoints."""

    __slots__ = ("_connection",)

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection

    def __call__(self, _raw: apsw.Connection, _schema: str, pages: int) -> int:
        self._connection.wal_pages = pages
        return apsw.SQLITE_OK


def _application_id(raw: apsw.Connection) -> object:
    return raw.execute("PRAGMA application_id").fetchall()[0][0]


def _identity(path: Path) -> tuple[int, int] | None:
    """Return the device and the number of a file; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _gone(label: str) -> CorruptStore:
    return CorruptStore(
        f"{label}: the database that was open is gone, its file holds something else",
        hint="stop Verax, copy the file aside, then restore a backup",
    )


def _create_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StorageError(
            f"{path}: the database cannot be opened: {error.strerror}",
            hint="make its folder exist, and writable for the user that runs Verax",
        ) from error
