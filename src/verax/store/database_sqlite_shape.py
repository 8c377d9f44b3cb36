"""That a SQLite schema is what the migrations make of it, before anything trusts its rows.

* A trigger could change rows behind a write, and a view in the place of a table could answer
  otherwise than what was written. No migration makes either, so there is none.
* Every table of the migrations has exactly their columns, types and keys; their indexes are
  there, since a unique one is a rule.
* Tables that no migration knows are left alone: nothing reads them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol, TypeAlias

import apsw

from verax.kernel.errors import CorruptStore
from verax.store.database_types import Row

__all__ = ["check_shape"]

_Fact: TypeAlias = tuple[Any, ...]


class _Reader(Protocol):
    """A connection, or a transaction on one."""

    def execute(self, sql: str) -> list[Row]: ...


_COLUMNS = """
SELECT 'column', t.name, t.wr, t.strict, c.name, c.type, c."notnull", c.pk, c.hidden
FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c
WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
"""
_INDEXES = """
SELECT 'index', t.name, i."unique", i.partial, i.origin, x.seqno, x.name
FROM pragma_table_list t JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) x
WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
"""
_PLANTED = "SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view') ORDER BY name"


def check_shape(connection: _Reader, scripts: tuple[str, ...], label: str) -> None:
    """Refuse a schema that the migrations did not make.

    Args:
        scripts: The SQL of every migration that was applied, in order.
        label: The database file.

    Raises:
        CorruptStore: it has a trigger, a view, or a table or index that is another one.
    """
    planted = connection.execute(_PLANTED)
    if planted:
        raise _changed(label, f"found the {planted[0][0]} {planted[0][1]!r}")
    expected = _expected(scripts)
    tables = {fact[1] for fact in expected}
    found = {fact for sql in (_COLUMNS, _INDEXES) for fact in connection.execute(sql) if fact[1] in tables}
    different = sorted(expected ^ found, key=repr)
    if different:
        raise _changed(label, f"table {different[0][1]!r} has another {different[0][0]}")


@lru_cache(maxsize=4)
def _expected(scripts: tuple[str, ...]) -> frozenset[_Fact]:
    memory = apsw.Connection(":memory:")
    for script in scripts:
        memory.execute(script)
    facts = frozenset(fact for sql in (_COLUMNS, _INDEXES) for fact in memory.execute(sql))
    memory.close()
    return facts


def _changed(label: str, what: str) -> CorruptStore:
    return CorruptStore(
        f"{label}: expected the schema that this version makes, {what}",
        hint="somebody changed the database beside Verax: restore the newest backup",
    )
