"""Full text of passages: FTS5 on SQLite, ``tsvector`` on PostgreSQL; each function runs inside a transaction.

* On SQLite each collection has a table of its own, so that a rank (BM25) depends on that
  collection alone, and goes with it. FTS5's ``secure-delete`` takes deleted words out of the index at once.
* Words come folded, ASCII letters and digits only, and a question is a list of such words, any
  of which may match; one that ends in ``*`` stands for its beginning. Nothing else reaches the
  query language of either database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from verax.kernel.errors import RequestError
from verax.store.database import Tx

__all__ = ["PassageWords", "add_words", "drop_table", "find_words", "make_table", "remove_words"]

_COLLECTION_ID = re.compile(r"coll_[0-9a-z]{26}")
_WORD = re.compile(r"[a-z0-9]+\*?")


@dataclass(frozen=True, slots=True)
class PassageWords:
    """The words of one passage, as `verax.truth.knowledge.words` folds them."""

    number: int
    words: str


def make_table(tx: Tx, collection_id: str) -> None:
    """Make room for the words of a new collection."""
    if tx.dialect == "sqlite":
        table = _table(collection_id)
        tx.execute(f"CREATE VIRTUAL TABLE {table} USING fts5(words, tokenize='porter ascii', columnsize=1)")
        tx.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('secure-delete', 1)")  # noqa: S608 - a checked name


def drop_table(tx: Tx, collection_id: str) -> None:
    """Remove all words of a collection; on PostgreSQL they go with the passages."""
    if tx.dialect == "sqlite":
        tx.execute(f"DROP TABLE IF EXISTS {_table(collection_id)}")


def add_words(tx: Tx, collection_id: str, passages: Sequence[PassageWords]) -> None:
    """Add the words of passages."""
    if tx.dialect == "sqlite":
        sql = f"INSERT INTO {_table(collection_id)} (rowid, words) VALUES (?, ?)"  # noqa: S608 - a checked name
        tx.execute_many(sql, [(item.number, item.words) for item in passages])
    else:
        sql = "INSERT INTO collection_words (collection_id, number, words) VALUES (?, ?, to_tsvector('english', ?))"
        tx.execute_many(sql, [(collection_id, item.number, item.words) for item in passages])


def remove_words(tx: Tx, collection_id: str, numbers: Sequence[int]) -> None:
    """Remove the words of passages; on PostgreSQL they go with the passages."""
    if tx.dialect == "sqlite":
        sql = f"DELETE FROM {_table(collection_id)} WHERE rowid = ?"  # noqa: S608 - a checked name
        tx.execute_many(sql, [(number,) for number in numbers])


def find_words(
    tx: Tx, collection_id: str, words: Sequence[str], excluded_labels: Sequence[str], limit: int
) -> list[int]:
    """Return the numbers of passages that hold any of the words, best first.

    Raises:
        RequestError: something that is no folded word.
    """
    if not all(_WORD.fullmatch(word) for word in words):
        raise RequestError("search: expected folded words")
    if not words:
        return []
    marks = ", ".join("?" for _ in excluded_labels) or "''"
    no_label = f"d.label NOT IN ({marks})" if excluded_labels else "1 = 1"
    if tx.dialect == "sqlite":
        table = _table(collection_id)
        match = " OR ".join(f'"{word[:-1]}" *' if word.endswith("*") else f'"{word}"' for word in words)
        rows = tx.execute(
            f"SELECT w.rowid FROM {table} w"  # noqa: S608 - the name is checked, the words are parameters
            " JOIN collection_passages p ON p.collection_id = ? AND p.number = w.rowid"
            f" JOIN collection_documents d ON d.id = p.document_id AND d.state = 'ready' AND {no_label}"
            f" WHERE {table} MATCH ? ORDER BY bm25({table}), w.rowid LIMIT ?",
            (collection_id, *excluded_labels, match, limit),
        )
    else:
        match = " | ".join(f"{word[:-1]}:*" if word.endswith("*") else word for word in words)
        rows = tx.execute(
            "SELECT w.number FROM collection_words w"  # noqa: S608 - only marks for parameters
            " JOIN collection_passages p ON p.collection_id = w.collection_id AND p.number = w.number"
            f" JOIN collection_documents d ON d.id = p.document_id AND d.state = 'ready' AND {no_label},"
            " to_tsquery('english', ?) q WHERE w.collection_id = ? AND w.words @@ q"
            " ORDER BY ts_rank(w.words, q, 1) DESC, w.number LIMIT ?",
            (*excluded_labels, match, collection_id, limit),
        )
    return [int(row[0]) for row in rows]


def _table(collection_id: str) -> str:
    """Return the name of a collection's table; raises `RequestError` for what is no id."""
    if not _COLLECTION_ID.fullmatch(collection_id):
        raise RequestError("collection: expected its id", param="id")
    return f"words_of_{collection_id}"
