"""What turns used: one row a turn, summed by day.

Example::

    record_usage(tx, Usage(turn_id, user_id, key_id, "assistant", "complete", 12, 80, 950, now_ms))

Call `record_usage` inside the closure that finishes the turn: then the row is there exactly
when the record is. Erasing a turn keeps its numbers and forgets which turn they were of;
erasing a person removes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from verax.store.database import Database, SqlValue, Tx

__all__ = ["DailyUsage", "Grouping", "Meter", "Usage", "UsageSum", "record_usage", "unlink_usage"]

Grouping = Literal["day", "channel", "user", "status"]

_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)

_SUMS = """
SELECT day, user_id, channel, count(*), sum(prompt_tokens), sum(completion_tokens), sum(duration_ms)
FROM usage
WHERE day >= ? AND day <= ? {user}
GROUP BY day, user_id, channel
ORDER BY day, user_id, channel
"""

# Percentiles by nearest rank: the smallest duration that at least so many percent do not exceed.
_GROUPED = """
WITH chosen AS (
    SELECT {day} AS day, {key} AS name, prompt_tokens, completion_tokens, duration_ms
    FROM usage WHERE day >= ? AND day <= ? {user}
), busiest AS (
    SELECT name FROM chosen GROUP BY name ORDER BY count(*) DESC, name LIMIT ?
), named AS (
    SELECT day, CASE WHEN name IN (SELECT name FROM busiest) THEN name ELSE '' END AS name,
           prompt_tokens, completion_tokens, duration_ms
    FROM chosen
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY day, name ORDER BY duration_ms) AS place,
           count(*) OVER (PARTITION BY day, name) AS turns
    FROM named
)
SELECT day, name, max(turns), sum(prompt_tokens), sum(completion_tokens), sum(duration_ms),
       max(CASE WHEN place = (turns * 50 + 99) / 100 THEN duration_ms END),
       max(CASE WHEN place = (turns * 95 + 99) / 100 THEN duration_ms END)
FROM ranked GROUP BY day, name ORDER BY day, name
"""
_KEYS: dict[Grouping, str] = {"day": "''", "channel": "channel", "user": "user_id", "status": "status"}


@dataclass(frozen=True, slots=True)
class Usage:
    """What one turn used.

    Attributes:
        key_id: The API key that asked, empty for a session.
        status: The status of the turn's record (clause 9).
        duration_ms: From the request to the end of the reply.
    """

    turn_id: str
    user_id: str
    key_id: str
    channel: str
    status: str
    prompt_tokens: int
    completion_tokens: int
    duration_ms: int
    created_ms: int


@dataclass(frozen=True, slots=True)
class DailyUsage:
    """Sums over one day (UTC), one account and one channel."""

    day: date
    user_id: str
    channel: str
    turns: int
    prompt_tokens: int
    completion_tokens: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class UsageSum:
    """Sums over a day (UTC) or over all days, of one channel, account or status.

    Attributes:
        day: None for all days together.
        name: Empty where nothing was grouped by, and for everything beyond the busiest names.
        p50_ms: Half of the turns took at most so long, from the request to the end of the reply.
    """

    day: date | None
    name: str
    turns: int
    prompt_tokens: int
    completion_tokens: int
    duration_ms: int
    p50_ms: int
    p95_ms: int


def record_usage(tx: Tx, usage: Usage) -> None:
    """Add the row of one turn, inside the transaction that finishes it."""
    tx.execute(
        "INSERT INTO usage (turn_id, user_id, key_id, channel, status, prompt_tokens, completion_tokens, duration_ms,"
        " day, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            usage.turn_id,
            usage.user_id,
            usage.key_id,
            usage.channel,
            usage.status,
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.duration_ms,
            usage.created_ms // _DAY_MS,
            usage.created_ms,
        ),
    )


def unlink_usage(tx: Tx, turn_ids: Sequence[str]) -> None:
    """Keep the numbers of turns and forget which turns they were of."""
    tx.execute_many("UPDATE usage SET turn_id = NULL WHERE turn_id = ?", [(turn_id,) for turn_id in turn_ids])


class Meter:
    """Reads what was used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def daily(self, first: date, last: date, user_id: str | None = None) -> list[DailyUsage]:
        """Return sums by day, account and channel, both days included; of one account if named."""
        sql = _SUMS.format(user="" if user_id is None else "AND user_id = ?")
        params: list[SqlValue] = [(first - _EPOCH).days, (last - _EPOCH).days]
        if user_id is not None:
            params.append(user_id)
        rows = await self._database.read(lambda tx: tx.execute(sql, params))
        return [DailyUsage(_EPOCH + timedelta(days=row[0]), row[1], row[2], *map(int, row[3:])) for row in rows]

    async def grouped(
        self,
        first: date,
        last: date,
        by: Grouping = "day",
        *,
        user_id: str | None = None,
        is_daily: bool = True,
        names: int = 20,
    ) -> list[UsageSum]:
        """Return sums with percentiles, both days included, in order of day and name.

        Args:
            by: What is told apart beside the day.
            user_id: Only this account's.
            is_daily: One sum a day; else one over all days.
            names: Busiest names that are told apart; the rest is one sum with an empty name.
        """
        day, user = ("day" if is_daily else "-1"), ("" if user_id is None else "AND user_id = ?")
        sql = _GROUPED.format(day=day, key=_KEYS[by], user=user)
        days: list[SqlValue] = [(first - _EPOCH).days, (last - _EPOCH).days]
        params = [*days, *([] if user_id is None else [user_id]), names]
        rows = await self._database.read(lambda tx: tx.execute(sql, params))
        return [
            UsageSum(_EPOCH + timedelta(days=row[0]) if is_daily else None, row[1], *map(int, row[2:])) for row in rows
        ]
