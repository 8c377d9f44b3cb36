"""When a child may use Junior: budgets, breaks, bedtime and days, all by one clock."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from verax.kernel.errors import ConfigError
from verax.store.junior.hours import BREAK_MS, IDLE_MS, Use, count_use, day_of, standing_of, zone_of
from verax.store.junior.types import Bedtime, ProfileSettings

MINUTE_MS = 60_000
SETTINGS = ProfileSettings(
    band="5-7",
    colour="blue",
    animal="owl",
    place="home",
    country="DE",
    topics_allowed=None,
    topics_held=(),
    daily_minutes=30,
    session_minutes=None,
    bedtime=None,
    time_zone="Europe/Berlin",
    log_days=None,
)
NIGHT = dataclasses.replace(SETTINGS, bedtime=Bedtime(19 * 60 + 30, 7 * 60))


def at(text: str, zone: str = "Europe/Berlin") -> int:
    """Return a local time of a zone in milliseconds since 1970."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def use_for(settings: ProfileSettings, minutes: int, start_ms: int, step_ms: int = 30_000) -> Use:
    """Return the use after signs of life at every step."""
    use = Use(day_of(settings, start_ms))
    for now_ms in range(start_ms, start_ms + minutes * MINUTE_MS + 1, step_ms):
        use = count_use(settings, use, now_ms)
    return use


def test_the_daily_limit_closes_until_the_next_day_where_the_child_lives() -> None:
    start_ms = at("2026-03-10T15:00")
    use = use_for(SETTINGS, 30, start_ms)
    found = standing_of(SETTINGS, use, start_ms + 30 * MINUTE_MS)
    assert (found.name, found.left_ms, found.opens_ms) == ("day_used_up", 0, at("2026-03-11T00:00"))
    assert standing_of(SETTINGS, use, at("2026-03-11T00:00")).left_ms == 30 * MINUTE_MS


def test_two_tabs_share_one_budget() -> None:
    start_ms = at("2026-03-10T15:00")
    one = use_for(SETTINGS, 10, start_ms)
    both = use_for(SETTINGS, 10, start_ms, step_ms=15_000)
    assert one.used_ms == both.used_ms == 10 * MINUTE_MS


def test_asking_very_often_does_not_stop_the_clock() -> None:
    assert use_for(SETTINGS, 1, at("2026-03-10T15:00"), step_ms=7).used_ms >= MINUTE_MS - 7


def test_a_tablet_that_was_put_aside_uses_nothing_up() -> None:
    start_ms = at("2026-03-10T15:00")
    use = count_use(SETTINGS, Use(day_of(SETTINGS, start_ms)), start_ms)
    assert count_use(SETTINGS, use, start_ms + 10 * MINUTE_MS).used_ms == IDLE_MS
    assert count_use(SETTINGS, use, start_ms + BREAK_MS).used_ms == 0


def test_a_clock_that_goes_back_gives_no_time() -> None:
    start_ms = at("2026-03-10T15:00")
    use = use_for(SETTINGS, 5, start_ms)
    assert count_use(SETTINGS, use, start_ms).used_ms == use.used_ms


def test_a_sitting_ends_with_a_break_that_asking_again_does_not_put_off() -> None:
    settings = dataclasses.replace(SETTINGS, session_minutes=10, daily_minutes=None)
    start_ms = at("2026-03-10T15:00")
    use = use_for(settings, 10, start_ms)
    end_ms = start_ms + 10 * MINUTE_MS
    found = standing_of(settings, use, end_ms)
    assert (found.name, found.opens_ms) == ("break", end_ms + BREAK_MS)
    for asked_ms in range(end_ms, end_ms + BREAK_MS, MINUTE_MS):
        use = count_use(settings, use, asked_ms)
    assert standing_of(settings, use, end_ms + BREAK_MS).left_ms == 10 * MINUTE_MS
    assert count_use(settings, use, end_ms + BREAK_MS).sitting_ms == 0


@pytest.mark.parametrize(
    ("time", "name"),
    [("19:29", "open"), ("19:30", "bedtime"), ("23:59", "bedtime"), ("06:59", "bedtime"), ("07:00", "open")],
)
def test_bedtime_goes_over_midnight(time: str, name: str) -> None:
    now_ms = at(f"2026-03-10T{time}")
    assert standing_of(NIGHT, Use(day_of(NIGHT, now_ms)), now_ms).name == name


def test_bedtime_says_when_it_ends_and_how_long_is_left_before() -> None:
    evening_ms, night_ms = at("2026-03-10T19:20"), at("2026-03-10T22:00")
    assert standing_of(NIGHT, Use(day_of(NIGHT, evening_ms)), evening_ms).left_ms == 10 * MINUTE_MS
    assert standing_of(NIGHT, Use(day_of(NIGHT, night_ms)), night_ms).opens_ms == at("2026-03-11T07:00")


def test_bedtime_follows_the_zone_of_the_child_and_its_summer_time() -> None:
    spring_ms = at("2026-03-28T23:00")
    found = standing_of(NIGHT, Use(day_of(NIGHT, spring_ms)), spring_ms)
    assert found.opens_ms == at("2026-03-29T07:00") == spring_ms + 7 * 3_600_000
    shanghai = dataclasses.replace(NIGHT, time_zone="Asia/Shanghai")
    now_ms = at("2026-03-10T20:00", "Asia/Shanghai")
    assert standing_of(shanghai, Use(day_of(shanghai, now_ms)), now_ms).name == "bedtime"
    assert standing_of(NIGHT, Use(day_of(NIGHT, now_ms)), now_ms).name == "open"


def test_a_day_that_is_used_up_opens_after_the_bedtime_that_follows_it() -> None:
    start_ms = at("2026-03-10T15:00")
    found = standing_of(NIGHT, use_for(NIGHT, 30, start_ms), start_ms + 31 * MINUTE_MS)
    assert (found.name, found.opens_ms) == ("day_used_up", at("2026-03-11T07:00"))


def test_without_limits_there_is_always_time() -> None:
    settings = dataclasses.replace(SETTINGS, daily_minutes=None)
    now_ms = at("2026-03-10T03:00")
    found = standing_of(settings, use_for(settings, 90, now_ms), now_ms + 90 * MINUTE_MS)
    assert (found.name, found.left_ms, found.opens_ms) == ("open", None, None)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "Europe/", "/etc/localtime", "Europe"])
def test_an_unknown_time_zone_is_an_error(name: str) -> None:
    with pytest.raises(ConfigError, match="time zone"):
        zone_of(name)
