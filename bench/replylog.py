"""Fills a reply log, measures how fast it takes entries and publishes them, audits it, starts with it.

    python -m bench.replylog [OUTPUT.json] [--quick]

Figures:

* ``entries_per_s``: single entries, each awaited until durable, `_WRITERS` at once.
* ``turns_per_s``: whole turns (open row, record, promise, entry), each awaited, as a server does.
* ``integrate_ms``: from the moment an entry is durable until a checkpoint covers it, under that
  load; median, 99th percentile and largest over a sample.
* ``start_s``: opening a log of that size: every entry hashed again, every mark compared.
* ``next_start_s``: the same once more; tiles whose entries are the same to the byte are taken over.
* ``audit_s``: every bundle, tile and the signed root recomputed from the files.
* ``receipt_ms``, ``verify_ms``: making one receipt in that log, and checking it.
* ``fsync_ms``: the disk itself, before the run.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import describe
from bench.output import output_of, write_result
from verax.kernel.checkpoint import open_checkpoint
from verax.kernel.note import NoteSigner
from verax.kernel.receipt import Receipt, verify_receipt
from verax.kernel.record import Record, TurnSecret
from verax.store.clock import SystemClock
from verax.store.database import Database, open_database
from verax.store.receipts import Receipts
from verax.store.replies import ReplyLog
from verax.store.tlog import LogSpec, TileLog
from verax.store.tlog_live import LiveLog
from verax.store.turns import FinishedTurn, OpenTurn, TurnStore
from verax.surfaces.cli.treeaudit import audit_tree
from verax.testing.logs import sample_record, sample_secret

_NAME = "bench/abcdefghijklmnopqrstuvwxyz"
_ORIGIN = f"{_NAME}/replies/0"
_WRITERS = 256
_REPLY = b"Hamlet was written by William Shakespeare."
_STEP = 50_000


@dataclass(frozen=True, slots=True)
class _Amounts:
    """How much of each is done."""

    entries: int
    turns: int
    log: int


class _FolderOfOneLog:
    """The files of one log, for the audit."""

    name = "the log's folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """Return a file below the log's prefix."""
        try:
            return (self._folder / path.removeprefix("replies/0/")).read_bytes()
        except FileNotFoundError:
            return None


def main(arguments: list[str]) -> int:
    """Measure and write the figures as JSON."""
    result = {"suite": "replylog", "machine": describe(), **measure("--quick" in arguments)}
    write_result(result, output_of(arguments))
    return 0


def measure(quick: bool) -> dict[str, Any]:
    """Return every figure of the suite, in a folder of its own."""
    amounts = _Amounts(5_000, 1_000, 50_000) if quick else _Amounts(50_000, 10_000, 1_000_000)
    with tempfile.TemporaryDirectory(prefix="verax-bench-") as name:
        found = asyncio.run(_measure(Path(name), amounts))
    found["table"] = [
        _row("durable entries per second", ">= 5000", found["entries_per_s"]),
        _row("from durable to published, ms (99th percentile)", "< 1000", found["integrate_ms"]["p99"]),
        _row(f"audit of {found['log_entries']} replies, s", "< 60", found["audit_s"]),
        _row("verifying a receipt in the server, ms", "< 5", found["verify_ms"]["p50"]),
    ]
    return found


async def _measure(folder: Path, amounts: _Amounts) -> dict[str, Any]:
    found: dict[str, Any] = {"log_entries": amounts.log, "fsync_ms": _time_fsync(folder)}
    db = open_database(folder / "verax.db")
    log = TileLog.open(db, _spec(folder))
    live = LiveLog(db, log)
    live.start()
    found |= await _time_entries(live, amounts.entries)
    found |= await _time_turns(db, live, amounts.turns)
    await live.close()
    found["fill_s"] = _fill(log, amounts.log)
    db.close()
    db = open_database(folder / "verax.db")
    for name in ("start_s", "next_start_s"):
        started_s = time.perf_counter()
        log = TileLog.open(db, _spec(folder))
        found[name] = round(time.perf_counter() - started_s, 2)
    found |= _time_audit(log)
    live = LiveLog(db, log)
    found |= await _time_receipts(db, live)
    await live.close()
    db.close()
    return found


def _spec(folder: Path) -> LogSpec:
    return LogSpec(1, _ORIGIN, folder / "log", (NoteSigner(_ORIGIN, bytes(32)),))


async def _time_entries(live: LiveLog, count: int) -> dict[str, Any]:
    """Append single entries from many writers; every 50th also waits until it is published."""
    waits_ms: list[float] = []
    watchers: list[asyncio.Task[None]] = []

    async def watch(index: int) -> None:
        started_s = time.perf_counter()
        await live.wait_published(index, 60)
        waits_ms.append((time.perf_counter() - started_s) * 1000)

    async def write(number: int) -> None:
        index = (await live.append([hashlib.sha256(number.to_bytes(8, "big")).digest()]))[0]
        if number % 50 == 0:
            watchers.append(asyncio.create_task(watch(index)))

    seconds = await _from_many(write, count)
    await asyncio.gather(*watchers)
    return {"entries_per_s": round(count / seconds), "integrate_ms": _summary(waits_ms)}


async def _time_turns(db: Database, live: LiveLog, count: int) -> dict[str, Any]:
    clock = SystemClock()
    turns = TurnStore(db, ReplyLog(live, NoteSigner(f"{_NAME}/promise", bytes(32)), clock), clock)

    async def run(number: int) -> None:
        secret, record = _record(number)
        await turns.open(OpenTurn("bench", "", secret, _failed(record, secret)))
        await turns.finish(FinishedTurn(record, _REPLY))

    return {"turns_per_s": round(count / await _from_many(run, count))}


async def _from_many(call: Callable[[int], Awaitable[None]], count: int) -> float:
    """Run `call` for each number from `_WRITERS` tasks; return the seconds it took."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await call(number)

    started_s = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(_WRITERS)))
    return time.perf_counter() - started_s


def _fill(log: TileLog, size: int) -> float:
    started_s = time.perf_counter()
    while log.published.size < size:
        start = log.published.size
        stop = min(size, start + _STEP)
        log.append_now([hashlib.sha256(number.to_bytes(8, "big")).digest() for number in range(start, stop)])
        log.integrate_now()
    return round(time.perf_counter() - started_s, 2)


def _time_audit(log: TileLog) -> dict[str, Any]:
    source = _FolderOfOneLog(log.folder)
    started_s = time.perf_counter()
    checkpoint = open_checkpoint((log.folder / "checkpoint").read_bytes(), _ORIGIN, log.verifiers)
    audited = audit_tree(source, "replies/0", checkpoint)
    if audited.size != log.published.size:
        raise RuntimeError(f"expected an audit of {log.published.size} entries, found {audited.size}")
    return {"audit_s": round(time.perf_counter() - started_s, 2)}


async def _time_receipts(db: Database, live: LiveLog) -> dict[str, Any]:
    clock = SystemClock()
    replies = ReplyLog(live, NoteSigner(f"{_NAME}/promise", bytes(32)), clock)
    receipts = Receipts(TurnStore(db, replies, clock), replies)
    made_ms: list[float] = []
    verified_ms: list[float] = []
    size = 0
    for number in range(200):
        started_s = time.perf_counter()
        data = await receipts.receipt(_record(number)[1].id, ["reply"])
        made_ms.append((time.perf_counter() - started_s) * 1000)
        size = max(size, len(data))
        started_s = time.perf_counter()
        if not verify_receipt(Receipt.parse(data), live.log.verifiers, _REPLY).is_verified:
            raise RuntimeError("expected a receipt that verifies")
        verified_ms.append((time.perf_counter() - started_s) * 1000)
    return {"receipt_ms": _summary(made_ms), "verify_ms": _summary(verified_ms), "receipt_bytes": size}


def _record(number: int) -> tuple[TurnSecret, Record]:
    return sample_secret(number), sample_record(number, _REPLY, log=_ORIGIN, status="complete")


def _failed(record: Record, secret: TurnSecret) -> Record:
    return Record.from_dict({**record.to_dict(), "status": "failed", "reply": secret.commit("reply", b"")})


def _time_fsync(folder: Path) -> dict[str, float]:
    times_ms: list[float] = []
    with (folder / "probe").open("wb") as file:
        for _ in range(100):
            file.write(bytes(4096))
            file.flush()
            started_s = time.perf_counter()
            os.fsync(file.fileno())
            times_ms.append((time.perf_counter() - started_s) * 1000)
    return _summary(times_ms)


def _summary(times_ms: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times_ms)
    return {
        "n": len(ordered),
        "p50": round(statistics.median(ordered), 3),
        "p99": round(ordered[int(len(ordered) * 0.99)], 3),
        "max": round(ordered[-1], 3),
    }


def _row(name: str, aim: str, value: float) -> dict[str, Any]:
    return {"figure": name, "aim": aim, "reached": round(value, 2)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
