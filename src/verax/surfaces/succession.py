"""Of several processes of an installation one leads; when it ends, another takes over.

*Life of a process that follows*, every `_LOOK_S`:

1. It tries to lead. While somebody else does, nothing more happens.
2. It leads: both logs are opened anew, with every check that a start makes, and have to go on from
   what this process saw. From then on it integrates them.
3. Turns that dead processes left open are recorded as failed, their alarms that waited are written.
4. What is done once starts here: witnesses are asked, erasures ended, gates run. The monitor of
   rollouts and the notices look by themselves whether this process leads.

A process that leads does 3 again and again, since others may die too. What it cannot take up because
the store fails is tried again; because it is not what this process saw, ends new turns here. It goes
on leading then, so that no other process signs what may be false.

With SQLite there is one process, which leads from the start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from verax.kernel.errors import IntegrityError, VeraxError
from verax.store.disk import Disk, LocalDisk
from verax.store.governance import GovernanceStore
from verax.store.home import Home
from verax.store.membership import Membership
from verax.store.tlog_live import LiveLog
from verax.store.turns import TurnStore
from verax.surfaces.watching import Service

__all__ = ["Succession", "SuccessionParts"]

_log = logging.getLogger(__name__)
_LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class SuccessionParts:
    """What a process takes over.

    Attributes:
        logs: Both logs; started and closed by whoever opened them.
    """

    home: Home
    membership: Membership
    governance: GovernanceStore
    logs: Sequence[LiveLog]
    turns: TurnStore


class Succession:
    """Lets this process lead when no other one does."""

    def __init__(self, parts: SuccessionParts) -> None:
        self._parts = parts
        self._duties: list[Service] = []
        self._leads = not any(live.log.is_following for live in parts.logs)
        self._disk: Disk = LocalDisk()
        self._told = ""
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def process_id(self) -> str:
        """This process, as turns name their owner."""
        return self._parts.membership.process_id

    @property
    def leads(self) -> bool:
        """Whether this process has taken up the lead."""
        return self._leads

    def add(self, duty: Service) -> None:
        """Have something run while this process leads; whoever opened it closes it."""
        self._duties.append(duty)
        if self._leads:
            duty.start()

    def start(self) -> None:
        """Start looking, where there may be other processes."""
        if self._task is None and self._parts.membership.is_shared:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="succession")

    async def close(self) -> None:
        """Stop looking; the lead is free when the process leaves. Safe to call twice."""
        self._stop.set()
        if self._task is not None:
            await self._task
            self._task = None

    def summary(self) -> str:
        """Return one line for people."""
        if not self._parts.membership.is_shared:
            return "the only process"
        return "this process leads" if self._leads else "another process leads"

    async def _run(self) -> None:
        while not self._stop.is_set():
            try:
                await self._look()
                self._told = ""
            except VeraxError as error:
                if error.message != self._told:
                    self._told = error.message
                    _log.error("succession: %s", error)
            except Exception:  # noqa: BLE001 - the next look goes on, whatever this one met
                _log.exception("succession: a look failed by a defect")
            try:
                await asyncio.wait_for(self._stop.wait(), _LOOK_S)
            except TimeoutError:
                continue

    async def _look(self) -> None:
        membership = self._parts.membership
        if not self._leads and self._parts.governance.fault is not None:
            return  # a process that answers nobody takes nothing over, or keeps what it could not take up
        if not await asyncio.to_thread(membership.try_lead):
            return
        if not self._leads:
            await self._take_over()
        elif not await asyncio.to_thread(membership.keep_lead):
            _log.error("succession: another process holds the lock of the database, on another data folder?")
        await self._bury_the_dead()

    async def _take_over(self) -> None:
        _log.warning("the process that led has ended: this one takes over")
        try:
            for live in self._parts.logs:
                if live.log.is_following:
                    await live.take_over()
        except IntegrityError as error:
            self._parts.governance.refuse_and_tell(error)
            raise
        self._leads = True
        for duty in self._duties:
            duty.start()

    async def _bury_the_dead(self) -> None:
        """Record as failed what processes that ended left open, and take up their alarms that wait."""
        parts = self._parts
        failed = await parts.turns.recover(parts.membership.is_alive)
        if failed:
            _log.warning("%d turns of a process that ended are recorded as failed", failed)
        for path, process_id in parts.home.left_alarms():
            if not await asyncio.to_thread(parts.membership.is_alive, process_id):
                data = await asyncio.to_thread(self._disk.read, path)
                await parts.governance.take_up(data or b"")
                await asyncio.to_thread(self._disk.remove, path)
