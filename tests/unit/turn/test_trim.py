"""Trimming is pure: what is left out follows from release, lines and refusals, and never splits a question."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import RequestError
from verax.kernel.record import Record, TurnSecret
from verax.kernel.release import Release
from verax.store.turns import OpenTurn
from verax.testing.releases import manifest_toml
from verax.testing.scripted import Rule, ScriptedBackend
from verax.testing.turns import TurnWorld
from verax.turn.events import Completed, Failed, Started
from verax.turn.record import request_bytes
from verax.turn.request import Caller, InputItem, SamplingRequest, TurnRequest
from verax.turn.trim import LINE_TOKENS, MAX_STEPS, cost_of, estimate_tokens, trim

ROLES = st.sampled_from(["user", "assistant", "tool", "system"])
LINES = st.lists(st.builds(InputItem, ROLES, st.text(max_size=60)), min_size=1, max_size=24).map(tuple)


def release(context_tokens: int = 512, max_tokens: int = 128) -> Release:
    model = f'backend = "scripted"\nname = "script"\ncontext_tokens = {context_tokens}'
    return Release.from_toml(
        manifest_toml("You answer.", model=model, rest=f'[sampling]\nmax_tokens = {max_tokens}\nallow = ["max_tokens"]')
    )


def request(items: tuple[InputItem, ...], **more: object) -> TurnRequest:
    return TurnRequest("assistant", Caller("user-1"), items, trim=True, **more)  # type: ignore[arg-type]


def talk(pairs: int, words: int = 10) -> tuple[InputItem, ...]:
    lines = [(InputItem("user", f"q{n} " + "word " * words), InputItem("assistant", f"a{n}")) for n in range(pairs)]
    return (*(item for pair in lines for item in pair), InputItem("user", "last"))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("abc", 1), ("abcd", 2), ("2026", 4), ("每", 3), ("é", 2), ("😀", 4), ("a" * 3000, 1000)],
)
def test_the_estimate_is_the_one_that_is_documented(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


@given(st.text(), st.text())
def test_an_estimate_never_falls_when_text_is_added(one: str, other: str) -> None:
    assert estimate_tokens(one) <= estimate_tokens(one + other) <= estimate_tokens(one) + estimate_tokens(other)


@given(LINES, st.integers(0, MAX_STEPS), st.integers(0, 9))
def test_what_stays_is_the_newest_part_and_begins_with_a_question(
    items: tuple[InputItem, ...], step: int, older: int
) -> None:
    asked = request(items, older=older)
    kept = trim(asked, release(context_tokens=256), step)
    assert kept == trim(asked, release(context_tokens=256), step)
    assert kept.older == older + len(items) - len(kept.items)
    spoken = [item for item in items if item.role not in ("system", "developer")]
    left = [item for item in kept.items if item.role not in ("system", "developer")]
    assert spoken[len(spoken) - len(left) :] == left
    assert [item for item in items if item.role == "system"] == [item for item in kept.items if item.role == "system"]
    questions = [index for index, item in enumerate(items) if item.role == "user"]
    if questions:
        assert items[questions[-1] :] == kept.items[len(kept.items) - len(items) + questions[-1] :]
        assert len(left) == len(spoken) or left[0].role == "user"


@given(LINES, st.integers(0, MAX_STEPS - 1))
def test_each_refusal_leaves_out_as_much_or_more(items: tuple[InputItem, ...], step: int) -> None:
    asked = request(items)
    assert trim(asked, release(256), step).older <= trim(asked, release(256), step + 1).older


def test_a_conversation_that_fits_is_left_alone_and_one_that_does_not_fits_afterwards() -> None:
    short = request(talk(2))
    assert trim(short, release()) == short
    long = trim(request(talk(40)), release())
    assert 0 < long.older < 80
    assert sum(map(cost_of, long.items)) < 512 - 128
    # One question and answer more would not have fitted.
    more = request(talk(40)).items[long.older - 2 :]
    assert sum(map(cost_of, more)) + LINE_TOKENS + estimate_tokens("You answer.") > 512 - 128


def test_a_longer_reply_leaves_less_room_but_never_less_than_half() -> None:
    items = talk(60)
    lengths = [
        len(trim(request(items, sampling=SamplingRequest(max_tokens=tokens)), release(2048, 2048)).items)
        for tokens in (1, 512, 1024, 2048)
    ]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] == lengths[-2] > 1


def test_nothing_is_trimmed_unless_it_is_asked_for() -> None:
    untouched = TurnRequest("assistant", Caller("user-1"), talk(400))
    assert trim(untouched, release()) is untouched


async def test_the_turn_says_how_many_lines_it_left_out_and_commits_to_the_rest(tmp_path: Path) -> None:
    backend = ScriptedBackend([Rule("last", "Yes.")], keeps_context=True)
    async with TurnWorld.open(tmp_path, backend, release()) as world:
        asked = request(talk(40), older=1000)
        events = [event async for event in world.engine.run(asked)]
        started, end = events[0], events[-1]
        assert isinstance(started, Started) and isinstance(end, Completed)
        expected = trim(asked, world.release)
        assert started.left_out == expected.older > 1000
        record, secret = Record.from_dict(end.record), TurnSecret(bytes.fromhex(end.secret))
        assert record.request == secret.commit("request", request_bytes(expected))
        said = [segment for segment in (await world.turns.opened(end.turn_id)).segments if segment["by"] == "user"]
        assert len(said) == sum(item.role == "user" for item in expected.items)


async def test_a_model_that_refuses_is_asked_again_with_less_and_the_record_is_of_what_was_sent(tmp_path: Path) -> None:
    # Single letters with blanks between them: far more tokens than any estimate by length.
    items = tuple(InputItem("user" if n % 2 == 0 else "assistant", f"q{n} " + "a " * 60) for n in range(31))
    backend = ScriptedBackend([Rule("q30", "Yes.")], keeps_context=True)
    async with TurnWorld.open(tmp_path, backend, release(max_tokens=8)) as world:
        events = [event async for event in world.engine.run(request(items))]
        started, end = events[0], events[-1]
        assert isinstance(started, Started) and isinstance(end, Completed)
        assert len(backend.calls) > 1
        assert started.left_out == 31 - sum(s.role in ("user", "assistant") for s in backend.calls[-1].segments)
        opened = await world.turns.opened(end.turn_id)
        assert [segment["text"] for segment in opened.segments] == [s.text for s in backend.calls[-1].segments]
        assert (await world.turns.get(end.turn_id)).record.status == "complete"


async def test_a_question_that_is_too_long_by_itself_is_refused_and_recorded(tmp_path: Path) -> None:
    async with TurnWorld.open(tmp_path, ScriptedBackend(keeps_context=True), release()) as world:
        events = [event async for event in world.engine.run(request((InputItem("user", "a " * 600),)))]
        failed = events[-1]
        assert isinstance(failed, Failed)
        assert failed.code == "request/context-length"
        assert (await world.turns.get(failed.turn_id)).record.status == "failed"


async def test_a_caller_that_does_not_ask_for_trimming_is_refused_as_before(tmp_path: Path) -> None:
    backend = ScriptedBackend(keeps_context=True)
    async with TurnWorld.open(tmp_path, backend, release()) as world:
        plain = TurnRequest("assistant", Caller("user-1"), (InputItem("user", "a " * 600), InputItem("user", "b")))
        events = [event async for event in world.engine.run(plain)]
        assert isinstance(events[-1], Failed)
        assert len(backend.calls) == 1


async def test_only_an_open_turn_can_be_opened_again(tmp_path: Path) -> None:
    async with TurnWorld.open(tmp_path) as world:
        end = (await world.say("Hello"))[-1]
        assert isinstance(end, Completed)
        stored = await world.turns.get(end.turn_id)
        with pytest.raises(RequestError, match="not open"):
            await world.turns.reopen(OpenTurn("user-1", "", stored.secret, stored.record))
