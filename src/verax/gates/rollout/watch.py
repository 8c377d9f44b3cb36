"""The monitor: a task of the server that watches every canary, takes bad ones out, and takes due steps.

One process of an installation does this at a time; the database's lock elects it, and another
takes over when it ends. What was seen is counted again from the stored turns, so nothing is
lost with a process but the keys of the hashes.

*Life of a round*, every `interval_s`:

1. Rollouts that began or ended since are written down.
2. For each canary: finished turns that are new are counted, on a thread of their own.
3. A line is crossed: the rollback is signed with the monitor key and submitted. Then the alarm.
4. Else, a step of the signed plan is due: it is signed where the root lets this server.
5. Rollbacks that have no timeline yet, by whomever: it is written, and an alarm names it.

A round that fails is logged and tried again; it never stops the next one.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from verax.gates.rollout.authority import MachineKeys, SignedMove, sign_rollback, sign_step
from verax.gates.rollout.comparison import Trip
from verax.gates.rollout.observer import Observer, phrase_key
from verax.gates.rollout.plan import RolloutPlan, plan_of
from verax.gates.rollout.timeline import TimelineDesk
from verax.kernel import canonical
from verax.kernel.chronicle import Deed, chronicle
from verax.kernel.errors import ConflictError, VeraxError
from verax.kernel.fold import Canary, ChannelState, State
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.statement import Change, Move
from verax.store.clock import Clock
from verax.store.database import HeldLock
from verax.store.rollouts import Point, Rollout, Rollouts
from verax.store.votes import Votes

__all__ = ["Governance", "RolloutWatch", "WatchParts"]

_LOG = logging.getLogger(__name__)
_BATCH = 200
_HISTORY_ROWS = 5_000
_POINT_EVERY_MS = 5_000


class Governance(Protocol):
    """What the monitor needs of the governance log."""

    @property
    def state(self) -> State:
        """The adopted state."""
        ...

    def release(self, release_id: str) -> Release:
        """Return a release."""
        ...

    def blob(self, digest: str) -> bytes:
        """Return a blob; raises `UnknownObject`."""
        ...

    async def entries(self) -> list[bytes]:
        """Return every entry of the adopted log, checked against its root."""
        ...

    async def submit(self, envelope: bytes, blobs: Mapping[str, bytes]) -> int:
        """Append a statement that has an effect."""
        ...

    async def alarm(
        self, code: str, channel: str, detail: Mapping[str, canonical.Json], *, is_single: bool = False
    ) -> None:
        """Write an alarm into the log."""
        ...


@dataclass(frozen=True, slots=True)
class WatchParts:
    """What the monitor is made of.

    Attributes:
        try_lock: Takes the installation's monitor lock, or returns None at once; may block for a round trip.
        log_id: The reply log that turns go to.
        interval_s: Time between two rounds.
    """

    governance: Governance
    rollouts: Rollouts
    votes: Votes
    timelines: TimelineDesk
    keys: MachineKeys
    try_lock: Callable[[], HeldLock | None]
    log_id: int
    clock: Clock
    interval_s: float = 0.5


@dataclass(slots=True)
class _Watched:
    """A canary under watch: how it was admitted and stepped, and what was seen."""

    observer: Observer
    plan: RolloutPlan | None
    told: set[str] = field(default_factory=set)
    point_ms: int = 0
    pointed_at: int = -1


class RolloutWatch:
    """Watches the canaries of one installation."""

    def __init__(self, parts: WatchParts) -> None:
        self._parts = parts
        self._watched: dict[str, _Watched] = {}
        self._lock: HeldLock | None = None
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="verax-monitor")

    def start(self) -> None:
        """Start the task."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="rollout monitor")

    async def close(self) -> None:
        """End the round that runs, then stop. Safe to call twice."""
        self._stop.set()
        if self._task is not None:
            await self._task
            self._task = None
        if self._lock is not None:
            await asyncio.to_thread(self._lock.release)
            self._lock = None
        self._thread.shutdown()

    @property
    def observers(self) -> Mapping[str, Observer]:
        """What is known of each canary under watch, by its change; read only."""
        return {change: watched.observer for change, watched in self._watched.items()}

    @property
    def is_elected(self) -> bool:
        """Whether this process watches."""
        return self._lock is not None

    async def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if await self._is_mine():
                    await self.round()
            except VeraxError as error:
                _LOG.error("rollout monitor: %s", error)
            except Exception:  # noqa: BLE001 - the monitor goes on, whatever one round met
                _LOG.exception("rollout monitor: a round failed by a defect")
            try:
                await asyncio.wait_for(self._stop.wait(), self._parts.interval_s)
            except TimeoutError:
                continue

    async def _is_mine(self) -> bool:
        if self._lock is not None and not await asyncio.to_thread(self._lock.is_held):
            self._lock = None
            self._watched.clear()
        if self._lock is None:
            self._lock = await asyncio.to_thread(self._parts.try_lock)
        return self._lock is not None

    async def round(self) -> None:
        """Do one round; whoever calls it holds the lock."""
        state = self._parts.governance.state
        await self._end_rollouts(state)
        for name, channel in state.channels.items():
            if channel.canary is not None and name != RUNTIME_CHANNEL:
                watched = await self._watch(state, name, channel.canary)
                trip = await self._count(watched)
                if trip is not None:
                    await self._take_back(name, watched, trip)
                elif not channel.frozen:
                    await self._step(name, watched)
                await self._keep_point(watched, is_last=trip is not None)
        await self._parts.timelines.write_missing()

    async def _watch(self, state: State, name: str, canary: Canary) -> _Watched:
        """Return the watch of a canary, made or brought up to date."""
        watched = self._watched.get(canary.change)
        if watched is not None and watched.observer.rollout.share_bp == canary.share_bp:
            return watched
        deeds = chronicle(await self._parts.governance.entries(), state.outcomes, name)
        shares = [
            (deed.index, deed.statement.share_bp)
            for deed in deeds
            if isinstance(deed.statement, Move)
            and deed.statement.change == canary.change
            and deed.statement.act in ("admit", "step")
        ]
        if watched is None:
            watched = await self._begin(state, name, canary, deeds)
            self._watched[canary.change] = watched
        if canary.share_bp > watched.observer.rollout.share_bp:
            await self._parts.rollouts.step(canary.change, canary.share_bp, self._parts.clock.now_ms())
            watched.observer.rollout = next(
                item for item in await self._parts.rollouts.running() if item.change_id == canary.change
            )
        watched.observer.shares = shares
        return watched

    async def _begin(self, state: State, name: str, canary: Canary, deeds: list[Deed]) -> _Watched:
        parts, head = self._parts, state.channels[name].head or ""
        now_ms = parts.clock.now_ms()
        first = await self._first_leaf(canary)
        rollout = await parts.rollouts.begin(
            Rollout(canary.change, name, canary.release, head, parts.log_id, first, canary.share_bp, now_ms, now_ms)
        )
        governance = parts.governance
        releases = [governance.release(release) for release in (head, canary.release)]
        key = phrase_key(parts.keys.monitor, canary.change)
        observer = Observer(rollout, releases, _reason(governance, deeds, canary.change), key)
        earlier = await parts.rollouts.turns_before(rollout.log_id, rollout.first_idx, _HISTORY_ROWS)
        await self._call(partial(observer.remember, earlier))
        return _Watched(observer, plan_of(deeds, canary.admitted_index, governance.blob))

    async def _first_leaf(self, canary: Canary) -> int:
        """Look back for the first turn that can have run beside the canary; turns end out of order, so a batch more."""
        parts = self._parts
        first = index = await parts.rollouts.next_index(parts.log_id)
        while index > 0:
            rows = await parts.rollouts.records_before(parts.log_id, index, _BATCH)
            later = [at for at, record in rows if record["governance"]["size"] > canary.admitted_index]
            if not later:
                break
            first, index = min(later), rows[-1][0]
        return first

    async def _count(self, watched: _Watched) -> Trip | None:
        """Count the turns that are new; stop at a trip."""
        observer = watched.observer
        while not self._stop.is_set():
            rows = await self._parts.rollouts.turns_from(observer.rollout.log_id, observer.next_index, _BATCH)
            await self._call(partial(observer.take_all, rows))
            if observer.comparison.trip is not None or len(rows) < _BATCH:
                break
        return observer.comparison.trip

    async def _call(self, call: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def _take_back(self, name: str, watched: _Watched, trip: Trip) -> None:
        parts, state = self._parts, self._parts.governance.state
        rollout = watched.observer.rollout
        canary = state.channels[name].canary
        detail: dict[str, canonical.Json] = {
            "change": rollout.change_id,
            "release": rollout.release_id,
            "signal": trip.signal,
            "level": trip.level,
            "decibans": round(10 * math.log10(trip.wealth)),
        }
        key_id = parts.keys.monitor_id(state.root)
        if canary is not None and canary.change == rollout.change_id and key_id is not None:
            cause = _cause(watched.observer, trip)
            now_ms = parts.clock.now_ms()
            move = sign_rollback(state, name, (key_id, parts.keys.monitor), cause, now_ms)
            if await self._submit(name, move):
                _LOG.warning("channel %s: release %s rolled back, signal %s", name, rollout.release_id[:8], trip.signal)
        if key_id is None and "no-key" not in watched.told:
            watched.told.add("no-key")
            await parts.governance.alarm("monitor/no-key", name, detail)
        if "tripped" not in watched.told:
            watched.told.add("tripped")
            await parts.governance.alarm("monitor/tripped", name, detail, is_single=True)

    async def _step(self, name: str, watched: _Watched) -> None:
        parts, state, plan = self._parts, self._parts.governance.state, watched.plan
        rollout, observer = watched.observer.rollout, watched.observer
        key_id = parts.keys.operator_id(state.root)
        canary = state.channels[name].canary
        if plan is None or key_id is None or canary is None or canary.change != rollout.change_id:
            return
        if name in state.held:
            return  # a step that waits for witnesses is not followed by the next
        following = plan.after(canary.share_bp)
        now_ms = parts.clock.now_ms()
        wait = plan.wait(
            canary.share_bp,
            rollout.share_since_ms,
            now_ms,
            users=observer.comparison.settled[1],
            wealth=observer.comparison.wealth,
        )
        if following is None or wait is not None:
            return
        move = sign_step(state, name, (key_id, parts.keys.operator), following.share_bp, now_ms)
        if await self._submit(name, move):
            _LOG.info("channel %s: canary at %s of 10000", name, following.share_bp)

    async def _submit(self, name: str, move: SignedMove) -> bool:
        """Submit a move; False where the channel moved meanwhile, so that it has no effect."""
        try:
            await self._parts.governance.submit(move.envelope, move.blobs)
        except ConflictError as error:
            _LOG.warning("channel %s: a move of the monitor had no effect: %s", name, error)
            return False
        return True

    async def _keep_point(self, watched: _Watched, *, is_last: bool) -> None:
        parts, observer = self._parts, watched.observer
        now_ms = parts.clock.now_ms()
        is_new = observer.next_index != watched.pointed_at
        if not is_new or (now_ms - watched.point_ms < _POINT_EVERY_MS and not is_last):
            return
        rollout = observer.rollout
        votes = {
            arm: await parts.votes.tally(rollout.channel, release)
            for arm, release in (("head", rollout.base_id), ("canary", rollout.release_id))
        }
        data = observer.figures() | {"votes": {arm: {"up": t.up, "down": t.down} for arm, t in votes.items()}}
        await parts.rollouts.add_point(rollout.change_id, Point(now_ms, data))
        watched.point_ms, watched.pointed_at = now_ms, observer.next_index

    async def _end_rollouts(self, state: State) -> None:
        for rollout in await self._parts.rollouts.running():
            channel = state.channels.get(rollout.channel, ChannelState())
            if channel.canary is not None and channel.canary.change == rollout.change_id:
                continue
            watched = self._watched.pop(rollout.change_id, None)
            if watched is not None:
                await self._count(watched)
                await self._keep_point(watched, is_last=True)
            await self._parts.rollouts.end(rollout.change_id, _outcome(channel, rollout), self._parts.clock.now_ms())


def _outcome(channel: ChannelState, rollout: Rollout) -> str:
    if channel.serving is not None and channel.serving.change == rollout.change_id:
        return "full"
    return "rolled_back" if rollout.release_id in channel.withdrawn else "replaced"


def _cause(observer: Observer, trip: Trip) -> bytes:
    """Return the evidence as it stands beside the log: numbers and names of signals, no text of anybody."""
    figures = observer.figures()
    users: dict[str, canonical.Json] = figures["users"]
    turns: dict[str, canonical.Json] = figures["turns"]
    return canonical.encode(
        {
            "kind": "verax/monitor-evidence",
            "v": 1,
            "change": observer.rollout.change_id,
            "signal": trip.signal,
            "level": trip.level,
            "log10_wealth": f"{math.log10(trip.wealth):.3f}",
            "log10_line": f"{math.log10(trip.line):.3f}",
            "users": users,
            "turns": turns,
            "signals": {
                name: {arm: _shown(figure[arm]) for arm in ("head", "canary")}
                | {"log10_wealth": str(figure["log10_wealth"])}
                for name, figure in figures["signals"].items()
            },
        }
    )


def _shown(figure: Mapping[str, Any]) -> dict[str, canonical.Json]:
    mean = {"mean": str(figure["mean"])} if "mean" in figure else {}
    return {"users": figure["users"], **mean}


def _reason(governance: Governance, deeds: list[Deed], change_id: str) -> str:
    for deed in deeds:
        if deed.statement_id == change_id and isinstance(deed.statement, Change):
            try:
                return governance.blob(deed.statement.reason).decode("utf-8", "replace")
            except VeraxError:
                return ""  # erased: then it expects nothing
    return ""
