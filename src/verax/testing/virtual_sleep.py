"""Waiting that only a test ends: `asyncio.sleep` on a virtual clock."""

from __future__ import annotations

import asyncio
import heapq
import itertools

from verax.testing.clock import VirtualClock

__all__ = ["VirtualSleep"]


class VirtualSleep:
    """A callable to hand in where code takes a function that sleeps.

    >>> async def example():
    ...     sleep = VirtualSleep(VirtualClock())
    ...     waiter = asyncio.create_task(sleep(60.0))
    ...     await sleep.advance(60.0)
    ...     return waiter.done()
    >>> asyncio.run(example())
    True
    """

    def __init__(self, clock: VirtualClock | None = None) -> None:
        self.clock = clock or VirtualClock()
        self.waits: list[float] = []
        self._order = itertools.count()
        self._sleeping: list[tuple[float, int, asyncio.Future[None]]] = []

    async def __call__(self, seconds: float, /) -> None:
        """Wait until the clock was advanced that far; every wait asked for is kept in `waits`."""
        self.waits.append(seconds)
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleeping, (self.clock.monotonic_s() + seconds, next(self._order), future))
        await future

    @property
    def sleeping(self) -> int:
        """How many waits have not ended."""
        return sum(not future.done() for _, _, future in self._sleeping)

    async def advance(self, seconds: float) -> None:
        """Let time pass, and let everyone who is due run, in the order of their times."""
        await _settle()
        target = self.clock.monotonic_s() + seconds
        while self._sleeping and self._sleeping[0][0] <= target:
            due, _, future = heapq.heappop(self._sleeping)
            self.clock.advance(max(0.0, due - self.clock.monotonic_s()))
            if not future.done():
                future.set_result(None)
            await _settle()
        self.clock.advance(max(0.0, target - self.clock.monotonic_s()))


async def _settle() -> None:
    """Let every task that can run do so, a bounded number of times."""
    for _ in range(20):
        await asyncio.sleep(0)
