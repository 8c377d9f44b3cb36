"""Conversations: trees that only grow, found by their owners only, opened without walking them."""

from __future__ import annotations

import asyncio
import random

import pytest

from verax.kernel.errors import RequestError, UnknownObject
from verax.store.database import Database, Tx, open_database
from verax.store.messages import Line, Message, Messages
from verax.testing.clock import VirtualClock

ADA, BEN = "user_ada", "user_ben"


class Chat:
    """One conversation and the short forms that tests use."""

    def __init__(self, messages: Messages, conversation_id: str) -> None:
        self.messages = messages
        self.id = conversation_id

    async def say(self, parent_id: str, text: str, role: str = "user") -> str:
        (made,) = await self.messages.append(self.id, ADA, parent_id, [Line(role, text)])  # type: ignore[arg-type]
        return made.message_id

    async def texts(self, leaf_id: str | None = None) -> list[str]:
        page = await self.messages.path(self.id, ADA, leaf_id=leaf_id, limit=500)
        return [message.text for message in page.messages]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def messages(database: Database, clock: VirtualClock) -> Messages:
    return Messages(database, clock)


@pytest.fixture
async def chat(messages: Messages) -> Chat:
    return Chat(messages, await messages.create(ADA, channel="assistant", title="Plays"))


async def test_a_new_conversation_is_empty(chat: Chat) -> None:
    page = await chat.messages.path(chat.id, ADA)
    assert (page.messages, page.length, page.has_older) == ((), 0, False)
    assert page.conversation.title == "Plays"
    assert page.conversation.leaf_id == ""


async def test_a_chain_of_messages_comes_back_in_order_with_everything_it_had(chat: Chat) -> None:
    question = Line("user", "Who wrote Hamlet?\0 \u202e %_")
    answer = Line("assistant", "Shakespeare.", {"tool_calls": [{"name": "search", "n": 1}]}, turn_id="turn-1")
    await chat.messages.append(chat.id, ADA, "", [question, answer])
    first, second = (await chat.messages.path(chat.id, ADA)).messages
    assert (first.role, first.text, first.data, first.turn_id, first.depth) == ("user", question.text, {}, "", 0)
    assert (second.role, second.text, second.data) == ("assistant", "Shakespeare.", answer.data)
    assert (second.turn_id, second.parent_id, second.depth) == ("turn-1", first.message_id, 1)


async def test_an_edit_is_a_sibling_and_both_paths_stay(chat: Chat) -> None:
    question = await chat.say("", "Who wrote Hamlet?")
    answer = await chat.say(question, "Marlowe.", "assistant")
    again = await chat.say(question, "Shakespeare.", "assistant")
    edited = await chat.say("", "Who wrote Faust?")
    assert await chat.texts() == ["Who wrote Faust?"]
    assert await chat.texts(answer) == ["Who wrote Hamlet?", "Marlowe."]
    page = await chat.messages.path(chat.id, ADA, leaf_id=again)
    assert [message.siblings for message in page.messages] == [(question, edited), (answer, again)]


async def test_showing_a_message_goes_to_the_end_of_its_branch(chat: Chat) -> None:
    question = await chat.say("", "Who wrote Hamlet?")
    answer = await chat.say(question, "Marlowe.", "assistant")
    end = await chat.say(answer, "Are you sure?")
    await chat.say(question, "Shakespeare.", "assistant")
    assert await chat.messages.show(chat.id, ADA, question) == end
    assert await chat.texts() == ["Who wrote Hamlet?", "Marlowe.", "Are you sure?"]
    with pytest.raises(UnknownObject):
        await chat.messages.show(chat.id, ADA, "msg_none")


async def test_two_writers_who_answer_the_same_message_both_survive(target: str, chat: Chat) -> None:
    other_database = open_database(target)
    other = Chat(Messages(other_database), chat.id)
    root = await chat.say("", "Who wrote Hamlet?")
    for _ in range(5):
        ids = await asyncio.gather(*(writer.say(root, "answer", "assistant") for writer in (chat, other) * 4))
        assert len(set(ids)) == 8
    for leaf in ids:
        page = await chat.messages.path(chat.id, ADA, leaf_id=leaf)
        assert [message.message_id for message in page.messages] == [root, leaf]
        assert len(page.messages[1].siblings) == 40
    other_database.close()


async def test_a_random_tree_is_read_back_as_a_simple_model_remembers_it(chat: Chat) -> None:
    rng = random.Random(7)
    parents: dict[str, str] = {}
    order: list[str] = [""]
    for number in range(150):
        parent = rng.choice(order[-6:] if rng.random() < 0.8 else order)
        made = await chat.say(parent, f"m{number}")
        parents[made] = parent
        order.append(made)

    def path_of(leaf: str) -> list[str]:
        found = []
        while leaf:
            found.append(leaf)
            leaf = parents[leaf]
        return found[::-1]

    for leaf in rng.sample(order[1:], 40):
        expected = path_of(leaf)
        page = await chat.messages.path(chat.id, ADA, leaf_id=leaf, limit=500)
        assert [message.message_id for message in page.messages] == expected
        for message in page.messages:
            siblings = [other for other, parent in parents.items() if parent == message.parent_id]
            assert list(message.siblings) == siblings
        before, limit = rng.randint(0, len(expected)), rng.randint(1, 9)
        window = await chat.messages.path(chat.id, ADA, leaf_id=leaf, before=before, limit=limit)
        assert [message.message_id for message in window.messages] == expected[max(0, before - limit) : before]
        assert window.has_older == (before - limit > 0)
        assert window.length == len(expected)


async def test_the_next_older_window_is_reached_from_the_first_message(chat: Chat) -> None:
    await chat.messages.append(chat.id, ADA, "", [Line("user", str(number)) for number in range(25)])
    seen: list[str] = []
    leaf: str | None = None
    while True:
        page = await chat.messages.path(chat.id, ADA, leaf_id=leaf, limit=10)
        seen = [message.text for message in page.messages] + seen
        if not page.has_older:
            break
        leaf = page.messages[0].parent_id
    assert seen == [str(number) for number in range(25)]


async def test_opening_takes_three_statements_and_sending_three_at_any_length(target: str) -> None:
    seen: list[str] = []
    database = open_database(target, observe=seen.append)
    messages = Messages(database)
    chat_id = await messages.create(ADA, channel="assistant")
    parent = ""
    for _ in range(4):
        made = await messages.append(chat_id, ADA, parent, [Line("user", "x")] * 500)
        seen.clear()
        (last,) = await messages.append(chat_id, ADA, made[-1].message_id, [Line("user", "y")])
        parent = last.message_id
        assert len(seen) == 3
        seen.clear()
        assert len((await messages.path(chat_id, ADA)).messages) == 100
        assert len(seen) == 3
    database.close()


@pytest.mark.parametrize("limit", [0, -1, 501])
async def test_an_impossible_limit_is_refused(chat: Chat, limit: int) -> None:
    for call in (
        chat.messages.path(chat.id, ADA, limit=limit),
        chat.messages.conversations(ADA, limit=limit),
        chat.messages.search(ADA, "word", limit=limit),
    ):
        with pytest.raises(RequestError, match="limit"):
            await call


async def test_nobody_finds_or_changes_the_conversation_of_another(chat: Chat) -> None:
    question = await chat.say("", "Who wrote Hamlet?")
    messages = chat.messages
    for call in (
        messages.conversation(chat.id, BEN),
        messages.path(chat.id, BEN),
        messages.append(chat.id, BEN, question, [Line("user", "hello")]),
        messages.show(chat.id, BEN, question),
        messages.rename(chat.id, BEN, "mine"),
        messages.pin(chat.id, BEN, True),
        messages.archive(chat.id, BEN, True),
        messages.path("conv_none", ADA),
        messages.path(chat.id, ADA, leaf_id="msg_none"),
    ):
        with pytest.raises(UnknownObject):
            await call
    assert await messages.conversations(BEN) == []
    assert await messages.search(BEN, "Hamlet") == []
    assert await chat.texts() == ["Who wrote Hamlet?"]


async def test_a_parent_in_another_conversation_is_unknown(messages: Messages) -> None:
    first, second = [Chat(messages, await messages.create(ADA, channel="assistant")) for _ in range(2)]
    foreign = await first.say("", "hello")
    with pytest.raises(UnknownObject):
        await second.say(foreign, "hello")
    with pytest.raises(UnknownObject):
        await messages.path(second.id, ADA, leaf_id=foreign)
    assert await second.texts() == []


async def test_a_refused_line_leaves_the_conversation_as_it_was(chat: Chat) -> None:
    await chat.say("", "hello")
    for line in (Line("wizard", "x"), Line("user", "x", {"n": float("nan")}), Line("user", "\ud800")):  # type: ignore[arg-type]
        with pytest.raises(RequestError):
            await chat.messages.append(chat.id, ADA, "", [Line("user", "fine"), line])
    with pytest.raises(RequestError):
        await chat.messages.append(chat.id, ADA, "", [Line("user", "x", {"set": {1, 2}})])
    conversation = await chat.messages.conversation(chat.id, ADA)
    assert conversation.messages == 1
    assert await chat.messages.append(chat.id, ADA, "", []) == []


async def test_the_list_has_pinned_ones_first_then_the_latest_and_goes_on_page_by_page(
    messages: Messages, clock: VirtualClock
) -> None:
    chats = []
    for number in range(7):
        clock.advance(1)
        chats.append(Chat(messages, await messages.create(ADA, channel="assistant", title=str(number))))
    await messages.pin(chats[1].id, ADA, True)
    clock.advance(1)
    await chats[3].say("", "hello")
    await messages.archive(chats[5].id, ADA, True)
    titles: list[str] = []
    after = None
    while page := await messages.conversations(ADA, after=after, limit=2):
        titles += [conversation.title for conversation in page]
        after = page[-1]
    assert titles == ["1", "3", "6", "4", "2", "0"]
    assert [found.title for found in await messages.conversations(ADA, archived=True)] == ["5"]
    await messages.pin(chats[1].id, ADA, False)
    await messages.archive(chats[5].id, ADA, False)
    assert [found.title for found in await messages.conversations(ADA)] == ["3", "6", "5", "4", "2", "1", "0"]


async def test_a_title_can_be_changed_but_not_be_a_novel(chat: Chat) -> None:
    await chat.messages.rename(chat.id, ADA, "Elizabethan plays")
    assert (await chat.messages.conversation(chat.id, ADA)).title == "Elizabethan plays"
    for call in (
        chat.messages.rename(chat.id, ADA, "x" * 201),
        chat.messages.create(ADA, channel="a", title="x" * 201),
    ):
        with pytest.raises(RequestError, match="title"):
            await call


async def test_a_search_finds_titles_then_messages_newest_first(chat: Chat, clock: VirtualClock) -> None:
    first = await chat.say("", "HAMLET was written about 1600. " + "x" * 500)
    clock.advance(1)
    await chat.say(first, "And Macbeth?")
    clock.advance(1)
    third = await chat.say(first, "x" * 500 + " Is hamlet longer than Macbeth?")
    found = await chat.messages.search(ADA, "ｈａｍｌｅｔ")
    assert [hit.message_id for hit in found] == [third, first]
    assert "hamlet longer" in found[0].snippet and len(found[0].snippet) <= 162
    assert [hit.message_id for hit in await chat.messages.search(ADA, "macbeth HAMLET")] == [third]
    assert [hit.message_id for hit in await chat.messages.search(ADA, "PLAYS")] == [""]
    assert len(await chat.messages.search(ADA, "hamlet", limit=1)) == 1
    assert await chat.messages.search(ADA, "Faust") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Die Größe der STRASSE", "straße"),
        ("谁写了哈姆雷特", "哈姆"),
        ("100 % sure_thing \\o/", "% _ \\"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ],
)
async def test_a_search_knows_other_scripts_and_takes_signs_literally(chat: Chat, text: str, words: str) -> None:
    await chat.say("", text)
    await chat.say("", "something else")
    assert [hit.snippet for hit in await chat.messages.search(ADA, words)] == [text]


@pytest.mark.parametrize("words", ["", "   ", "w " * 9, "x" * 201])
async def test_a_search_without_words_or_with_too_many_is_refused(chat: Chat, words: str) -> None:
    with pytest.raises(RequestError, match="search"):
        await chat.messages.search(ADA, words)


async def test_a_reply_can_be_stored_in_the_transaction_that_finishes_its_turn(chat: Chat, database: Database) -> None:
    from verax.store.messages_rows import append_lines

    question = await chat.say("", "Who wrote Hamlet?")

    def finish(tx: Tx) -> list[Message]:
        return append_lines(tx, chat.id, ADA, question, [Line("assistant", "Shakespeare.", turn_id="turn-1")], 5)

    (reply,) = await database.write(finish)
    assert (await chat.messages.path(chat.id, ADA)).messages[-1].message_id == reply.message_id
