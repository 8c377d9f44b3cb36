"""The database: SQLite by path, PostgreSQL by URL, one way to use both.

Example::

    db = open_database("/srv/verax/verax.db")
    count = await db.write(lambda tx: tx.execute("UPDATE t SET n = n + 1 RETURNING n")[0][0])
    rows = await db.read(lambda tx: tx.execute("SELECT * FROM t WHERE n > ?", (3,)))
    db.close()

Rules:

* ``write`` answers when the closure's changes are durable; many writes share one commit
  (`verax.store.database_writer` has the life of a write). An error of the closure undoes that
  closure alone and reaches its caller.
* ``read`` sees one consistent state and cannot write.
* Whoever would wait too long is refused: `BusyError` when a queue is full, `StoreFull` when
  the disk is. Nothing that was answered is ever lost.
* What closures may and may not do stands in `verax.store.database_types`.
* A process that forks must open the database after the fork.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from verax.kernel.errors import ConfigError
from verax.store.database_readers import Readers
from verax.store.database_schema import VERSION_TABLE, load_migrations, migrate
from verax.store.database_sqlite import SqliteDriver
from verax.store.database_sqlite_shape import check_shape
from verax.store.database_types import DatabaseLimits, Dialect, Driver, HeldLock, Observer, Row, SqlValue, Tx
from verax.store.database_writer import Writer

__all__ = ["Database", "DatabaseLimits", "HeldLock", "Row", "SqlValue", "Tx", "open_database"]

T = TypeVar("T")


class Database:
    """An open database; made by `open_database`."""

    def __init__(
        self, driver: Driver, writer: Writer, readers: Readers, schema_version: int, scripts: tuple[str, ...] = ()
    ) -> None:
        self._scripts = scripts
        self._driver = driver
        self._writer = writer
        self._readers = readers
        self.schema_version = schema_version

    @property
    def dialect(self) -> Dialect:
        return self._driver.dialect

    @property
    def label(self) -> str:
        """The file or server, for messages; never a password."""
        return self._driver.label

    async def write(self, call: Callable[[Tx], T]) -> T:
        """Run `call` in a transaction and return its value once that is durable.

        A write that was queued is carried out even when the waiting task is cancelled.

        Raises:
            BusyError: too many writes wait, or another process holds the write lock.
            StoreFull: no room on the disk; reading goes on.
            StorageError: the disk failed, or the database is closed.
            Exception: whatever `call` raised; its changes, and only they, were undone.
        """
        return await self._writer.write(call)

    def write_now(self, call: Callable[[Tx], T]) -> T:
        """`write` for code without an event loop; blocks the calling thread."""
        return self._writer.write_now(call)

    async def read(self, call: Callable[[Tx], T]) -> T:
        """Run `call` on a consistent view, on a thread of its own."""
        return await self._readers.read(call)

    def read_now(self, call: Callable[[Tx], T]) -> T:
        """`read` on the calling thread; in a server only for point look-ups on SQLite."""
        return self._readers.read_now(call)

    def check_now(self) -> None:
        """See that a write would be taken, and that the schema is still what the migrations made (SQLite only).

        Raises:
            CorruptStore: somebody changed the schema.
            BusyError, StorageError: nothing can be written.
        """

        def look(tx: Tx) -> None:
            if tx.dialect == "sqlite":
                check_shape(tx, self._scripts, self.label)

        self._writer.write_now(look)

    def try_lock(self, name: str) -> HeldLock | None:
        """Take a lock that at most one process holds, or return None at once.

        On PostgreSQL it is a session's advisory lock, so that the sequencer is elected among
        machines; on SQLite a locked file beside the database. Blocks for one round trip.
        """
        return self._driver.try_lock(name)

    async def truncate_wal(self) -> None:
        """Remove what deleted rows left behind (clause 14); call it after an erasure.

        SQLite zeroes deleted content (``secure_delete``) and empties its log here. On
        PostgreSQL this does nothing: its files, log and backups keep old rows for as long as
        its own vacuum and the operator let them.

        Raises:
            BusyError: a long read still needs the log; call again.
        """
        await self._writer.scrub()

    def truncate_wal_now(self) -> None:
        """`truncate_wal` for code without an event loop."""
        self._writer.scrub_now()

    def problems(self) -> list[str]:
        """Check the whole database for damage; slow on a large one. Empty when sound.

        Raises:
            CorruptStore: the damage is such that the check itself failed.
        """
        connection = self._driver.connect(readonly=True)
        try:
            return connection.problems()
        finally:
            connection.close()

    def close(self) -> None:
        """Finish queued writes and running reads, then close. Safe to call twice."""
        self._writer.close()
        self._readers.close()


def open_database(
    target: str | Path,
    *,
    vfs: str | None = None,
    limits: DatabaseLimits | None = None,
    observe: Observer | None = None,
    upto: int | None = None,
) -> Database:
    """Open the database at `target` and bring its schema up to date.

    Args:
        target: A path for SQLite, a URL (``postgresql://...``) for PostgreSQL.
        vfs: Name of a registered apsw VFS; SQLite only, for tests.
        limits: How much may wait; the defaults suit a server.
        observe: Called with each SQL text, on the thread that runs it.
        upto: Stop migrating at this version, for tests of migrations.

    Raises:
        ConfigError: an unknown kind of URL, psycopg missing, another program's file, or a
            schema newer than this code.
        CorruptStore: the file is damaged.
        StorageError: the file or server cannot be opened.
    """
    limits = limits or DatabaseLimits()
    driver = _driver(target, vfs, limits)
    connection = driver.connect(readonly=False)
    try:
        migrations = load_migrations(driver.dialect)
        version = migrate(connection, migrations, driver.label, upto)
        applied = (VERSION_TABLE, *(item.sql for item in migrations if item.version <= version))
        if driver.dialect == "sqlite":
            check_shape(connection, applied, driver.label)
    except BaseException:
        connection.close()
        raise
    writer = Writer(driver, connection, limits, observe)
    return Database(driver, writer, Readers(driver, limits, observe), version, applied)


def _driver(target: str | Path, vfs: str | None, limits: DatabaseLimits) -> Driver:
    scheme, separator, _ = str(target).partition("://")
    if isinstance(target, Path) or not separator:
        return SqliteDriver(Path(target), limits, vfs)
    if scheme not in ("postgresql", "postgres"):
        raise ConfigError(
            f"database: expected a path or a postgresql:// URL, found the scheme {scheme!r}",
            hint="name a file, or write postgresql://user@host:5432/name",
        )
    # Imported here because the driver's package is an extra that most installations lack.
    from verax.store.database_postgres import PostgresDriver

    return PostgresDriver(str(target), limits)
