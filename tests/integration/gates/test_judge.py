"""A judge behind an OpenAI-compatible address: asked, measured, missing, and demanded by a root."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verax.gates.desk import GateDesk
from verax.gates.items import Answer, Call, Item, Line, Sample
from verax.gates.judge.client import Judge, JudgeSettings
from verax.gates.report import GateReport
from verax.kernel.errors import ModelError, ModelUnavailable
from verax.testing.gate_desk import demand_and_propose, make_gate_desk
from verax.testing.scripted import ScriptedBackend
from verax.testing.turns import TurnWorld
from verax.testing.upstream import Script, Upstream

SAMPLE = Sample(Item("a-000", "a", (Call((Line("user", "Hello"),)),)), (Answer("complete", "Hi."),))


@contextlib.asynccontextmanager
async def judging(text: str, **script: Any) -> AsyncIterator[tuple[Judge, Upstream]]:
    async with Upstream(Script(text=text, **script)) as upstream:
        yield Judge(JudgeSettings(upstream.url, "wise", "sk-key"), wait_s=lambda _: 0.0), upstream


async def test_a_judge_is_asked_once_an_item_with_its_key_and_without_randomness() -> None:
    async with judging("PASS, civil.") as (judge, upstream):
        marks = await judge.judge("Be civil.", [SAMPLE, replace(SAMPLE, item=replace(SAMPLE.item, id="a-001"))], "s")
    assert {key: mark.mark for key, mark in marks.items()} == {"a-000": "1", "a-001": "1"}
    assert marks["a-000"].words == "PASS, civil."
    asked = upstream.received[0]
    assert asked.headers["authorization"] == "Bearer sk-key"
    assert (asked.json["model"], asked.json["temperature"]) == ("wise", 0)
    assert "sk-key" not in repr(judge._settings)


async def test_a_busy_judge_is_asked_again_and_a_broken_one_is_an_error() -> None:
    async with judging("FAIL") as (judge, upstream):
        upstream.expect(Script(status=429), Script(status=503))
        assert (await judge.judge("x", [SAMPLE], "s"))["a-000"].mark == "0"
        upstream.expect(*[Script(status=429)] * 4)
        with pytest.raises(ModelUnavailable, match="busy"):
            await judge.judge("x", [SAMPLE], "s")
        upstream.expect(Script(status=400))
        with pytest.raises(ModelError, match="HTTP 400"):
            await judge.judge("x", [SAMPLE], "s")
    with pytest.raises(ModelUnavailable, match="could not be reached"):
        await judge.judge("x", [SAMPLE], "s")


def with_judge(desk: GateDesk, judge: Judge) -> GateDesk:
    return GateDesk(replace(desk._parts, judge=judge))


async def run(folder: Path, judge: Judge, floors: dict[str, str]) -> tuple[Any, GateReport | None]:
    def obey(prompt: str) -> str:
        return f"A short answer: {json.loads(prompt)[-1]['content']}"

    folder.mkdir(exist_ok=True)
    async with TurnWorld.open(folder, ScriptedBackend(obey=obey)) as world:
        change = demand_and_propose(world, "You answer kindly.", identity=floors)
        desk = with_judge(make_gate_desk(folder / "gates", world), judge)
        desk.start()
        desk.begin(change)
        await asyncio.wait_for(desk.wait_idle(), 60)
        await desk.close()
        gate = desk.gates(change).gates[0]
        return gate, GateReport.parse(desk.report(change, "identity")) if gate.result else None


async def test_a_root_can_demand_a_judge_and_its_words_stand_in_the_report(tmp_path: Path) -> None:
    async with judging("PASS, fine.") as (judge, _):
        gate, report = await run(tmp_path, judge, {"judge_score": "1"})
    assert report is not None
    assert (gate.result.passed, report.metrics["judge_score"]) == (True, "1")
    assert report.judge.startswith("wise, prompt ")
    assert {mark.words for mark in report.judged.values()} == {"PASS, fine."}


async def test_a_judge_that_says_no_fails_the_gate(tmp_path: Path) -> None:
    async with judging("I cannot decide.") as (judge, _):
        gate, report = await run(tmp_path, judge, {"judge_score": "0.01"})
    assert report is not None
    assert (gate.result.passed, report.metrics["judge_score"]) == (False, "0")


async def test_a_demanded_judge_that_is_gone_breaks_the_run_and_another_one_is_left_out(tmp_path: Path) -> None:
    gone = Judge(JudgeSettings("http://127.0.0.1:9/v1", "gone"), wait_s=lambda _: 0.0)
    gate, report = await run(tmp_path / "demanded", gone, {"judge_score": "0"})
    assert (gate.run.state, report) == ("broken", None)
    gate, report = await run(tmp_path / "extra", gone, {"score": "0"})
    assert report is not None
    assert (gate.run.state, "judge_score" in report.metrics, report.judge) == ("passed", False, "")
