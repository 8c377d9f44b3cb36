"""Migrations: in order, whole or not at all, never on a database that is newer than the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from verax.kernel.errors import ConfigError, StorageError
from verax.store.database import open_database
from verax.store.database_schema import Migration, load_migrations, migrate
from verax.store.database_sqlite import SqliteDriver
from verax.store.database_types import Connection, DatabaseLimits

ONE = Migration(1, "one", "CREATE TABLE one (a bigint); INSERT INTO one VALUES (1);")
TWO = Migration(2, "two", "CREATE TABLE two (a bigint); -- what it is for\nINSERT INTO two SELECT a + 1 FROM one;")
BROKEN = Migration(3, "broken", "CREATE TABLE three (a bigint); INSERT INTO nowhere VALUES (1);")


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    return SqliteDriver(tmp_path / "verax.db", DatabaseLimits()).connect(readonly=False)


def tables(connection: Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def test_migrations_run_once_and_in_order(connection: Connection) -> None:
    assert migrate(connection, (ONE, TWO), "db") == 2
    assert migrate(connection, (ONE, TWO), "db") == 2
    assert connection.execute("SELECT a FROM two") == [(2,)]
    assert connection.execute("SELECT version, name FROM schema_version") == [(1, "one"), (2, "two")]


def test_an_older_database_gets_only_what_it_lacks(connection: Connection) -> None:
    assert migrate(connection, (ONE, TWO), "db", upto=1) == 1
    connection.execute("UPDATE one SET a = 41")
    assert migrate(connection, (ONE, TWO), "db") == 2
    assert connection.execute("SELECT a FROM two") == [(42,)]


def test_a_failed_migration_leaves_nothing_of_itself(connection: Connection) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        migrate(connection, (ONE, TWO, BROKEN), "db")
    assert tables(connection) == {"schema_version", "one", "two"}
    assert migrate(connection, (ONE, TWO), "db") == 2


def test_a_database_newer_than_the_code_is_refused_and_unchanged(connection: Connection) -> None:
    migrate(connection, (ONE, TWO), "db")
    with pytest.raises(ConfigError, match="expected schema version 1 or older, found 2"):
        migrate(connection, (ONE,), "db")
    with pytest.raises(ConfigError):
        migrate(connection, (), "db")
    assert connection.execute("SELECT a FROM two") == [(2,)]


def test_opening_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "verax.db"
    database = open_database(path)
    database.write_now(lambda tx: tx.execute("INSERT INTO schema_version VALUES (9999, 'from the future')"))
    database.close()
    with pytest.raises(ConfigError) as caught:
        open_database(path)
    assert "9999" in caught.value.message and "newer Verax" in caught.value.hint


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_both_databases_have_the_same_versions(dialect: str) -> None:
    versions = [migration.version for migration in load_migrations(dialect)]  # type: ignore[arg-type]
    assert versions == [migration.version for migration in load_migrations("sqlite")]
    assert versions == sorted(set(versions))


@pytest.mark.parametrize("names", [["1_short.sql"], ["0001_a.sql", "0001_b.sql"], ["0001_a.sql", "0001_a.sqlite.sql"]])
def test_a_misnamed_or_doubled_migration_is_refused(
    names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "migrations").mkdir()
    for name in names:
        (tmp_path / "migrations" / name).write_text("SELECT 1;")
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    with pytest.raises(ConfigError, match="migration"):
        load_migrations("sqlite")


def test_a_migration_of_the_other_dialect_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "migrations").mkdir()
    for name in ("0001_a.postgres.sql", "0001_a.sqlite.sql", "0002_b.sql", "__init__.py"):
        (tmp_path / "migrations" / name).write_text(f"-- {name}")
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    assert [item.sql for item in load_migrations("sqlite")] == ["-- 0001_a.sqlite.sql", "-- 0002_b.sql"]
    assert [item.sql for item in load_migrations("postgres")] == ["-- 0001_a.postgres.sql", "-- 0002_b.sql"]
