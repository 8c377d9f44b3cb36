"""Runs on a scripted engine: what is kept, what is bounded, and what an engine that misbehaves costs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from verax.guard.audience import Audience
from verax.guard.refusals import crisis_words
from verax.kernel.errors import BusyError, RefusedError, RequestError, StoreFull, TooLarge, UnknownObject, VeraxError
from verax.store.attachments import Attachments
from verax.store.database import open_database
from verax.store.messages import Messages
from verax.surfaces.conversations.history import Sources
from verax.surfaces.conversations.run import RunParts
from verax.surfaces.conversations.runs import Ask, Begun, RunLimits, Runs
from verax.testing.turns import TurnWorld
from verax.truth.verdicts import Verdict
from verax.turn.events import (
    Choice,
    ClaimVerdict,
    Completed,
    Refusal,
    Started,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    TurnEvent,
)
from verax.turn.request import Caller, TurnRequest

ANN, BEN = Caller("user_ann"), Caller("user_ben")
LIMIT_S = 20
Script = Callable[["ScriptedTurn"], AsyncIterator[TurnEvent]]


class ScriptedTurn:
    """A turn that does what a test says."""

    def __init__(self, script: Script, number: int) -> None:
        self.turn_id = f"{number:032x}"
        self.cancelled = asyncio.Event()
        self._script = script

    def cancel(self) -> None:
        self.cancelled.set()

    async def events(self) -> AsyncGenerator[TurnEvent, None]:
        async for event in self._script(self):
            yield event

    @property
    def started(self) -> Started:
        return Started(self.turn_id, "assistant", "11" * 32, "22" * 32, "head", "solo", 1_700_000_000_000, 3)

    def complete(self, text: str, status: Any = "complete", calls: tuple[ToolCall, ...] = ()) -> Completed:
        choices = (Choice(text, "stop", calls),)
        return Completed(self.turn_id, status, choices, 1, 1, {"id": self.turn_id}, "33" * 32, "promise")


class Stage:
    """Runs over real stores and an engine that a test scripts."""

    def __init__(self, world: TurnWorld, limits: RunLimits) -> None:
        self.script: Script = say("Hello", " there")
        self.requests: list[TurnRequest] = []
        self.erased: list[str] = []
        self.clock = world.clock
        self.messages = Messages(world.database, world.clock)
        sources = Sources(self.messages, Attachments(world.database, world.clock), world.governance)
        self.runs = Runs(RunParts(self, sources, self), world.clock, limits)

    def start(self, request: TurnRequest) -> ScriptedTurn:
        self.requests.append(request)
        return ScriptedTurn(self.script, len(self.requests))

    async def turn(self, turn_id: str, user_id: str) -> None:
        self.erased.append(turn_id)

    async def begin(self, caller: Caller = ANN) -> str:
        return await self.messages.create(caller.user_id, channel="assistant")

    async def ask(self, talk: str, text: str | None = "Hi", parent_id: str = "", caller: Caller = ANN) -> Begun:
        async with asyncio.timeout(LIMIT_S):
            begun = await self.runs.start(caller, talk, Ask(parent_id, text))
            await begun.run.ended.wait()
            await asyncio.sleep(0)  # the task itself ends a moment later
        return begun

    def last(self, begun: Begun) -> dict[str, Any]:
        return dict(begun.run.buffer.after(0)[-1].data)


def say(*texts: str) -> Script:
    async def script(turn: ScriptedTurn) -> AsyncIterator[TurnEvent]:
        yield turn.started
        for text in texts:
            yield TextDelta(text)
        yield turn.complete("".join(texts))

    return script


async def until_cancelled(turn: ScriptedTurn) -> AsyncIterator[TurnEvent]:
    yield turn.started
    yield TextDelta("so far")
    await turn.cancelled.wait()
    yield turn.complete("so far", "cancelled")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with TurnWorld.open(tmp_path) as world:
        opened = Stage(world, RunLimits(running=2, text_chars=100, kept=3, kept_chars=1_000))
        yield opened
        await opened.runs.close(0)


async def test_a_crisis_names_its_lines_in_the_event_and_in_what_is_kept(stage: Stage) -> None:
    words = crisis_words("self_harm", Audience.ADULT)

    async def script(turn: ScriptedTurn) -> AsyncIterator[TurnEvent]:
        yield turn.started
        yield Refusal("self_harm", words.reason, words.next_step, crisis=words.crisis)
        yield turn.complete("", "refused")

    stage.script = script
    talk = await stage.begin()
    begun = await stage.ask(talk)
    [event] = [event.data for event in begun.run.buffer.after(0) if event.data["type"] == "refusal"]
    assert {"where": "US and Canada", "name": "988 Suicide & Crisis Lifeline", "publisher": "SAMHSA; CAMH",
            "number": "988"} in event["crisis"]["helplines"]  # fmt: skip
    answer = (await stage.messages.path(talk, ANN.user_id)).messages[1]
    assert answer.data["turn"]["refusal"]["crisis"] == event["crisis"]


async def test_every_kind_of_event_has_its_form(stage: Stage) -> None:
    async def script(turn: ScriptedTurn) -> AsyncIterator[TurnEvent]:
        yield turn.started
        yield TextDelta("It is ")
        yield TextDelta("")
        yield ClaimVerdict(0, 5, "Hello", Verdict.SUPPORTED, 0.9)
        yield ToolCallDelta(0, "{}", 0, "call_1", "weather")
        yield Refusal("secrets", "No.", "Ask again.")
        yield turn.complete("It is ", "refused", (ToolCall("call_1", "weather", "{}"),))

    stage.script = script
    talk = await stage.begin()
    begun = await stage.ask(talk)
    events = [event.data for event in begun.run.buffer.after(0)]
    assert [event["type"] for event in events] == ["started", "text", "claim", "tool_call", "refusal", "completed"]
    assert events[0]["left_out"] == 3
    answer = (await stage.messages.path(talk, ANN.user_id)).messages[1]
    assert answer.data["tool_calls"] == [{"id": "call_1", "name": "weather", "arguments": "{}"}]
    assert answer.data["turn"] == {
        "status": "refused",
        "release": "11" * 32,
        "mode": "solo",
        "left_out": 3,
        "refusal": {"category": "secrets", "reason": "No.", "next_step": "Ask again.", "crisis": None},
    }


async def test_the_turn_is_asked_with_the_lines_above_and_told_that_it_may_leave_some_out(stage: Stage) -> None:
    talk = await stage.begin()
    first = await stage.ask(talk, "One")
    await stage.ask(talk, "Two", self_leaf(first, stage))
    asked = stage.requests[-1]
    assert [(item.role, item.text) for item in asked.items] == [
        ("user", "One"),
        ("assistant", "Hello there"),
        ("user", "Two"),
    ]
    assert asked.items[1].reply_id == f"{1:032x}"
    assert (asked.trim, asked.older, asked.caller, asked.channel) == (True, 0, ANN, "assistant")


def self_leaf(begun: Begun, stage: Stage) -> str:
    return str(stage.last(begun)["message"]["id"])


async def test_answers_that_hold_nothing_are_not_read_by_the_model(stage: Stage) -> None:
    stage.script = say("")
    talk = await stage.begin()
    empty = await stage.ask(talk, "One")
    stage.script = say("Yes")
    await stage.ask(talk, "Two", self_leaf(empty, stage))
    assert [item.text for item in stage.requests[-1].items] == ["One", "Two"]


@pytest.mark.parametrize("error", [RefusedError("nobody answers"), RequestError("wrong"), ZeroDivisionError("defect")])
async def test_what_never_became_a_turn_leaves_the_question_and_a_reason(
    stage: Stage, error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(request: TurnRequest) -> ScriptedTurn:
        raise error

    monkeypatch.setattr(stage, "start", refuse)
    caplog.set_level(logging.CRITICAL)
    talk = await stage.begin()
    begun = await stage.ask(talk)
    failed = stage.last(begun)
    assert (failed["type"], failed["stored"]) == ("failed", None)
    assert failed["code"] == (error.reason_code if isinstance(error, VeraxError) else "verax/internal")
    assert "defect" not in failed["message"]
    assert (await stage.messages.path(talk, ANN.user_id)).length == 1
    monkeypatch.undo()
    assert stage.last(await stage.ask(talk, None, begun.run.parent_id))["type"] == "completed"


async def test_an_engine_that_just_ends_is_a_fault_and_not_an_answer(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async def script(turn: ScriptedTurn) -> AsyncIterator[TurnEvent]:
        yield turn.started
        yield TextDelta("half")

    stage.script = script
    talk = await stage.begin()
    assert stage.last(await stage.ask(talk))["code"] == "verax/internal"
    assert (await stage.messages.path(talk, ANN.user_id)).length == 1


async def test_an_answer_that_cannot_be_stored_is_told_of(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = await stage.begin()
    append = stage.messages.append

    async def full(*arguments: Any, **named: Any) -> Any:
        if named.get("follows"):
            raise StoreFull("disk: no room")
        return await append(*arguments, **named)

    monkeypatch.setattr(stage.messages, "append", full)
    assert stage.last(await stage.ask(talk))["code"] == "store/full"
    assert stage.erased == []


async def test_the_turn_of_a_conversation_that_vanished_is_erased(stage: Stage, tmp_path: Path) -> None:
    async def script(turn: ScriptedTurn) -> AsyncIterator[TurnEvent]:
        yield turn.started
        await turn.cancelled.wait()
        yield turn.complete("gone")

    stage.script = script
    talk = await stage.begin()
    begun = await stage.runs.start(ANN, talk, Ask("", "Hi"))
    while not begun.run.turn_id:
        await asyncio.sleep(0)
    database = open_database(tmp_path / "verax.db")
    await database.write(lambda tx: tx.execute("UPDATE conversations SET user_id = ''"))
    database.close()
    await stage.runs.stop(begun.run)
    assert stage.erased == [begun.run.turn_id]
    assert stage.last(begun)["code"] == "request/not-found"


async def test_runs_at_a_time_are_bounded_for_each_account(stage: Stage) -> None:
    stage.script = until_cancelled
    talk, theirs = await stage.begin(), await stage.begin(BEN)
    running = [await stage.runs.start(ANN, talk, Ask("", "Hi")) for _ in range(2)]
    with pytest.raises(BusyError):
        await stage.runs.start(ANN, talk, Ask("", "Hi"))
    other = await stage.runs.start(BEN, theirs, Ask("", "Hi"))
    assert len(stage.runs.running_in(talk)) == 2
    await stage.runs.stop(running[0].run)
    assert stage.last(running[0])["status"] == "cancelled"
    more = await stage.runs.start(ANN, talk, Ask("", "Hi"))
    for begun in (running[1], other, more):
        await stage.runs.stop(begun.run)
    assert stage.runs.running_in(talk) == []


async def test_what_is_kept_of_ended_runs_is_bounded_in_time_number_and_size(stage: Stage) -> None:
    talk = await stage.begin()
    ended = [(await stage.ask(talk)).run.run_id for _ in range(4)]
    with pytest.raises(UnknownObject):
        stage.runs.find(ANN, talk, ended[0])
    assert stage.runs.find(ANN, talk, ended[1]).run_id == ended[1]
    stage.script = say("x" * 990)
    large = (await stage.ask(talk)).run.run_id
    for run_id in ended[1:3]:
        with pytest.raises(UnknownObject):
            stage.runs.find(ANN, talk, run_id)
    assert stage.runs.find(ANN, talk, large).run_id == large
    stage.clock.advance(600)
    with pytest.raises(UnknownObject) as raised:
        stage.runs.find(ANN, talk, large)
    assert raised.value.reason_code == "run/unknown"


async def test_only_its_owner_finds_a_run_and_only_in_its_conversation(stage: Stage) -> None:
    talk, other = await stage.begin(), await stage.begin()
    run_id = (await stage.ask(talk)).run.run_id
    for caller, conversation in ((BEN, talk), (ANN, other)):
        with pytest.raises(UnknownObject):
            stage.runs.find(caller, conversation, run_id)


async def test_a_failed_start_leaves_nothing_behind_and_may_be_repeated(stage: Stage) -> None:
    talk = await stage.begin()
    for _ in range(3):
        with pytest.raises(TooLarge):
            await stage.runs.start(ANN, talk, Ask("", "x" * 101, "client-id-1"))
    with pytest.raises(UnknownObject):
        await stage.runs.start(BEN, talk, Ask("", "Hi", "client-id-1"))
    begun = await stage.runs.start(ANN, talk, Ask("", "Hi", "client-id-1"))
    again = await stage.runs.start(ANN, talk, Ask("", "Hi", "client-id-1"))
    assert again.run is begun.run
    await begun.run.ended.wait()


async def test_no_run_begins_while_a_conversation_is_erased(stage: Stage) -> None:
    stage.script = until_cancelled
    talk = await stage.begin()
    begun = await stage.runs.start(ANN, talk, Ask("", "Hi"))
    async with stage.runs.closing(talk):
        assert begun.run.ended.is_set()
        with pytest.raises(UnknownObject):
            await stage.runs.start(ANN, talk, Ask("", "Hi"))
    with pytest.raises(UnknownObject):
        stage.runs.find(ANN, talk, begun.run.run_id)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Who wrote Hamlet?", "Who wrote Hamlet?"),
        ("\n\n  Who   wrote\tit?\nmore", "Who wrote it?"),
        ("word " * 30, "word " * 15 + "word…"),
        ("x" * 300, "x" * 79 + "…"),
        ("谁" * 90, "谁" * 79 + "…"),
    ],
)
async def test_a_conversation_is_named_by_its_first_words(stage: Stage, text: str, title: str) -> None:
    stage.runs._limits = RunLimits()
    talk = await stage.begin()
    await stage.ask(talk, text)
    assert (await stage.messages.conversation(talk, ANN.user_id)).title == title
    await stage.messages.rename(talk, ANN.user_id, "Mine")
    await stage.ask(talk, "Other words")
    assert (await stage.messages.conversation(talk, ANN.user_id)).title == "Mine"


async def test_observers_see_every_event_with_the_turn_it_belongs_to(stage: Stage) -> None:
    seen: list[tuple[str, str]] = []
    stage.runs.observe(lambda started, event: seen.append((started.turn_id, type(event).__name__)))
    await stage.ask(await stage.begin())
    assert seen == [(f"{1:032x}", name) for name in ("Started", "TextDelta", "TextDelta", "Completed")]
