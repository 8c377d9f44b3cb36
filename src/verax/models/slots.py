"""The waiting line in front of a model's slots.

* At most `slots` choices run; the others wait in the order in which they came.
* At most `queue_length` calls wait; one more is told when to come back. A line without an
  end would only turn a busy server into a slow one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from verax.kernel.errors import BusyError

__all__ = ["Slots"]

_MAX_RETRY_S = 60
_SMOOTHING = 0.2


class Slots:
    """Counts who runs and who waits; used from one event loop."""

    def __init__(self, slots: int, queue_length: int, monotonic_s: Callable[[], float]) -> None:
        self._total = slots
        self._free = asyncio.Semaphore(slots)
        self._queue_length = queue_length
        self._monotonic_s = monotonic_s
        self._running = 0
        self._waiting = 0
        self._usual_s = 5.0

    @property
    def running(self) -> int:
        """Choices that hold a slot."""
        return self._running

    @property
    def waiting(self) -> int:
        """Choices that wait for one."""
        return self._waiting

    def check_room(self) -> None:
        """Say at once when the line is full.

        Raises:
            BusyError: with the time after which a place should be free.
        """
        if self._waiting >= self._queue_length and self._free.locked():
            wait_s = self._usual_s * (self._waiting + 1) / self._total
            raise BusyError(
                f"model: all {self._total} slots are taken and {self._waiting} calls wait",
                retry_after_s=min(_MAX_RETRY_S, max(1, round(wait_s))),
            )

    async def take(self) -> float:
        """Wait for a slot and hold it; returns the time at which it was given, for `give_back`."""
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        self._running += 1
        return self._monotonic_s()

    def give_back(self, taken_s: float) -> None:
        """Free a slot that was held since `taken_s`."""
        self._running -= 1
        self._usual_s += _SMOOTHING * (self._monotonic_s() - taken_s - self._usual_s)
        self._free.release()
