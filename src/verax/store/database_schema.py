"""Numbered migrations: the schema, version by version.

* ``migrations/NNNN_name.sql`` holds one version in the SQL that both databases share;
  ``NNNN_name.sqlite.sql`` and ``NNNN_name.postgres.sql`` hold one for each where they differ.
* Each runs in a transaction together with its row of ``schema_version``: a version is there
  whole or not at all, and two servers that start at once apply it once.
* A migration is never edited after a release; the next one changes what it made.
* A database newer than the code is refused: an old server would not know what it breaks.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from verax.kernel.errors import ConfigError, CorruptStore
from verax.store.database_types import Connection, Dialect

__all__ = ["VERSION_TABLE", "Migration", "load_migrations", "migrate"]

_NAME = re.compile(r"([0-9]{4})_([a-z0-9_]+?)(?:\.(sqlite|postgres))?\.sql")

VERSION_TABLE = """
CREATE TABLE IF NOT EXISTS schema_version (
    version bigint PRIMARY KEY,
    name text NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One version of the schema for one dialect."""

    version: int
    name: str
    sql: str


def load_migrations(dialect: Dialect) -> tuple[Migration, ...]:
    """Read the migrations that ship with this package, in order.

    Raises:
        ConfigError: two files claim one version, or a file has a name that is none.
    """
    found: dict[int, Migration] = {}
    for entry in resources.files("verax.store").joinpath("migrations").iterdir():
        if not entry.name.endswith(".sql"):
            continue
        match = _NAME.fullmatch(entry.name)
        if match is None:
            raise ConfigError(f"migration {entry.name}: expected a name like 0007_what_it_adds.sql")
        if match[3] not in (None, dialect):
            continue
        version = int(match[1])
        if version in found:
            raise ConfigError(f"migration {version:04d}: found two files, {found[version].name} and {match[2]}")
        found[version] = Migration(version, match[2], entry.read_text(encoding="utf-8"))
    return tuple(found[version] for version in sorted(found))


def migrate(connection: Connection, migrations: tuple[Migration, ...], label: str, upto: int | None = None) -> int:
    """Bring the schema to version `upto`, the newest by default; return the version reached.

    Raises:
        ConfigError: the database is newer than the newest of `migrations`.
        VeraxError: a migration failed; its version left nothing behind.
    """
    newest = migrations[-1].version if migrations else 0
    with _transaction(connection):
        connection.script(VERSION_TABLE)
        current = _version(connection)
    if current > newest:
        raise ConfigError(
            f"{label}: expected schema version {newest} or older, found {current}",
            hint="start the newer Verax that made it, or restore a backup from before",
        )
    for migration in migrations:
        if current < migration.version and (upto is None or migration.version <= upto):
            current = _apply(connection, migration)
    return current


def _apply(connection: Connection, migration: Migration) -> int:
    """Apply one migration unless another process was faster; return the version reached."""
    with _transaction(connection):
        current = _version(connection)
        if current >= migration.version:
            return current
        connection.script(migration.sql)
        connection.execute(
            "INSERT INTO schema_version (version, name) VALUES (?, ?)", (migration.version, migration.name)
        )
    return migration.version


def _version(connection: Connection) -> int:
    found = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version")[0][0]
    if not isinstance(found, int):
        raise CorruptStore(
            f"schema version: expected a number, found {type(found).__name__}", hint="restore the newest backup"
        )
    return found


@contextlib.contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    """One transaction, alone among all processes that migrate."""
    connection.begin()
    try:
        connection.lock("schema")
        yield
        connection.commit()
    finally:
        connection.rollback()
