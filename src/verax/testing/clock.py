"""A clock that moves only when a test moves it."""

from __future__ import annotations

__all__ = ["VirtualClock"]


class VirtualClock:
    """Implements `verax.store.clock.Clock` in memory.

    >>> clock = VirtualClock(start_ms=1_000)
    >>> clock.advance(2.5)
    >>> clock.now_ms(), clock.monotonic_s()
    (3500, 2.5)
    """

    def __init__(self, start_ms: int = 1_760_000_000_000) -> None:
        self._wall_ms = start_ms
        self._last_ms = start_ms
        self._monotonic_s = 0.0

    def now_ms(self) -> int:
        self._last_ms = max(self._last_ms, self._wall_ms)
        return self._last_ms

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self._wall_ms += round(seconds * 1000)
        self._monotonic_s += seconds

    def set_wall(self, now_ms: int) -> None:
        """Set the wall clock alone, forward or back, as an operator or a time server would."""
        self._wall_ms = now_ms
