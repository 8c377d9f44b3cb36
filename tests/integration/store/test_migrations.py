"""A database of every earlier version becomes the same database as a fresh one."""

from __future__ import annotations

import pytest

from verax.store.database import Database, Tx, open_database
from verax.store.database_schema import load_migrations

VERSIONS = [0, *(migration.version for migration in load_migrations("sqlite"))]


def _shape(database: Database) -> list[tuple[object, ...]]:
    if database.dialect == "sqlite":
        return database.read_now(lambda tx: tx.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name"))

    def run(tx: Tx) -> list[tuple[object, ...]]:
        columns = tx.execute(
            "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
            " WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
        )
        indexes = tx.execute(
            "SELECT tablename, indexname, replace(indexdef, current_schema() || '.', '') FROM pg_indexes"
            " WHERE schemaname = current_schema() ORDER BY indexname"
        )
        return [*columns, *indexes]

    return database.read_now(run)


@pytest.fixture(scope="module")
def fresh_shapes() -> dict[str, list[tuple[object, ...]]]:
    return {}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_earlier_version_reaches_the_newest(
    version: int, target: str, fresh_shapes: dict[str, list[tuple[object, ...]]]
) -> None:
    old = open_database(target, upto=version)
    assert old.schema_version == version
    old.close()
    database = open_database(target)
    assert database.schema_version == VERSIONS[-1]
    shape = _shape(database)
    assert shape == fresh_shapes.setdefault(database.dialect, shape)
    database.close()
