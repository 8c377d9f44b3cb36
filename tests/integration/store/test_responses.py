"""Stored responses: chains and branches of them, for their owners only."""

from __future__ import annotations

import asyncio

import pytest

from verax.kernel.errors import ConflictError, RequestError, UnknownObject
from verax.store.database import Database
from verax.store.messages import Line, Messages
from verax.store.messages_types import StoredResponse
from verax.store.responses import Responses

ADA, BEN = "user_ada", "user_ben"


@pytest.fixture
def responses(database: Database) -> Responses:
    return Responses(database)


def response(number: int, previous: int | None = None, *extra: Line) -> StoredResponse:
    lines = (
        Line("user", f"question {number}"),
        *extra,
        Line("assistant", f"answer {number}", turn_id=f"turn-{number}"),
    )
    previous_id = "" if previous is None else f"resp_{previous}"
    body = {"id": f"resp_{number}", "model": "assistant", "text": "„So\0“", "usage": {"total_tokens": number}}
    return StoredResponse(f"resp_{number}", ADA, previous_id, lines, f"turn-{number}", body)


async def test_a_response_comes_back_as_it_was_put(responses: Responses) -> None:
    call = Line("assistant", "", {"tool_calls": [{"call_id": "c1", "name": "search", "arguments": "{}"}]})
    result = Line("tool", "found", {"tool_call_id": "c1"})
    stored = response(1, None, call, result)
    await responses.put(stored)
    assert await responses.get("resp_1", ADA) == stored


async def test_the_history_of_a_response_is_the_whole_chain(responses: Responses) -> None:
    await responses.put(response(1))
    await responses.put(response(2, previous=1))
    await responses.put(response(3, previous=2))
    history = await responses.history("resp_3", ADA)
    assert [line.text for line in history] == [f"{kind} {n}" for n in (1, 2, 3) for kind in ("question", "answer")]
    assert history[1].turn_id == "turn-1"
    assert len(await responses.history("resp_1", ADA)) == 2


async def test_two_that_continue_the_same_one_are_two_branches(responses: Responses) -> None:
    await responses.put(response(1))
    await asyncio.gather(responses.put(response(2, previous=1)), responses.put(response(3, previous=1)))
    for number in (2, 3):
        assert [line.text for line in await responses.history(f"resp_{number}", ADA)] == [
            "question 1",
            "answer 1",
            f"question {number}",
            f"answer {number}",
        ]


async def test_a_long_history_is_complete(responses: Responses) -> None:
    many = [Line("user", f"line {number}") for number in range(1200)]
    await responses.put(response(1, None, *many))
    await responses.put(response(2, previous=1))
    history = await responses.history("resp_2", ADA)
    assert [line.text for line in history[1:1201]] == [line.text for line in many]
    assert len(history) == 1204


async def test_a_deleted_response_is_gone_and_takes_its_lines_out_of_later_histories(responses: Responses) -> None:
    await responses.put(response(1))
    await responses.put(response(2, previous=1))
    await responses.delete("resp_1", ADA)
    for call in (responses.get("resp_1", ADA), responses.history("resp_1", ADA), responses.delete("resp_1", ADA)):
        with pytest.raises(UnknownObject, match="deleted"):
            await call
    assert [line.text for line in await responses.history("resp_2", ADA)] == ["question 2", "answer 2"]
    with pytest.raises(UnknownObject):
        await responses.put(response(3, previous=1))


async def test_deleting_the_last_response_removes_its_conversation(responses: Responses, database: Database) -> None:
    await responses.put(response(1))
    await responses.delete("resp_1", ADA)
    for sql in ("SELECT count(*) FROM conversations", "SELECT count(*) FROM messages"):
        assert database.read_now(lambda tx, sql=sql: tx.execute(sql)) == [(0,)]  # type: ignore[misc]


async def test_nobody_finds_the_response_of_another(responses: Responses) -> None:
    await responses.put(response(1))
    for call in (responses.get("resp_1", BEN), responses.history("resp_1", BEN), responses.delete("resp_1", BEN)):
        with pytest.raises(UnknownObject):
            await call
    assert (await responses.get("resp_1", ADA)).turn_id == "turn-1"


async def test_an_id_is_taken_once_and_a_response_has_lines(responses: Responses) -> None:
    await responses.put(response(1))
    with pytest.raises(ConflictError, match="taken"):
        await responses.put(response(1))
    with pytest.raises(RequestError, match="line"):
        await responses.put(StoredResponse("resp_9", ADA, "", (), "", {}))
    assert len(await responses.history("resp_1", ADA)) == 2


async def test_conversations_of_responses_are_never_listed(responses: Responses, database: Database) -> None:
    await responses.put(response(1))
    messages = Messages(database)
    assert await messages.conversations(ADA) == []
    assert await messages.search(ADA, "question") == []
