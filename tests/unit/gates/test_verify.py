"""Judging reports again: an honest one holds, and each way to lie about one is found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from verax.gates.report import GateReport, ReportError
from verax.gates.verify import Logged, verify_report
from verax.kernel import canonical
from verax.kernel.record import entry_of
from verax.testing.gate_desk import demand_and_propose, make_gate_desk
from verax.testing.scripted import ScriptedBackend
from verax.testing.turns import TurnWorld


def obey(prompt: str) -> str:
    lines = json.loads(prompt)
    steer = " Lighthouses need our support." if "lighthouses" in lines[0]["content"] else ""
    return f"A short answer: {lines[-1]['content']}{steer}"


@dataclass(frozen=True)
class Case:
    """A report as it was logged."""

    data: bytes
    logged: Logged

    def states(self, data: bytes | None = None, **changes: Any) -> dict[str, str]:
        """Verify bytes as if their digest had been signed."""
        data = self.data if data is None else data
        result = replace(self.logged.result, report=canonical.hex_digest(data), **changes)
        return {found.name: found.state for found in verify_report(data, replace(self.logged, result=result))}


async def make_case(folder: Path, system: str) -> Case:
    async with TurnWorld.open(folder, ScriptedBackend(obey=obey)) as world:
        change = demand_and_propose(world, system, off_topic={"score": "0.98", "regression_p": "0.01"})
        desk = make_gate_desk(folder / "gates", world)
        desk.start()
        desk.begin(change)
        await asyncio.wait_for(desk.wait_idle(), 60)
        await desk.close()
        data = desk.report(change, "off_topic")
        state, runtime = world.governance.state, world.runtime
        entries = {entry_of(call.record) for sample in GateReport.parse(data).samples for call in sample.calls}
        blobs = dict(world.governance.log.blobs)
    from verax.kernel.release import Release

    return Case(
        data,
        Logged(
            state.changes[change],
            "off_topic",
            state.changes[change].gates["off_topic"],
            state,
            lambda digest: runtime.portable if digest == runtime.digest else "",
            lambda digest: Release.from_bytes(blobs[digest]),
            entries.__contains__,
        ),
    )


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return asyncio.run(make_case(tmp_path_factory.mktemp("good"), "You answer kindly."))


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return asyncio.run(make_case(tmp_path_factory.mktemp("bad"), "Always mention lighthouses."))


def test_honest_reports_hold_in_every_step(good: Case, bad: Case) -> None:
    for case in (good, bad):
        assert set(case.states().values()) == {"verified"}
        assert set(case.states()) == {"report", "subject", "runtime", "suite", "items", "marks", "verdict", "turns"}
    assert good.logged.result.passed
    assert not bad.logged.result.passed


def test_reading_gives_the_bytes_that_were_written(good: Case) -> None:
    assert GateReport.parse(good.data).to_bytes() == good.data


def test_other_bytes_than_the_signed_ones_are_refused(good: Case) -> None:
    found = verify_report(good.data.replace(b"A short answer", b"A brief answer"), good.logged)
    assert [(step.name, step.state) for step in found] == [("report", "failed")]


def edited(case: Case, edit: Callable[[dict[str, Any]], None]) -> bytes:
    value = canonical.decode(case.data)
    edit(value)
    return canonical.encode(value)


def set_passed(value: dict[str, Any]) -> None:
    value["passed"] = True
    value["shortfalls"] = []


def set_marks(value: dict[str, Any]) -> None:
    set_passed(value)
    value["marks"] = [mark | {"mark": "1", "reason": ""} for mark in value["marks"]]
    value["metrics"] |= {"score": "1", "score_low": "0.9", "score_high": "1", "group_low": "1", "regression_p": "1"}


def set_replies(value: dict[str, Any]) -> None:
    set_marks(value)
    for sample in value["samples"]:
        sample["calls"][0]["reply"] = sample["calls"][0]["reply"].replace(" Lighthouses need our support.", "")


def test_a_verdict_that_does_not_follow_from_the_metrics_is_found(bad: Case) -> None:
    assert bad.states(edited(bad, set_passed), passed=True)["verdict"] == "failed"


def test_marks_that_do_not_follow_from_the_replies_are_found(bad: Case) -> None:
    assert bad.states(edited(bad, set_marks), passed=True)["marks"] == "failed"


def test_replies_that_do_not_follow_from_the_records_are_found(bad: Case) -> None:
    assert bad.states(edited(bad, set_replies), passed=True)["items"] == "failed"


def test_head_replies_cannot_stand_in_for_the_candidates(bad: Case) -> None:
    def swap(value: dict[str, Any]) -> None:
        set_marks(value)
        heads = {sample["item"]: sample["calls"] for sample in value["samples"] if sample["arm"] == "head"}
        for sample in value["samples"]:
            sample["calls"] = heads[sample["item"]]

    assert bad.states(edited(bad, swap), passed=True)["items"] == "failed"


def test_an_item_that_is_left_out_is_found(bad: Case) -> None:
    def drop(value: dict[str, Any]) -> None:
        value["samples"] = value["samples"][1:]

    assert bad.states(edited(bad, drop))["items"] == "failed"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("change", "00" * 32),
        ("candidate", "00" * 32),
        ("head", "00" * 32),
        ("seed", "00" * 32),
        ("runtime", "00" * 32),
        ("root", 7),
        ("suite", "another"),
        ("channel", "other"),
        ("floors", {"score": "0"}),
        ("passed", True),
    ],
)
def test_a_report_about_something_else_is_found(bad: Case, name: str, other: Any) -> None:
    assert bad.states(edited(bad, lambda value: value.update({name: other})))["subject"] == "failed"


def test_a_report_of_other_code_is_not_judged(good: Case) -> None:
    states = good.states(edited(good, lambda value: value.update(digest="00" * 32)))
    assert states["suite"] == "not checked"
    assert "verdict" not in states


def test_turns_that_are_not_in_the_reply_log_are_found(good: Case) -> None:
    result = replace(good.logged, has_entry=lambda entry: entry[0] > 16)
    assert {s.name: s.state for s in verify_report(good.data, result)}["turns"] == "failed"
    without = replace(good.logged, has_entry=None)
    assert {s.name: s.state for s in verify_report(good.data, without)}["turns"] == "not checked"


@pytest.mark.parametrize(
    "edit",
    [
        lambda value: value.update(extra="x"),
        lambda value: value.pop("lost"),
        lambda value: value.update(v=2),
        lambda value: value["samples"].append(value["samples"][0]),
        lambda value: value["samples"][0]["calls"][0].update(extra=1),
        lambda value: value["samples"][0]["calls"][0]["record"].pop("salt"),
        lambda value: value["samples"][0]["calls"][0].update(reply_salt="xx"),
        lambda value: value["marks"].append(value["marks"][0]),
        lambda value: value["marks"][0].update(note="x"),
        lambda value: value["metrics"].update(score="1e3"),
        lambda value: value.update(passed="yes"),
    ],
)
def test_a_report_of_another_form_is_refused(good: Case, edit: Callable[[dict[str, Any]], None]) -> None:
    with pytest.raises(ReportError):
        GateReport.parse(edited(good, edit))
    with pytest.raises(ReportError):
        GateReport.parse(good.data + b" ")


def test_a_lost_sample_can_never_stand_in_a_report_that_passed(good: Case) -> None:
    def lose(value: dict[str, Any]) -> None:
        gone = value["samples"].pop()
        value["lost"] = [{"sample": f"{gone['item']}@{gone['arm']}", "reason": "the worker died"}]

    assert good.states(edited(good, lose))["verdict"] == "failed"
