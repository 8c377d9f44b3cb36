"""PostgreSQL through psycopg 3: the same transactions, for several processes at once.

* The package is an extra; without it a PostgreSQL URL is a `ConfigError` that says what to
  install.
* ``synchronous_commit=on`` is set by us, whatever the server's default, so that an answered
  write is on the server's disk.
* PostgreSQL stores no NUL character in text, SQLite does. Text is therefore escaped on the
  way in and back on the way out (`_escape`), so that both give back what they were given.
* A deadlock or a serialisation failure makes the writer run the closure again; a lost
  connection is replaced before the next batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from verax.kernel.errors import (
    BusyError,
    ConfigError,
    ConflictError,
    CorruptStore,
    RequestError,
    StorageError,
    StoreFull,
    VeraxError,
)
from verax.store.database_types import DatabaseLimits, DeadlockError, Dialect, HeldLock, Row, SqlValue

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgresDriver", "to_psycopg"]

# Every join here follows an index from few rows to few rows. Without statistics, which a young
# table lacks, the planner prefers to read and hash a whole conversation at each step.
_SETTINGS = (
    "SET synchronous_commit=on; SET client_encoding='UTF8'; SET client_min_messages=warning;"
    " SET enable_hashjoin=off; SET enable_mergejoin=off; SET jit=off;"
)
# A server that loses the machine of a lock's holder frees the lock within some ten seconds.
_KEEPALIVES = (
    "SET tcp_keepalives_idle=5; SET tcp_keepalives_interval=2; SET tcp_keepalives_count=3; SET tcp_user_timeout=11000;"
)
_ESCAPE = "\ufdd0"  # a code point that Unicode reserves for use inside a program


class PostgresConnection:
    """One psycopg connection that raises Verax's errors."""

    dialect: Dialect = "postgres"

    def __init__(self, raw: psycopg.Connection, label: str, *, readonly: bool) -> None:
        self._raw = raw
        self._label = label
        self._begin = b"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY" if readonly else b"BEGIN"

    @property
    def in_transaction(self) -> bool:
        return self._raw.info.transaction_status.name in ("INTRANS", "INERROR")

    def begin(self) -> None:
        self._run(self._begin)

    def commit(self) -> None:
        self._run(b"COMMIT")

    def rollback(self) -> None:
        if not self._raw.closed and self.in_transaction:
            self._run(b"ROLLBACK")

    def savepoint(self) -> None:
        self._run(b"SAVEPOINT job")

    def release(self) -> None:
        self._run(b"RELEASE SAVEPOINT job")

    def rollback_to(self) -> None:
        self._run(b"ROLLBACK TO SAVEPOINT job")
        self._run(b"RELEASE SAVEPOINT job")

    def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        import psycopg

        try:
            cursor = self._raw.execute(to_psycopg(sql), _escape(params))
            return _unescape(cursor.fetchall()) if cursor.description else []
        except (psycopg.Error, UnicodeEncodeError) as error:
            raise _explain(error, self._label) from error

    def execute_many(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        import psycopg

        try:
            with self._raw.cursor() as cursor:
                cursor.executemany(to_psycopg(sql), [_escape(row) for row in rows])
        except (psycopg.Error, UnicodeEncodeError) as error:
            raise _explain(error, self._label) from error

    def script(self, sql: str) -> None:
        self._run(sql.encode())

    def lock(self, name: str) -> None:
        self.execute("SELECT pg_advisory_xact_lock(?)", (_lock_number(name),))

    @property
    def is_lost(self) -> bool:
        """A lost connection is replaced; whether its last commit arrived is not known."""
        return self._raw.closed

    def upkeep(self) -> None:
        """Nothing to do: the server keeps its own log short."""

    def scrub(self) -> None:
        """Nothing that would help: the server zeroes no deleted row.

        Old row versions stay on its disk until autovacuum and new rows overwrite them, and in
        its write-ahead log and backups for as long as the operator keeps those.
        """

    def problems(self) -> list[str]:
        """Only whether the server answers: checking its files is the work of its own tools."""
        self._run(b"SELECT 1")
        return []

    def close(self) -> None:
        self._raw.close()

    def _run(self, sql: bytes) -> None:
        import psycopg

        try:
            self._raw.execute(sql)
        except psycopg.Error as error:
            raise _explain(error, self._label) from error


class PostgresDriver:
    """Opens connections to one database.

    Raises:
        ConfigError: psycopg is not installed.
    """

    dialect: Dialect = "postgres"

    def __init__(self, url: str, limits: DatabaseLimits) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise ConfigError(
                "the database is a PostgreSQL URL, but the package psycopg is not installed",
                hint='install the extra: pip install "verax[postgres]"',
            ) from error
        try:
            parts = psycopg.conninfo.conninfo_to_dict(url)
        except psycopg.Error as error:
            raise ConfigError("the database URL is malformed", hint="write postgresql://user@host:5432/name") from error
        self._url = url
        self._label = f"postgresql {parts.get('host', 'localhost')}/{parts.get('dbname', '')}"
        self._lock_wait_ms = int(limits.lock_wait_s * 1000)

    @property
    def label(self) -> str:
        return self._label

    def connect(self, *, readonly: bool) -> PostgresConnection:
        import psycopg

        try:
            raw = psycopg.connect(self._url, autocommit=True, connect_timeout=10, application_name="verax")
        except psycopg.Error as error:
            raise _explain(error, self._label) from error
        connection = PostgresConnection(raw, self._label, readonly=readonly)
        try:
            connection.script(f"{_SETTINGS} SET lock_timeout={self._lock_wait_ms};")
        except VeraxError:
            raw.close()
            raise
        return connection

    def try_lock(self, name: str) -> HeldLock | None:
        connection = self.connect(readonly=False)
        connection.script(_KEEPALIVES)
        if connection.execute("SELECT pg_try_advisory_lock(?)", (_lock_number(name),))[0][0]:
            return AdvisoryLock(connection)
        connection.close()
        return None


class AdvisoryLock:
    """A session's advisory lock, on a connection of its own."""

    def __init__(self, connection: PostgresConnection) -> None:
        self._connection = connection

    def is_held(self) -> bool:
        if self._connection.is_lost:
            return False
        try:
            self._connection.execute("SELECT 1")
        except StorageError:
            self._connection.close()
            return False
        return True

    def release(self) -> None:
        self._connection.close()


@lru_cache(maxsize=1024)
def to_psycopg(sql: str) -> bytes:
    """Translate ``?`` placeholders to ``%s`` outside literals, names and comments.

    ``%`` is doubled everywhere, because psycopg reads literals too.
    """
    out: list[str] = []
    index, length = 0, len(sql)
    while index < length:
        char = sql[index]
        end = index + 1
        if char in "'\"":
            end = sql.index(char, end) + 1
        elif sql.startswith("--", index):
            end = sql.find("\n", index)
            end = length if end < 0 else end
        out.append("%s" if char == "?" else sql[index:end].replace("%", "%%"))
        index = end
    return "".join(out).encode()


def _lock_number(name: str) -> int:
    """Map a lock's name to the 64-bit number that the server knows it by."""
    return int.from_bytes(hashlib.sha256(f"verax/lock/v1\n{name}".encode()).digest()[:8], "big", signed=True)


def _escape(params: Sequence[SqlValue]) -> tuple[SqlValue, ...]:
    """Write NUL as U+FDD0 "0" and U+FDD0 itself as U+FDD0 "1"."""
    return tuple(
        value.replace(_ESCAPE, _ESCAPE + "1").replace("\0", _ESCAPE + "0")
        if isinstance(value, str) and ("\0" in value or _ESCAPE in value)
        else value
        for value in params
    )


def _unescape(rows: list[Row]) -> list[Row]:
    if not any(isinstance(value, str) and _ESCAPE in value for row in rows for value in row):
        return rows
    return [
        tuple(
            value.replace(_ESCAPE + "0", "\0").replace(_ESCAPE + "1", _ESCAPE) if isinstance(value, str) else value
            for value in row
        )
        for row in rows
    ]


def _explain(error: psycopg.Error | UnicodeEncodeError, label: str) -> VeraxError:
    """Say which server, and what to do; never the server's DETAIL line, which holds values."""
    if isinstance(error, UnicodeEncodeError):
        return RequestError(
            "text: expected Unicode scalar values, found a lone surrogate", hint="send well-formed Unicode"
        )
    state = error.sqlstate or ""
    words = (error.diag.message_primary or "").strip()
    if state in ("40001", "40P01"):
        return DeadlockError(f"{label}: two writers met: {words}", retry_after_s=1, hint="try again in a moment")
    if state == "53100":
        return StoreFull(f"{label}: the server's disk is full", hint="free space there; nothing acknowledged was lost")
    if state in ("53300", "53400", "55P03", "57014"):
        return BusyError(f"{label}: the server is busy: {words}", retry_after_s=1, hint="try again in a moment")
    if state.startswith("23"):
        return ConflictError(f"the database refused the row: {words}")
    if state.startswith("XX"):
        return CorruptStore(
            f"{label}: the server reports damage: {words}", hint="stop Verax and restore the server's last backup"
        )
    if not state or state.startswith(("08", "57P")):
        return StorageError(
            f"{label}: the server cannot be reached",
            hint="start the server, or mend the database URL",
            code="store/unreachable",
        )
    return StorageError(f"{label}: {words} ({state})", hint="this is a defect of Verax: please report it")
