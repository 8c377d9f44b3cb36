"""What turns used, by day."""

from __future__ import annotations

import math
from datetime import date

import pytest

from verax.kernel.errors import ConflictError
from verax.store.database import Database
from verax.store.meter import DailyUsage, Grouping, Meter, Usage, UsageSum, record_usage

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


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("day", [(0, ""), (1, "")]),
        ("channel", [(0, "assistant"), (0, "junior"), (1, "assistant")]),
        ("user", [(0, "ada"), (0, "ben"), (1, "ada")]),
        ("status", [(0, "complete"), (1, "complete")]),
    ],
)
async def test_usage_is_told_apart_as_asked(metered: Database, by: Grouping, names: list[tuple[int, str]]) -> None:
    found = await Meter(metered).grouped(day(0), day(1), by)
    assert [(row.day, row.name) for row in found] == [(day(offset), name) for offset, name in names]
    assert sum(row.turns for row in found) == 5
    assert sum(row.prompt_tokens for row in found) == 45
    assert sum(row.completion_tokens for row in found) == 90


async def test_all_days_are_one_sum_where_asked(metered: Database) -> None:
    assert await Meter(metered).grouped(day(0), day(1), is_daily=False) == [
        UsageSum(None, "", 5, 45, 90, 1500, 300, 300)
    ]
    assert await Meter(metered).grouped(day(5), day(9), is_daily=False) == []


async def test_one_accounts_usage_is_its_own(metered: Database) -> None:
    found = await Meter(metered).grouped(day(0), day(1), "channel", user_id="ben")
    assert [(row.name, row.turns) for row in found] == [("assistant", 1)]


async def test_beyond_the_busiest_names_the_rest_is_one_sum(metered: Database) -> None:
    found = await Meter(metered).grouped(day(0), day(0), "user", names=1)
    assert [(row.name, row.turns) for row in found] == [("", 1), ("ada", 3)]


@pytest.mark.parametrize("count", [1, 2, 3, 19, 20, 21, 100])
async def test_percentiles_are_those_of_nearest_rank(database: Database, count: int) -> None:
    durations = [(7 * number) % 101 for number in range(count)]
    for number, duration_ms in enumerate(durations):
        row = Usage(f"turn-{number}", "ada", "", "assistant", "complete", 1, 1, duration_ms, MONDAY)
        database.write_now(lambda tx, row=row: record_usage(tx, row))  # type: ignore[misc]
    [found] = await Meter(database).grouped(day(0), day(0))
    ordered = sorted(durations)
    assert found.p50_ms == ordered[math.ceil(0.50 * count) - 1]
    assert found.p95_ms == ordered[math.ceil(0.95 * count) - 1]
