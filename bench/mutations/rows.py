"""Mutations of the database: rows of every table, its schema, its header, its write-ahead log."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

import apsw

from bench.mutations.case import Case, Mutator, Skip

__all__ = ["ROWS"]

_LOGS = ("log_entries", "logs", "turns")
_STATEMENTS = (
    "PRAGMA user_version = 7",
    "PRAGMA application_id = 1",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA auto_vacuum = FULL",
    "DELETE FROM schema_version",
    "DELETE FROM schema_version WHERE version = (SELECT max(version) FROM schema_version)",
    "INSERT INTO schema_version (version, name) VALUES (9999, 'later')",
    "UPDATE schema_version SET version = version + 1000",
    "DROP TABLE schema_version",
    "CREATE TABLE heads (channel TEXT, release TEXT)",
    "CREATE TABLE sqlite_like AS SELECT * FROM logs",
    "VACUUM",
    "REINDEX",
)
_TRIGGERS = (
    "AFTER INSERT ON turns BEGIN UPDATE turns SET reply = x'00' WHERE id = NEW.id; END",
    "AFTER UPDATE ON turns BEGIN UPDATE turns SET reply = x'00' WHERE id = NEW.id; END",
    "AFTER UPDATE ON turns BEGIN UPDATE turns SET segments = x'5b5d' WHERE id = NEW.id; END",
    "AFTER UPDATE ON turns BEGIN DELETE FROM turns WHERE id = NEW.id; END",
    "BEFORE INSERT ON turns BEGIN SELECT RAISE(ABORT, 'no'); END",
    "BEFORE INSERT ON turns BEGIN SELECT RAISE(IGNORE); END",
    "BEFORE UPDATE ON turns BEGIN SELECT RAISE(IGNORE); END",
    "AFTER INSERT ON log_entries BEGIN UPDATE log_entries SET entry = x'00' WHERE idx = NEW.idx; END",
    "AFTER INSERT ON log_entries BEGIN DELETE FROM log_entries WHERE log_id = NEW.log_id AND idx = NEW.idx; END",
    "BEFORE INSERT ON log_entries BEGIN SELECT RAISE(IGNORE); END",
    "AFTER UPDATE ON logs BEGIN UPDATE logs SET appended = OLD.appended WHERE id = NEW.id; END",
    "AFTER UPDATE ON logs BEGIN UPDATE logs SET root = x'00' WHERE id = NEW.id; END",
    "AFTER UPDATE ON logs BEGIN UPDATE logs SET size = size - 1 WHERE id = NEW.id; END",
    "BEFORE UPDATE ON logs BEGIN SELECT RAISE(IGNORE); END",
    "AFTER UPDATE ON logs BEGIN DELETE FROM log_entries WHERE idx = 3; END",
)
_VIEWS = (
    ("log_entries", "SELECT log_id, idx, CASE WHEN idx = 7 THEN x'00' ELSE entry END AS entry FROM hidden"),
    ("log_entries", "SELECT log_id, idx, entry FROM hidden WHERE idx < 20"),
    ("log_entries", "SELECT * FROM hidden"),
    ("logs", "SELECT id, origin, appended, size, root, 0 AS starts FROM hidden"),
    ("logs", "SELECT id, origin, 20 AS appended, 20 AS size, root, starts FROM hidden"),
    ("turns", "SELECT * FROM hidden"),
)


@contextlib.contextmanager
def _connected(case: Case) -> Iterator[apsw.Connection]:
    """Open the file as any program could, past every rule of the product."""
    # The same library as the server's: two of them in one process would drop each other's locks.
    connection = apsw.Connection(str(case.database))
    connection.set_busy_timeout(5_000)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA trusted_schema = ON")
    connection.execute("PRAGMA synchronous = OFF")
    try:
        yield connection
    except apsw.Error:
        raise Skip from None
    finally:
        connection.close()


def _tables(connection: apsw.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    return sorted(row[0] for row in rows)


def _pick_table(case: Case, connection: apsw.Connection) -> str:
    tables = [name for name in _tables(connection) if connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()]
    return case.rng.choice(_LOGS) if case.rng.random() < 0.5 else case.rng.choice(tables)


def _columns(connection: apsw.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _keys(connection: apsw.Connection, table: str) -> list[str]:
    info = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return [row[1] for row in info if row[5]] or [row[1] for row in info]


def _pick_row(case: Case, connection: apsw.Connection, table: str) -> tuple[Any, ...]:
    keys = ", ".join(_keys(connection, table))
    rows = connection.execute(f"SELECT {keys} FROM {table} ORDER BY {keys}").fetchall()
    if not rows:
        raise Skip
    return tuple(case.rng.choice(rows))


def _where(connection: apsw.Connection, table: str) -> str:
    return " AND ".join(f"{key} IS ?" for key in _keys(connection, table))


def _other_value(case: Case, value: Any) -> Any:
    """Return another value: near by, of the same type, or of another one."""
    rng = case.rng
    if isinstance(value, int):
        return rng.choice((value + 1, value - 1, 0, -1, 2**62, None, str(value), b"\0", float(value) + 0.5))
    if isinstance(value, bytes) and value:
        changed = bytearray(value)
        changed[rng.randrange(len(value))] ^= 1 << rng.randrange(8)
        return rng.choice((bytes(changed), value[:-1], value + b"\0", b"", None, 7, "text", bytes(len(value))))
    if isinstance(value, str) and value:
        return rng.choice((value[:-1], value + "x", value.upper(), "", None, 5, value.encode(), "\0", "none"))
    return rng.choice((0, 1, "", "x", b"", b"\xff", -1, 2**40))


def change_value(case: Case) -> str:
    with _connected(case) as connection:
        table = _pick_table(case, connection)
        column = case.rng.choice(_columns(connection, table))
        row, where = _pick_row(case, connection, table), _where(connection, table)
        before = connection.execute(f"SELECT {column} FROM {table} WHERE {where}", row).fetchone()[0]
        after = _other_value(case, before)
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (after, *row))
        return f"{table}.{column}: {before!r:.40} becomes {after!r:.40}"


def change_column(case: Case) -> str:
    """Give every row of a table the same value."""
    with _connected(case) as connection:
        table = _pick_table(case, connection)
        column = case.rng.choice(_columns(connection, table))
        before = connection.execute(f"SELECT {column} FROM {table} LIMIT 1").fetchone()[0]
        after = _other_value(case, before)
        connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", (after,))
        return f"{table}.{column}: {after!r:.40} in every row"


def swap_values(case: Case) -> str:
    with _connected(case) as connection:
        table = _pick_table(case, connection)
        column = case.rng.choice(_columns(connection, table))
        one, other = (_pick_row(case, connection, table) for _ in range(2))
        where = _where(connection, table)
        read = f"SELECT {column} FROM {table} WHERE {where}"
        first, second = (connection.execute(read, row).fetchone()[0] for row in (one, other))
        if first == second:
            raise Skip
        write = f"UPDATE {table} SET {column} = ? WHERE {where}"
        connection.execute("BEGIN")
        connection.execute(write, (second, *one))
        connection.execute(write, (first, *other))
        connection.execute("COMMIT")
        return f"{table}.{column}: two rows swapped"


def swap_entries(case: Case) -> str:
    """Swap what two places of a log hold."""
    with _connected(case) as connection:
        log = case.rng.choice((0, 0, 1))
        size = connection.execute("SELECT count(*) FROM log_entries WHERE log_id = ?", (log,)).fetchone()[0]
        one, other = case.rng.randrange(size), case.rng.randrange(size)
        connection.execute("UPDATE log_entries SET idx = -1 WHERE log_id = ? AND idx = ?", (log, one))
        connection.execute("UPDATE log_entries SET idx = ? WHERE log_id = ? AND idx = ?", (one, log, other))
        connection.execute("UPDATE log_entries SET idx = ? WHERE log_id = ? AND idx = -1", (other, log))
        return f"entries {one} and {other} of log {log} swapped"


def delete_rows(case: Case) -> str:
    with _connected(case) as connection:
        table = _pick_table(case, connection)
        if case.rng.random() < 0.2:
            connection.execute(f"DELETE FROM {table}")
            return f"every row of {table} deleted"
        connection.execute(f"DELETE FROM {table} WHERE {_where(connection, table)}", _pick_row(case, connection, table))
        return f"a row of {table} deleted"


def insert_copy(case: Case) -> str:
    """Insert a row again with other keys."""
    with _connected(case) as connection:
        table = _pick_table(case, connection)
        row, columns = _pick_row(case, connection, table), _columns(connection, table)
        values = list(connection.execute(f"SELECT * FROM {table} WHERE {_where(connection, table)}", row).fetchone())
        for key in _keys(connection, table):
            values[columns.index(key)] = _other_value(case, values[columns.index(key)])
        marks = ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)
        return f"a row of {table} inserted again as {values[0]!r:.40}"


def insert_junk(case: Case) -> str:
    with _connected(case) as connection:
        table = case.rng.choice(_tables(connection))
        columns = _columns(connection, table)
        values = [case.rng.choice((0, 1, 99, "x", "", b"", b"\0" * 32, None)) for _ in columns]
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
        return f"junk inserted into {table}"


def change_log_row(case: Case) -> str:
    """Let the row of a log say another tree."""
    with _connected(case) as connection:
        log, by = case.rng.choice((0, 1)), case.rng.choice((-5, -1, 1, 5))
        what = case.rng.choice(("appended", "size", "both", "root", "origin", "id"))
        if what == "root":
            connection.execute("UPDATE logs SET root = ? WHERE id = ?", (case.rng.randbytes(32), log))
        elif what == "origin":
            connection.execute("UPDATE logs SET origin = 'other/governance' WHERE id = ?", (log,))
        elif what == "id":
            connection.execute("UPDATE logs SET id = id + 10 WHERE id = ?", (log,))
        else:
            names = ("appended", "size") if what == "both" else (what,)
            changes = ", ".join(f"{name} = {name} + {by}" for name in names)
            connection.execute(f"UPDATE logs SET {changes} WHERE id = ?", (log,))
        return f"logs: {what} of log {log} changed by {by}"


def run_statement(case: Case) -> str:
    sql = case.rng.choice(_STATEMENTS)
    with _connected(case) as connection:
        connection.execute(sql)
    return sql


def add_trigger(case: Case) -> str:
    body = case.rng.choice(_TRIGGERS)
    with _connected(case) as connection:
        connection.execute(f"CREATE TRIGGER planted {body}")
    return f"trigger {body}"


def shadow_table(case: Case) -> str:
    """Put a view in the place of a table."""
    table, body = case.rng.choice(_VIEWS)
    with _connected(case) as connection:
        connection.execute(f"ALTER TABLE {table} RENAME TO hidden")
        connection.execute(f"CREATE VIEW {table} AS {body}")
    return f"view {table} as {body}"


def drop_schema(case: Case) -> str:
    with _connected(case) as connection:
        rows = connection.execute("SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()
        kind, name = case.rng.choice(rows)
        connection.execute(f"DROP {kind} {name}")
        return f"drop {kind} {name}"


def alter_table(case: Case) -> str:
    with _connected(case) as connection:
        table = _pick_table(case, connection)
        column = case.rng.choice(_columns(connection, table))
        sql = case.rng.choice((
            f"ALTER TABLE {table} ADD COLUMN planted ANY",
            f"ALTER TABLE {table} RENAME COLUMN {column} TO planted",
            f"ALTER TABLE {table} DROP COLUMN {column}",
            f"ALTER TABLE {table} RENAME TO planted",
        ))  # fmt: skip
        connection.execute(sql)
        return sql


def loosen_types(case: Case) -> str:
    """Make a table again without types and keys, then change a value to a type it could not have."""
    with _connected(case) as connection:
        table = case.rng.choice(_LOGS)
        columns = ", ".join(_columns(connection, table))
        connection.execute(f"CREATE TABLE loose AS SELECT {columns} FROM {table}")
        connection.execute(f"DROP TABLE {table}")
        connection.execute(f"ALTER TABLE loose RENAME TO {table}")
        column = case.rng.choice(_columns(connection, table))
        row = connection.execute(f"SELECT rowid, {column} FROM {table} ORDER BY rowid").fetchall()
        place, before = case.rng.choice(row)
        after = _other_value(case, before)
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (after, place))
        return f"{table} without types; {column}: {before!r:.40} becomes {after!r:.40}"


def edit_schema(case: Case) -> str:
    """Write into the schema itself."""
    with _connected(case) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()
        name, sql = case.rng.choice(rows)
        changed = case.rng.choice((sql.replace("NOT NULL", ""), sql.replace("PRIMARY KEY", ""), sql[:-1], ""))
        connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (changed, name))
        return f"schema of {name} rewritten"


def leave_wal(case: Case) -> str:
    """Change a row in the write-ahead log only, then damage that log or leave it as it is."""
    if case.is_running:
        raise Skip
    wal = case.home / "verax.db-wal"
    with _connected(case) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA journal_mode = WAL")
        table, value = case.rng.choice(
            (("cursors", "position"), ("logs", "starts"), ("logs", "size"), ("turns", "user_id"))
        )
        connection.execute(
            f"UPDATE {table} SET {value} = {value} || 1"
            if value == "user_id"
            else f"UPDATE {table} SET {value} = {value} + 1"
        )
        if not wal.exists():
            raise Skip
        kept = wal.read_bytes()
    shutil.rmtree(case.home / "verax.db-shm", ignore_errors=True)
    data = bytearray(kept)
    how = case.rng.choice(("whole", "cut", "flipped", "doubled"))
    if how == "cut":
        data = data[: case.rng.randrange(len(data))]
    elif how == "flipped":
        data[case.rng.randrange(len(data))] ^= 1
    elif how == "doubled":
        data = data + data
    wal.write_bytes(data)
    return f"write-ahead log of {len(data)} bytes left behind, {how}, {table}.{value}"


def plant_journal(case: Case) -> str:
    """Leave the journal or log of an older database, or junk, beside the present one."""
    if case.is_running:
        raise Skip
    name = case.rng.choice(("verax.db-wal", "verax.db-journal", "verax.db-shm"))
    older = case.choose(case.world.older) / "verax.db"
    junk = (
        case.rng.randbytes(4096),
        older.read_bytes()[:8192] if older.is_file() else b"",
        b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(512),
    )
    (case.home / name).write_bytes(case.rng.choice(junk))
    return f"{name} planted"


def damage_page(case: Case) -> str:
    """Damage one page of the file."""
    data = bytearray(case.database.read_bytes())
    page = case.rng.randrange(len(data) // 4096)
    place = page * 4096 + case.rng.choice((0, 1, 3, 8, case.rng.randrange(4096)))
    data[place] ^= 1 << case.rng.randrange(8)
    case.database.write_bytes(data)
    return f"page {page} of the database damaged at {place % 4096}"


ROWS: dict[Mutator, int] = {
    change_value: 30,
    change_column: 5,
    swap_values: 10,
    swap_entries: 4,
    delete_rows: 8,
    insert_copy: 8,
    insert_junk: 5,
    change_log_row: 6,
    run_statement: 4,
    add_trigger: 6,
    shadow_table: 4,
    drop_schema: 4,
    alter_table: 4,
    loosen_types: 4,
    edit_schema: 3,
    leave_wal: 4,
    plant_journal: 3,
    damage_page: 6,
}
"""Mutators with their weights."""
