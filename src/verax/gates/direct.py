"""Running a plan over a turn engine of this process, without a worker: for tests and for `verax gate compare`.

Nothing is confined, since nothing foreign runs. Such a run is never signed by a server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from verax.gates.items import Answer, Arm, Item
from verax.gates.plan import task_key
from verax.gates.running import FAILURES_THAT_COUNT, GateBroken, Job, Ran
from verax.kernel.errors import VeraxError
from verax.turn.events import Choice, Completed, Failed, TurnEvent
from verax.turn.request import Caller, TurnRequest

__all__ = ["DirectRunner", "Turns"]


class Turns(Protocol):
    """The turn path."""

    def run(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        """Run one turn; the last event is `Completed` or `Failed`."""
        ...


class DirectRunner:
    """Implements `verax.gates.running.Runner` in this process.

    Args:
        engine: The turn path.
        caller: Who asks; needs a role that opens previews.
        connections: Turns side by side.
    """

    def __init__(self, engine: Turns, caller: Caller, connections: int = 2) -> None:
        self._engine = engine
        self._caller = caller
        self._connections = connections

    def check(self) -> None:
        """Find nothing missing: everything it needs is here."""

    async def run(self, job: Job) -> Ran:
        """Take every sample; the first that fails ends the run."""
        slots = asyncio.Semaphore(self._connections)

        async def take(arm: Arm, item: Item) -> None:
            async with slots:
                job.note(task_key(arm, item), await self._sample(job, arm, item))

        try:
            async with asyncio.TaskGroup() as group:
                for arm, item in job.plan.tasks:
                    if task_key(arm, item) not in job.done:
                        group.create_task(take(arm, item))
        except* (GateBroken, VeraxError) as failed:
            first = failed.exceptions[0]
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            text = first.message if isinstance(first, VeraxError) else str(first)
            raise GateBroken(text) from None
        return Ran("in-process", ())

    async def _sample(self, job: Job, arm: Arm, item: Item) -> tuple[str, ...]:
        answers: list[Answer] = []
        turns: list[str] = []
        for _ in item.calls:
            turn_id, answer = await self._ask(job.plan.request(arm, item, answers, self._caller))
            answers.append(answer)
            turns.append(turn_id)
        return tuple(turns)

    async def _ask(self, request: TurnRequest) -> tuple[str, Answer]:
        async with aclosing(self._engine.run(request)) as events:
            async for event in events:
                if isinstance(event, Failed):
                    if event.code not in FAILURES_THAT_COUNT:
                        raise GateBroken(f"a turn failed: {event.code}")
                    return event.turn_id, Answer("failed", "")
                if isinstance(event, Completed):
                    first = event.choices[0] if event.choices else Choice("", "stop")
                    return event.turn_id, Answer(event.status, first.text, first.tool_calls)
        raise GateBroken("a turn ended without an answer")
