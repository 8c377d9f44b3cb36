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


def test_attempts_of_people_never_crowd_out_what_machines_say() -> None:
    clock = VirtualClock()
    desk = AlarmDesk(clock)
    for number in range(80):
        desk.note("attempt/refused", f"channel-{number}", {})
    desk.note("monitor/tripped", "assistant", {})
    due = desk.due()
    assert due[0].code == "monitor/tripped"
    assert len(due) == 1 + 20
    for alarm in due:
        desk.written(alarm)
    assert desk.due() == []
    desk.note("log/rolled-back", "none", {})
    assert [alarm.code for alarm in desk.due()] == ["log/rolled-back"]
    clock.advance(3600)
    assert [alarm.code for alarm in desk.due()] == ["log/rolled-back", *["attempt/refused"] * 20]


def test_single_alarms_are_written_each_by_itself() -> None:
    desk = AlarmDesk(VirtualClock())
    for number in (1, 2, 2):
        desk.note("rollout/rolled-back", "assistant", {"move": number}, is_single=True)
    assert [(alarm.detail, alarm.count) for alarm in desk.due()] == [(b'{"move":1}', 1), (b'{"move":2}', 2)]


def test_what_waits_is_taken_up_by_the_next_process() -> None:
    clock = VirtualClock(start_ms=5_000)
    desk, later = AlarmDesk(clock), AlarmDesk(clock)
    desk.note("log/rolled-back", "none", {"n": 1})
    desk.note("log/rolled-back", "none", {"n": 2})
    desk.note("rollout/rolled-back", "assistant", {"move": 7}, is_single=True)
    later.restore(desk.to_bytes())
    assert later.due() == desk.due()
    assert AlarmDesk(clock).to_bytes() == b""


_NO_NUMBER = (
    b'[{"channel":"none","code":"a/b","count":"many","detail":"{}","first_ms":1,"is_single":false,"last_ms":1}]'
)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"[{}]", b'[{"code":"a/b"}]', b"\xff", b'"text"', _NO_NUMBER])
def test_bytes_that_hold_no_waiting_alarms_are_left_alone(data: bytes) -> None:
    desk = AlarmDesk(VirtualClock())
    desk.restore(data)
    assert desk.due() == []
