"""A log asks its witnesses: order, retries, refusals, and what a witness may show."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from verax.kernel.checkpoint import open_checkpoint
from verax.kernel.cosignature import CosignatureSigner, Policy, check_policy
from verax.kernel.errors import IntegrityError, RolledBack, StoreFull
from verax.kernel.note import NoteSignature, add_signature, parse_note
from verax.kernel.witness import Submission
from verax.store.cosigning import AskPace, Cosigner, LinkAnswer, Reports
from verax.store.database import Database, open_database
from verax.store.disk import LocalDisk
from verax.store.tlog import TileLog
from verax.store.tlog_live import LiveLog, Pace
from verax.store.witness_plan import WitnessBoard, WitnessPlan
from verax.testing.clock import VirtualClock
from verax.testing.disk import UnsyncedDisk, unsynced_vfs
from verax.testing.histories import Histories
from verax.testing.logs import NAME, fixed_entries, reply_spec
from verax.testing.witness_link import SimulatedLink, key_of_witness

ORIGIN = f"{NAME}/replies/0"
LIMIT_S = 20.0
PACE = AskPace(refresh_s=3600.0, rest_s=1.0, longest_rest_s=8.0, grace_s=60.0)


class _World:
    """A log that grows, witnesses behind a simulated link, and the task between them."""

    def __init__(self, folder: Path, db: Database, pace: AskPace = PACE, disk: LocalDisk | None = None) -> None:
        self.clock = VirtualClock()
        self.link = SimulatedLink(folder / "witnesses", self.clock)
        log = TileLog.open(db, reply_spec(folder / "log"), disk=disk or UnsyncedDisk())
        self.live = LiveLog(db, log, Pace(interval_s=0.001, retry_s=0.001), self.clock)
        self.live.start()
        self.key = log.verifiers[0]
        self.quorum = "quorum none"
        self.board = WitnessBoard()
        self.cosigned = 0
        self.missing = 0
        self.contradictions: list[tuple[str, bytes | None, IntegrityError]] = []
        reports = Reports(self._on_cosigned, self._on_contradiction, self._on_missing)
        self.cosigner = Cosigner(self.live, self.plan, self.link, self.board, self.clock, reports, pace)

    def plan(self) -> WitnessPlan:
        policy = Policy.parse(self.link.policy(self.quorum))
        return WitnessPlan(policy, policy.addresses)

    async def _on_cosigned(self) -> None:
        self.cosigned += 1

    async def _on_contradiction(self, name: str, note: bytes | None, error: IntegrityError) -> None:
        self.contradictions.append((name, note, error))

    async def _on_missing(self) -> None:
        self.missing += 1

    async def grow(self, count: int) -> None:
        size = self.live.published.size
        indices = await self.live.append(fixed_entries(count, size))
        await self.live.wait_published(indices[-1], LIMIT_S)

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait until something holds, for the tasks of this process to run."""
        async with asyncio.timeout(LIMIT_S):
            while not is_so():
                await asyncio.sleep(0.001)

    async def wait(self, seconds: float) -> None:
        """Let virtual time pass, and let the cosigner look."""
        self.clock.advance(seconds)
        self.cosigner.wake()
        await asyncio.sleep(0.02)

    def names(self) -> list[str]:
        """Return whose lines stand on the published checkpoint, in their order."""
        return [line.name for line in parse_note(self.live.checkpoint()).signatures]

    def witnessed_size(self) -> int:
        witnessed = self.live.log.witnessed
        return 0 if witnessed is None else witnessed.size

    def problem(self, name: str) -> str:
        return self.board.of(ORIGIN, name).problem

    async def close(self) -> None:
        await self.cosigner.close()
        await self.live.close()


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return open_database(tmp_path / "verax.db", vfs=unsynced_vfs())


@pytest.fixture
async def world(tmp_path: Path, db: Database) -> AsyncIterator[_World]:
    made = _World(tmp_path, db)
    for name in ("one", "two"):
        made.link.add(name, made.key)
    made.quorum = "group g all one two; quorum g"
    yield made
    await made.close()
    db.close()


# The usual way


async def test_every_published_checkpoint_is_cosigned_in_the_policys_order(world: _World) -> None:
    world.cosigner.start()
    for count in (1, 5, 300):
        await world.grow(count)
        await world.until(lambda: len(world.names()) == 3)
        assert world.names() == [ORIGIN, "one.test", "two.test"]
        result = check_policy(world.live.checkpoint(), world.plan().policy, [world.key])
        assert result.is_met and set(result.times_s) == {"one", "two"}
        await world.until(lambda: world.witnessed_size() == world.live.published.size)
        witnessed = world.live.log.witnessed
        assert witnessed is not None and witnessed.checkpoint == world.live.checkpoint()
    assert world.board.of(ORIGIN, "one").size == 306
    assert world.problem("one") == world.problem("two") == ""


async def test_a_witness_is_told_the_size_it_cosigned_last(world: _World) -> None:
    world.cosigner.start()
    await world.grow(3)
    await world.until(lambda: len(world.names()) == 3)
    world.link.asked.clear()
    await world.grow(4)
    await world.until(lambda: len(world.names()) == 3)
    assert sorted(name for name, _ in world.link.asked) == ["one", "two"]
    assert {Submission.parse(body).old_size for _, body in world.link.asked} == {3}


async def test_a_restart_asks_with_what_the_checkpoint_carries(world: _World, tmp_path: Path, db: Database) -> None:
    world.cosigner.start()
    await world.grow(3)
    await world.until(lambda: len(world.names()) == 3)
    note = world.live.checkpoint()
    await world.close()
    again = _World(tmp_path, db)
    for name in ("one", "two"):
        again.link.add(name, again.key)
    again.quorum = world.quorum
    again.cosigner.start()
    await asyncio.sleep(0.02)
    assert again.link.asked == []
    assert again.live.checkpoint() == note
    await again.grow(1)
    await again.until(lambda: len(again.names()) == 3)
    assert {Submission.parse(body).old_size for _, body in again.link.asked} == {3}
    await again.close()


async def test_a_witness_that_knows_another_size_is_asked_again_from_there(world: _World) -> None:
    await world.grow(5)
    first = Submission(0, (), world.live.checkpoint()).to_bytes()
    await world.link.add_checkpoint("sim:one", first)
    world.link.asked.clear()
    await world.grow(4)
    world.cosigner.start()
    await world.until(lambda: len(world.names()) == 3)
    sizes = [Submission.parse(body).old_size for name, body in world.link.asked if name == "one"]
    assert sizes == [0, 5]


async def test_nobody_is_asked_where_the_root_names_nobody(tmp_path: Path, db: Database) -> None:
    world = _World(tmp_path, db)
    world.cosigner.start()
    await world.grow(3)
    await asyncio.sleep(0.02)
    assert (world.link.asked, world.names(), world.live.log.witnessed) == ([], [ORIGIN], None)
    await world.close()
    db.close()


async def test_a_policy_without_a_quorum_gets_cosignatures_and_witnesses_nothing(world: _World) -> None:
    world.quorum = "quorum none"
    world.cosigner.start()
    await world.grow(3)
    await world.until(lambda: len(world.names()) == 3)
    assert world.live.log.witnessed is None


async def test_a_cosignature_grows_old_and_is_made_anew(world: _World) -> None:
    world.cosigner.start()
    await world.grow(3)
    await world.until(lambda: len(world.names()) == 3)
    before = check_policy(world.live.checkpoint(), world.plan().policy, [world.key]).times_s
    await world.wait(PACE.refresh_s - 10)
    assert len(world.link.asked) == 2
    await world.wait(20)
    await world.until(lambda: len(world.link.asked) == 4)
    await world.until(lambda: world.cosigned == 4)
    after = check_policy(world.live.checkpoint(), world.plan().policy, [world.key]).times_s
    assert all(after[name] > before[name] for name in before)
    assert world.names() == [ORIGIN, "one.test", "two.test"]


async def test_a_busy_log_is_cosigned_at_its_pace_on_trees_that_all_witnesses_share(
    tmp_path: Path, db: Database
) -> None:
    world = _World(tmp_path, db, AskPace(interval_s=10.0, refresh_s=3600.0))
    for name in ("one", "two"):
        world.link.add(name, world.key)
    world.quorum = "group g all one two; quorum g"
    world.cosigner.start()
    await world.grow(1)
    await world.until(lambda: len(world.names()) == 3)
    for _ in range(5):
        await world.grow(1)
    await world.until(lambda: world.witnessed_size() == 1)
    assert len(world.link.asked) == 2
    await world.wait(11)
    await world.until(lambda: len(world.link.asked) == 4)
    await world.until(lambda: len(world.names()) == 3)
    await world.until(lambda: world.witnessed_size() == world.live.published.size == 6)
    await world.close()
    db.close()


# Witnesses that do not answer


async def test_one_that_is_down_rests_longer_each_time_and_the_other_goes_on(world: _World) -> None:
    world.quorum = "group g any one two; quorum g"
    world.link.down.add("two")
    world.cosigner.start()
    await world.grow(3)
    await world.until(lambda: world.names() == [ORIGIN, "one.test"])
    await world.until(lambda: world.problem("two"))
    rests = []
    for _ in range(6):
        standing = world.board.of(ORIGIN, "two")
        rests.append(standing.retry_at_s - world.clock.monotonic_s())
        failures = standing.failures
        await world.wait(max(0.0, rests[-1] - 0.1))
        assert world.board.of(ORIGIN, "two").failures == failures
        await world.wait(0.2)
        await world.until(lambda known=failures: world.board.of(ORIGIN, "two").failures == known + 1)
    assert all(0.74 * 2**n <= rest <= 2**n for n, rest in enumerate(rests[:3]))
    assert all(rest <= PACE.longest_rest_s for rest in rests)
    world.link.down.clear()
    await world.wait(PACE.longest_rest_s)
    await world.until(lambda: world.names() == [ORIGIN, "one.test", "two.test"])
    assert (world.problem("two"), world.board.of(ORIGIN, "two").failures) == ("", 0)


async def test_one_that_hangs_keeps_neither_the_other_nor_the_log_waiting(world: _World) -> None:
    world.quorum = "group g any one two; quorum g"
    world.link.hanging.add("two")
    world.cosigner.start()
    for _ in range(3):
        await world.grow(2)
        await world.until(lambda: world.names() == [ORIGIN, "one.test"])
        await world.until(lambda: world.witnessed_size() == world.live.published.size)


async def test_a_quorum_that_is_missing_is_told_once_for_each_time(world: _World) -> None:
    world.link.down.add("two")
    world.cosigner.start()
    await world.grow(3)
    await world.until(lambda: len(world.names()) == 2)
    await world.wait(PACE.grace_s - 5)
    assert world.missing == 0
    await world.wait(10)
    await world.until(lambda: world.missing == 1)
    await world.grow(1)
    await world.wait(PACE.grace_s * 2)
    assert world.missing == 1
    world.link.down.clear()
    await world.wait(PACE.longest_rest_s)
    await world.until(lambda: len(world.names()) == 3)
    world.link.down.add("one")
    await world.grow(1)
    await world.until(lambda: world.problem("one"))
    await world.wait(PACE.grace_s + 5)
    await world.until(lambda: world.missing == 2)


class _CheckpointDisk(UnsyncedDisk):
    """Has no room for cosigned checkpoints while it is full."""

    is_full = False

    def write_synced(self, path: Path, data: bytes) -> None:
        if self.is_full and b"one.test" in data:
            raise StoreFull(f"{path.name}: no room on the disk")
        super().write_synced(path, data)


async def test_a_full_disk_costs_a_cosignature_until_there_is_room(tmp_path: Path, db: Database) -> None:
    disk = _CheckpointDisk()
    world = _World(tmp_path, db, disk=disk)
    world.link.add("one", world.key)
    world.quorum = "quorum one"
    disk.is_full = True
    world.cosigner.start()
    await world.grow(1)
    await world.until(lambda: "no room" in world.problem("one"))
    assert (world.names(), world.live.log.witnessed) == ([ORIGIN], None)
    disk.is_full = False
    await world.wait(PACE.longest_rest_s)
    await world.until(lambda: world.live.log.witnessed)
    assert world.names() == [ORIGIN, "one.test"]
    await world.close()
    db.close()


# Witnesses that answer nonsense, and worse

FORGED = NoteSignature("one.test", key_of_witness("one").verifier.key_id, bytes(72)).to_line().encode()


def _answer(body: bytes, status: int = 200, kind: str = "text/plain") -> Callable[[LinkAnswer], LinkAnswer]:
    return lambda _: LinkAnswer(status, kind, body)


NONSENSE = {
    "a forged line": _answer(FORGED),
    "a forged line beside a good one": lambda sent: LinkAnswer(200, "", sent.body + FORGED),
    "nothing": _answer(b""),
    "a page": _answer(b"<html>no witness here</html>\n"),
    "too much": _answer(b"x" * 70_000),
    "an error": _answer(b"internal error\n", 500),
    "too many requests": _answer(b"", 429),
    "a redirect": _answer(b"", 302),
    "another status": _answer(b"", 201),
    "a size that is none": _answer(b"x\n", 409, "text/x.tlog.size"),
    "a size in another type": _answer(b"1\n", 409, "text/x.tlog.size; charset=utf-8"),
    "the same size again and again": _answer(b"0\n", 409, "text/x.tlog.size"),
    "it does not know us": _answer(b"", 404),
    "it does not know our key": _answer(b"", 403),
}


@pytest.mark.parametrize("what", NONSENSE)
async def test_an_answer_that_proves_nothing_is_a_problem_of_that_witness_only(world: _World, what: str) -> None:
    world.link.tampers["one"] = NONSENSE[what]
    world.cosigner.start()
    await world.grow(3)
    await world.until(lambda: world.names() == [ORIGIN, "two.test"])
    await world.until(lambda: world.problem("one"))
    assert world.contradictions == []
    assert world.live.fault is None
    open_checkpoint(world.live.checkpoint(), ORIGIN, [world.key])
    world.link.tampers.clear()
    await world.wait(PACE.longest_rest_s)
    await world.until(lambda: len(world.names()) == 3)


@pytest.mark.parametrize("skew_s", [-400, 400, 10**9])
async def test_a_witness_whose_clock_is_wrong_is_told_so(world: _World, skew_s: int) -> None:
    def restamp(sent: LinkAnswer) -> LinkAnswer:
        key = key_of_witness("one")
        signer = CosignatureSigner(key.name, key.seed, world.clock.now_ms() // 1000 + skew_s)
        return LinkAnswer(
            200, "", parse_note(add_signature(world.live.checkpoint(), signer)).signatures[-1].to_line().encode()
        )

    world.link.tampers["one"] = restamp
    world.cosigner.start()
    await world.grow(3)
    await world.until(lambda: f"{skew_s:+d} s from ours" in world.problem("one"))
    assert "one.test" not in world.names()


async def test_a_replayed_cosignature_of_an_older_tree_is_refused(world: _World) -> None:
    kept: list[bytes] = []

    def replay(sent: LinkAnswer) -> LinkAnswer:
        kept.append(sent.body)
        return LinkAnswer(200, "", kept[0])

    world.link.tampers["one"] = replay
    world.cosigner.start()
    await world.grow(3)
    await world.until(lambda: len(world.names()) == 3)
    await world.grow(3)
    await world.until(lambda: world.problem("one"))
    await world.until(lambda: world.names() == [ORIGIN, "two.test"])


async def test_a_size_beyond_ours_is_reported_and_believed_only_with_our_own_signature(world: _World) -> None:
    world.link.tampers["one"] = _answer(b"99\n", 409, "text/x.tlog.size")
    world.link.shows_newest = False
    world.cosigner.start()
    await world.grow(3)
    await world.until(lambda: world.contradictions)
    name, note, error = world.contradictions[0]
    assert (name, note, error.reason_code) == ("one", None, "witness/ahead")
    assert world.live.fault is None


async def test_a_witness_that_shows_a_larger_tree_of_ours_is_believed(
    world: _World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await world.grow(9)
    world.cosigner.start()
    await world.until(lambda: len(world.names()) == 3)
    await world.close()
    older = open_database(tmp_path / "older.db", vfs=unsynced_vfs())
    again = _World(tmp_path / "older", older)
    again.link = world.link
    again.cosigner._link = world.link
    again.quorum = world.quorum
    with caplog.at_level(logging.ERROR):
        again.cosigner.start()
        await again.grow(4)
        await again.until(lambda: again.contradictions)
    name, note, error = again.contradictions[0]
    assert name in ("one", "two") and note is not None
    assert isinstance(error, RolledBack) and "size 9" in error.message
    assert "one.test" not in again.names()
    assert caplog.records
    await again.close()
    older.close()


@pytest.mark.parametrize(("theirs", "ours"), [(5, 5), (5, 8)])
async def test_a_witness_that_shows_another_history_of_ours_is_believed(world: _World, theirs: int, ours: int) -> None:
    forked = Histories(ORIGIN, hashlib.sha256(f"{ORIGIN} 0".encode()).digest())
    assert world.key == forked.branch("b", theirs).signer.verifier
    await world.link.add_checkpoint("sim:one", forked.submission("b", 0, theirs).to_bytes())
    world.cosigner.start()
    await world.grow(ours)
    await world.until(lambda: world.contradictions)
    name, note, error = world.contradictions[0]
    assert name == "one" and note is not None and isinstance(error, RolledBack)
    await world.until(lambda: world.names() == [ORIGIN, "two.test"])


async def test_a_plan_that_changes_is_followed(world: _World) -> None:
    world.quorum = "quorum one"
    world.cosigner.start()
    await world.grow(3)
    await world.until(lambda: len(world.names()) == 3)
    world.link.add("three", world.key)
    world.quorum = "quorum three"
    world.cosigner.wake()
    await world.until(lambda: world.names() == [ORIGIN, "one.test", "two.test", "three.test"])
