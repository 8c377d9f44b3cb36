"""Logs, turns and receipts on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from verax.kernel.errors import RolledBack
from verax.kernel.merkle import leaf_hash
from verax.kernel.receipt import Receipt, verify_receipt
from verax.store.database import Database
from verax.store.receipts import Receipts
from verax.store.replies import ReplyLog
from verax.store.tlog import TileLog
from verax.store.tlog_live import LiveLog, Pace
from verax.store.turns import FinishedTurn, OpenTurn, TurnStore
from verax.testing.clock import VirtualClock
from verax.testing.disk import UnsyncedDisk
from verax.testing.logs import NAME, fixed_entries, reply_spec, sample_record, sample_secret, signer

LIMIT_S = 60.0


@pytest.fixture
async def live(database: Database, tmp_path: Path) -> AsyncIterator[LiveLog]:
    log = LiveLog(
        database, TileLog.open(database, reply_spec(tmp_path / "log"), disk=UnsyncedDisk()), Pace(interval_s=0.001)
    )
    log.start()
    yield log
    await log.close()


async def test_many_writers_get_indices_without_gaps(live: LiveLog) -> None:
    entries = fixed_entries(200)
    ranges = await asyncio.gather(*(live.append(entries[start : start + 2]) for start in range(0, 200, 2)))
    assert sorted(index for found in ranges for index in found) == list(range(200))
    await live.wait_published(199, LIMIT_S)
    published = live.log.entries_now(0, 200)
    assert all(published[found[0]] == entries[2 * place] for place, found in enumerate(ranges))


async def test_a_log_reopens_and_a_changed_entry_is_refused(database: Database, live: LiveLog, tmp_path: Path) -> None:
    await live.append(fixed_entries(300))
    await live.wait_published(299, LIMIT_S)
    spec = reply_spec(tmp_path / "log")
    assert TileLog.open(database, spec).published.root == live.published.root
    await database.write(lambda tx: tx.execute("UPDATE log_entries SET entry = ? WHERE idx = 7", (b"z" * 32,)))
    with pytest.raises(RolledBack, match="entry 7 is not the one that was published"):
        TileLog.open(database, spec)


async def test_turns_get_receipts_are_recovered_and_erased(database: Database, live: LiveLog) -> None:
    clock = VirtualClock()
    replies = ReplyLog(live, signer(f"{NAME}/promise"), clock)
    turns = TurnStore(database, replies, clock)
    receipts = Receipts(turns, replies)
    for number in range(3):
        await turns.open(OpenTurn("ann", "", sample_secret(number), sample_record(number)))
    for number in range(2):
        data = f"reply {number}".encode()
        await turns.finish(FinishedTurn(sample_record(number, data, status="complete"), data))
    assert await turns.recover() == 1
    await live.wait_published(2, LIMIT_S)
    receipt = Receipt.parse(await receipts.receipt(sample_record(1).id, ["reply"]))
    assert verify_receipt(receipt, live.log.verifiers, b"reply 1").is_verified
    assert (await receipts.status(sample_record(2).id)).record["status"] == "failed"
    erasure = await turns.erase(await turns.ids_of("ann"), "ann")
    assert erasure is not None
    assert (erasure.count, await turns.ids_of("ann")) == (3, [])
    await live.wait_published(erasure.index, LIMIT_S)
    assert (await live.prove(erasure.index)).index == 3
    assert live.log.root_at(3) != leaf_hash(b"")
