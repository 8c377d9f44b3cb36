"""Erasing and exporting: everything of a person, nothing of anybody else, also after a crash."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.errors import AccessError, ConflictError, StoreFull, UnknownObject
from verax.kernel.record import TurnSecret
from verax.kernel.segments import Segment, close_segments, prompt_digest
from verax.store import erase
from verax.store.accounts import Accounts
from verax.store.accounts_credentials import HashCosts, Passwords
from verax.store.accounts_settings import AccountSettings
from verax.store.database import Database
from verax.store.erase import Eraser
from verax.store.messages import Line, Messages
from verax.store.messages_export import export_user
from verax.store.messages_types import StoredResponse
from verax.store.replies import ReplyLog
from verax.store.responses import Responses
from verax.store.tlog import TileLog
from verax.store.tlog_live import LiveLog, Pace
from verax.store.turns import FinishedTurn, OpenTurn, TurnStore
from verax.testing.clock import VirtualClock
from verax.testing.logs import NAME, reply_spec, sample_record, sample_secret, signer

TABLES = ("turns", "conversations", "branches", "messages", "responses", "usage", "api_keys", "sessions", "users")
TABLES += ("sign_in_links", "account_settings")


def _segments(number: int) -> tuple[Segment, ...]:
    return (Segment("user", "user", f"a private question {number}"),)


def _prompt(number: int) -> str:
    return prompt_digest(close_segments(_segments(number), sample_secret(number)))


class House:
    """All stores of an installation that hold something of a person."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.clock = VirtualClock()
        self.live = LiveLog(database, TileLog.open(database, reply_spec(folder)), Pace(interval_s=0.001), self.clock)
        self.turns = TurnStore(database, ReplyLog(self.live, signer(f"{NAME}/promise"), self.clock), self.clock)
        self.accounts = Accounts(database, clock=self.clock, passwords=Passwords(HashCosts(1, 8, 1)))
        self.messages = Messages(database, self.clock)
        self.responses = Responses(database, self.clock)
        self.eraser = Eraser(database, self.turns, self.accounts, self.clock)
        self.numbers = iter(range(1, 10_000))

    async def answer(self, user_id: str, reply: str) -> str:
        """Run a turn and return its id."""
        number, data = next(self.numbers), reply.encode()
        await self.open_turn(user_id, number)
        record = sample_record(number, data, status="complete", prompt=_prompt(number))
        await self.turns.finish(FinishedTurn(record, data, 12, 7, 800))
        return sample_record(number).id

    async def open_turn(self, user_id: str, number: int) -> None:
        record = sample_record(number, prompt=_prompt(number))
        await self.turns.open(OpenTurn(user_id, "", sample_secret(number), record, _segments(number)))

    async def chat(self, user_id: str, turns: int = 2) -> tuple[str, list[str]]:
        """Have a conversation; return its id and the turns."""
        chat_id, parent, ids = await self.messages.create(user_id, channel="assistant", title="secret plans"), "", []
        for number in range(turns):
            ids.append(await self.answer(user_id, f"a private answer {number}"))
            lines = [
                Line("user", f"a private question {number}"),
                Line("assistant", f"a private answer {number}", turn_id=ids[-1]),
            ]
            parent = (await self.messages.append(chat_id, user_id, parent, lines))[-1].message_id
        return chat_id, ids

    async def respond(self, user_id: str, name: str, previous: str = "") -> str:
        turn_id = await self.answer(user_id, "a private answer")
        lines = (Line("user", "a private question"), Line("assistant", "a private answer", turn_id=turn_id))
        await self.responses.put(StoredResponse(name, user_id, previous, lines, turn_id, {"text": "a private answer"}))
        return turn_id

    def count(self, table: str) -> int:
        return int(self.database.read_now(lambda tx: tx.execute(f"SELECT count(*) FROM {table}"))[0][0])

    def jobs(self) -> int:
        return self.count("erase_jobs")


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    house = House(database, tmp_path / "log")
    house.live.start()
    yield house
    await house.live.close()


async def test_an_erased_turn_leaves_its_place_and_nothing_else(house: House) -> None:
    chat_id, (first, second) = await house.chat("ada")
    report = await house.eraser.turn(first, "ada")
    assert (report.turns, report.messages) == (1, 2)
    page = await house.messages.path(chat_id, "ada")
    assert [message.text for message in page.messages] == ["", "", "a private question 1", "a private answer 1"]
    assert [message.erased_ms is not None for message in page.messages] == [True, True, False, False]
    assert page.messages[1].turn_id == ""
    with pytest.raises(UnknownObject):
        await house.turns.get(first)
    await house.turns.get(second)
    assert (await house.turns.erasure(report.erasures[0])).count == 1
    assert await house.messages.search("ada", "question 0") == []
    assert house.jobs() == 0


async def test_a_question_that_another_turn_answers_stays(house: House) -> None:
    chat_id = await house.messages.create("ada", channel="assistant")
    (question,) = await house.messages.append(chat_id, "ada", "", [Line("user", "question")])
    turns = [await house.answer("ada", f"answer {number}") for number in range(2)]
    for turn in turns:
        await house.messages.append(chat_id, "ada", question.message_id, [Line("assistant", "answer", turn_id=turn)])
    assert (await house.eraser.turn(turns[0], "ada")).messages == 1
    assert (await house.messages.path(chat_id, "ada")).messages[0].text == "question"
    assert (await house.eraser.turn(turns[1], "ada")).messages == 2
    assert (await house.messages.path(chat_id, "ada")).messages[0].text == ""


async def test_an_erased_turn_keeps_its_numbers_and_loses_its_name(house: House) -> None:
    turn = await house.answer("ada", "answer")
    await house.eraser.turn(turn, "ada")
    rows = house.database.read_now(lambda tx: tx.execute("SELECT turn_id, user_id, completion_tokens FROM usage"))
    assert rows == [(None, "ada", 7)]


async def test_a_turn_without_any_message_can_be_erased_too(house: House) -> None:
    turn = await house.answer("ada", "answer")
    assert (await house.eraser.turn(turn, "ada")).turns == 1
    with pytest.raises(UnknownObject):
        await house.eraser.turn(turn, "ada")


async def test_nobody_erases_what_is_another_persons(house: House) -> None:
    chat_id, (turn, _) = await house.chat("ada")
    await house.respond("ada", "resp_1")
    for call in (
        house.eraser.turn(turn, "ben"),
        house.eraser.conversation(chat_id, "ben"),
        house.eraser.response("resp_1", "ben"),
        house.eraser.user("user_nobody"),
    ):
        with pytest.raises(UnknownObject):
            await call
    assert house.jobs() == 0
    assert len((await house.messages.path(chat_id, "ada")).messages) == 4


async def test_an_erased_conversation_takes_its_turns_with_it(house: House) -> None:
    chat_id, turns = await house.chat("ada", turns=5)
    other_id, _ = await house.chat("ada", turns=1)
    report = await house.eraser.conversation(chat_id, "ada")
    assert (report.turns, report.messages) == (5, 10)
    for turn in turns:
        with pytest.raises(UnknownObject):
            await house.turns.get(turn)
    with pytest.raises(UnknownObject):
        await house.messages.path(chat_id, "ada")
    assert [found.conversation_id for found in await house.messages.conversations("ada")] == [other_id]
    assert house.count("messages") == 2


async def test_an_erased_response_takes_its_turn_with_it(house: House) -> None:
    first = await house.respond("ada", "resp_1")
    second = await house.respond("ada", "resp_2", previous="resp_1")
    report = await house.eraser.response("resp_1", "ada")
    assert (report.turns, report.messages) == (1, 2)
    with pytest.raises(UnknownObject):
        await house.turns.get(first)
    await house.turns.get(second)
    assert len(await house.responses.history("resp_2", "ada")) == 2


async def test_erasing_a_turn_erases_the_response_that_it_gave(house: House) -> None:
    turn = await house.respond("ada", "resp_1")
    await house.eraser.turn(turn, "ada")
    with pytest.raises(UnknownObject):
        await house.responses.get("resp_1", "ada")


async def _furnish(house: House) -> tuple[str, str]:
    """Give two people everything that a person can have; return their ids."""
    ids = []
    for name, roles in (("ada", {"owner"}), ("ben", {"member"})):
        user = await house.accounts.create_user(name, password="correct horse battery", roles=roles)
        await house.accounts.create_key("laptop", user.user_id)
        await house.accounts.create_session(user.user_id, "a browser")
        await house.accounts.create_link(user.user_id)
        await AccountSettings(house.database).put(user.user_id, {"theme": "dark"})
        await house.chat(user.user_id, turns=3)
        await house.respond(user.user_id, f"resp_{name}")
        await house.answer(user.user_id, "a private answer")
        ids.append(user.user_id)
    return ids[0], ids[1]


async def test_erasing_a_person_leaves_nothing_of_them_and_everything_of_others(house: House) -> None:
    ada, ben = await _furnish(house)
    before = {table: house.count(table) for table in TABLES}
    key = (await house.accounts.create_key("phone", ben)).plain
    await house.accounts.resolve_key(key)
    report = await house.eraser.user(ben)
    assert report.turns == 5
    assert {table: house.count(table) for table in TABLES} == {table: count // 2 for table, count in before.items()}
    with pytest.raises(AccessError):
        await house.accounts.resolve_key(key)
    with pytest.raises(UnknownObject):
        await house.accounts.user(ben)
    assert len(await house.turns.ids_of(ada)) == 5
    assert house.jobs() == 0


async def test_the_last_owner_cannot_be_erased(house: House) -> None:
    ada, _ = await _furnish(house)
    with pytest.raises(ConflictError) as caught:
        await house.eraser.user(ada)
    assert caught.value.reason_code == "accounts/last-owner"
    assert len(await house.turns.ids_of(ada)) == 5


async def test_a_running_server_finishes_what_a_running_turn_held_up(house: House) -> None:
    await house.accounts.create_first_owner()
    user = await house.accounts.create_user("ada")
    await house.open_turn(user.user_id, 900)
    eraser = Eraser(house.database, house.turns, house.accounts, house.clock, resume_every_s=0.001)
    eraser.start()
    assert not (await eraser.user(user.user_id)).is_done
    await house.turns.finish(FinishedTurn(sample_record(900, b"late", status="complete"), b"late"))
    async with asyncio.timeout(30):
        while house.jobs():
            await asyncio.sleep(0.001)
    assert [account.name for account in await house.accounts.users()] == ["owner"]
    assert house.count("turns") == 0
    await eraser.close()
    await eraser.close()


async def test_a_turn_that_still_runs_is_erased_when_it_has_ended(house: House) -> None:
    _, ben = await _furnish(house)
    await house.open_turn(ben, 7777)
    await house.eraser.user(ben)
    assert house.jobs() == 1
    await house.turns.finish(FinishedTurn(sample_record(7777, b"x", status="complete"), b"x"))
    (report,) = await house.eraser.resume()
    assert report.turns == 1
    assert house.jobs() == 0
    with pytest.raises(UnknownObject):
        await house.accounts.user(ben)


@pytest.mark.parametrize("survives", range(1, 12))
async def test_an_erasure_that_was_cut_off_anywhere_is_ended_by_the_next_start(
    house: House, survives: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills up after so many writes; whatever was done by then, `resume` does the rest."""
    _, ben = await _furnish(house)
    before = {table: house.count(table) for table in TABLES}
    monkeypatch.setattr(erase, "_BATCH", 2)
    real_write, left = house.database.write, survives

    async def write(call: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise StoreFull("the disk is full")
        return await real_write(call)

    with monkeypatch.context() as patched:
        patched.setattr(house.database, "write", write)
        with pytest.raises(StoreFull):
            await house.eraser.user(ben)
    if house.jobs():
        await house.eraser.resume()
    else:
        await house.eraser.user(ben)
    assert {table: house.count(table) for table in TABLES} == {table: count // 2 for table, count in before.items()}
    assert house.jobs() == 0
    assert await house.eraser.resume() == []


async def test_erased_text_is_in_no_file_of_the_database(house: House, tmp_path: Path) -> None:
    if house.database.dialect != "sqlite":
        pytest.skip("PostgreSQL zeroes nothing; the documents say so")
    _, ben = await _furnish(house)
    marker = "nobody shall ever read this again"
    chat_id, _ = await house.chat(ben)
    await house.messages.append(chat_id, ben, "", [Line("user", marker)])
    assert any(marker.encode() in file.read_bytes() for file in tmp_path.glob("verax.db*"))
    await house.eraser.user(ben)
    assert not any(marker.encode() in file.read_bytes() for file in tmp_path.glob("verax.db*"))


async def _export(house: House, user_id: str) -> list[dict[str, Any]]:
    lines = export_user(house.database, house.turns, house.accounts, user_id, 5)
    return [json.loads(line) async for line in lines]


async def test_an_export_holds_everything_of_a_person_and_no_credential(house: House) -> None:
    ada, ben = await _furnish(house)
    entries = await _export(house, ada)
    kinds = [entry["type"] for entry in entries]
    assert kinds[0] == "export" and kinds[-1] == "end" and entries[-1]["lines"] == len(entries) - 1
    expected = {
        "account": 1,
        "key": 1,
        "session": 1,
        "conversation": 2,
        "message": 8,
        "response": 1,
        "turn": 5,
        "usage": 5,
    }
    assert {kind: kinds.count(kind) for kind in expected} == expected
    text = json.dumps(entries)
    assert ben not in text
    for word in ("argon2", "digest", "password_hash"):
        assert word not in text


async def test_the_turns_of_an_export_open_what_their_receipts_commit_to(house: House) -> None:
    ada, _ = await _furnish(house)
    turns = [entry for entry in await _export(house, ada) if entry["type"] == "turn"]
    for turn in turns:
        secret = TurnSecret(bytes.fromhex(turn["secret"]))
        assert secret.commit("reply", base64.b64decode(turn["reply"])) == turn["record"]["reply"]
        assert turn["segments"][0]["text"].startswith("a private question")
        assert turn["promise"].startswith("verax promise v1\n")


async def test_a_long_export_is_complete_and_in_order(house: House) -> None:
    user = await house.accounts.create_user("ada")
    chat_id = await house.messages.create(user.user_id, channel="assistant")
    made = await house.messages.append(chat_id, user.user_id, "", [Line("user", str(n)) for n in range(350)])
    await house.messages.append(chat_id, user.user_id, made[99].message_id, [Line("user", "fork", {"n": 1})])
    for number in range(120):
        await house.messages.create(user.user_id, channel="assistant", title=str(number))
    entries = await _export(house, user.user_id)
    messages = [entry for entry in entries if entry["type"] == "message"]
    assert [entry["text"] for entry in messages] == [*map(str, range(350)), "fork"]
    assert messages[-1]["data"] == {"n": 1}
    assert sum(entry["type"] == "conversation" for entry in entries) == 121


async def test_a_damaged_turn_is_named_in_the_export_and_stops_nothing(house: House) -> None:
    ada, _ = await _furnish(house)
    turn = (await house.turns.ids_of(ada))[0]
    house.database.write_now(lambda tx: tx.execute("UPDATE turns SET reply = ? WHERE id = ?", (b"forged", turn)))
    entries = await _export(house, ada)
    (damaged,) = [entry for entry in entries if entry.get("error")]
    assert (damaged["id"], damaged["error"]) == (turn, "store/corrupt")
    assert "forged" not in json.dumps(entries)
    assert entries[-1]["type"] == "end"


async def test_the_export_of_nobody_is_refused(house: House) -> None:
    with pytest.raises(UnknownObject):
        await _export(house, "user_nobody")
