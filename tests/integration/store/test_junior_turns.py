"""Turns of children on SQLite and PostgreSQL: what lies in the rows, what a crash leaves, what an erasure takes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.integration.store.test_erase import House

from verax.kernel.errors import AccessError, BusyError, ForbiddenError, UnknownObject
from verax.kernel.record import entry_of, erase_profile_entry
from verax.kernel.segments import Segment, close_segments, prompt_digest
from verax.store.database import Database
from verax.store.junior.export import export_profile
from verax.store.junior.joining import WRONG_A_MINUTE, JoinCodes
from verax.store.junior.profiles import Profiles
from verax.store.junior.records import Exchange, JuniorRecords
from verax.store.junior.sessions import MAX_SESSIONS, ChildSessions
from verax.store.junior.types import RECEIPT_DAYS, Place, Profile, ProfileSettings, required_terms
from verax.store.turns import FinishedTurn, OpenTurn
from verax.testing.logs import sample_record, sample_secret

SAID = (Segment("app", "system", "{}"), Segment("user", "user", "quuxblorb"))
DAY_S = 86_400


def settings_of(animal: str, place: Place = "home", log_days: int | None = None) -> ProfileSettings:
    return ProfileSettings(
        "5-7",
        "blue",
        animal,
        place,
        "DE",
        None,
        (),
        30,
        None,
        None,
        "Europe/Berlin",
        log_days,  # type: ignore[arg-type] # a word of the list
    )


class Nursery(House):
    """A house with a guardian's children in it."""

    async def child(self, animal: str, place: Place = "home", log_days: int | None = None) -> Profile:
        profiles = Profiles(self.database, self.clock)
        settings = settings_of(animal, place, log_days)
        return await profiles.create(await self.guardian(), settings, required_terms(log_days))

    async def guardian(self) -> str:
        try:
            return (await self.accounts.user("ann")).user_id
        except UnknownObject:
            return (await self.accounts.create_user("ann")).user_id

    async def begin(self, owner: str) -> int:
        """Open a turn whose words are not kept, and return its number."""
        number = next(self.numbers)
        secret = sample_secret(number)
        draft = sample_record(number, prompt=prompt_digest(close_segments(SAID, secret)))
        await self.turns.open(OpenTurn(owner, "", secret, draft, SAID, keeps_words=False))
        return number

    async def end(self, number: int) -> str:
        prompt = prompt_digest(close_segments(SAID, sample_secret(number)))
        record = sample_record(number, b"quuxblorb reply", status="complete", prompt=prompt)
        await self.turns.finish(FinishedTurn(record, b"quuxblorb reply", guard={"self_harm": 1}, keeps_words=False))
        return record.id

    def rows(self) -> list[tuple[object, ...]]:
        sql = "SELECT secret, segments, reply, marks, evidence FROM turns ORDER BY id"
        return [tuple(row) for row in self.database.read_now(lambda tx: tx.execute(sql))]


@pytest.fixture
async def nursery(database: Database, tmp_path: Path) -> AsyncIterator[Nursery]:
    opened = Nursery(database, tmp_path / "log")
    opened.live.start()
    yield opened
    await opened.live.close()


async def test_a_row_holds_the_record_alone_from_its_first_moment(nursery: Nursery) -> None:
    profile = await nursery.child("owl")
    number = await nursery.begin(profile.profile_id)
    assert [row[:3] for row in nursery.rows()] == [(bytes(32), b"[]", None)]
    turn_id = await nursery.end(number)
    assert nursery.rows() == [(bytes(32), b"[]", None, None, None)]
    stored = await nursery.turns.get(turn_id)
    assert (stored.keeps_words, stored.reply, stored.record.status) == (False, None, "complete")
    with pytest.raises(UnknownObject, match="not kept"):
        await nursery.turns.opened(turn_id)
    usage = nursery.database.read_now(lambda tx: tx.execute("SELECT turn_id, user_id, key_id FROM usage"))
    assert [tuple(row) for row in usage] == [(None, "", "")]


async def test_a_crash_between_open_row_and_reply_leaves_a_failed_record(nursery: Nursery) -> None:
    profile = await nursery.child("owl")
    number = await nursery.begin(profile.profile_id)
    assert await nursery.turns.recover() == 1
    stored = await nursery.turns.get(sample_record(number).id)
    assert (stored.record.status, stored.keeps_words) == ("failed", False)
    await nursery.live.wait_published(stored.index, 10)
    assert nursery.live.log.entries_now(stored.index, stored.index + 1) == [entry_of(stored.record)]


async def test_an_erasure_takes_the_turns_and_counts_them(nursery: Nursery) -> None:
    owl, fox = await nursery.child("owl", log_days=7), await nursery.child("fox")
    records = JuniorRecords(nursery.database, nursery.clock, lambda text: text)
    for profile in (owl, fox):
        turn_id = await nursery.end(await nursery.begin(profile.profile_id))
        await records.add(profile.profile_id, Exchange("quuxblorb", "an answer", turn_id=turn_id, salt="00" * 16))
    late = await nursery.begin(owl.profile_id)
    report = await nursery.eraser.profile(owl.profile_id, owl.user_id)
    erasure = await nursery.turns.erasure(report.erasures[0])
    assert erasure.count == 1 + 1 + 1 + 2, "the profile, its consent, a turn and two lines"
    await nursery.live.wait_published(erasure.index, 10)
    entry = erase_profile_entry(erasure.log, erasure.count, erasure.time_ms, bytes.fromhex(erasure.salt))
    assert nursery.live.log.entries_now(erasure.index, erasure.index + 1) == [entry]
    await nursery.end(late)
    assert len(nursery.rows()) == 2, "the fox's, and the one that ran meanwhile"
    await nursery.eraser.resume()
    assert await nursery.turns.ids_of(owl.profile_id) == []
    assert len(await nursery.turns.ids_of(fox.profile_id)) == 1


async def test_records_go_when_they_are_older_than_was_agreed_to(nursery: Nursery) -> None:
    profile = await nursery.child("owl")
    await nursery.end(await nursery.begin(profile.profile_id))
    await nursery.live.wait_published(0, 10)
    nursery.clock.advance((RECEIPT_DAYS - 1) * DAY_S)
    await nursery.eraser.resume()
    assert len(nursery.rows()) == 1
    nursery.clock.advance(DAY_S)
    await nursery.eraser.resume()
    assert nursery.rows() == []


async def test_erasing_the_guardian_takes_the_turns_of_the_children(nursery: Nursery) -> None:
    profile = await nursery.child("owl")
    await nursery.end(await nursery.begin(profile.profile_id))
    assert (await nursery.eraser.user(profile.user_id)).turns == 1
    assert nursery.rows() == []


async def test_an_export_has_the_records_and_no_words(nursery: Nursery) -> None:
    profile = await nursery.child("owl", log_days=7)
    records = JuniorRecords(nursery.database, nursery.clock, lambda text: text)
    turn_id = await nursery.end(await nursery.begin(profile.profile_id))
    await records.add(profile.profile_id, Exchange("why?", "an answer", turn_id=turn_id, salt="00" * 16))
    exported = [entry async for entry in export_profile(nursery.database, profile)]
    assert [entry["type"] for entry in exported] == ["profile", "consent", "line", "line", "turn"]
    assert (exported[-1]["id"], exported[-1]["record"]["status"]) == (turn_id, "complete")
    assert {entry.get("turn_id") for entry in exported if entry["type"] == "line"} == {turn_id, None}
    assert "quuxblorb" not in repr(exported)
    assert await records.salt_of(profile, turn_id) == bytes(16)
    with pytest.raises(UnknownObject):
        await records.salt_of(await nursery.child("fox", log_days=7), turn_id)


async def test_a_session_goes_on_from_one_place_at_a_time(nursery: Nursery) -> None:
    sessions = ChildSessions(nursery.database, nursery.clock)
    opened = await sessions.open((await nursery.child("owl")).profile_id)
    session_id = opened.session.session_id
    assert await sessions.keep_state(session_id, "one", "")
    assert not await sessions.keep_state(session_id, "other", "")
    assert (await sessions.find(opened.token)).state == "one"
    await sessions.end(session_id)
    assert not await sessions.keep_state(session_id, "two", "one")


async def test_a_profile_has_few_open_sessions_and_the_oldest_end(nursery: Nursery) -> None:
    sessions = ChildSessions(nursery.database, nursery.clock)
    owl, fox = await nursery.child("owl"), await nursery.child("fox")
    other = await sessions.open(fox.profile_id)
    tokens = []
    for _ in range(MAX_SESSIONS + 2):
        nursery.clock.advance(1)
        tokens.append((await sessions.open(owl.profile_id)).token)
    assert len(await sessions.listed(owl.profile_id)) == MAX_SESSIONS
    for token in tokens[:2]:
        with pytest.raises(AccessError):
            await sessions.find(token)
    for token in (tokens[2], tokens[-1], other.token):
        await sessions.find(token)


async def test_codes_of_a_class(nursery: Nursery) -> None:
    codes = JoinCodes(nursery.database, nursery.clock)
    fox = await nursery.child("fox", "classroom")
    owl = await nursery.child("owl")
    made = await codes.make(fox.user_id, 45)
    assert await codes.join(made.code, "blue", "fox") == fox.profile_id
    with pytest.raises(ForbiddenError, match="nobody"):
        await codes.join(made.code, "blue", "owl")
    for number in range(WRONG_A_MINUTE):
        with pytest.raises(ForbiddenError):
            await codes.join(f"{(int(made.code) + 1 + number) % 10**8:08d}", "blue", "fox")
    with pytest.raises(BusyError):
        await codes.join(made.code, "blue", "fox")
    nursery.clock.advance(60)
    assert await codes.join(made.code, "blue", "fox") == fox.profile_id
    assert await codes.end(owl.user_id)
    with pytest.raises(ForbiddenError):
        await codes.join(made.code, "blue", "fox")
