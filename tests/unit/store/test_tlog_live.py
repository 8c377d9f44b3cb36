"""A log beside an event loop: nothing blocks, nothing promised is forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from verax.kernel.errors import IntegrityError, RolledBack, StorageError, StoreFull, UnknownObject
from verax.kernel.merkle import leaf_hash
from verax.kernel.note import parse_verifier_keys
from verax.kernel.proof import verify_proof
from verax.store.database import Database, open_database
from verax.store.tlog import TileLog
from verax.store.tlog_live import LiveLog, Pace
from verax.testing.clock import VirtualClock
from verax.testing.disk import UnsyncedDisk, unsynced_vfs
from verax.testing.logs import fixed_entries, reply_spec

FAST = Pace(interval_s=0.001, retry_s=0.001)
LIMIT_S = 20.0


class _SwitchDisk(UnsyncedDisk):
    """A disk that can be full, or hang until it is let go."""

    def __init__(self) -> None:
        self.is_full = False
        self.go = threading.Event()
        self.go.set()
        self.reached = threading.Event()

    def write_synced(self, path: Path, data: bytes) -> None:
        self.reached.set()
        self.go.wait(LIMIT_S)
        if self.is_full:
            raise StoreFull(f"{path}: no room on the disk")
        super().write_synced(path, data)


class _Bench:
    def __init__(self, tmp_path: Path) -> None:
        self.db: Database = open_database(tmp_path / "verax.db", vfs=unsynced_vfs())
        self.disk = _SwitchDisk()
        self.clock = VirtualClock()
        self.spec = reply_spec(tmp_path / "log")
        self.log = TileLog.open(self.db, self.spec, disk=self.disk)
        self.live = LiveLog(self.db, self.log, FAST, self.clock)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[_Bench]:
    bench = _Bench(tmp_path)
    bench.live.start()
    yield bench
    bench.disk.go.set()
    await bench.live.close()
    bench.db.close()


async def _published(live: LiveLog, index: int) -> None:
    """Wait through failures until the entry is in the published tree."""
    async with asyncio.timeout(LIMIT_S):
        while index >= live.published.size:
            with contextlib.suppress(StoreFull):
                await live.wait_published(index, LIMIT_S)


async def test_entries_are_published_soon_after_they_are_acknowledged(bench: _Bench) -> None:
    entries = fixed_entries(30)
    ranges = await asyncio.gather(*(bench.live.append([entry]) for entry in entries))
    assert sorted(index for found in ranges for index in found) == list(range(30))
    await bench.live.wait_published(29, LIMIT_S)
    for entry, found in zip(entries, ranges, strict=True):
        proof = await bench.live.prove(found[0])
        verify_proof(proof, leaf_hash(entry), bench.spec.origin, bench.spec.verifiers)


async def test_what_is_served_is_the_public_face_of_the_log(bench: _Bench) -> None:
    await bench.live.append(fixed_entries(3))
    await bench.live.wait_published(2, LIMIT_S)
    assert parse_verifier_keys(bench.live.keys().decode()) == bench.spec.verifiers
    assert await bench.live.tile("checkpoint") == bench.live.checkpoint()
    assert len(await bench.live.tile("tile/0/000.p/3")) == 96
    assert await bench.live.consistency(0) == []
    with pytest.raises(UnknownObject):
        await bench.live.tile("tile/0/001")


async def test_entries_of_an_earlier_process_are_integrated_at_start(tmp_path: Path) -> None:
    bench = _Bench(tmp_path)
    bench.log.append_now(fixed_entries(5))
    bench.live.start()
    bench.live.start()
    await bench.live.wait_published(4, LIMIT_S)
    await bench.live.close()
    bench.db.close()


async def test_closing_integrates_what_is_left(tmp_path: Path) -> None:
    bench = _Bench(tmp_path)
    bench.live.start()
    await bench.live.append(fixed_entries(5))
    await bench.live.close()
    await bench.live.close()
    assert bench.log.published.size == 5
    with pytest.raises(StorageError, match="nothing integrates it"):
        bench.live.check_accepting()
    bench.db.close()


async def test_a_log_that_was_not_started_takes_nothing(tmp_path: Path) -> None:
    bench = _Bench(tmp_path)
    with pytest.raises(StorageError, match="nothing integrates it"):
        await bench.live.append(fixed_entries(1))
    await bench.live.close()
    bench.db.close()


async def test_a_full_disk_refuses_new_entries_serves_the_log_and_heals(bench: _Bench) -> None:
    await bench.live.append(fixed_entries(3))
    await bench.live.wait_published(2, LIMIT_S)
    bench.disk.is_full = True
    await bench.live.append(fixed_entries(1, 3))
    with pytest.raises(StoreFull):
        await bench.live.wait_published(3, LIMIT_S)
    assert bench.live.fault is not None
    for _ in range(2):
        with pytest.raises(StoreFull):
            await bench.live.append(fixed_entries(1, 4))
    assert len(await bench.live.tile("tile/0/000.p/3")) == 96
    bench.disk.is_full = False
    await _published(bench.live, 3)
    assert bench.live.fault is None
    await bench.live.append(fixed_entries(1, 4))


async def test_the_event_loop_goes_on_while_the_disk_hangs_and_a_long_stall_refuses_new_entries(bench: _Bench) -> None:
    await bench.live.append(fixed_entries(1))
    await bench.live.wait_published(0, LIMIT_S)
    bench.disk.go.clear()
    bench.disk.reached.clear()
    await bench.live.append(fixed_entries(1, 1))
    assert await asyncio.to_thread(bench.disk.reached.wait, LIMIT_S)
    bench.live.check_accepting()
    bench.clock.advance(21)
    with pytest.raises(StorageError, match="entries wait for integration since 21 s"):
        bench.live.check_accepting()
    assert (await bench.live.prove(0)).index == 0
    bench.disk.go.set()
    await bench.live.wait_published(1, LIMIT_S)
    bench.live.check_accepting()


async def test_an_integrity_error_stops_the_log_for_good_and_it_is_still_served(bench: _Bench) -> None:
    await bench.live.append(fixed_entries(2))
    await bench.live.wait_published(1, LIMIT_S)
    await bench.db.write(lambda tx: tx.execute("UPDATE log_entries SET entry = ? WHERE idx = 0", (b"z" * 32,)))
    await bench.live.append(fixed_entries(1, 2))
    with pytest.raises(RolledBack):
        await bench.live.wait_published(2, LIMIT_S)
    with pytest.raises(IntegrityError):
        bench.live.check_accepting()
    assert len(await bench.live.tile("tile/0/000.p/2")) == 64
    assert bench.log.published.size == 2


async def test_waiting_has_a_limit(bench: _Bench) -> None:
    with pytest.raises(StorageError, match="not published within"):
        await bench.live.wait_published(10, 0.01)
