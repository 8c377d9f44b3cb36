"""The plans that keep a long conversation cheap; what the statements return is tested on both databases."""

from __future__ import annotations

from pathlib import Path

from verax.store.database import open_database
from verax.store.messages_rows import _CHILDREN, _FORKS, _ONE_AND_LEAF, _PATH


def test_every_statement_of_a_window_bounds_an_index_and_walks_nothing(tmp_path: Path) -> None:
    database = open_database(tmp_path / "verax.db")
    for sql, needed in (
        (_ONE_AND_LEAF, "SEARCH m USING INDEX sqlite_autoindex_messages_1 (id=?)"),
        (_PATH, "SEARCH m USING INDEX messages_of_branch (conversation_id=? AND branch=? AND depth>? AND depth<?)"),
        (_FORKS.format(marks="?"), "messages_of_branch (conversation_id=? AND branch=? AND depth=?)"),
        (_CHILDREN, "messages_of_branch (conversation_id=? AND branch=? AND depth=?)"),
    ):
        marks = (0,) * sql.count("?")
        plan = database.read_now(lambda tx, sql=sql, marks=marks: tx.execute(f"EXPLAIN QUERY PLAN {sql}", marks))  # type: ignore[misc]
        details = " | ".join(str(row[3]) for row in plan)
        assert needed in details
        for table in ("SCAN m", "SCAN b", "SCAN messages", "SCAN branches", "AUTOMATIC"):
            assert table not in details
    database.close()
