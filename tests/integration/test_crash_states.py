"""A loss of power at any moment: nothing acknowledged is lost, nothing half-written is served.

`kill -9` cannot show this, since the page cache survives it. So the order of every write,
sync, rename and removal is recorded, of SQLite's files and of the log's, and each state that
a crash may leave is made and opened again. A disk that only pretends to sync shows that the
simulation would notice a missing one.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from verax.kernel import merkle
from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.errors import VeraxError
from verax.kernel.note import sign_note
from verax.kernel.promise import open_promise
from verax.kernel.proof import verify_proof
from verax.kernel.record import entry_of
from verax.kernel.tiles import tiles_between
from verax.store import tlog
from verax.store.database import Database, Tx, open_database
from verax.store.disk import Disk, publish
from verax.store.replies import ReplyLog
from verax.store.tlog import TileLog
from verax.store.tlog_live import LiveLog, Pace
from verax.store.tlog_rows import LogRow, TreeHead, open_row, read_row
from verax.store.turns import FinishedTurn, OpenTurn, TurnStore
from verax.testing.clock import VirtualClock
from verax.testing.crash import CrashState, SimulatedDisk, crash_states
from verax.testing.disk import Operation, RecordingDisk, Trace, UnsyncedDisk, recording_vfs, unsynced_vfs
from verax.testing.logs import NAME, fixed_entries, reply_spec, sample_record, sample_secret, signer

DATABASE = "verax.db"
LOG = "log"


@dataclass
class _Recording:
    """A workload as operations, and what was on disk before it."""

    base: dict[str, bytes]
    operations: list[Operation] = field(default_factory=list)


@dataclass(frozen=True)
class _Duty:
    """What a store owes after a crash: entries it acknowledged, trees it let anybody see."""

    acknowledged: int
    visible: tuple[Checkpoint, ...]


def _append_and_integrate(log: TileLog, trace: Trace, steps: Sequence[int]) -> None:
    for step in steps:
        start = log.published.size + log.pending_now()
        log.append_now(fixed_entries(step, start))
        trace.mark("acknowledged", str(start + step).encode())
        log.integrate_now()


def _record(
    root: Path, deaf_to: Callable[[str], bool] = lambda _path: False, disks: list[RecordingDisk] | None = None
) -> _Recording:
    """Run the workload on a fresh folder: creation, growth over a tile's border, a WAL checkpoint."""
    root.mkdir()
    open_database(root / DATABASE).close()
    recording = _Recording({DATABASE: (root / DATABASE).read_bytes()})
    trace = Trace(root, deaf_to)
    with recording_vfs(trace) as vfs:
        db = open_database(root / DATABASE, vfs=vfs)
        disk = RecordingDisk(trace)
        if disks is not None:
            disks.append(disk)
        log = TileLog.open(db, reply_spec(root / LOG), disk=disk)
        _append_and_integrate(log, trace, [1, 3])
        db.truncate_wal_now()
        _append_and_integrate(log, trace, [251, 2])
        log.append_now(fixed_entries(2, 257))
        trace.mark("acknowledged", b"259")
        recording.operations.extend(trace.operations)
        db.close()
    return recording


def _duties(operations: Sequence[Operation]) -> Iterator[_Duty]:
    """Yield the duty after each operation; a checkpoint is visible from its rename on."""
    acknowledged, visible, written = 0, (), b""
    keys = reply_spec(Path()).verifiers
    for operation in operations:
        if operation.kind == "mark":
            acknowledged = int(operation.data)
        elif operation.kind == "write" and operation.path.endswith(".checkpoint.tmp"):
            written = operation.data
        elif operation.kind == "rename" and operation.target.endswith("checkpoint"):
            visible = (*visible, open_checkpoint(written, keys[0].name, keys))
        yield _Duty(acknowledged, visible)


def _reopen_and_check(root: Path, duty: _Duty, vfs: str) -> None:
    """Open what a crash left as a server would; raise where it owes something it does not have."""
    db = open_database(root / DATABASE, vfs=vfs)
    try:
        log = TileLog.open(db, reply_spec(root / LOG), disk=UnsyncedDisk())
        newest = duty.visible[-1].size if duty.visible else 0
        assert log.published.size >= newest, f"published {log.published.size}, somebody saw {newest}"
        _check_served(log)
        assert log.integrate_now() >= duty.acknowledged, f"{duty.acknowledged} entries were acknowledged"
        _check_served(log)
        for checkpoint in duty.visible:
            assert log.root_at(checkpoint.size) == checkpoint.root, f"no prefix at {checkpoint.size}"
        entries = log.entries_now(0, log.published.size)
        assert entries == fixed_entries(len(entries)), "an entry came back as another"
        assert log.damaged_tiles() == []
    finally:
        db.close()


def _check_served(log: TileLog) -> None:
    published = log.published
    checkpoint = open_checkpoint(log.read_now("checkpoint"), log.origin, log.verifiers)
    assert (checkpoint.size, checkpoint.root) == (published.size, published.root)
    assert (log.folder / "checkpoint").read_bytes() == published.checkpoint
    for address in tiles_between(0, published.size):
        log.read_now(address.path)
    leaves = [merkle.leaf_hash(entry) for entry in log.entries_now(0, published.size)]
    assert merkle.tree_root(leaves) == published.root


def _broken(recording: _Recording, scratch: Path, *, stop_at: int = 1) -> list[str]:
    """Return what goes wrong in the crash states of a recording, at most `stop_at` of them."""
    duties = list(_duties(recording.operations))
    seen: set[tuple[bytes, int, int]] = set()
    found: list[str] = []
    vfs = unsynced_vfs()
    for state in crash_states(recording.operations, SimulatedDisk(dict(recording.base))):
        duty = duties[state.step - 1]
        key = (state.digest, duty.acknowledged, len(duty.visible))
        if key in seen:
            continue
        seen.add(key)
        problem = _problem(state, duty, scratch, vfs)
        if problem:
            found.append(problem)
        if len(found) >= stop_at:
            break
    return found


def _problem(state: CrashState, duty: _Duty, scratch: Path, vfs: str) -> str:
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    state.write_to(scratch)
    try:
        _reopen_and_check(scratch, duty, vfs)
    except (AssertionError, VeraxError) as error:
        return f"step {state.step}, {state.label}: {type(error).__name__}: {error}"
    return ""


def test_after_any_crash_nothing_acknowledged_is_lost_and_nothing_false_is_served(tmp_path: Path) -> None:
    recording = _record(tmp_path / "recorded")
    assert _broken(recording, tmp_path / "state") == []


_DEAF: dict[str, Callable[[str], bool]] = {
    "the write-ahead log": lambda path: path.endswith("-wal"),
    "the database, before its log is emptied": lambda path: path == DATABASE,
    "the contents of tiles": lambda path: "/tile/" in path and path.endswith(".tmp"),
    "the names of tiles": lambda path: path.startswith("log/tile/") and not path.endswith(".tmp"),
    "the name of the folder of tiles": lambda path: path == "log",
    "the content of the checkpoint": lambda path: path.endswith(".checkpoint.tmp"),
}


@pytest.mark.parametrize("what", _DEAF)
def test_the_simulation_notices_a_disk_that_does_not_sync(tmp_path: Path, what: str) -> None:
    recording = _record(tmp_path / "recorded", _DEAF[what])
    assert len(_broken(recording, tmp_path / "state")) == 1


def test_the_simulation_notices_a_signature_before_the_swap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swap = tlog.swap_head
    spec = reply_spec(tmp_path / "recorded" / LOG)

    def sign_then_swap(tx: Tx, log_id: int, old: TreeHead, new: TreeHead) -> bool:
        note = sign_note(Checkpoint(spec.origin, new.size, new.root).to_text(), *spec.signers)
        publish(disks[-1], {spec.folder / "checkpoint": note})
        return swap(tx, log_id, old, new)

    disks: list[RecordingDisk] = []
    monkeypatch.setattr(tlog, "swap_head", sign_then_swap)
    recording = _record(tmp_path / "recorded", disks=disks)
    monkeypatch.undo()
    assert len(_broken(recording, tmp_path / "state")) == 1


# A process that is killed, then a machine that loses power while the next one starts


def _broken_at_second_crash(recording: _Recording, scratch: Path) -> list[str]:
    """Kill the process before each sync of SQLite, start again, and lose power at any step of that."""
    duties = list(_duties(recording.operations))
    disk = SimulatedDisk(dict(recording.base))
    found: list[str] = []
    for step, operation in enumerate(recording.operations):
        if operation.kind == "sync" and DATABASE in operation.path:
            state = disk.state(step, "killed", lambda item: item.data)
            found += _second_crash(state, duties[step - 1], disk.fork(), scratch)
        disk.apply(operation)
    return found


def _second_crash(killed: CrashState, duty: _Duty, disk: SimulatedDisk, scratch: Path) -> list[str]:
    root = scratch / f"restart-{killed.step}"
    root.mkdir(parents=True)
    killed.write_to(root)
    trace = Trace(root)
    with recording_vfs(trace) as vfs:
        db = open_database(root / DATABASE, vfs=vfs)
        TileLog.open(db, reply_spec(root / LOG), disk=RecordingDisk(trace)).integrate_now()
        operations = list(trace.operations)
        db.close()
    vfs = unsynced_vfs()
    for state, later in zip(_lost_states(operations, disk), _duties(operations), strict=True):
        both = _Duty(duty.acknowledged, (*duty.visible, *later.visible))
        problem = _problem(state, both, scratch / "state", vfs)
        if problem:
            return [f"killed at {killed.step}, then {problem}"]
    return []


def _lost_states(operations: Sequence[Operation], disk: SimulatedDisk) -> Iterator[CrashState]:
    for step, operation in enumerate(operations, start=1):
        disk.apply(operation)
        yield disk.state(step, "all unsynced lost", lambda _item: None)


def test_a_kill_and_then_a_loss_of_power_during_the_restart_lose_nothing(tmp_path: Path) -> None:
    assert _broken_at_second_crash(_record(tmp_path / "recorded"), tmp_path / "second") == []


def test_the_simulation_notices_a_restart_that_trusts_what_was_never_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = _record(tmp_path / "recorded")
    monkeypatch.setattr(tlog, "open_row", _open_without_writing)
    assert _broken_at_second_crash(recording, tmp_path / "second") != []


def _open_without_writing(tx: Tx, log_id: int, origin: str) -> LogRow:
    if tx.execute("SELECT id FROM logs WHERE id = ?", (log_id,)):
        return read_row(tx, log_id)
    return open_row(tx, log_id, origin)


# Turns


@dataclass(frozen=True)
class _TurnDuty:
    """Turns that were opened, and turns whose promise was given, by number."""

    opened: frozenset[int] = frozenset()
    promised: dict[int, str] = field(default_factory=dict)


async def _run_turns(root: Path, trace: Trace, vfs: str) -> None:
    db = open_database(root / DATABASE, vfs=vfs)
    live, turns = _turn_store(db, root, RecordingDisk(trace))
    live.start()
    for number in range(3):
        await turns.open(OpenTurn("ann", "", sample_secret(number), sample_record(number)))
        trace.mark("opened", str(number).encode())
        if number != 1:
            data = f"reply {number}".encode()
            promise = await turns.finish(FinishedTurn(sample_record(number, data, status="complete"), data))
            trace.mark("promised", f"{number} {promise}".encode())
    await live.close()
    db.close()


def _turn_store(db: Database, root: Path, disk: Disk) -> tuple[LiveLog, TurnStore]:
    live = LiveLog(db, TileLog.open(db, reply_spec(root / LOG), disk=disk), Pace(interval_s=0.001))
    clock = VirtualClock()
    replies = ReplyLog(live, signer(f"{NAME}/promise"), clock)
    return live, TurnStore(db, replies, clock)


async def _recover_and_check(root: Path, duty: _TurnDuty, vfs: str) -> None:
    db = open_database(root / DATABASE, vfs=vfs)
    try:
        live, turns = _turn_store(db, root, UnsyncedDisk())
        await turns.recover()
        live.log.integrate_now()
        for number in duty.opened:
            turn = await turns.get(sample_record(number).id)
            leaf = merkle.leaf_hash(entry_of(turn.record))
            verify_proof(live.log.prove_now(turn.index), leaf, live.log.origin, live.log.verifiers)
            if number in duty.promised:
                assert (turn.record.status, turn.promise.decode()) == ("complete", duty.promised[number])
                assert open_promise(turn.promise, [signer(f"{NAME}/promise").verifier]).leaf == leaf
        assert await turns.recover() == 0
        await live.close()
    finally:
        db.close()


def _turn_duties(operations: Sequence[Operation]) -> Iterator[_TurnDuty]:
    duty = _TurnDuty()
    for operation in operations:
        if operation.path == "opened":
            duty = _TurnDuty(duty.opened | {int(operation.data)}, duty.promised)
        elif operation.path == "promised":
            number, _, promise = operation.data.decode().partition(" ")
            duty = _TurnDuty(duty.opened, {**duty.promised, int(number): promise})
        yield duty


def test_after_any_crash_every_opened_turn_has_a_record_and_every_promise_a_leaf(tmp_path: Path) -> None:
    root = tmp_path / "recorded"
    root.mkdir()
    open_database(root / DATABASE).close()
    base = {DATABASE: (root / DATABASE).read_bytes()}
    trace = Trace(root)
    with recording_vfs(trace) as vfs:
        asyncio.run(_run_turns(root, trace, vfs))
    duties = list(_turn_duties(trace.operations))
    assert len(duties[-1].opened) == 3
    seen: set[tuple[bytes, int, int]] = set()
    vfs = unsynced_vfs()
    for state in crash_states(trace.operations, SimulatedDisk(base)):
        duty = duties[state.step - 1]
        key = (state.digest, len(duty.opened), len(duty.promised))
        # Single lost writes of SQLite's log are tried above; here they would be thousands of states.
        if key in seen or not duty.opened or state.label.startswith(("kept alone", "lost: write")):
            continue
        seen.add(key)
        scratch = tmp_path / "state"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        state.write_to(scratch)
        asyncio.run(_recover_and_check(scratch, duty, vfs))
    assert len(seen) > 100
