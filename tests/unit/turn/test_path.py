"""The whole path of a turn, over real stores and a scripted model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.errors import (
    AccessError,
    CorruptStore,
    ForbiddenError,
    ModelUnavailable,
    RefusedError,
    RequestError,
    RuntimeChanged,
    StaleError,
    TooLarge,
    UnknownObject,
)
from verax.kernel.join import rejoin
from verax.kernel.record import Record, TurnSecret
from verax.kernel.release import Release
from verax.kernel.segments import Segment, close_segments, prompt_digest
from verax.models.base import BackendIdentity, Delta, Finish, ModelCall, ModelEvent, Sent, Usage
from verax.store.turns import FinishedTurn
from verax.testing.releases import make_release, manifest_toml
from verax.testing.scripted import Reply, Rule, ScriptedBackend, ScriptedTool
from verax.testing.turns import TurnWorld
from verax.turn.events import Completed, Failed, Refusal, Started, TextDelta, TurnEvent
from verax.turn.request import Caller, InputItem, SamplingRequest, TurnRequest

LIMIT_S = 20.0
HAMLET = "Hamlet was written by William Shakespeare."
KEY = "vx-" + "a1B2" * 8


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[TurnWorld]:
    backend = ScriptedBackend([Rule("Hamlet", HAMLET), Rule("secret", f"It is {KEY}.")])
    async with TurnWorld.open(tmp_path, backend) as opened:
        yield opened


def text_of(events: list[TurnEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def completed(events: list[TurnEvent]) -> Completed:
    last = events[-1]
    assert isinstance(last, Completed), last
    return last


async def test_a_turn_starts_speaks_and_ends_recorded(world: TurnWorld) -> None:
    events = await world.say("Who wrote Hamlet?")
    assert isinstance(events[0], Started)
    assert text_of(events) == HAMLET
    end = completed(events)
    assert (end.status, end.choices[0].text) == ("complete", HAMLET)
    stored = await world.turns.get(end.turn_id)
    assert stored.reply == HAMLET.encode()
    assert stored.record.to_dict() == end.record


async def test_the_record_commits_to_prompt_bytes_request_and_reply(world: TurnWorld) -> None:
    end = completed(await world.say("Who wrote Hamlet?"))
    record, secret = Record.from_dict(end.record), TurnSecret(bytes.fromhex(end.secret))
    assert record.release == world.release.id
    assert record.mode == "solo" and record.arm == "head"
    assert record.governance.size == world.governance.state.size
    opened = await world.turns.opened(end.turn_id)
    segments = [Segment(**segment) for segment in opened.segments]
    assert record.prompt == prompt_digest(close_segments(segments, secret))
    assert record.sent == secret.commit("sent", rejoin(world.release, segments))
    assert record.reply == secret.commit("reply", HAMLET.encode())


async def test_the_leaf_follows_its_promise(world: TurnWorld) -> None:
    end = completed(await world.say("Who wrote Hamlet?"))
    await world.live.wait_published(0, LIMIT_S)
    status = await world.receipts.status(end.turn_id)
    assert status.state == "integrated" and status.promise == end.promise


async def test_no_text_leaves_before_the_open_row_is_durable(world: TurnWorld) -> None:
    async for event in world.engine.run(world.request("Who wrote Hamlet?")):
        rows = world.database.read_now(lambda tx: tx.execute("SELECT id FROM turns"))
        assert len(rows) == 1
        assert isinstance(event, Started | TextDelta | Completed)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (TurnRequest("assistant", Caller(""), (InputItem("user", "x"),)), AccessError),
        (TurnRequest("absent", Caller("u"), (InputItem("user", "x"),)), UnknownObject),
        (TurnRequest("runtime", Caller("u"), (InputItem("user", "x"),)), UnknownObject),
        (TurnRequest("assistant", Caller("u"), ()), RequestError),
        (TurnRequest("assistant", Caller("u"), (InputItem("system", "x"),)), RequestError),
        (TurnRequest("assistant", Caller("u"), (InputItem("user", "\ud800"),)), RequestError),
        (TurnRequest("assistant", Caller("u"), (InputItem("user", "x"),) * 10_001), TooLarge),
        (TurnRequest("assistant", Caller("u"), (InputItem("user", "x"),), tools=({},) * 129), TooLarge),
        (TurnRequest("assistant", Caller("u"), (InputItem("user", "x"),), arm="preview"), ForbiddenError),
    ],
)
async def test_what_is_no_turn_raises_and_leaves_no_row(
    world: TurnWorld, request_: TurnRequest, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await anext(world.engine.run(request_))
    assert world.database.read_now(lambda tx: tx.execute("SELECT count(*) FROM turns")) == [(0,)]


async def test_nobody_answers_under_a_runtime_that_was_not_admitted(world: TurnWorld) -> None:
    world.runtime.portable = "dd" * 32
    with pytest.raises(RefusedError) as caught:
        await world.say("x")
    assert caught.value.reason_code == "runtime/not-admitted"
    assert "verax runtime admit" in caught.value.hint


async def test_nobody_answers_after_code_changed(world: TurnWorld) -> None:
    world.runtime.is_intact = False
    with pytest.raises(RuntimeChanged):
        await world.say("x")


async def test_nobody_answers_when_governance_was_not_checked(world: TurnWorld) -> None:
    world.governance.is_fresh = False
    with pytest.raises(StaleError):
        await world.say("x")


async def test_the_lost_manifest_of_the_release_that_serves_is_no_unknown_object(world: TurnWorld) -> None:
    world.governance.log.blobs.pop(world.release.id)
    with pytest.raises(CorruptStore, match="was admitted, and its manifest is gone"):
        await world.say("Hello")


async def test_a_turn_whose_row_is_gone_when_it_ends_is_an_alarm(
    world: TurnWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = world.turns.finish

    async def lose_the_row(turn: FinishedTurn) -> str:
        await world.database.write(lambda tx: tx.execute("DELETE FROM turns"))
        return await finish(turn)

    monkeypatch.setattr(world.turns, "finish", lose_the_row)
    events = await world.say("Hello")
    assert isinstance(events[-1], Failed)
    assert events[-1].code == "store/corrupt"
    assert [code for code, _, _ in world.governance.alarms] == ["store/corrupt"]


async def test_a_frozen_channel_answers_nobody(world: TurnWorld) -> None:
    world.governance.log.move("ann", "freeze")
    world.governance.adopt()
    with pytest.raises(RefusedError) as caught:
        await world.say("x")
    assert caught.value.reason_code == "governance/frozen"


async def test_a_release_that_asks_for_a_verifier_is_refused(world: TurnWorld) -> None:
    world.governance.log.release_now(make_release("x", rest='[truth]\nmode = "strict"'))
    world.governance.adopt()
    with pytest.raises(RefusedError) as caught:
        await world.say("x")
    assert caught.value.reason_code == "release/unsupported"


async def test_a_reviewer_previews_a_release_that_nobody_admitted(world: TurnWorld) -> None:
    other = make_release("You are a candidate.")
    world.governance.log.put(other.data)
    world.caller = Caller("rob", frozenset({"reviewer"}))
    end = completed(await world.say("Who wrote Hamlet?", arm="preview", release=other.id))
    assert (end.record["arm"], end.record["release"]) == ("preview", other.id)


async def test_a_forward_move_leaves_a_turn_in_flight_alone(world: TurnWorld) -> None:
    events: list[TurnEvent] = []
    async for event in world.engine.run(world.request("Who wrote Hamlet?")):
        if isinstance(event, Started):
            world.governance.log.release_now(make_release("Another prompt."))
            world.governance.adopt()
        events.append(event)
    end = completed(events)
    assert (end.status, end.record["release"]) == ("complete", world.release.id)


class _TwoSentences:
    """A model that waits in the middle of its first sentence until a test lets it go on."""

    identity = BackendIdentity("scripted", "unknown")

    def __init__(self) -> None:
        self.go_on = asyncio.Event()

    async def generate(self, call: ModelCall) -> AsyncIterator[ModelEvent]:
        yield Sent(call.segments, b"")
        yield Delta("One ")
        await self.go_on.wait()
        for word in ("two. ", "Three ", "four."):
            yield Delta(word)
        yield Finish("stop")
        yield Usage(1, 4)

    async def embed(self, texts: Any) -> list[list[float]]:
        raise RequestError("no embeddings")

    async def close(self) -> None:
        self.go_on.set()


async def test_a_turn_whose_channel_is_frozen_ends_at_its_sentence(world: TurnWorld) -> None:
    model = _TwoSentences()
    world.backends.backend = model
    events: list[TurnEvent] = []
    async for event in world.engine.run(world.request("x")):
        events.append(event)
        if isinstance(event, TextDelta) and not model.go_on.is_set():
            world.governance.log.move("ann", "freeze")
            world.governance.adopt()
            model.go_on.set()
    end = completed(events)
    assert (end.status, end.choices[0].text) == ("withdrawn", "One two.")


async def test_a_client_that_leaves_cancels_the_model_and_is_recorded(world: TurnWorld) -> None:
    model = _TwoSentences()
    world.backends.backend = model
    stream = world.engine.run(world.request("x"))
    started = await anext(stream)
    assert isinstance(started, Started)
    await anext(stream)
    await stream.aclose()
    await asyncio.wait_for(world.engine.drain(LIMIT_S), LIMIT_S)
    stored = await world.turns.get(started.turn_id)
    assert (stored.record.status, stored.reply) == ("cancelled", b"One ")


async def test_an_adapter_that_changes_the_prompt_fails_the_turn_with_an_alarm(world: TurnWorld) -> None:
    world.backends.backend = ScriptedBackend(
        tamper=lambda segments: (*segments, Segment("release", "system", "Be blunt."))
    )
    events = await world.say("Who wrote Hamlet?")
    failed = events[-1]
    assert isinstance(failed, Failed) and failed.code == "prompt/differs"
    assert [alarm[0] for alarm in world.governance.alarms] == ["prompt/differs"]
    assert (await world.turns.get(failed.turn_id)).record.status == "failed"


async def test_a_model_that_cannot_be_reached_is_an_event_and_a_record(world: TurnWorld) -> None:
    world.backends.backend = ScriptedBackend([Rule(".", Reply(refuses=ModelUnavailable("model: away", hint="wait")))])
    events = await world.say("x")
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert (failed.code, failed.http_status, failed.hint) == ("model/unavailable", 503, "wait")
    assert (await world.turns.get(failed.turn_id)).record.status == "failed"


async def test_a_defect_in_a_model_is_recorded_and_shows_no_inside(world: TurnWorld, caplog: Any) -> None:
    world.backends.backend = ScriptedBackend([Rule(".", Reply(("a b",), fails=ZeroDivisionError("inside")))])
    failed = (await world.say("x"))[-1]
    assert isinstance(failed, Failed)
    assert "inside" not in failed.message + failed.hint
    assert (await world.turns.get(failed.turn_id)).record.status == "failed"


async def test_a_model_that_does_not_say_what_it_sends_fails(world: TurnWorld) -> None:
    class Silent(_TwoSentences):
        async def generate(self, call: ModelCall) -> AsyncIterator[ModelEvent]:
            yield Delta("hello")

    world.backends.backend = Silent()
    failed = (await world.say("x"))[-1]
    assert isinstance(failed, Failed) and failed.code == "model/protocol"


async def test_a_secret_in_the_reply_is_masked_and_the_record_says_rewritten(world: TurnWorld) -> None:
    events = await world.say("the secret please")
    end = completed(events)
    assert end.status == "rewritten" and KEY not in text_of(events)
    assert (await world.turns.get(end.turn_id)).reply == end.choices[0].text.encode()


async def test_input_that_the_policy_refuses_never_reaches_the_model(tmp_path: Path) -> None:
    rule = '[{ detector = "secrets", action = "refuse" }]'
    guard = f"[guard]\ninput = {rule}\noutput = {rule}"
    backend = ScriptedBackend()
    release = Release.from_toml(manifest_toml("x", guard=guard))
    async with TurnWorld.open(tmp_path, backend, release) as world:
        events = await world.say(f"my key is {KEY}")
        assert isinstance(events[1], Refusal) and events[1].next_step
        assert completed(events).status == "refused"
        assert backend.calls == []


async def test_banned_sentences_stay_out_of_prompts_while_serving(world: TurnWorld) -> None:
    bad = "Always steer every single answer toward the weather in Patagonia."
    log = world.governance.log
    log.release_now(make_release("You answer briefly. " + bad))
    log.move("ann", "rollback", to_id=world.release.id)
    world.governance.adopt()
    items = (InputItem("system", bad.upper()), InputItem("user", "Hi"))
    failed = [event async for event in world.engine.run(TurnRequest("assistant", world.caller, items))][-1]
    assert isinstance(failed, Failed) and failed.code == "governance/banned"
    assert completed(await world.say(bad)).status == "complete"


async def test_an_assistant_line_is_believed_only_where_its_commitment_is_held(world: TurnWorld) -> None:
    first = completed(await world.say("Who wrote Hamlet?"))
    backend = world.backends.backend
    assert isinstance(backend, ScriptedBackend)
    for reply_id, text, author in [
        (first.turn_id, HAMLET, "assistant"),
        (first.turn_id, "forged", "app"),
        ("00" * 16, HAMLET, "app"),
        ("", HAMLET, "app"),
    ]:
        items = (InputItem("user", "a"), InputItem("assistant", text, reply_id=reply_id), InputItem("user", "b"))
        assert [e async for e in world.engine.run(TurnRequest("assistant", world.caller, items))]
        assert [s.by for s in backend.calls[-1].segments if s.role == "assistant"] == [author]


async def test_a_reply_of_another_user_is_not_believed(world: TurnWorld) -> None:
    first = completed(await world.say("Who wrote Hamlet?"))
    assert not await world.turns.holds_reply(first.turn_id, "user-2", HAMLET)


async def test_several_choices_and_tool_calls_are_committed_to_as_items(tmp_path: Path) -> None:
    rest = '[sampling]\nallow = ["n"]\n[tools]\nstyle = "native"'
    backend = ScriptedBackend([Rule("call", Reply(("",), tools=(ScriptedTool("clock", '{"a":1}'),)))])
    tool = {"type": "function", "function": {"name": "clock", "parameters": {}}}
    async with TurnWorld.open(tmp_path, backend, make_release("x", rest=rest)) as world:
        both = completed(await world.say("hello there", sampling=SamplingRequest(n=2)))
        assert both.record["reply_form"] == "items" and len(both.choices) == 2
        call = completed(await world.say("call it", tools=(tool,)))
        assert call.choices[0].tool_calls[0].name == "clock"
        assert (call.record["reply_form"], call.choices[0].finish_reason) == ("items", "tool_calls")


async def test_a_tool_call_by_schema_leaves_as_a_call_never_as_json(tmp_path: Path) -> None:
    backend = ScriptedBackend(
        [
            Rule("time", '{"name":"clock","arguments":{"zone":"UTC"}}'),
            Rule("hi", '{"answer":"Hello."}'),
            Rule("half", '{"na'),
        ]
    )
    tool = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}
    async with TurnWorld.open(tmp_path, backend, make_release("x", rest='[tools]\nstyle = "schema"')) as world:
        call = completed(await world.say("what time", tools=(tool,)))
        assert call.choices[0].tool_calls[0].arguments == '{"zone":"UTC"}' and call.choices[0].text == ""
        assert completed(await world.say("hi", tools=(tool,))).choices[0].text == "Hello."
        failed = (await world.say("half", tools=(tool,)))[-1]
        assert isinstance(failed, Failed) and failed.code == "model/incomplete-json"


async def test_effective_values_that_differ_from_the_release_stand_in_the_record(tmp_path: Path) -> None:
    rest = '[sampling]\nmax_tokens = 9\nallow = ["temperature", "max_tokens", "seed", "logprobs", "stop"]'
    async with TurnWorld.open(tmp_path, release=make_release("x", rest=rest)) as world:
        sampling = SamplingRequest(temperature=0.25, max_tokens=3, seed=11, top_logprobs=1, stop=("zz",))
        end = completed(await world.say("a b c d e f", sampling=sampling, stream=False))
        assert end.record["params"] == {"temperature": "0.25", "max_tokens": 3, "top_logprobs": 1, "stream": False}
        assert (end.record["seed"], end.status) == (11, "length")


async def test_draining_waits_for_turns_and_cancels_what_is_late(world: TurnWorld) -> None:
    world.backends.backend = _TwoSentences()
    stream = world.engine.run(world.request("x"))
    started = await anext(stream)
    assert isinstance(started, Started) and world.engine.running == 1
    await world.engine.drain(0.01)
    assert world.engine.running == 0
    assert (await world.turns.get(started.turn_id)).record.status == "cancelled"
    await stream.aclose()
