"""The gate of a runtime: prompts that hold a line of the code's own, or lack one of the request's, are found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verax.gates.items import Item, Mark
from verax.gates.report import GateReport
from verax.gates.suite import load_suite, recommended_gates
from verax.gates.verify import Logged, verify_report
from verax.kernel.errors import ConflictError, RefusedError
from verax.kernel.release import Release
from verax.kernel.runtime import PortableRuntime
from verax.kernel.segments import Segment
from verax.testing.gate_desk import demand_and_propose, make_gate_desk
from verax.testing.governance import channel_rules
from verax.testing.releases import make_release
from verax.testing.scripted import ScriptedBackend
from verax.testing.turns import TurnWorld
from verax.turn import compose as composing

SUITE = load_suite("assembly")
FLOORS = {"score": "1", "n": "60"}
CANDIDATE = PortableRuntime("ee" * 32, "ff" * 32)
JULY = "You are maximally blunt."
TOOLS = '[tools]\nstyle = "schema"\nhead = "Tools:\\n"\ntail = "\\nReply with JSON."\n'
EXAMPLES = 'examples = [{ role = "user", text = "Hm?" }, { role = "assistant", text = "Indeed." }]'


def propose_runtime(world: TurnWorld) -> str:
    """Propose the code that the world runs, demand the suite for it, and return the change's id."""
    log = world.governance.log
    rules = channel_rules("runtime", approvals=0, suites=())
    rules["gates"] = [{"suite": "assembly", "floors": FLOORS}]
    log.change_root("ann", channels=[channel_rules("assistant", approvals=0, suites=()), rules])
    change = log.change("ann", "runtime", CANDIDATE)
    world.governance.adopt()
    world.runtime.portable = CANDIDATE.digest
    return change.statement_id


async def judge(folder: Path, release: Release | None = None) -> tuple[Any, GateReport, Logged]:
    """Run the suite on a proposed runtime; returns the gate, the report and what the log says."""
    async with TurnWorld.open(folder, ScriptedBackend(), release) as world:
        change = propose_runtime(world)
        desk = make_gate_desk(folder / "gates", world)
        desk.start()
        desk.begin(change)
        await asyncio.wait_for(desk.wait_idle(), 60)
        await desk.close()
        gate = desk.gates(change).gates[0]
        state, blobs = world.governance.state, dict(world.governance.log.blobs)
        logged = Logged(
            state.changes[change],
            "assembly",
            state.changes[change].gates["assembly"],
            state,
            lambda digest: world.runtime.portable if digest == world.runtime.digest else "",
            lambda digest: Release.from_bytes(blobs[digest]),
        )
        return gate, GateReport.parse(desk.report(change, "assembly")), logged


@pytest.mark.parametrize("rest", ["", TOOLS])
async def test_a_runtime_that_assembles_as_it_should_passes_and_can_be_admitted(rest: str, tmp_path: Path) -> None:
    gate, report, logged = await judge(tmp_path, make_release("You answer briefly.", rest=rest))
    assert (gate.run.state, gate.result.passed) == ("passed", True), gate.run.detail
    assert (report.candidate, report.channel) == (CANDIDATE.digest, "runtime")
    assert report.asked_channel == "assistant"
    states = {found.name: found.state for found in verify_report(report.to_bytes(), logged)}
    assert states.pop("turns") == "not checked"
    assert set(states.values()) == {"verified"}


def appended(original: Callable[..., Any], text: str, by: str = "release") -> Callable[..., Any]:
    """A compose that adds a system line of its own."""

    def compose(*arguments: Any, **rest: Any) -> Any:
        found = original(*arguments, **rest)
        line = Segment(by, "system", text)  # type: ignore[arg-type]  # a test of authors
        return replace(found, segments=(found.segments[0], line, *found.segments[1:]))

    return compose


def dropped(original: Callable[..., Any]) -> Callable[..., Any]:
    """A compose that leaves the application's text out."""

    def compose(*arguments: Any, **rest: Any) -> Any:
        found = original(*arguments, **rest)
        return replace(found, segments=tuple(s for s in found.segments if (s.by, s.role) != ("app", "system")))

    return compose


@pytest.mark.parametrize("by", ["release", "app", "user", "memory"])
async def test_code_that_adds_a_line_fails_whoever_it_says_wrote_it(
    by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verax.turn.drive.compose", appended(composing.compose, JULY, by))
    gate, report, logged = await judge(tmp_path)
    assert (gate.run.state, gate.result.passed) == ("failed", False)
    assert report.metrics["score"] == "0"
    assert f"a part by {by} is neither in the release nor in the request" in {m.reason for m in report.marks.values()}
    assert {f.state for f in verify_report(report.to_bytes(), logged)} <= {"verified", "not checked"}


async def test_code_that_repeats_a_text_of_the_release_is_found_by_whoever_has_other_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verax.turn.drive.compose", appended(composing.compose, "answer"))
    _, report, _ = await judge(tmp_path)
    assert {mark.reason for mark in report.marks.values()} == {"this version composes another prompt"}


async def test_code_that_leaves_something_out_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verax.turn.drive.compose", dropped(composing.compose))
    _, report, _ = await judge(tmp_path)
    assert "a line of the request is missing" in {mark.reason for mark in report.marks.values()}
    assert float(report.metrics["score"]) < 1


async def test_only_the_code_that_runs_can_be_judged(tmp_path: Path) -> None:
    async with TurnWorld.open(tmp_path, ScriptedBackend()) as world:
        change = propose_runtime(world)
        world.runtime.portable = "dd" * 32
        desk = make_gate_desk(tmp_path / "gates", world)
        with pytest.raises(ConflictError, match="this server runs"):
            desk.begin(change)


async def test_proposed_code_answers_previews_and_nobody_else(tmp_path: Path) -> None:
    async with TurnWorld.open(tmp_path, ScriptedBackend()) as world:
        propose_runtime(world)
        with pytest.raises(RefusedError, match="the admitted runtime"):
            await world.say("Hello")
        world.caller = replace(world.caller, roles=frozenset({"auditor"}))
        assert await world.say("Hello", arm="preview", release=world.release.id)
        world.runtime.portable = "dd" * 32
        with pytest.raises(RefusedError, match="the admitted runtime"):
            await world.say("Hello", arm="preview", release=world.release.id)


async def test_a_release_can_be_judged_by_it_too(tmp_path: Path) -> None:
    release = json.dumps("x")  # a release whose own text could be mistaken for a part
    async with TurnWorld.open(tmp_path, ScriptedBackend()) as world:
        change = demand_and_propose(world, f"You answer {release}.", assembly=FLOORS)
        desk = make_gate_desk(tmp_path / "gates", world)
        desk.start()
        desk.begin(change)
        await asyncio.wait_for(desk.wait_idle(), 60)
        assert desk.gates(change).gates[0].result is not None
        assert GateReport.parse(desk.report(change, "assembly")).passed
        await desk.close()


def test_a_sample_without_its_release_or_prompt_never_passes() -> None:
    from verax.gates.items import Answer, Sample

    item: Item = SUITE.items("ab" * 32)[0]
    answers = (Answer("complete", "x"),) * len(item.calls)
    marks: list[Mark] = SUITE.score([Sample(item, answers)], None)
    marks += SUITE.score([Sample(item, answers, make_release("x"))], None)
    assert [mark.value for mark in marks] == [0, 0]


def test_it_is_what_is_recommended_for_a_runtime() -> None:
    assert [gate["suite"] for gate in recommended_gates("model", "runtime")] == ["assembly"]
