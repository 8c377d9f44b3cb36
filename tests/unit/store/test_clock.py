"""Clocks: written-down time never runs backward, waiting does not look at it."""

from __future__ import annotations

import time

import pytest

from verax.store.clock import Clock, SystemClock
from verax.testing.clock import VirtualClock


def test_a_wall_clock_that_jumps_back_does_not_take_written_time_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before = clock.now_ms()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert clock.now_ms() >= before


def test_the_system_clock_tells_the_time() -> None:
    clock: Clock = SystemClock()
    assert abs(clock.now_ms() - time.time() * 1000) < 5_000
    assert clock.monotonic_s() <= time.monotonic()


def test_the_virtual_clock_moves_only_when_it_is_moved() -> None:
    clock: Clock = (virtual := VirtualClock(start_ms=1_000))
    assert (clock.now_ms(), clock.monotonic_s()) == (1_000, 0.0)
    virtual.advance(2.5)
    assert (clock.now_ms(), clock.monotonic_s()) == (3_500, 2.5)
    virtual.set_wall(10)
    assert clock.now_ms() == 3_500
    virtual.set_wall(9_000)
    assert (clock.now_ms(), clock.monotonic_s()) == (9_000, 2.5)
