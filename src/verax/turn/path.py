"""The one path of a turn, for every surface and every product.

::

    admit → resolve → screen → recall → compose → generate → verify → guard → record

* A turn runs in a task of its own: a surface that stops reading, or forgets to close, can
  neither skip the record nor hold the turn open (invariant 9).
* `admit` and `resolve` raise: what they refuse never became a turn. From then on every end
  is an event, and every end is recorded, an error and a vanished client included.
* No text leaves before the open row is durable (clause 10).
* Forward moves leave a turn alone; a rollback, ban or freeze of its release ends it at the
  next sentence as ``withdrawn`` (clause 6).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from verax.kernel.record import TurnSecret
from verax.turn.admit import admit
from verax.turn.drive import Drive, EngineParts
from verax.turn.events import TurnEvent
from verax.turn.record import Draft
from verax.turn.request import TurnRequest
from verax.turn.resolve import Resolution, resolve
from verax.turn.verify import check_truth_mode

__all__ = ["EngineParts", "RunningTurn", "TurnEngine"]


class RunningTurn:
    """A turn in flight: it goes on whether or not anybody takes its events."""

    def __init__(self, drive: Drive, task: asyncio.Task[None]) -> None:
        self._drive = drive
        self._task = task

    def cancel(self) -> None:
        """End the turn; it is recorded as ``cancelled``, and its last event says so.

        A turn that is being recorded ends as it would have.
        """
        self._drive.cancel(self._task)

    async def events(self) -> AsyncGenerator[TurnEvent, None]:
        """Yield every event, once; leaving early does not end the turn."""
        while (event := await self._drive.events.get()) is not None:
            yield event
        await self._task


class TurnEngine:
    """Runs turns."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._running: dict[asyncio.Task[None], RunningTurn] = {}

    @property
    def running(self) -> int:
        """Number of turns in flight."""
        return len(self._running)

    def start(self, request: TurnRequest) -> RunningTurn:
        """Start one turn, which ends by itself.

        Raises:
            RequestError, AccessError, RefusedError, IntegrityError: what was asked never
                became a turn.
        """
        admit(request)
        resolution = resolve(request, self._parts.governance, self._parts.runtime)
        check_truth_mode(resolution.release, self._parts.truth)
        drive = Drive(self._parts, self._draft(request, resolution))
        task = asyncio.create_task(drive.run())
        turn = self._running[task] = RunningTurn(drive, task)
        task.add_done_callback(self._running.pop)
        task.add_done_callback(lambda _: drive.events.put_nowait(None))
        return turn

    async def run(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        """Run one turn and yield its events; closing the iterator cancels it.

        The last event is `Completed` or `Failed`, and by then the turn is recorded.

        Raises:
            RequestError, AccessError, RefusedError, IntegrityError: what was asked never
                became a turn; raised before the first event.
        """
        turn = self.start(request)
        try:
            async for event in turn.events():
                yield event
        finally:
            turn.cancel()

    async def drain(self, timeout_s: float) -> None:
        """Wait for turns in flight, then cancel what is left and wait until it is recorded."""
        if not self._running:
            return
        _, late = await asyncio.wait(set(self._running), timeout=timeout_s)
        for task in late:
            self._running[task].cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _draft(self, request: TurnRequest, resolution: Resolution) -> Draft:
        parts = self._parts
        fresh = int.from_bytes(parts.random_bytes(4), "big") >> 1
        asked = request.sampling.seed
        return Draft(
            turn_id=parts.random_bytes(16).hex(),
            secret=TurnSecret(parts.random_bytes(32)),
            request=request,
            resolution=resolution,
            time_ms=parts.now_ms(),
            seed=fresh if asked is None else asked,
        )
