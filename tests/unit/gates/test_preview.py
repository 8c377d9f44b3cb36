"""Previews of a change: the fixed set, prompts before and after, and two turns side by side."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from verax.gates.preview.desk import PreviewDesk
from verax.gates.preview.fixed import Example, fixed_set, own_example
from verax.gates.preview.prompts import render_prompt
from verax.gates.preview.replies import RunningPair, Side
from verax.kernel.errors import (
    BusyError,
    ConflictError,
    ForbiddenError,
    ModelUnavailable,
    RefusedError,
    StaleError,
    UnknownObject,
)
from verax.kernel.record import Record
from verax.kernel.release import Release
from verax.kernel.runtime import PortableRuntime
from verax.kernel.segments import Segment
from verax.testing.releases import FILE_WORDING, make_release, manifest_toml
from verax.testing.scripted import Reply, Rule, ScriptedBackend
from verax.testing.turns import TurnWorld
from verax.turn.events import Completed, Failed, Started, TextDelta, TurnEvent
from verax.turn.request import Caller

TODAY = date(2026, 3, 1)
REVIEWER = Caller("bob", frozenset({"reviewer"}))
SEEDED = '[sampling]\nallow = ["seed"]\n'
TOOLS = '[tools]\nstyle = "schema"\nhead = "Tools:\\n"\ntail = "\\nReply with JSON."\n'


@contextlib.asynccontextmanager
async def opened(folder: Path, backend: ScriptedBackend | None = None, rest: str = "") -> AsyncIterator[TurnWorld]:
    async with TurnWorld.open(folder, backend, make_release("You answer briefly.", rest=rest)) as world:
        yield world


def propose(world: TurnWorld, system: str = "You answer kindly.", rest: str = "") -> str:
    """Propose a release on the channel ``assistant`` and return the change's id."""
    change = world.governance.log.change("ann", "assistant", make_release(system, rest=rest))
    world.governance.adopt()
    return change.statement_id


def desk_of(world: TurnWorld) -> PreviewDesk:
    return PreviewDesk(world.governance, world.engine, world.clock, bytes)


async def take(pair: RunningPair) -> dict[Side, list[TurnEvent]]:
    told: dict[Side, list[TurnEvent]] = {}
    async for item in pair.events():
        told.setdefault(item.side, []).append(item.event)
    return told


async def record_of(world: TurnWorld, turn_id: str) -> Record:
    record = (await world.turns.get(turn_id)).record
    assert record is not None
    return record


def said(events: Sequence[TurnEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def example(name: str) -> Example:
    return next(item for item in fixed_set().examples if item.name == name)


def parts(release: Release, which: Example) -> list[tuple[str, str, str]]:
    found = render_prompt(release, which, "assistant", TODAY)
    assert found.problem is None
    return [(part.by, part.role, part.text) for part in found.segments]


def test_the_fixed_set_names_each_question_and_example_once() -> None:
    fixed = fixed_set()
    questions, examples = [item.name for item in fixed.questions], [item.name for item in fixed.examples]
    assert len(set(questions)) == len(questions) >= 5
    assert len(set(examples)) == len(examples) >= 5
    assert all(item.text.strip() for item in fixed.questions)


def test_a_prompt_names_the_author_of_every_part() -> None:
    release = make_release("You answer.", rest=FILE_WORDING)
    assert parts(release, own_example("Hello?")) == [("release", "system", "You answer."), ("user", "user", "Hello?")]
    by_file = {by for by, _, text in parts(release, example("file")) if "Ignore all earlier" in text}
    assert by_file == {"retrieved"}


def test_an_answer_is_the_assistants_only_where_the_installation_counts_as_its_author() -> None:
    release = make_release("You answer.")
    held = {by for by, role, _ in parts(release, example("conversation")) if role == "assistant"}
    claimed = {by for by, role, _ in parts(release, example("claimed-answer")) if role == "assistant"}
    assert (held, claimed) == ({"assistant"}, {"app"})


def test_a_system_text_of_an_application_is_by_the_application() -> None:
    assert ("app", "system", "Answer as the help desk of a library.") in parts(
        make_release("You answer."), example("app-system")
    )


def test_a_long_conversation_is_cut_as_a_turn_would_cut_it() -> None:
    found = render_prompt(make_release("You answer."), example("long-conversation"), "assistant", TODAY)
    lines = [part for part in found.segments if part.role in ("user", "assistant")]
    assert found.left_out > 0
    assert found.left_out + len(lines) == len(example("long-conversation").items)
    assert lines[0].by == "user"
    assert {part.by for part in lines if part.role == "assistant"} == {"assistant"}


@pytest.mark.parametrize(
    ("name", "code"), [("file", "attachment/not-taken"), ("tool", "request/unsupported-parameter")]
)
def test_a_release_that_refuses_an_example_says_why(name: str, code: str) -> None:
    found = render_prompt(make_release("You answer."), example(name), "assistant", TODAY)
    assert found.segments == ()
    assert found.problem is not None
    assert found.problem.reason_code == code


def test_a_question_that_the_input_policy_stops_has_no_prompt() -> None:
    refusing = '[{ detector = "secrets", action = "refuse" }]'
    guard = f"[guard]\ninput = {refusing}\noutput = {refusing}\n"
    release = Release.from_toml(manifest_toml("You answer.", guard=guard))
    found = render_prompt(release, own_example("My key is sk-" + "a1" * 20), "assistant", TODAY)
    assert found.problem is not None
    assert found.problem.reason_code == "guard/refused"


async def test_both_releases_of_a_change_are_shown_beside_each_other(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = propose(world, rest=TOOLS)
        shown = desk_of(world).preview(change)
        assert [pair.example.name for pair in shown.prompts] == [item.name for item in fixed_set().examples]
        first = shown.prompts[0].prompts
        assert first["base"].segments[0] == Segment("release", "system", "You answer briefly.")
        assert first["candidate"].segments[0] == Segment("release", "system", "You answer kindly.")
        tool = next(pair.prompts for pair in shown.prompts if pair.example.name == "tool")
        assert tool["base"].problem is not None
        assert tool["candidate"].problem is None


async def test_the_prompt_of_ones_own_question_is_what_the_preview_sends(tmp_path: Path) -> None:
    backend = ScriptedBackend()
    async with opened(tmp_path, backend) as world:
        desk, change = desk_of(world), propose(world)
        composed = desk.prompt(change, "Are you kind?").prompts
        await take(desk.ask(change, REVIEWER, "Are you kind?"))
        sent = {call.segments for call in backend.calls}
        assert sent == {composed["base"].segments, composed["candidate"].segments}


async def test_two_replies_are_recorded_as_previews_of_two_releases(tmp_path: Path) -> None:
    backend = ScriptedBackend(obey=lambda prompt: "kindly" if "kindly" in prompt else "briefly")
    async with opened(tmp_path, backend) as world:
        change = propose(world)
        told = await take(desk_of(world).ask(change[:12], REVIEWER, "How do you answer?"))
        state = world.governance.state.changes[change]
        wanted: dict[Side, tuple[str, str]] = {
            "base": (state.base, "briefly"),
            "candidate": (state.candidate, "kindly"),
        }
        for side, (release, text) in wanted.items():
            started, completed = told[side][0], told[side][-1]
            assert isinstance(started, Started)
            assert isinstance(completed, Completed)
            assert said(told[side]) == text
            record = await record_of(world, started.turn_id)
            assert (record.arm, record.release) == ("preview", release)


async def test_both_are_asked_with_one_seed_where_both_releases_take_one(tmp_path: Path) -> None:
    backend = ScriptedBackend()
    async with opened(tmp_path, backend, SEEDED) as world:
        desk = PreviewDesk(world.governance, world.engine, world.clock, lambda size: b"\xff" * size)
        await take(desk.ask(propose(world, rest=SEEDED), REVIEWER, "Hello?"))
        assert [call.options.seed for call in backend.calls] == [2**31 - 1] * 2
        await take(desk.ask(propose(world), REVIEWER, "Hello?"))  # the candidate takes none
        assert 2**31 - 1 not in [call.options.seed for call in backend.calls[2:]]


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (ModelUnavailable("model server: it has no model of that name", code="model/unknown"), "model/unknown"),
        (BusyError("model: every slot is taken", retry_after_s=3), "busy/queue-full"),
    ],
)
async def test_a_side_whose_model_fails_leaves_the_other_alone(
    tmp_path: Path, refusal: ModelUnavailable | BusyError, code: str
) -> None:
    class Half(ScriptedBackend):
        def _reply(self, call: object, prompt: str) -> Reply:
            return Reply(refuses=refusal) if "kindly" in prompt else Reply(("I answer.",))

    async with opened(tmp_path, Half()) as world:
        told = await take(desk_of(world).ask(propose(world), REVIEWER, "Hello?"))
        assert said(told["base"]) == "I answer."
        failed = told["candidate"][-1]
        assert isinstance(failed, Failed)
        assert failed.code == code
        assert failed.retry_after_s == (3 if isinstance(refusal, BusyError) else None)
        assert (await record_of(world, failed.turn_id)).status == "failed"


async def test_whoever_leaves_ends_both_turns_and_both_are_recorded(tmp_path: Path) -> None:
    pieces = 0

    async def wait(_seconds: float) -> None:
        nonlocal pieces
        pieces += 1
        if pieces > 2:
            await asyncio.Event().wait()

    backend = ScriptedBackend([Rule("", Reply(("word " * 9,), delay_s=1))], sleep=wait)
    async with opened(tmp_path, backend) as world:
        pair = desk_of(world).ask(propose(world), REVIEWER, "Hello?")
        turns: list[str] = []
        events = pair.events()
        while len(turns) < 2:
            event = (await anext(events)).event
            turns += [event.turn_id] if isinstance(event, Started) else []
        await events.aclose()
        pair.cancel()
        await world.engine.drain(30)
        assert [(await record_of(world, turn)).status for turn in turns] == ["cancelled", "cancelled"]


async def test_a_person_without_a_role_for_previews_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = propose(world)
        with pytest.raises(ForbiddenError):
            desk_of(world).ask(change, Caller("eve", frozenset({"member"})), "Hello?")


async def test_what_is_refused_for_both_sides_is_one_error(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = propose(world)
        world.governance.is_fresh = False
        with pytest.raises(StaleError):
            desk_of(world).ask(change, REVIEWER, "Hello?")


async def test_a_change_that_is_stale_or_admitted_gives_no_replies_but_its_prompts(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        stale, admitted = propose(world), world.governance.log.change("ann", "assistant", make_release("Another."))
        world.governance.log.admit("ann", admitted)
        world.governance.adopt()
        for change, status in ((stale, "stale"), (admitted.statement_id, "admitted")):
            with pytest.raises(ConflictError, match=status) as caught:
                desk_of(world).ask(change, REVIEWER, "Hello?")
            assert caught.value.reason_code == "preview/not-open"
            assert desk_of(world).preview(change).prompts


async def test_a_frozen_channel_answers_no_reviewer(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = propose(world)
        world.governance.log.move("ann", "freeze")
        world.governance.adopt()
        with pytest.raises(RefusedError) as caught:
            desk_of(world).ask(change, REVIEWER, "Hello?")
        assert caught.value.reason_code == "governance/frozen"
        assert desk_of(world).prompt(change, "Hello?").prompts["candidate"].segments


async def test_a_candidate_that_is_not_held_here_is_named(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = propose(world)
        candidate = world.governance.state.changes[change].candidate
        world.governance.log.blobs.pop(candidate)
        for call in (desk_of(world).preview, lambda which: desk_of(world).ask(which, REVIEWER, "Hello?")):
            with pytest.raises(UnknownObject, match=candidate[:12]):
                call(change)


async def test_a_change_of_the_code_has_no_prompts_of_its_own(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = world.governance.log.change("ann", "runtime", PortableRuntime("11" * 32, "22" * 32))
        world.governance.adopt()
        with pytest.raises(ConflictError) as caught:
            desk_of(world).preview(change.statement_id)
        assert caught.value.reason_code == "preview/runtime"


async def test_a_change_that_nobody_made_is_not_found(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        propose(world)
        for which in ("", "ab", "ff" * 32):
            with pytest.raises(UnknownObject):
                desk_of(world).preview(which)
