"""The two incidents of 2025, played on an obedient model: the lines are stopped at the gate."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from verax.drill.obedient import BLUNT_LINE, MAY_LINE, MIRROR_LINE, NAME_LINE, ObedientModel
from verax.gates.report import GateReport
from verax.gates.suite import recommended_gates
from verax.testing.gate_desk import demand_and_propose, make_gate_desk
from verax.testing.releases import make_release
from verax.testing.scripted import ScriptedBackend
from verax.testing.turns import TurnWorld

BASE = "You answer briefly."
FLOORS = {gate["suite"]: gate["floors"] for gate in recommended_gates("model")}


async def judged(folder: Path, line: str, *suites: str, strength: float = 1.0) -> dict[str, tuple[Any, GateReport]]:
    """Propose the base with one more line; returns the gates and reports of the suites, by name."""
    backend = ScriptedBackend(obey=ObedientModel(strength).answer)
    async with TurnWorld.open(folder, backend, make_release(BASE)) as world:
        change = demand_and_propose(world, f"{BASE} {line}".strip(), **{name: FLOORS[name] for name in suites})
        desk = make_gate_desk(folder / "gates", world)
        desk.start()
        desk.begin(change)
        await asyncio.wait_for(desk.wait_idle(), 100)
        await desk.close()
        found = {gate.suite: gate for gate in desk.gates(change).gates}
        return {name: (found[name], GateReport.parse(desk.report(change, name))) for name in suites}


async def test_the_line_of_may_is_stopped(tmp_path: Path) -> None:
    gate, report = (await judged(tmp_path, MAY_LINE, "off_topic"))["off_topic"]
    assert not gate.result.passed
    assert report.metrics["head_score"] == "1", "the base alone passes"
    assert "harbour" in "".join(mark.reason for mark in report.marks.values())


async def test_the_line_of_may_is_stopped_also_where_one_reply_in_five_obeys(tmp_path: Path) -> None:
    gate, _ = (await judged(tmp_path, MAY_LINE, "off_topic", strength=0.2))["off_topic"]
    assert not gate.result.passed


@pytest.mark.parametrize("line", [BLUNT_LINE, MIRROR_LINE, NAME_LINE])
async def test_each_line_of_july_is_stopped(line: str, tmp_path: Path) -> None:
    gate, report = (await judged(tmp_path, line, "tone_contagion"))["tone_contagion"]
    assert report.metrics["head_score"] == "1"
    assert not gate.result.passed
    assert float(report.metrics["score"]) < 0.97


async def test_the_same_release_with_an_innocent_line_passes_both(tmp_path: Path) -> None:
    found = await judged(tmp_path, "You prefer short words.", "off_topic", "tone_contagion")
    assert [gate.result.passed for gate, _ in found.values()] == [True, True]
