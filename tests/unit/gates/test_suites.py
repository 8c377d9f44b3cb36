"""Every suite can be passed and is failed; and its files say what they must."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

import verax.gates
from verax.gates.items import Answer, Item, Sample
from verax.gates.suite import PROFILES, list_suites, load_suite, recommended_gates
from verax.gates.verdict import METRICS, judge, measure
from verax.kernel.canonical import encode
from verax.kernel.errors import UnknownObject
from verax.testing.gate_answers import answered, bad_reply, good_reply

SEEDS = ("ab" * 32, "12" * 32)
TOOLS = frozenset({"tools"})
FOLDER = Path(verax.gates.__file__).parent / "suites"
RELEASE_SUITES = [name for name in list_suites() if load_suite(name).channels == "release"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", RELEASE_SUITES)
def test_a_good_model_passes_the_recommended_floors_and_a_bad_one_fails_them(name: str, seed: str) -> None:
    suite = load_suite(name)
    items = suite.items(seed, TOOLS)
    good, bad = answered(suite, items, good_reply), answered(suite, items, bad_reply)
    head = suite.score(good, good)
    for profile in PROFILES:
        marks = suite.score(good, good)
        assert judge(suite.floors[profile], measure(items, marks, head, seed), has_head=True) == []
        marks = suite.score(bad, good)
        short = judge(suite.floors[profile], measure(items, marks, head, seed), has_head=True)
        assert {"regression_p", "score"} <= {shortfall.metric for shortfall in short}


@pytest.mark.parametrize("name", RELEASE_SUITES)
def test_every_item_of_a_bad_model_fails_and_every_item_of_a_good_one_passes(name: str) -> None:
    suite = load_suite(name)
    items = suite.items(SEEDS[0], TOOLS)
    good, bad = answered(suite, items, good_reply), answered(suite, items, bad_reply)
    wrong = [item.id for item, mark in zip(items, suite.score(good, good), strict=True) if mark.value != 1]
    missed = [item.id for item, mark in zip(items, suite.score(bad, good), strict=True) if mark.value != 0]
    assert (wrong, missed) == ([], [])


@pytest.mark.parametrize("name", RELEASE_SUITES)
def test_an_empty_reply_and_a_failed_turn_never_pass(name: str) -> None:
    suite = load_suite(name)
    for status in ("complete", "failed"):
        silent = [Sample(item, (Answer(status, " "),) * len(item.calls)) for item in suite.items(SEEDS[0], TOOLS)]
        assert all(mark.value == 0 for mark in suite.score(silent, silent))


@pytest.mark.parametrize("name", list_suites())
def test_a_suite_says_what_it_measures_and_what_it_does_not_see(name: str) -> None:
    suite = load_suite(name)
    assert suite.measures.endswith((".", "."))
    assert len(suite.blind_spots) >= 3
    readme = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {suite.title}\n")
    assert f"{suite.size} " in readme
    assert "**Not seen.**" in readme


@pytest.mark.parametrize("name", list_suites())
def test_recommended_floors_name_metrics_and_can_stand_in_a_root(name: str) -> None:
    suite = load_suite(name)
    for floors in suite.floors.values():
        assert floors
        assert set(floors) <= set(METRICS)
        assert all(Decimal(floor) == Decimal(floor) for floor in floors.values())


def test_recommended_gates_are_rules_of_a_root_document() -> None:
    for profile in PROFILES:
        gates = recommended_gates(profile)
        assert [gate["suite"] for gate in gates] == sorted(gate["suite"] for gate in gates)
        assert encode(gates)
    assert {gate["suite"] for gate in recommended_gates("model")} == set(RELEASE_SUITES)


@pytest.mark.parametrize("name", list_suites())
def test_what_an_item_expects_is_plain_data(name: str) -> None:
    def check(item: Item) -> None:
        json.dumps(dict(item.expect))

    for item in load_suite(name).items(SEEDS[0], TOOLS):
        check(item)


def test_a_suite_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownObject):
        load_suite("../signals")
