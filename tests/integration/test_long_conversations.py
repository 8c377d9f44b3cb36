"""A conversation of many messages opens and goes on like a short one, and says what the model did not read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from verax.store.attachments import Attachments
from verax.store.database import open_database
from verax.store.messages import Messages
from verax.surfaces.conversations.history import Sources, read_request
from verax.surfaces.conversations.runs import Ask
from verax.testing.installations import chat_backend, chat_releases, open_installation
from verax.testing.long_conversation import fill_conversation
from verax.testing.turns import TurnWorld
from verax.turn.request import Caller
from verax.turn.trim import cost_of

ANN = Caller("user_ann", frozenset({"member"}))
LONG, SHORT = 10_000, 200
LIMIT_S = 60


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[TurnWorld]:
    async with TurnWorld.open(tmp_path, chat_backend(0), chat_releases()["assistant"]) as opened:
        yield opened


async def test_the_filled_conversation_is_a_tree_like_any_other(world: TurnWorld) -> None:
    messages = Messages(world.database, world.clock)
    talk = await asyncio.to_thread(fill_conversation, world.database, ANN.user_id, LONG)
    page = await messages.path(talk, ANN.user_id, limit=500)
    assert page.conversation.messages == LONG
    assert page.length == LONG - LONG // 40
    forks = [message for message in page.messages if len(message.siblings) > 1]
    assert 5 < len(forks) < 30
    for message in forks:
        other = next(one for one in message.siblings if one != message.message_id)
        branch = await messages.path(talk, ANN.user_id, leaf_id=other, limit=2)
        assert branch.messages[-1].parent_id == message.parent_id
    again = await asyncio.to_thread(fill_conversation, world.database, ANN.user_id, 300)
    assert [m.text for m in (await messages.path(again, ANN.user_id, limit=500)).messages[:20]] == [
        m.text for m in (await messages.path(talk, ANN.user_id, before=20, limit=20)).messages
    ]


async def test_reading_what_a_model_reads_takes_as_many_statements_in_a_long_conversation(tmp_path: Path) -> None:
    seen: list[str] = []
    database = open_database(tmp_path / "observed.db", observe=seen.append)
    async with TurnWorld.open(tmp_path, release=chat_releases()["tiny"]) as world:
        counts = {}
        for size in (SHORT, LONG):
            talk = await asyncio.to_thread(fill_conversation, database, ANN.user_id, size)
            messages, attachments = Messages(database, world.clock), Attachments(database, world.clock)
            leaf = (await messages.conversation(talk, ANN.user_id)).leaf_id
            seen.clear()
            request = await read_request(Sources(messages, attachments, world.governance), ANN, talk, leaf)
            counts[size] = len(seen)
            assert len(request.items) + request.older == size - size // 40
            assert sum(map(cost_of, request.items)) >= world.release.model.context_tokens
            assert sum(map(cost_of, request.items[1:])) < world.release.model.context_tokens
        assert counts[SHORT] == counts[LONG] <= 4
    database.close()


async def test_an_answer_in_a_long_conversation_says_what_the_model_did_not_read(tmp_path: Path) -> None:
    async with asyncio.timeout(LIMIT_S), open_installation(tmp_path, chat_backend(0)) as installation:
        user = await installation.accounts.create_user("ann")
        talk = await asyncio.to_thread(fill_conversation, installation.database, user.user_id, LONG, channel="tiny")
        caller = Caller(user.user_id, user.roles)
        conversation = await installation.messages.conversation(talk, user.user_id)
        begun = await installation.runs.start(caller, talk, Ask(conversation.leaf_id, "Who wrote Hamlet?"))
        await begun.run.ended.wait()
        answer = (await installation.messages.path(talk, user.user_id, limit=1)).messages[0]
        segments = (await installation.turns.opened(answer.turn_id)).segments
        read = [segment for segment in segments if segment["by"] in ("user", "app", "assistant")]
        assert answer.data["turn"]["left_out"] + len(read) == LONG - LONG // 40 + 1
        assert len(read) > 1
        started = begun.run.buffer.after(0)[0].data
        assert started["left_out"] == answer.data["turn"]["left_out"]
