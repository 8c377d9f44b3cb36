"""Vectors of passages: which are missing, and all of a collection. They go with their passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verax.store.database import Database, Tx

__all__ = ["CollectionVectors", "StoredVector", "Unencoded"]

_MISSING = """
SELECT p.collection_id, p.number, p.heading,
    substr(t.text, CAST(p.start_at + 1 AS integer), CAST(p.end_at - p.start_at AS integer))
FROM collection_passages p JOIN collection_documents d ON d.id = p.document_id AND d.state = 'ready'
JOIN collection_texts t ON t.document_id = d.id
LEFT JOIN collection_vectors v ON v.collection_id = p.collection_id AND v.number = p.number
WHERE v.number IS NULL ORDER BY p.collection_id, p.number LIMIT ?
"""
_ADD = """
INSERT INTO collection_vectors (collection_id, number, vector)
SELECT collection_id, number, ? FROM collection_passages WHERE collection_id = ? AND number = ?
ON CONFLICT (collection_id, number) DO NOTHING
"""
_ALL = """
SELECT v.number, v.vector, d.label FROM collection_vectors v
JOIN collection_passages p ON p.collection_id = v.collection_id AND p.number = v.number
JOIN collection_documents d ON d.id = p.document_id AND d.state = 'ready'
WHERE v.collection_id = ? ORDER BY v.number
"""


@dataclass(frozen=True, slots=True)
class Unencoded:
    """A passage that has no vector yet."""

    collection_id: str
    number: int
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class StoredVector:
    """A vector on its way into the database."""

    collection_id: str
    number: int
    vector: bytes


class CollectionVectors:
    """The vectors of all collections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def missing(self, limit: int) -> list[Unencoded]:
        """Return passages that have no vector yet."""
        rows = await self._database.read(lambda tx: tx.execute(_MISSING, (limit,)))
        return [Unencoded(*row) for row in rows]

    async def add(self, vectors: Sequence[StoredVector]) -> None:
        """Keep vectors of passages that are still there."""
        rows = [(item.vector, item.collection_id, item.number) for item in vectors]
        await self._database.write(lambda tx: tx.execute_many(_ADD, rows))

    async def count(self, collection_id: str) -> int:
        """Return how many passages of a collection have a vector."""
        sql = "SELECT count(*) FROM collection_vectors WHERE collection_id = ?"
        rows = await self._database.read(lambda tx: tx.execute(sql, (collection_id,)))
        return int(rows[0][0])

    async def all_of(self, collection_id: str) -> list[tuple[int, bytes, str]]:
        """Return number, vector and label of the source of every passage that has a vector, by number."""

        def read(tx: Tx) -> list[tuple[int, bytes, str]]:
            return [(int(number), bytes(vector), label) for number, vector, label in tx.execute(_ALL, (collection_id,))]

        return await self._database.read(read)
