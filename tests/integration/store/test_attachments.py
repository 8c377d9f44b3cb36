"""Attachments on both databases: whole or not at all, once a person, gone with the last message that holds them."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

import pytest

from verax.kernel.errors import ConflictError, TooLarge, UnknownObject
from verax.store.attachments import AttachmentLimits, Attachments, NewAttachment, StoredAttachment
from verax.store.database import Database
from verax.store.messages import Line, Messages
from verax.testing.clock import VirtualClock

ADA, BEN = "user_ada", "user_ben"
NOTE = NewAttachment("note.txt", "text", "text/plain", b"The door is red.", ("The door is red.",), None, 16)
DAY_S = 86_400
TABLES = ("attachments", "attachment_parts", "attachment_pages", "attachment_uses")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def attachments(database: Database, clock: VirtualClock) -> Attachments:
    return Attachments(database, clock, AttachmentLimits(total_bytes=10 * 2**20, unused=4))


@pytest.fixture
def messages(database: Database, clock: VirtualClock) -> Messages:
    return Messages(database, clock)


async def counts(database: Database) -> tuple[int, ...]:
    found = [await database.read(lambda tx, t=table: tx.execute(f"SELECT count(*) FROM {t}")) for table in TABLES]
    return tuple(rows[0][0] for rows in found)


async def say(messages: Messages, conversation_id: str, *held: StoredAttachment, parent_id: str = "") -> str:
    line = Line("user", "Look", {"attachments": [attachment.reference() for attachment in held]})
    (made,) = await messages.append(conversation_id, ADA, parent_id, [line])
    return made.message_id


async def read(attachments: Attachments, attachment: StoredAttachment) -> bytes:
    return b"".join([part async for part in attachments.data(attachment)])


async def test_what_was_put_comes_back_whole(attachments: Attachments) -> None:
    data = bytes(range(256)) * 10_000
    new = NewAttachment("paper.pdf", "pdf", "application/pdf", data, ("One", "", "Grüße 世界"), 5, 12, {"code": "x"})
    put = await attachments.put(ADA, new)
    got = await attachments.get(put.attachment_id, ADA)
    assert got == put
    assert (got.digest, got.size_bytes, got.pages) == (hashlib.sha256(data).hexdigest(), len(data), 5)
    assert got.notice == {"code": "x"}
    assert await attachments.text(got) == ("One", "", "Grüße 世界")
    assert await read(attachments, got) == data


async def test_the_same_bytes_are_kept_once_a_person_and_never_shared(
    attachments: Attachments, database: Database
) -> None:
    first = await attachments.put(ADA, NOTE)
    second = await attachments.put(ADA, replace(NOTE, name="other.txt"))
    await attachments.put(BEN, NOTE)
    assert await counts(database) == (3, 2, 2, 0)
    await attachments.delete(first.attachment_id, ADA)
    assert (await attachments.get(second.attachment_id, ADA)).name == "other.txt"
    assert await read(attachments, second) == NOTE.data
    await attachments.delete(second.attachment_id, ADA)
    assert await counts(database) == (1, 1, 1, 0)


async def test_only_the_owner_finds_an_attachment(attachments: Attachments, messages: Messages) -> None:
    note = await attachments.put(ADA, NOTE)
    for wrong, user in ((note.attachment_id, BEN), ("att_none", ADA)):
        with pytest.raises(UnknownObject):
            await attachments.get(wrong, user)
        with pytest.raises(UnknownObject):
            await attachments.delete(wrong, user)
    with pytest.raises(UnknownObject):
        await attachments.many([note.attachment_id, "att_none"], ADA)
    theirs = await messages.create(BEN, channel="assistant")
    line = Line("user", "Look", {"attachments": [note.reference()]})
    with pytest.raises(UnknownObject, match="no such attachment"):
        await messages.append(theirs, BEN, "", [line])
    assert (await messages.path(theirs, BEN)).length == 0


async def test_a_message_holds_its_files_until_it_is_blanked(
    attachments: Attachments, messages: Messages, database: Database
) -> None:
    from verax.store.messages_rows import blank

    chat = await messages.create(ADA, channel="assistant")
    note = await attachments.put(ADA, NOTE)
    first = await say(messages, chat, note)
    second = await say(messages, chat, note, parent_id=first)
    with pytest.raises(ConflictError) as raised:
        await attachments.delete(note.attachment_id, ADA)
    assert raised.value.reason_code == "attachment/in-use"
    await database.write(lambda tx: blank(tx, [first], 1))
    assert (await attachments.get(note.attachment_id, ADA)).name == "note.txt"
    await database.write(lambda tx: blank(tx, [second], 1))
    assert await counts(database) == (0, 0, 0, 0)


async def test_what_nobody_sent_goes_after_a_day_and_what_was_sent_stays(
    attachments: Attachments, messages: Messages, clock: VirtualClock
) -> None:
    chat = await messages.create(ADA, channel="assistant")
    sent, unsent = await attachments.put(ADA, NOTE), await attachments.put(ADA, replace(NOTE, data=b"draft"))
    await say(messages, chat, sent)
    clock.advance(DAY_S - 1)
    await attachments.put(ADA, replace(NOTE, data=b"more"))
    assert await attachments.get(unsent.attachment_id, ADA) == unsent
    clock.advance(2)
    await attachments.put(ADA, replace(NOTE, data=b"even more"))
    with pytest.raises(UnknownObject):
        await attachments.get(unsent.attachment_id, ADA)
    assert await read(attachments, sent) == NOTE.data


async def test_an_account_has_so_much_room(attachments: Attachments, messages: Messages) -> None:
    chat = await messages.create(ADA, channel="assistant")
    for number in range(4):
        await attachments.put(ADA, replace(NOTE, data=b"%d" % number))
    with pytest.raises(TooLarge, match="wait to be sent"):
        await attachments.put(ADA, NOTE)
    assert await attachments.put(BEN, NOTE)
    large = replace(NOTE, data=b"x" * (6 * 2**20))
    held = await attachments.put(BEN, large)
    assert held.size_bytes == 6 * 2**20
    with pytest.raises(TooLarge) as raised:
        await attachments.put(BEN, large)
    assert raised.value.reason_code == "attachment/quota"
    assert chat


async def test_parts_without_an_attachment_go_after_an_hour(
    attachments: Attachments, database: Database, clock: VirtualClock
) -> None:
    row = (ADA, "ab" * 32, 0, b"left by a crash", clock.now_ms())
    insert = "INSERT INTO attachment_parts (user_id, digest, part, data, created_ms) VALUES (?, ?, ?, ?, ?)"
    await database.write(lambda tx: tx.execute(insert, row))
    await attachments.put(ADA, NOTE)
    assert (await counts(database))[1] == 2
    clock.advance(3601)
    await attachments.put(ADA, NOTE)
    assert (await counts(database))[1] == 1


async def test_an_upload_whose_bytes_were_erased_meanwhile_is_not_half_there(
    attachments: Attachments, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another request removes the same content between the parts and the last transaction."""
    first = await attachments.put(ADA, NOTE)
    write = database.write
    calls = 0

    async def interrupted(call):  # type: ignore[no-untyped-def]
        nonlocal calls
        calls += 1
        if calls == 3:
            await write(lambda tx: tx.execute("DELETE FROM attachments WHERE id = ?", (first.attachment_id,)))
            await write(lambda tx: tx.execute("DELETE FROM attachment_parts"))
        return await write(call)

    monkeypatch.setattr(database, "write", interrupted)
    with pytest.raises(ConflictError, match="erased meanwhile"):
        await attachments.put(ADA, NOTE)
    monkeypatch.undo()
    assert (await counts(database))[0] == 0


async def test_many_uploads_of_one_file_at_once_are_all_whole(attachments: Attachments, database: Database) -> None:
    data = bytes(3 * 2**20)
    new = replace(NOTE, data=data)
    put = await asyncio.gather(*(attachments.put(BEN, new) for _ in range(3)))
    assert len({attachment.attachment_id for attachment in put}) == 3
    assert await counts(database) == (3, 3, 1, 0)
    for attachment in put:
        assert await read(attachments, attachment) == data


async def test_a_client_that_repeats_itself_adds_a_line_once(messages: Messages, database: Database) -> None:
    chat = await messages.create(ADA, channel="assistant")
    line = Line("user", "Hello")
    added = await asyncio.gather(*(messages.append_once(chat, ADA, "", line, "client-1") for _ in range(4)))
    assert len({one.message_id for one in added}) == 1
    assert sum(one.is_new for one in added) == 1
    other = await messages.append_once(chat, ADA, "", line, "client-2")
    assert other.is_new
    below = await messages.append_once(chat, ADA, other.message_id, line, "client-1")
    assert below.is_new
    assert not (await messages.append_once(chat, ADA, other.message_id, line, "client-1")).is_new
    with pytest.raises(UnknownObject):
        await messages.append_once(chat, BEN, "", line, "client-1")
    with pytest.raises(UnknownObject):
        await messages.append_once(chat, ADA, "msg_none", line, "client-1")
    assert (await messages.conversation(chat, ADA)).messages == 3


async def test_an_answer_is_shown_to_whoever_waits_for_it_only(messages: Messages) -> None:
    chat = await messages.create(ADA, channel="assistant")
    (one,) = await messages.append(chat, ADA, "", [Line("user", "one")])
    (two,) = await messages.append(chat, ADA, "", [Line("user", "two")])
    (late,) = await messages.append(chat, ADA, one.message_id, [Line("assistant", "late")], follows=True)
    assert (await messages.conversation(chat, ADA)).leaf_id == two.message_id
    (seen,) = await messages.append(chat, ADA, two.message_id, [Line("assistant", "seen")], follows=True)
    assert (await messages.conversation(chat, ADA)).leaf_id == seen.message_id
    assert await messages.show(chat, ADA, one.message_id, to_end=False) == one.message_id
    assert (await messages.path(chat, ADA)).length == 1
    assert await messages.show(chat, ADA, one.message_id) == late.message_id


async def test_all_messages_of_all_branches_are_read_once(messages: Messages) -> None:
    chat = await messages.create(ADA, channel="assistant")
    chain = await messages.append(chat, ADA, "", [Line("user", str(n)) for n in range(700)])
    for parent in chain[::100]:
        await messages.append(chat, ADA, parent.message_id, [Line("user", "fork"), Line("user", "more")])
    found = [message.message_id async for message in messages.everything(chat, ADA)]
    assert len(found) == len(set(found)) == 714
    with pytest.raises(UnknownObject):
        [message async for message in messages.everything(chat, BEN)]
