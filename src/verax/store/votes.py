"""Votes on replies: one a turn, by its owner, up or down.

People read them beside the other signals of a rollout. They have no stake in it: whatever is
voted, nothing is rolled back and nothing kept because of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from verax.kernel.errors import UnknownObject
from verax.store.clock import Clock
from verax.store.database import Database, Tx

__all__ = ["Tally", "Votes"]


@dataclass(frozen=True, slots=True)
class Tally:
    """Users who voted on replies of one release; one user counts once, by the newest vote."""

    up: int = 0
    down: int = 0


class Votes:
    """Votes in the database; erased with their turns (`verax.store.turns`)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def vote(self, turn_id: str, user_id: str, *, is_up: bool) -> None:
        """Keep the vote of a turn's owner; a later one replaces it.

        Raises:
            UnknownObject: no finished turn of this user has that id.
        """
        now_ms = self._clock.now_ms()

        def vote(tx: Tx) -> None:
            sql = "SELECT record FROM turns WHERE id = ? AND user_id = ? AND record IS NOT NULL"
            rows = tx.execute(sql, (turn_id, user_id))
            if not rows:
                raise UnknownObject("turn: no finished turn of this account has this id")
            record: dict[str, Any] = json.loads(rows[0][0])
            tx.execute(
                "INSERT INTO votes (turn_id, user_id, channel, release_id, arm, is_up, created_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (turn_id) DO UPDATE SET is_up = excluded.is_up, created_ms = excluded.created_ms",
                (turn_id, user_id, record["channel"], record["release"], record["arm"], int(is_up), now_ms),
            )

        await self._database.write(vote)

    async def withdraw(self, turn_id: str, user_id: str) -> None:
        """Take a vote back; taking back none is no error."""
        sql = "DELETE FROM votes WHERE turn_id = ? AND user_id = ?"
        await self._database.write(lambda tx: tx.execute(sql, (turn_id, user_id)))

    async def tally(self, channel: str, release_id: str) -> Tally:
        """Return how many users voted up and down on replies of a release."""
        sql = "SELECT user_id, is_up FROM votes WHERE channel = ? AND release_id = ? ORDER BY created_ms, turn_id"
        rows = await self._database.read(lambda tx: tx.execute(sql, (channel, release_id)))
        last = {user_id: bool(is_up) for user_id, is_up in rows}
        return Tally(sum(last.values()), len(last) - sum(last.values()))
