"""Two turns side by side: one question, asked of the release that serves and of the one that would.

* Each is a turn of arm ``preview`` in its own right: recorded, metered, with a receipt.
* One that fails, or never becomes a turn, ends with `Failed` on its side; the other goes on.
* Whoever stops reading cancels the pair; both turns are recorded all the same (invariant 9).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Literal

from verax.kernel.errors import VeraxError
from verax.turn.events import Failed, TurnEvent
from verax.turn.ports import RunningTurn, TurnStarter
from verax.turn.request import TurnRequest

__all__ = ["RunningPair", "Side", "SideEvent", "start_pair"]

Side = Literal["base", "candidate"]


@dataclass(frozen=True, slots=True)
class SideEvent:
    """One event of one of the two turns."""

    side: Side
    event: TurnEvent


class RunningPair:
    """Turns in flight, by side.

    Args:
        refused: Why a side has no turn.
    """

    def __init__(self, turns: Mapping[Side, RunningTurn], refused: Mapping[Side, VeraxError]) -> None:
        self._turns = turns
        self._refused = refused

    async def events(self) -> AsyncGenerator[SideEvent, None]:
        """Yield the events of both as they come, once; the last of each side is `Completed` or `Failed`."""
        for side, error in self._refused.items():
            yield SideEvent(side, Failed.of(error))
        queue: asyncio.Queue[SideEvent | None] = asyncio.Queue()
        readers = [asyncio.create_task(_read(side, turn, queue)) for side, turn in self._turns.items()]
        try:
            for _ in readers:
                while (event := await queue.get()) is not None:
                    yield event
            await asyncio.gather(*readers)
        finally:
            for reader in readers:
                reader.cancel()

    def cancel(self) -> None:
        """End what has not ended; it is recorded as ``cancelled``."""
        for turn in self._turns.values():
            turn.cancel()


def start_pair(engine: TurnStarter, requests: Mapping[Side, TurnRequest]) -> RunningPair:
    """Start a turn for each request.

    Raises:
        VeraxError: none of them became a turn; the error is the first one's.
    """
    turns: dict[Side, RunningTurn] = {}
    refused: dict[Side, VeraxError] = {}
    for side, request in requests.items():
        try:
            turns[side] = engine.start(request)
        except VeraxError as error:
            refused[side] = error
    if not turns:
        raise next(iter(refused.values()))
    return RunningPair(turns, refused)


async def _read(side: Side, turn: RunningTurn, queue: asyncio.Queue[SideEvent | None]) -> None:
    """Move the events of a turn into the queue; None says that it has ended."""
    try:
        async for event in turn.events():
            queue.put_nowait(SideEvent(side, event))
    finally:
        queue.put_nowait(None)
