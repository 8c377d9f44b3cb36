"""Token buckets: exact on a virtual clock, bounded in memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import BusyError
from verax.store.accounts_limits import PasswordThrottle, RateLimits, TokenBuckets
from verax.testing.clock import VirtualClock


def test_a_bucket_gives_its_size_at_once_and_then_its_rate() -> None:
    clock = VirtualClock()
    buckets = TokenBuckets(clock)
    assert [buckets.take("a", 60, 3) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert buckets.take("a", 60, 3) == pytest.approx(1.0)
    clock.advance(0.4)
    assert buckets.take("a", 60, 3) == pytest.approx(0.6)
    clock.advance(0.7)
    assert buckets.take("a", 60, 3) == 0.0


def test_an_idle_bucket_fills_to_its_size_and_no_further() -> None:
    clock = VirtualClock()
    buckets = TokenBuckets(clock)
    buckets.take("a", 60, 2)
    clock.advance(10_000)
    assert [buckets.take("a", 60, 2) > 0 for _ in range(3)] == [False, False, True]


@given(st.lists(st.floats(min_value=0, max_value=5), max_size=60), st.integers(1, 300), st.integers(1, 20))
def test_no_pattern_of_requests_gets_more_than_burst_plus_rate(pauses: list[float], per_minute: int, size: int) -> None:
    clock = VirtualClock()
    buckets = TokenBuckets(clock)
    granted = 0
    for pause in pauses:
        clock.advance(pause)
        granted += buckets.take("a", per_minute, size) == 0.0
    assert granted <= size + clock.monotonic_s() * per_minute / 60 + 1e-6


def test_waiting_as_long_as_told_is_always_enough() -> None:
    clock = VirtualClock()
    limits = RateLimits(clock, per_minute=7, burst=120)
    for _ in range(7):
        limits.spend("key", None, "user", None)
    for _ in range(20):
        with pytest.raises(BusyError) as caught:
            limits.spend("key", None, "user", None)
        clock.advance(caught.value.retry_after_s)
        limits.spend("key", None, "user", None)


def test_no_limit_is_no_limit() -> None:
    limits = RateLimits(VirtualClock(), per_minute=None, burst=1)
    for _ in range(1000):
        limits.spend("key", None, "user", None)


def test_a_wall_clock_that_jumps_grants_nothing() -> None:
    clock = VirtualClock()
    limits = RateLimits(clock, per_minute=1, burst=1)
    limits.spend("key", None, "user", None)
    clock.set_wall(clock.now_ms() + 10**9)
    with pytest.raises(BusyError):
        limits.spend("key", None, "user", None)


def test_ten_thousand_names_and_more_take_bounded_memory() -> None:
    clock = VirtualClock()
    buckets = TokenBuckets(clock)
    for number in range(25_000):
        buckets.take(f"name {number}", 1, 1)
    assert len(buckets._buckets) <= 10_000
    clock.advance(61)
    buckets.take("one more", 1, 1)
    for number in range(10_001):
        buckets.take(f"again {number}", 1, 1)
    assert len(buckets._buckets) <= 10_000


def test_the_throttle_forgets_after_a_right_password() -> None:
    throttle = PasswordThrottle(VirtualClock())
    for _ in range(100):
        throttle.before("ada", "here")
        throttle.after_success("ada", "here")
