"""What turns used, by day."""

from __future__ import annotations

from datetime import date

import pytest

from verax.kernel.errors import ConflictError
from verax.store.database import Database
from verax.store.meter import DailyUsage, Meter, Usage, record_usage

_DAY_MS = 86_400_000
MONDAY = 20_000 * _DAY_MS


def usage(number: int, user_id: str, channel: str, created_ms: int, tokens: int = 10) -> Usage:
    return Usage(f"turn-{number}", user_id, "", channel, "complete", tokens, 2 * tokens, 300, created_ms)


@pytest.fixture
def metered(database: Database) -> Database:
    rows = [
        usage(1, "ada", "assistant", MONDAY),
        usage(2, "ada", "assistant", MONDAY + _DAY_MS - 1, tokens=5),
        usage(3, "ben", "assistant", MONDAY + 5),
        usage(4, "ada", "junior", MONDAY + 6),
        usage(5, "ada", "assistant", MONDAY + _DAY_MS),
    ]
    for row in rows:
        database.write_now(lambda tx, row=row: record_usage(tx, row))  # type: ignore[misc]
    return database


def day(offset: int) -> date:
    return date.fromordinal(date(1970, 1, 1).toordinal() + 20_000 + offset)


async def test_usage_is_summed_by_day_account_and_channel(metered: Database) -> None:
    assert await Meter(metered).daily(day(0), day(0)) == [
        DailyUsage(day(0), "ada", "assistant", 2, 15, 30, 600),
        DailyUsage(day(0), "ada", "junior", 1, 10, 20, 300),
        DailyUsage(day(0), "ben", "assistant", 1, 10, 20, 300),
    ]
    assert [row.day for row in await Meter(metered).daily(day(0), day(1), "ada")] == [day(0), day(0), day(1)]
    assert await Meter(metered).daily(day(2), day(9)) == []


def test_a_turn_is_counted_once(metered: Database) -> None:
    with pytest.raises(ConflictError):
        metered.write_now(lambda tx: record_usage(tx, usage(1, "ada", "assistant", MONDAY)))
