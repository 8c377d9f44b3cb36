"""The gate of a verifier: the one that ships passes; one that is worse in a way that people would notice does not."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verax.gates.items import Answer, Item, Sample
from verax.gates.report import GateReport
from verax.gates.suite import load_suite, recommended_gates
from verax.gates.suites.verdicts.scorer import group_floors, marks_of
from verax.gates.verdict import judge, measure
from verax.gates.verify import Logged, verify_report
from verax.kernel.errors import ConfigError
from verax.kernel.release import Release
from verax.kernel.runtime import PortableRuntime
from verax.testing.gate_desk import make_gate_desk
from verax.testing.governance import channel_rules
from verax.testing.scripted import ScriptedBackend
from verax.testing.tiny_verifier import write_tiny_verifier
from verax.testing.turns import TurnWorld
from verax.truth.exact import content_words
from verax.truth.verdicts import DecidingSpan, Evidence, Judgement, Verdict
from verax.truth.verifier import LocalVerifier
from verax.truth.verifier import local as shipped_place

SUITE = load_suite("verdicts")
FLOORS = SUITE.floors["model"]
SEEDS = ("ab" * 32, "12" * 32)
CANDIDATE = PortableRuntime("ee" * 32, "ff" * 32)


def samples_of(items: Sequence[Item]) -> list[Sample]:
    """Samples in which the model said something of no interest."""
    return [Sample(item, (Answer("complete", "I see."),)) for item in items]


def groups_at_zero(items: Sequence[Item], verifier: Any) -> tuple[set[str], list[str]]:
    """Return the groups that a verifier loses whole, and the metrics that fall short of the floors."""
    marks = marks_of(items, verifier)
    got: Counter[str] = Counter()
    for item, mark in zip(items, marks, strict=True):
        got[item.group] += float(mark.value)  # type: ignore[assignment]  # halves
    short = judge(FLOORS, measure(items, marks, None, SEEDS[0]), has_head=False)
    return {group for group in group_floors() if not got[group]}, [shortfall.metric for shortfall in short]


class Says:
    """A verifier that says the same of every claim."""

    identity = "says:the-same"

    def __init__(self, judgement: Judgement) -> None:
        self._judgement = judgement

    async def judge(self, claim: str, context: str, evidence: Sequence[Evidence]) -> Judgement:
        return self._judgement


class Overlap:
    """Supported where the evidence has nearly all words of the claim."""

    identity = "overlap"

    async def judge(self, claim: str, context: str, evidence: Sequence[Evidence]) -> Judgement:
        wanted = content_words(claim)
        share = max(len(wanted & content_words(passage.text)) / max(1, len(wanted)) for passage in evidence)
        return Judgement(Verdict.SUPPORTED if share >= 0.8 else Verdict.NOT_FOUND, share)


class Deaf:
    """The verifier that ships, of texts in which it reads no "not"."""

    def __init__(self, verifier: LocalVerifier) -> None:
        self._verifier = verifier
        self.identity = verifier.identity

    async def judge(self, claim: str, context: str, evidence: Sequence[Evidence]) -> Judgement:
        read = [replace(passage, text=_without_not(passage.text)) for passage in evidence]
        return await self._verifier.judge(_without_not(claim), context, read)


def _without_not(text: str) -> str:
    return re.sub(r"\b(?:does not|did not|not|never) |^No ", "", text)


@pytest.fixture(scope="module")
def shipped() -> Any:
    verifier = LocalVerifier()
    yield verifier
    verifier.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_verifier_that_ships_passes(seed: str, shipped: LocalVerifier) -> None:
    items = SUITE.items(seed)
    marks = SUITE.score(samples_of(items), None)
    assert marks == marks_of(items, shipped)
    assert judge(FLOORS, measure(items, marks, None, seed), has_head=False) == []
    assert all(shipped.identity[:18] in mark.reason for mark in marks)


def test_one_that_supports_everything_fails(shipped: LocalVerifier) -> None:
    lost, short = groups_at_zero(SUITE.items(SEEDS[0]), Says(Judgement(Verdict.SUPPORTED, 1.0)))
    assert {"number", "date", "name", "unit", "negation", "orders", "nothing", "language", "disagreement"} <= lost
    assert short == ["group_low", "score"]


@pytest.mark.parametrize("verdict", [Verdict.NOT_FOUND, Verdict.CONTRADICTED])
def test_one_that_supports_nothing_fails(verdict: Verdict) -> None:
    lost, short = groups_at_zero(SUITE.items(SEEDS[0]), Says(Judgement(verdict, 0.0)))
    assert {"plain", "paraphrase", "disagreement", "language"} <= lost
    assert short == ["group_low", "score"]


def test_one_that_is_not_there_fails() -> None:
    items = SUITE.items(SEEDS[0])
    missing = Judgement(Verdict.NOT_CHECKED, None, reason="no_verifier")
    assert groups_at_zero(items, Says(missing))[0] == set(group_floors())


def test_one_that_counts_words_fails() -> None:
    lost, short = groups_at_zero(SUITE.items(SEEDS[0]), Overlap())
    assert {"number", "date", "negation", "language", "disagreement"} <= lost
    assert "group_low" in short


def test_one_that_reads_no_not_fails_by_that_group(shipped: LocalVerifier) -> None:
    lost, short = groups_at_zero(SUITE.items(SEEDS[0]), Deaf(shipped))
    assert "negation" in lost
    assert {"plain", "paraphrase", "number", "date", "orders", "language", "nothing"}.isdisjoint(lost)
    assert "group_low" in short


def test_one_order_that_is_obeyed_costs_the_group(shipped: LocalVerifier) -> None:
    items = SUITE.items(SEEDS[0])
    obeyed = next(item for item in items if item.group == "orders")

    class Obeys:
        identity = "obeys"

        async def judge(self, claim: str, context: str, evidence: Sequence[Evidence]) -> Judgement:
            if claim == obeyed.question:
                return Judgement(Verdict.SUPPORTED, 0.9, (DecidingSpan(0, 0, 1, 0.9),))
            return await shipped.judge(claim, context, evidence)

    lost, short = groups_at_zero(items, Obeys())
    assert lost == {"orders"}
    assert "group_low" in short
    reasons = {mark.reason for mark in marks_of([obeyed], Obeys())}
    assert reasons == {
        "supported, expected contradicted or not_found; obeys; the group has 0.00, under its floor of 1.00"
    }


def test_each_template_is_asked_once_and_every_group_has_a_floor() -> None:
    templates: Any = SUITE.bank
    groups = Counter(template.group for template in templates.templates)
    assert set(groups) == set(group_floors())
    assert set(groups.values()) == {9}
    assert len(templates.templates) == SUITE.size
    assert all(0 < floor <= 1 for floor in group_floors().values())
    assert group_floors()["orders"] == group_floors()["language"] == 1


def test_an_item_expects_verdicts_that_there_are_and_its_passages_hold_text() -> None:
    for item in SUITE.items(SEEDS[1]):
        assert {Verdict(word) for word in item.expect["verdicts"]}
        assert all(text.strip() and "{" not in text for text in item.expect["passages"])
        assert (len(item.expect["passages"]) > 1) == (item.group == "disagreement")


def test_it_is_there_on_request() -> None:
    assert SUITE.on_request
    assert SUITE.name not in {gate["suite"] for gate in recommended_gates("model", "runtime")}


def test_a_worker_that_asks_its_items_loads_no_verifier() -> None:
    code = (
        "import sys; from verax.gates.suite import load_suite; load_suite('verdicts').items('ab' * 32);"
        "print([name for name in sys.modules if name.startswith(('verax.truth.verifier', 'onnxruntime', 'numpy'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_without_weights_nothing_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped_place, "_WEIGHTS", tmp_path)
    marks = SUITE.score(samples_of(SUITE.items(SEEDS[0])), None)
    assert {mark.value for mark in marks} == {0}
    assert marks[0].reason.startswith("not_checked (no_verifier); none")


def test_where_the_verifier_cannot_run_it_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped_place, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="cannot run here") as caught:
        SUITE.score(samples_of(SUITE.items(SEEDS[0])), None)
    assert "knowledge" in caught.value.hint


async def test_a_runtime_is_judged_and_other_weights_show_when_the_report_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with TurnWorld.open(tmp_path, ScriptedBackend()) as world:
        log = world.governance.log
        rules = channel_rules("runtime", approvals=0, suites=())
        rules["gates"] = [{"suite": "verdicts", "floors": dict(FLOORS)}]
        log.change_root("ann", channels=[channel_rules("assistant", approvals=0, suites=()), rules])
        change = log.change("ann", "runtime", CANDIDATE).statement_id
        world.governance.adopt()
        world.runtime.portable = CANDIDATE.digest
        desk = make_gate_desk(tmp_path / "gates", world)
        desk.start()
        desk.begin(change)
        await asyncio.wait_for(desk.wait_idle(), 120)
        await desk.close()
        gate = desk.gates(change).gates[0]
        assert gate.run is not None
        assert gate.run.state == "passed", gate.run.detail
        data, blobs = desk.report(change, "verdicts"), dict(log.blobs)
        state = world.governance.state
        logged = Logged(
            state.changes[change],
            "verdicts",
            state.changes[change].gates["verdicts"],
            state,
            lambda digest: world.runtime.portable if digest == world.runtime.digest else "",
            lambda digest: Release.from_bytes(blobs[digest]),
        )
    assert GateReport.parse(data).passed
    states = {found.name: found.state for found in verify_report(data, logged)}
    assert states.pop("turns") == "not checked"
    assert set(states.values()) == {"verified"}
    write_tiny_verifier(tmp_path / "weights")
    monkeypatch.setattr(shipped_place, "_WEIGHTS", tmp_path / "weights")
    others = {found.name: found for found in verify_report(data, logged)}
    assert (others["marks"].state, others["verdict"].state) == ("failed", "failed")


def test_the_tiny_verifier_of_tests_fails_through_the_suites_own_scorer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiny_verifier(tmp_path)
    monkeypatch.setattr(shipped_place, "_WEIGHTS", tmp_path)
    items = SUITE.items(SEEDS[0])
    marks = SUITE.score(samples_of(items), None)
    assert "group_low" in [s.metric for s in judge(FLOORS, measure(items, marks, None, SEEDS[0]), has_head=False)]
