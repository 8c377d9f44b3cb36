"""Looks at each log now and then: its row, its checkpoint file, and the proof of one random entry.

What does not hold, or cannot be proved, is an alarm.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence

from verax.kernel.errors import IntegrityError, VeraxError
from verax.kernel.statement import NONE
from verax.store.tlog import TileLog
from verax.store.tlog_probe import probe_now
from verax.surfaces.alarm_bell import AlarmBell

__all__ = ["ProofProbe"]

_log = logging.getLogger(__name__)


class ProofProbe:
    """Probes the logs of one installation.

    Args:
        logs: Short name and log of each; the name stands in alarms.
        interval_s: Time between two probes of every log.
    """

    def __init__(
        self,
        logs: Sequence[tuple[str, TileLog]],
        bell: AlarmBell,
        *,
        interval_s: float = 30.0,
        choose: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._logs = logs
        self._bell = bell
        self._interval_s = interval_s
        self._choose = choose
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="proof probe")

    async def close(self) -> None:
        """Stop. Safe to call twice."""
        self._stop.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def probe(self) -> None:
        """Probe every log once."""
        for name, log in self._logs:
            try:
                await asyncio.to_thread(log.recheck_now)
                await asyncio.to_thread(probe_now, log, self._choose)
            except IntegrityError as error:
                _log.error("proof probe: %s", error)
                self._bell.ring("log/failed-proof", NONE, {"log": name})
            except VeraxError as error:
                _log.warning("proof probe: log %s could not be read: %s", name, error)

    async def _run(self) -> None:
        while not self._stop.is_set():
            try:
                await asyncio.wait_for(self._stop.wait(), self._interval_s)
            except TimeoutError:
                await self.probe()
