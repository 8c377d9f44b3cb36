"""What the monitor of a rollout reads, and the little it remembers.

* Finished turns are read in the order of their leaves, so that any process sees the same ones
  in the same order, and a monitor that starts anew counts them again to the same result.
* Texts are read from the turns themselves, so an erased turn is gone from here at once. What
  is written down are sums over users.
* What this keeps is bounded: `MAX_POINTS` a rollout, and the newest `MAX_ROLLOUTS` of a channel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verax.store.database import Database, Row, Tx

__all__ = ["MAX_POINTS", "MAX_ROLLOUTS", "FinishedRow", "Point", "Rollout", "Rollouts"]

MAX_POINTS = 1_000
MAX_ROLLOUTS = 50

_COLUMNS = (
    "change_id, channel, release_id, base_id, log_id, first_idx, share_bp, started_ms, share_since_ms, ended_ms,"
    " outcome"
)
_INSERT = f"INSERT INTO rollouts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"  # noqa: S608 - constant columns
_SELECT = f"SELECT {_COLUMNS} FROM rollouts"  # noqa: S608 - constant columns
_TURNS = "SELECT idx, id, user_id, record, reply, segments, duration_ms, marks FROM turns WHERE log_id = ? AND idx"


@dataclass(frozen=True, slots=True)
class Rollout:
    """A canary that a monitor watches or has watched.

    Attributes:
        first_idx: Turns from this leaf of reply log `log_id` on may count.
        share_since_ms: When its present share began.
        ended_ms: None while it runs.
        outcome: Empty while it runs, then ``full``, ``rolled_back``, ``replaced`` or ``frozen``.
    """

    change_id: str
    channel: str
    release_id: str
    base_id: str
    log_id: int
    first_idx: int
    share_bp: int
    started_ms: int
    share_since_ms: int
    ended_ms: int | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class FinishedRow:
    """A finished turn as it lies in the database, unchecked: it feeds statistics, not answers.

    Attributes:
        record: The reply record as plain objects.
        reply: What was delivered; None for a turn that a dead process left.
        inputs: Texts of the prompt that neither the release nor this assistant wrote.
        guard: Findings of the guard by category.
        claims: Verdicts by kind.
    """

    index: int
    turn_id: str
    user_id: str
    record: Mapping[str, Any]
    reply: bytes | None
    inputs: Sequence[str]
    duration_ms: int
    guard: Mapping[str, int]
    claims: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Point:
    """Signals of a rollout at one moment."""

    at_ms: int
    data: Mapping[str, Any]


class Rollouts:
    """Reads turns for the monitor, and keeps its rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, rollout: Rollout) -> Rollout:
        """Write down a rollout that began, unless it is known; return what is written."""

        def begin(tx: Tx) -> Rollout:
            tx.execute(
                _INSERT,
                (
                    rollout.change_id,
                    rollout.channel,
                    rollout.release_id,
                    rollout.base_id,
                    rollout.log_id,
                    rollout.first_idx,
                    rollout.share_bp,
                    rollout.started_ms,
                    rollout.share_since_ms,
                    rollout.ended_ms,
                    rollout.outcome,
                ),
            )
            _drop_old(tx, rollout.channel)
            found = tx.execute(f"{_SELECT} WHERE change_id = ?", (rollout.change_id,))
            return Rollout(*found[0])

        return await self._database.write(begin)

    async def step(self, change_id: str, share_bp: int, now_ms: int) -> None:
        """Write down that the share was raised."""
        sql = "UPDATE rollouts SET share_bp = ?, share_since_ms = ? WHERE change_id = ? AND share_bp < ?"
        await self._database.write(lambda tx: tx.execute(sql, (share_bp, now_ms, change_id, share_bp)))

    async def end(self, change_id: str, outcome: str, now_ms: int) -> None:
        """Write down how a rollout ended."""
        sql = "UPDATE rollouts SET ended_ms = ?, outcome = ? WHERE change_id = ? AND ended_ms IS NULL"
        await self._database.write(lambda tx: tx.execute(sql, (now_ms, outcome, change_id)))

    async def running(self) -> list[Rollout]:
        """Return the rollouts that have not ended."""
        sql = f"{_SELECT} WHERE ended_ms IS NULL ORDER BY started_ms, change_id"
        return [Rollout(*row) for row in await self._database.read(lambda tx: tx.execute(sql))]

    async def latest(self, channel: str, limit: int = 20) -> list[Rollout]:
        """Return the newest rollouts of a channel, newest first."""
        sql = f"{_SELECT} WHERE channel = ? ORDER BY started_ms DESC, change_id LIMIT ?"
        return [Rollout(*row) for row in await self._database.read(lambda tx: tx.execute(sql, (channel, limit)))]

    async def next_index(self, log_id: int) -> int:
        """Return the index that the next leaf of a log gets."""
        rows = await self._database.read(lambda tx: tx.execute("SELECT appended FROM logs WHERE id = ?", (log_id,)))
        return int(rows[0][0]) if rows else 0

    async def turns_from(self, log_id: int, index: int, limit: int) -> list[FinishedRow]:
        """Return finished turns from leaf `index` on, in order."""
        sql = f"{_TURNS} >= ? ORDER BY idx LIMIT ?"
        return _rows(await self._database.read(lambda tx: tx.execute(sql, (log_id, index, limit))))

    async def turns_before(self, log_id: int, index: int, limit: int) -> list[FinishedRow]:
        """Return finished turns before leaf `index`, newest first."""
        sql = f"{_TURNS} < ? ORDER BY idx DESC LIMIT ?"
        return _rows(await self._database.read(lambda tx: tx.execute(sql, (log_id, index, limit))))

    async def records_before(self, log_id: int, index: int, limit: int) -> list[tuple[int, Mapping[str, Any]]]:
        """Return leaf and record of finished turns before leaf `index`, newest first."""
        sql = "SELECT idx, record FROM turns WHERE log_id = ? AND idx < ? ORDER BY idx DESC LIMIT ?"
        rows = await self._database.read(lambda tx: tx.execute(sql, (log_id, index, limit)))
        return [(row[0], json.loads(row[1])) for row in rows]

    async def open_turns(self) -> list[Mapping[str, Any]]:
        """Return the drafts of turns that are still running, as plain objects."""
        rows = await self._database.read(lambda tx: tx.execute("SELECT draft FROM turns WHERE record IS NULL"))
        return [json.loads(row[0]) for row in rows]

    async def turn_ids(self, log_id: int, ranges: Sequence[tuple[int, int]], releases: frozenset[str]) -> list[str]:
        """Return the ids of turns under `releases` whose leaves lie in `ranges`, both ends included."""
        sql = "SELECT id, record FROM turns WHERE log_id = ? AND idx >= ? AND idx <= ? ORDER BY idx"

        def read(tx: Tx) -> list[str]:
            rows = (row for first, last in ranges for row in tx.execute(sql, (log_id, first, last)))
            return [turn_id for turn_id, record in rows if json.loads(record)["release"] in releases]

        return await self._database.read(read)

    async def add_point(self, change_id: str, point: Point) -> None:
        """Keep the signals of one moment; when there are too many, every second one goes."""
        data = json.dumps(point.data, separators=(",", ":"), sort_keys=True)

        def add(tx: Tx) -> None:
            sql = "INSERT INTO rollout_points (change_id, at_ms, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            tx.execute(sql, (change_id, point.at_ms, data))
            rows = tx.execute("SELECT at_ms FROM rollout_points WHERE change_id = ? ORDER BY at_ms", (change_id,))
            if len(rows) > MAX_POINTS:
                gone = [(change_id, row[0]) for row in rows[1:-1:2]]
                tx.execute_many("DELETE FROM rollout_points WHERE change_id = ? AND at_ms = ?", gone)

        await self._database.write(add)

    async def points(self, change_id: str) -> list[Point]:
        """Return the signals of a rollout over time, oldest first."""
        sql = "SELECT at_ms, data FROM rollout_points WHERE change_id = ? ORDER BY at_ms"
        rows = await self._database.read(lambda tx: tx.execute(sql, (change_id,)))
        return [Point(at_ms, json.loads(data)) for at_ms, data in rows]

    async def keep_timeline(self, index: int, channel: str, digest: str, now_ms: int) -> None:
        """Write down that a document about the rollback at entry `index` exists."""
        row = (index, channel, digest, now_ms)
        sql = "INSERT INTO timelines (rollback_idx, channel, digest, created_ms) VALUES (?, ?, ?, ?)"
        await self._database.write(lambda tx: tx.execute(f"{sql} ON CONFLICT DO NOTHING", row))

    async def timelines(self, channel: str) -> list[tuple[int, str]]:
        """Return entry and digest of every timeline of a channel, newest first."""
        sql = "SELECT rollback_idx, digest FROM timelines WHERE channel = ? ORDER BY rollback_idx DESC"
        rows = await self._database.read(lambda tx: tx.execute(sql, (channel,)))
        return [(row[0], row[1]) for row in rows]


def _rows(rows: Sequence[Row]) -> list[FinishedRow]:
    return [_finished(row) for row in rows if row[3] is not None]


def _finished(row: Row) -> FinishedRow:
    index, turn_id, user_id, record, reply, segments, duration_ms, marks = row
    inputs = [part["text"] for part in json.loads(segments) if part["by"] not in ("release", "clock", "assistant")]
    found = json.loads(marks) if marks else {}
    return FinishedRow(
        index=index,
        turn_id=turn_id,
        user_id=user_id,
        record=json.loads(record),
        reply=reply,
        inputs=inputs,
        duration_ms=duration_ms or 0,
        guard=found.get("guard", {}),
        claims=found.get("claims", {}),
    )


def _drop_old(tx: Tx, channel: str) -> None:
    sql = "SELECT change_id FROM rollouts WHERE channel = ? AND ended_ms IS NOT NULL ORDER BY started_ms DESC"
    old = [(row[0],) for row in tx.execute(sql, (channel,))[MAX_ROLLOUTS:]]
    tx.execute_many("DELETE FROM rollout_points WHERE change_id = ?", old)
    tx.execute_many("DELETE FROM rollouts WHERE change_id = ?", old)
