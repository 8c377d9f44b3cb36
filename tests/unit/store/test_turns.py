"""Turns and receipts: every turn leaves a record, every record leads to a leaf (clauses 9 to 11, 14)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from verax.kernel import canonical
from verax.kernel.errors import (
    ConfigError,
    ConflictError,
    CorruptStore,
    ReceiptError,
    RequestError,
    StorageError,
    StoreFull,
    UnknownObject,
)
from verax.kernel.merkle import EMPTY_ROOT, leaf_hash
from verax.kernel.promise import open_promise
from verax.kernel.proof import verify_proof
from verax.kernel.receipt import Receipt, verify_receipt
from verax.kernel.record import Record, entry_of, erase_entry
from verax.kernel.segments import Segment, close_segments, prompt_digest
from verax.store.database import Database, Tx, open_database
from verax.store.receipts import Receipts
from verax.store.replies import ReplyLimits, ReplyLog
from verax.store.tlog import TileLog
from verax.store.tlog_live import LiveLog, Pace
from verax.store.turns import FinishedTurn, OpenTurn, TurnStore
from verax.testing.clock import VirtualClock
from verax.testing.disk import UnsyncedDisk, unsynced_vfs
from verax.testing.logs import NAME, reply_spec, sample_record, sample_secret, signer

LIMIT_S = 20.0
REPLY = "Hamlet was written by William Shakespeare."


class _MeteredDisk(UnsyncedDisk):
    free = 2**40

    def free_bytes(self, path: Path) -> int:
        return self.free


class _Store:
    """Turns on a real database and a real log; the log integrates when a test says so."""

    def __init__(self, tmp_path: Path) -> None:
        self.db: Database = open_database(tmp_path / "verax.db", vfs=unsynced_vfs())
        self.clock = VirtualClock()
        self.disk = _MeteredDisk()
        self.log = TileLog.open(self.db, reply_spec(tmp_path / "log"), disk=self.disk)
        self.live = LiveLog(self.db, self.log, Pace(interval_s=0.001), self.clock)
        self.replies = ReplyLog(self.live, signer(f"{NAME}/promise"), self.clock, disk=self.disk)
        self.turns = TurnStore(self.db, self.replies, self.clock)
        self.receipts = Receipts(self.turns, self.replies)

    async def answer(self, number: int, reply: str = REPLY, user_id: str = "ann") -> str:
        await self.turns.open(_opening(number, user_id))
        return await self.turns.finish(_finished(number, reply))

    async def close(self) -> None:
        await self.live.close()
        self.db.close()


def _opening(number: int, user_id: str = "ann") -> OpenTurn:
    segments = (Segment("release", "system", "Be brief."), Segment("user", "user", "Who wrote Hamlet?"))
    return OpenTurn(user_id, "key-1", sample_secret(number), sample_record(number), segments)


def _finished(number: int, reply: str = REPLY) -> FinishedTurn:
    data = reply.encode()
    return FinishedTurn(sample_record(number, data, status="complete"), data, 12, 7, 800)


def _id(number: int) -> str:
    return sample_record(number).id


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[_Store]:
    store = _Store(tmp_path)
    store.live.start()
    yield store
    await store.close()


# From a promise to a receipt


async def test_a_finished_turn_has_a_promise_first_and_a_receipt_soon_after(tmp_path: Path) -> None:
    store = _Store(tmp_path)
    store.live.start()
    store.live.notify()
    promise = await store.answer(1)
    given = open_promise(promise.encode(), [store.replies.promise_key])
    record = sample_record(1, REPLY.encode(), status="complete")
    assert given.leaf == leaf_hash(entry_of(record))
    assert given.origin == record.log
    assert given.deadline_ms == store.clock.now_ms() + 60_000
    await store.live.wait_published(0, LIMIT_S)
    status = await store.receipts.status(_id(1))
    assert (status.state, status.owner_id, status.promise) == ("integrated", "ann", promise)
    assert status.record == record.to_dict()
    assert status.secret == sample_secret(1).data.hex()
    assert status.receipt is not None
    receipt = Receipt.parse(status.receipt)
    assert dict(receipt.open) == {}
    assert verify_receipt(receipt, store.log.verifiers).is_verified
    await store.close()


async def test_until_its_leaf_is_integrated_a_turn_is_promised(tmp_path: Path) -> None:
    store = _Store(tmp_path)

    class _Held(ReplyLog):
        def check_accepting(self) -> None:
            """Take turns though nothing integrates."""

    replies = _Held(store.live, signer(f"{NAME}/promise"), store.clock)
    store.turns = TurnStore(store.db, replies, store.clock)
    store.receipts = Receipts(store.turns, replies)
    promise = await store.answer(1)
    status = await store.receipts.status(_id(1))
    assert (status.state, status.receipt, status.promise) == ("promised", None, promise)
    with pytest.raises(ConflictError, match="promised, but not integrated"):
        await store.receipts.receipt(_id(1), ["reply"])
    store.log.integrate_now()
    assert (await store.receipts.status(_id(1))).state == "integrated"
    await store.close()


async def test_a_receipt_opens_what_its_owner_chooses_and_never_more(store: _Store) -> None:
    await store.answer(1)
    await store.live.wait_published(0, LIMIT_S)
    for parts in ([], ["reply"], ["request"], ["reply", "request"]):
        data = await store.receipts.receipt(_id(1), parts)
        assert set(Receipt.parse(data).open) == set(parts)
        assert sample_secret(1).data.hex().encode() not in data
    opened = Receipt.parse(await store.receipts.receipt(_id(1), ["reply"]))
    assert verify_receipt(opened, store.log.verifiers, REPLY.encode()).is_verified
    assert not verify_receipt(opened, store.log.verifiers, REPLY.encode() + b" ").is_verified
    with pytest.raises(ReceiptError):
        await store.receipts.receipt(_id(1), ["sent"])


async def test_a_receipt_stays_under_4096_bytes_in_a_large_log_with_two_keys(tmp_path: Path) -> None:
    params: dict[str, str | int | bool] = {
        "temperature": "0.7000000000000001",
        "top_p": "0.95",
        "presence_penalty": "-0.10000000000000001",
        "frequency_penalty": "0.30000000000000004",
        "max_tokens": 32_768,
        "n": 4,
        "top_logprobs": 20,
    }
    channel = "companion-" + "x" * 21 + "/" + "y" * 32
    record = sample_record(1, channel=channel, params=params, evidence="5" * 64, attestation="6" * 64)
    db = open_database(tmp_path / "verax.db", vfs=unsynced_vfs())
    log = TileLog.open(db, reply_spec(tmp_path / "log", keys=[0, 1]))
    log.append_now([entry_of(record)])
    log.integrate_now()
    million = replace(log.prove_now(0), path=(EMPTY_ROOT,) * 20)
    assert len(Receipt(record, million, {"reply": bytes(16), "request": bytes(16)}).to_bytes()) <= 4096
    db.close()


async def test_many_turns_at_once_all_get_receipts(store: _Store) -> None:
    await asyncio.gather(*(store.answer(number, f"reply {number}") for number in range(300)))
    await store.live.wait_published(299, LIMIT_S)
    for number in (0, 7, 299):
        receipt = Receipt.parse(await store.receipts.receipt(_id(number), ["reply"]))
        assert verify_receipt(receipt, store.log.verifiers, f"reply {number}".encode()).is_verified


async def test_an_unknown_turn_and_a_running_one_have_no_receipt(store: _Store) -> None:
    with pytest.raises(UnknownObject, match="no turn has this id"):
        await store.receipts.status("0" * 32)
    await store.turns.open(_opening(1))
    with pytest.raises(UnknownObject, match="still running"):
        await store.receipts.status(_id(1))
    with pytest.raises(UnknownObject, match="still running"):
        await store.turns.opened(_id(1))


# What a turn leaves


async def _answer_with_its_prompt(store: _Store) -> str:
    """Record a turn whose segments are those that its record commits to; return the prompt's digest."""
    opening = _opening(1)
    prompt = prompt_digest(close_segments(opening.segments, opening.secret))
    await store.turns.open(replace(opening, draft=sample_record(1, prompt=prompt)))
    record = sample_record(1, REPLY.encode(), status="complete", prompt=prompt)
    await store.turns.finish(FinishedTurn(record, REPLY.encode()))
    return prompt


async def test_the_owner_can_open_every_segment(store: _Store) -> None:
    prompt = await _answer_with_its_prompt(store)
    opened = await store.turns.opened(_id(1))
    assert (opened.owner_id, opened.prompt, opened.sent) == ("ann", prompt, sample_record(1).sent)
    assert list(opened.segments) == [
        {"by": "release", "role": "system", "text": "Be brief."},
        {"by": "user", "role": "user", "text": "Who wrote Hamlet?"},
    ]


@pytest.mark.parametrize("data", [b"[]", b"{}", b"[1]", b'[{"by":"user","role":"user","text":"x"}]', b"\xff"])
async def test_segments_that_are_not_the_recorded_ones_are_not_opened(store: _Store, data: bytes) -> None:
    await _answer_with_its_prompt(store)
    await store.db.write(lambda tx: tx.execute("UPDATE turns SET segments = ?", (data,)))
    with pytest.raises(CorruptStore):
        await store.turns.opened(_id(1))


async def test_a_turn_comes_back_as_it_was(store: _Store) -> None:
    await store.answer(1)
    turn = await store.turns.get(_id(1))
    assert (turn.user_id, turn.reply, turn.index) == ("ann", REPLY.encode(), 0)
    assert turn.record == sample_record(1, REPLY.encode(), status="complete")
    assert await store.turns.ids_of("ann") == [_id(1)]
    assert await store.turns.ids_of("bob") == []


async def test_only_the_exact_reply_to_that_user_is_held(store: _Store) -> None:
    await store.answer(1)
    await store.answer(2, user_id="bob")
    await store.turns.open(_opening(3))
    assert await store.turns.holds_reply(_id(1), "ann", REPLY)
    for turn_id, user_id, text in (
        (_id(1), "ann", REPLY + " "),
        (_id(1), "bob", REPLY),
        (_id(2), "ann", REPLY),
        (_id(3), "ann", ""),
        ("0" * 32, "ann", REPLY),
    ):
        assert not await store.turns.holds_reply(turn_id, user_id, text)


async def test_a_reply_of_items_is_not_held_as_text(store: _Store) -> None:
    items = b'[{"finish":"stop","text":"a"}]'
    await store.turns.open(_opening(1))
    await store.turns.finish(FinishedTurn(sample_record(1, items, status="complete", reply_form="items"), items))
    assert not await store.turns.holds_reply(_id(1), "ann", items.decode())


async def test_a_turn_cannot_be_finished_twice_or_without_having_been_opened(store: _Store) -> None:
    with pytest.raises(ConflictError, match="not open"):
        await store.turns.finish(_finished(1))
    await store.answer(1)
    with pytest.raises(ConflictError, match="not open"):
        await store.turns.finish(_finished(1))
    assert store.log.pending_now() + store.log.published.size == 1


async def test_a_turn_cannot_be_opened_twice(store: _Store) -> None:
    await store.turns.open(_opening(1))
    with pytest.raises(ConflictError):
        await store.turns.open(_opening(1))


@pytest.mark.parametrize("changes", [{"status": "complete"}, {"log": f"{NAME}/replies/1"}])
async def test_a_draft_must_be_fit_to_stand_for_a_dead_process(store: _Store, changes: dict[str, str]) -> None:
    with pytest.raises(RequestError, match="expected a draft"):
        await store.turns.open(replace(_opening(1), draft=sample_record(1, **changes)))


# A process that dies


async def test_what_a_dead_process_left_open_becomes_failed_and_gets_a_leaf(tmp_path: Path) -> None:
    first = _Store(tmp_path)
    first.live.start()
    await first.answer(1)
    for number in range(2, 6):
        await first.turns.open(_opening(number))
    await first.close()
    second = _Store(tmp_path)
    assert await second.turns.recover() == 4
    assert await second.turns.recover() == 0
    second.live.start()
    await second.live.wait_published(4, LIMIT_S)
    for number in range(2, 6):
        status = await second.receipts.status(_id(number))
        assert (status.state, status.record["status"]) == ("integrated", "failed")
        assert open_promise(status.promise.encode(), [second.replies.promise_key]).origin == second.turns.origin
    assert (await second.receipts.status(_id(1))).record["status"] == "complete"
    await second.close()


# No database, disk or queue: no new turns


async def test_a_disk_with_little_room_takes_no_new_turn_but_finishes_those_in_flight(store: _Store) -> None:
    await store.turns.open(_opening(1))
    store.disk.free = 2**20
    store.clock.advance(0.25)
    with pytest.raises(StoreFull, match="in reserve"):
        await store.turns.open(_opening(2))
    await store.turns.finish(_finished(1))
    store.disk.free = 2**40
    store.clock.advance(0.25)
    await store.turns.open(_opening(2))


async def test_a_record_that_could_not_be_written_is_written_before_any_new_turn_opens(
    store: _Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.turns.open(_opening(1))
    queue = ReplyLog.queue

    def full(replies: ReplyLog, tx: Tx, entry: bytes) -> int:
        raise StoreFull("the disk is full")

    monkeypatch.setattr(ReplyLog, "queue", full)
    with pytest.raises(StoreFull):
        await store.turns.finish(_finished(1))
    with pytest.raises(StoreFull):
        await store.turns.open(_opening(2))
    monkeypatch.setattr(ReplyLog, "queue", queue)
    await store.turns.open(_opening(2))
    assert (await store.turns.get(_id(1))).record.status == "complete"


async def test_no_turn_opens_while_nothing_integrates(tmp_path: Path) -> None:
    store = _Store(tmp_path)
    with pytest.raises(StorageError, match="nothing integrates"):
        await store.turns.open(_opening(1))
    await store.close()


async def test_the_promise_key_must_be_the_one_of_the_log(store: _Store) -> None:
    with pytest.raises(ConfigError, match="promise key"):
        ReplyLog(store.live, signer("someone.else/promise"), store.clock)


async def test_an_entry_of_a_reply_log_has_32_bytes(store: _Store) -> None:
    with pytest.raises(ConfigError, match="32 bytes"):
        await store.db.write(lambda tx: store.replies.queue(tx, b"short"))


def test_the_limits_are_those_of_the_protocol() -> None:
    assert ReplyLimits().deadline_ms == 60_000


# Rows that were changed


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE turns SET reply = x'78'",
        "UPDATE turns SET secret = zeroblob(32)",
        "UPDATE turns SET record = x'7b7d'",
        "UPDATE turns SET record = x'ff'",
        "UPDATE turns SET id = '00000000000000000000000000000000'",
    ],
)
async def test_a_changed_row_is_an_error_and_never_an_answer(store: _Store, change: str) -> None:
    await store.answer(1)
    await store.live.wait_published(0, LIMIT_S)
    await store.db.write(lambda tx: tx.execute(change))
    turn_id = "0" * 32 if "id =" in change else _id(1)
    with pytest.raises(CorruptStore, match="not what was recorded") as caught:
        await store.turns.get(turn_id)
    assert "backup" in caught.value.hint
    with pytest.raises(CorruptStore):
        await store.receipts.status(turn_id)
    with pytest.raises(CorruptStore):
        await store.turns.holds_reply(turn_id, "ann", REPLY)


async def test_a_record_changed_together_with_its_reply_does_not_get_a_receipt(store: _Store) -> None:
    await store.answer(1)
    await store.live.wait_published(0, LIMIT_S)
    forged: Record = sample_record(1, b"Bacon wrote it.", status="complete")
    data = canonical.encode(forged.to_dict())
    await store.db.write(lambda tx: tx.execute("UPDATE turns SET record = ?, reply = ?", (data, b"Bacon wrote it.")))
    with pytest.raises(CorruptStore, match="does not lead to leaf 0"):
        await store.receipts.status(_id(1))


async def test_a_record_changed_to_point_at_another_leaf_does_not_get_a_receipt(store: _Store) -> None:
    await store.answer(1)
    await store.answer(2)
    await store.live.wait_published(1, LIMIT_S)
    await store.db.write(lambda tx: tx.execute("UPDATE turns SET idx = 1 - idx"))
    with pytest.raises(CorruptStore, match="does not lead to leaf"):
        await store.receipts.receipt(_id(1), [])


# Erasure


async def test_erasing_removes_text_record_and_secret_and_leaves_the_leaf(store: _Store, tmp_path: Path) -> None:
    await store.answer(1, "a private matter nobody else should read")
    await store.answer(2)
    await store.live.wait_published(1, LIMIT_S)
    root = store.log.published.root
    erasure = await store.turns.erase([_id(1)], "ann")
    assert erasure is not None
    assert (erasure.count, erasure.index) == (1, 2)
    with pytest.raises(UnknownObject):
        await store.receipts.status(_id(1))
    assert not await store.turns.holds_reply(_id(1), "ann", "a private matter nobody else should read")
    await store.live.wait_published(2, LIMIT_S)
    assert store.log.root_at(2) == root
    assert (await store.receipts.status(_id(2))).state == "integrated"
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"a private matter" not in data
            assert sample_secret(1).data not in data
            assert _id(1).encode() not in data


async def test_an_erase_receipt_is_an_ordinary_leaf_that_states_how_many(store: _Store) -> None:
    for number in range(5):
        await store.answer(number)
    erasure = await store.turns.erase([_id(number) for number in range(4)], "ann")
    assert erasure is not None
    assert await store.turns.erasure(erasure.erasure_id) == erasure
    await store.live.wait_published(erasure.index, LIMIT_S)
    proof = await store.receipts.prove_erasure(erasure)
    assert proof is not None
    entry = erase_entry(erasure.log, 4, erasure.time_ms, bytes.fromhex(erasure.salt))
    verify_proof(proof, leaf_hash(entry), store.turns.origin, store.log.verifiers)
    with pytest.raises(CorruptStore):
        await store.receipts.prove_erasure(replace(erasure, count=5))
    with pytest.raises(CorruptStore):
        await store.receipts.prove_erasure(replace(erasure, index=99))
    with pytest.raises(UnknownObject):
        await store.turns.erasure("0" * 32)


async def test_nobody_erases_the_turns_of_another(store: _Store) -> None:
    await store.answer(1)
    await store.turns.open(_opening(2))
    assert await store.turns.erase([_id(1)], "bob") is None
    assert await store.turns.erase([_id(2), "0" * 32], "ann") is None
    assert await store.turns.erase([], "ann") is None
    assert await store.turns.ids_of("ann") == [_id(1)]
