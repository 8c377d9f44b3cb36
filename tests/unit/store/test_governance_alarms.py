"""Merging alarms: few entries, nothing lost (clause 3)."""

from __future__ import annotations

import pytest

from verax.kernel.errors import StatementError
from verax.store.governance_alarms import AlarmDesk, AlarmLimits, Recorder
from verax.testing.clock import VirtualClock


def test_at_most_sixty_alarms_an_hour_are_due() -> None:
    clock = VirtualClock()
    desk = AlarmDesk(clock)
    for number in range(70):
        desk.note(f"test/code-{number}", "none", {})
    for alarm in desk.due():
        desk.written(alarm)
    assert desk.due() == []
    clock.advance(3599.9)
    assert desk.due() == []
    clock.advance(0.1)
    assert [alarm.code for alarm in desk.due()] == [f"test/code-{number}" for number in range(60, 70)]


def test_alarms_of_one_code_and_channel_are_counted_together() -> None:
    clock = VirtualClock(start_ms=1_000)
    desk = AlarmDesk(clock, AlarmLimits(merge_s=10))
    desk.note("a/b", "assistant", {"n": 1})
    clock.advance(1)
    desk.note("a/b", "assistant", {"n": 2})
    desk.note("a/b", "junior", {})
    desk.note("a/c", "assistant", {})
    found = {(alarm.code, alarm.channel): alarm for alarm in desk.due()}
    merged = found["a/b", "assistant"]
    assert (merged.count, merged.first_ms, merged.last_ms, merged.detail) == (2, 1_000, 2_000, b'{"n":1}')
    assert len(found) == 3


def test_what_is_counted_while_an_alarm_is_written_stays_for_the_next() -> None:
    clock = VirtualClock()
    desk = AlarmDesk(clock, AlarmLimits(merge_s=10))
    desk.note("a/b", "none", {})
    (first,) = desk.due()
    desk.note("a/b", "none", {})
    desk.written(first)
    assert desk.due() == []
    clock.advance(10)
    (second,) = desk.due()
    assert second.count == 1
    desk.written(second)
    clock.advance(3600)
    assert desk.due() == []


@pytest.mark.parametrize("value", ["two words", "line\nbreak", "x" * 129, "naïve", ["a"], {"a": 1}, None, 1.5])
def test_a_detail_is_numbers_and_tokens_only(value: object) -> None:
    desk = AlarmDesk(VirtualClock())
    with pytest.raises(StatementError):
        desk.note("a/b", "none", {"value": value})  # type: ignore[dict-item]
    assert desk.due() == []


def test_the_recorders_seed_is_not_shown() -> None:
    assert "seed" not in repr(Recorder("recorder", b"secret"))
