"""Tells people what the governance log says, as it says it.

The log is the queue: each way of telling has a cursor in the database, and goes on after a
restart where it was. One process of an installation tells at a time. The first start begins
at the end of the log, so nobody is told of what was long ago.

* What cannot be delivered is tried again, later and later, up to every `_SLOWEST_S`. Nothing
  behind it is told before it. What is older than `_TOO_OLD_MS` is let go, with a line in the
  server's log.
* An alarm that the log cannot take, since the log itself is broken, is told at once and
  without an index; three attempts, then the server's log has it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from verax.kernel.errors import IntegrityError, VeraxError
from verax.kernel.fold import State
from verax.store.clock import Clock
from verax.store.cursors import Cursors
from verax.store.database import HeldLock
from verax.surfaces.notices.notice import Notice, notices_of, urgent_notice
from verax.surfaces.notices.webhook import NotDelivered

__all__ = ["Governance", "Notifier", "NotifierParts", "Way"]

_log = logging.getLogger(__name__)

_FIRST_S = 1.0
_SLOWEST_S = 600.0
_URGENT_ATTEMPTS = 3
_AT_ONCE = 20
_TOO_OLD_MS = 7 * 86_400_000


class Way(Protocol):
    """A way to tell people."""

    name: str

    async def deliver(self, notices: list[Notice]) -> None:
        """Deliver notices in order; raises `NotDelivered`."""
        ...

    async def close(self) -> None: ...


class Governance(Protocol):
    """What is told of."""

    @property
    def state(self) -> State: ...

    @property
    def fault(self) -> IntegrityError | None: ...

    async def entries(self) -> list[bytes]: ...

    def on_adopted(self, call: Callable[[], None]) -> None: ...

    def on_alarm(self, call: Callable[[str, str], None]) -> None: ...


@dataclass(frozen=True, slots=True)
class NotifierParts:
    """What a notifier is made of; see `verax.gates.rollout.watch.WatchParts` for `try_lock`."""

    governance: Governance
    cursors: Cursors
    ways: Sequence[Way]
    try_lock: Callable[[], HeldLock | None]
    clock: Clock
    poll_s: float = 5.0


@dataclass(slots=True)
class _Pace:
    """When a way is tried again."""

    wait_s: float = 0.0
    next_s: float = 0.0


class Notifier:
    """Follows the log and tells; does nothing where no way is set."""

    def __init__(self, parts: NotifierParts) -> None:
        self._parts = parts
        self._paces = {way.name: _Pace() for way in parts.ways}
        self._urgent: list[tuple[Way, Notice, int]] = []
        self._news = asyncio.Event()
        self._stop = asyncio.Event()
        self._lock: HeldLock | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task."""
        if self._task is None and self._parts.ways:
            self._parts.governance.on_adopted(self._news.set)
            self._parts.governance.on_alarm(self._heard)
            self._task = asyncio.get_running_loop().create_task(self._run(), name="notifier")

    async def close(self) -> None:
        """Tell what is new, once, then stop. Safe to call twice."""
        self._stop.set()
        self._news.set()
        if self._task is not None:
            await self._task
            self._task = None
        if self._lock is not None:
            await asyncio.to_thread(self._lock.release)
            self._lock = None
        for way in self._parts.ways:
            await way.close()

    async def _run(self) -> None:
        while not self._stop.is_set():
            self._news.clear()
            await self._round()
            await self._rest()
        await self._round()

    async def _round(self) -> None:
        try:
            await self._tell_urgent()
            if await self._is_mine():
                for way in self._parts.ways:
                    await self._follow(way)
        except VeraxError as error:
            _log.error("notices: %s", error)
        except Exception:  # noqa: BLE001 - telling goes on, whatever one round met
            _log.exception("notices: a round failed by a defect")

    async def _rest(self) -> None:
        now_s = self._parts.clock.monotonic_s()
        waits = [max(0.05, pace.next_s - now_s) for pace in self._paces.values() if pace.wait_s]
        try:
            await asyncio.wait_for(self._news.wait(), min([self._parts.poll_s, *waits]))
        except TimeoutError:
            return

    async def _is_mine(self) -> bool:
        if self._lock is not None and not await asyncio.to_thread(self._lock.is_held):
            self._lock = None
        if self._lock is None:
            self._lock = await asyncio.to_thread(self._parts.try_lock)
        return self._lock is not None

    async def _follow(self, way: Way) -> None:
        """Tell what is new by one way, a few at a time; the cursor moves with what was delivered."""
        parts, pace, name = self._parts, self._paces[way.name], f"notices/{way.name}"
        state = parts.governance.state
        position = await parts.cursors.position(name)
        if position is None:
            await parts.cursors.move(name, state.size)
            return
        if position >= state.size or parts.clock.monotonic_s() < pace.next_s:
            return
        notices = [
            item for item in notices_of(await parts.governance.entries(), state, position) if self._is_recent(item)
        ]
        for start in range(0, len(notices), _AT_ONCE):
            batch = notices[start : start + _AT_ONCE]
            try:
                await way.deliver(batch)
            except NotDelivered as error:
                pace.wait_s = min(_SLOWEST_S, pace.wait_s * 2 or _FIRST_S)
                pace.next_s = parts.clock.monotonic_s() + pace.wait_s
                _log.warning("notices: %s; tried again in %.0f s", error, pace.wait_s)
                return
            pace.wait_s = pace.next_s = 0.0
            await parts.cursors.move(name, (batch[-1].index or 0) + 1)
        await parts.cursors.move(name, state.size)

    def _is_recent(self, notice: Notice) -> bool:
        if self._parts.clock.now_ms() - notice.last_ms <= _TOO_OLD_MS:
            return True
        _log.error("notices: %s at entry %s was never delivered and is too old now", notice.code, notice.index)
        return False

    def _heard(self, code: str, channel: str) -> None:
        """Take an alarm that the log cannot hold; the others come by the log."""
        governance = self._parts.governance
        if governance.fault is not None:
            notice = urgent_notice(governance.state, code, channel, self._parts.clock.now_ms())
            self._urgent += [(way, notice, _URGENT_ATTEMPTS) for way in self._parts.ways]
            self._news.set()

    async def _tell_urgent(self) -> None:
        waiting, self._urgent = self._urgent, []
        for way, notice, left in waiting:
            try:
                await way.deliver([notice])
            except NotDelivered as error:
                _log.error("notices: %s on %s could not be told: %s", notice.code, notice.channel, error)
                if left > 1:
                    self._urgent.append((way, notice, left - 1))
