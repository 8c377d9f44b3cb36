"""How far something has read an append-only log; a reader goes on there after a restart."""

from __future__ import annotations

from verax.store.database import Database, Tx

__all__ = ["Cursors"]


class Cursors:
    """Positions by name, in the database; they only move forward."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def position(self, name: str) -> int | None:
        """Return the next index to read; None where nothing was ever read."""
        rows = await self._database.read(lambda tx: tx.execute("SELECT position FROM cursors WHERE name = ?", (name,)))
        return int(rows[0][0]) if rows else None

    async def move(self, name: str, position: int) -> None:
        """Say that everything before `position` was read."""

        def move(tx: Tx) -> None:
            tx.execute(
                "INSERT INTO cursors (name, position) VALUES (?, ?) ON CONFLICT (name) DO UPDATE"
                " SET position = excluded.position WHERE cursors.position < excluded.position",
                (name, position),
            )

        await self._database.write(move)
