"""The timeline of a rollback: a public document of what changed, who let it in, what was seen, who met it.

* It is written for every rollback, whoever signed it, and named by an alarm in the log, so
  that it cannot be changed afterwards.
* It names affected turns by their leaves in the reply log. A turn's id opens its receipt, and
  is not public; operators see the ids, and owners find the leaf in their own receipts.
* It waits until no turn runs under the release any more, for `_WAIT_S` at most.
* It holds no text of users and none of replies.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from verax.kernel import canonical
from verax.kernel.chronicle import Deed, chronicle
from verax.kernel.errors import VeraxError
from verax.kernel.fold import State
from verax.kernel.release import Release
from verax.kernel.release_diff import diff_releases
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.statement import Move
from verax.store.clock import Clock
from verax.store.cursors import Cursors
from verax.store.rollouts import Point, Rollouts

__all__ = ["TIMELINE_ALARM", "TIMELINE_KIND", "TimelineDesk", "TimelineParts"]

TIMELINE_KIND = "verax/timeline"
TIMELINE_ALARM = "rollout/rolled-back"

_LOG = logging.getLogger(__name__)
_CURSOR = "timelines"
_WAIT_S = 30.0
_BATCH = 500
_MAX_POINTS = 200
_MAX_RANGES = 50_000


class Governance(Protocol):
    """What a timeline needs of the governance log."""

    @property
    def state(self) -> State: ...

    def release(self, release_id: str) -> Release: ...

    async def entries(self) -> list[bytes]: ...

    async def alarm(
        self, code: str, channel: str, detail: Mapping[str, canonical.Json], *, is_single: bool = False
    ) -> None: ...


class BlobStore(Protocol):
    """Where documents are kept."""

    def put(self, data: bytes) -> str: ...


@dataclass(frozen=True, slots=True)
class TimelineParts:
    """What timelines are made of; `log_id` and `log` are the reply log that turns go to."""

    governance: Governance
    rollouts: Rollouts
    cursors: Cursors
    blobs: BlobStore
    clock: Clock
    log_id: int
    log: str


@dataclass(frozen=True, slots=True)
class _Affected:
    """Leaves of the turns that ran under a release that was taken out."""

    ranges: tuple[tuple[int, int], ...]
    count: int
    withdrawn: int


class TimelineDesk:
    """Writes the timelines that are missing."""

    def __init__(self, parts: TimelineParts) -> None:
        self._parts = parts
        self._position: int | None = None
        self._noticed_s: dict[int, float] = {}

    async def write_missing(self) -> None:
        """Write a timeline for every rollback that has none; one that must wait is left for the next call."""
        parts, state = self._parts, self._parts.governance.state
        if self._position is None:
            self._position = await parts.cursors.position(_CURSOR) or 0
        if self._position >= state.size:
            return
        new = [o.index for o in state.outcomes[self._position :] if o.effective and o.kind == "move"]
        if not new:
            self._position = state.size
            return
        entries = await parts.governance.entries()
        for name in state.channels:
            deeds = chronicle(entries, state.outcomes, name) if name != RUNTIME_CHANNEL else []
            for deed in deeds:
                move = deed.statement
                if deed.index in new and isinstance(move, Move) and move.act == "rollback":
                    if await self._must_wait(deed.index, move.from_id):
                        return
                    await self._write(state, name, deeds, deed.index)
        self._position = state.size
        await parts.cursors.move(_CURSOR, state.size)

    async def _must_wait(self, index: int, release_id: str) -> bool:
        now_s = self._parts.clock.monotonic_s()
        since_s = self._noticed_s.setdefault(index, now_s)
        if now_s - since_s >= _WAIT_S:
            return False
        return any(draft["release"] == release_id for draft in await self._parts.rollouts.open_turns())

    async def _write(self, state: State, name: str, deeds: Sequence[Deed], index: int) -> None:
        parts = self._parts
        if any(known == index for known, _ in await parts.rollouts.timelines(name)):
            return
        document, affected = await self._document(state, name, deeds, index)
        digest = parts.blobs.put(canonical.encode(document))
        detail: dict[str, canonical.Json] = {"timeline": digest, "move": index, "turns": affected.count}
        await parts.governance.alarm(TIMELINE_ALARM, name, detail, is_single=True)
        await parts.rollouts.keep_timeline(index, name, digest, parts.clock.now_ms())
        self._noticed_s.pop(index, None)
        _LOG.info("channel %s: timeline %s of the rollback at entry %s", name, digest[:12], index)

    async def _document(
        self, state: State, name: str, deeds: Sequence[Deed], index: int
    ) -> tuple[dict[str, canonical.Json], _Affected]:
        parts = self._parts
        rollback = next(deed for deed in deeds if deed.index == index)
        move = rollback.statement
        if not isinstance(move, Move):
            raise TypeError("a timeline is of a move")
        taken_out = sorted({move.from_id} | {known for known, at in state.banned_releases.items() if at == index})
        before = [deed for deed in deeds if deed.index < index]
        change_id = _change_of(before, move.from_id)
        rollouts = {item.change_id: item for item in await parts.rollouts.latest(name, 50)}
        first = rollouts[change_id].first_idx if change_id in rollouts else None
        affected = await self._affected(name, frozenset(taken_out), first)
        points = await parts.rollouts.points(change_id)
        document: dict[str, canonical.Json] = {
            "kind": TIMELINE_KIND,
            "v": 1,
            "channel": name,
            "rolled_back": {**_moved(rollback, move), "cause": move.cause},
            "taken_out": taken_out,
            "returned_to": move.to_id,
            "bans": sorted(digest for digest, ban in state.bans.items() if ban.index == index),
            "diff": self._diff(move),
            "moves": [
                _moved(deed, deed.statement)
                for deed in before
                if isinstance(deed.statement, Move) and deed.statement.change == change_id
            ],
            "signals": [_point(point) for point in _thinned(points)],
            "turns": {
                "log": parts.log,
                "log_id": parts.log_id,
                "count": affected.count,
                "withdrawn": affected.withdrawn,
                "leaves": [list(pair) for pair in affected.ranges[:_MAX_RANGES]],
                "is_whole": len(affected.ranges) <= _MAX_RANGES,
            },
        }
        change = _change(state, change_id)
        return document | ({"change": change} if change else {}), affected

    def _diff(self, move: Move) -> list[canonical.Json]:
        """Return every field in which what was taken out differs from what serves again."""
        try:
            good, bad = (self._parts.governance.release(item) for item in (move.to_id, move.from_id))
        except VeraxError:
            return []  # its blob is gone: the fold would have stopped, so it never was one
        return [
            {"path": item.path}
            | ({"good": item.before} if item.before is not None else {})
            | ({"bad": item.after} if item.after is not None else {})
            for item in diff_releases(good, bad)
        ]

    async def _affected(self, name: str, taken_out: frozenset[str], first: int | None) -> _Affected:
        """Look back through the reply log; without a known beginning, until a whole batch has none."""
        parts = self._parts
        index = await parts.rollouts.next_index(parts.log_id)
        leaves: list[int] = []
        withdrawn = 0
        while index > (first or 0):
            rows = await parts.rollouts.records_before(parts.log_id, index, _BATCH)
            found = [
                (at, record)
                for at, record in rows
                if record["channel"] == name and record["release"] in taken_out and record["arm"] != "preview"
            ]
            leaves += [at for at, _ in found]
            withdrawn += sum(record["status"] == "withdrawn" for _, record in found)
            if not rows or (first is None and not found):
                break
            index = rows[-1][0]
        ordered = sorted(leaf for leaf in leaves if leaf >= (first or 0))
        return _Affected(_ranges(ordered), len(ordered), withdrawn)


def _ranges(ordered: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return runs of neighbouring numbers as pairs of first and last."""
    found: list[list[int]] = []
    for number in ordered:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return tuple((first, last) for first, last in found)


def _change_of(deeds: Sequence[Deed], release_id: str) -> str:
    """Return the change whose admission brought `release_id`, the latest one; empty for none."""
    for deed in reversed(deeds):
        if isinstance(deed.statement, Move) and deed.statement.act == "admit" and deed.statement.to_id == release_id:
            return deed.statement.change
    return ""


def _change(state: State, change_id: str) -> dict[str, canonical.Json]:
    known = state.changes.get(change_id)
    if known is None:
        return {}
    return {
        "id": known.id,
        "index": known.index,
        "authors": sorted(known.signers),
        "reason": known.reason,
        "candidate": known.candidate,
        "base": known.base,
        "reviews": [
            {"person": person, "approves": opinion.approves, "index": opinion.index, "unban": sorted(opinion.unban)}
            for person, opinion in sorted(known.opinions.items())
        ],
        "gates": [
            {"suite": suite, "passed": result.passed, "n": result.n, "index": result.index, "report": result.report}
            for suite, result in sorted(known.gates.items())
        ],
    }


def _moved(deed: Deed, move: Move) -> dict[str, canonical.Json]:
    return {
        "index": deed.index,
        "act": move.act,
        "share_bp": move.share_bp,
        "by": list(deed.persons),
        "time_ms": move.basis.time_ms,
    }


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    if len(points) <= _MAX_POINTS:
        return points
    every = len(points) / _MAX_POINTS
    return [points[int(place * every)] for place in range(_MAX_POINTS - 1)] + [points[-1]]


def _point(point: Point) -> dict[str, canonical.Json]:
    return {"at_ms": point.at_ms, "figures": _plain(point.data)}


def _plain(value: Any) -> canonical.Json:
    """Return `value` with its decimals as strings: canonical bytes hold no floats."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return repr(value) if isinstance(value, float) else value
