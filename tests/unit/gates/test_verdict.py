"""Metrics, and the floors they must reach."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.gates.items import Call, Item, Line, Mark
from verax.gates.verdict import METRICS, Shortfall, decimal, judge, measure, needs_head

SEED = "ab" * 32


def items(*groups: str) -> list[Item]:
    return [Item(f"{group}-{n}", group, (Call((Line("user", "x"),)),)) for n, group in enumerate(groups)]


def marks(*values: float | Fraction) -> list[Mark]:
    return [Mark(Fraction(value)) for value in values]


def test_the_score_is_the_mean_and_the_worst_group_is_shown() -> None:
    found = measure(items("a", "a", "b", "b"), marks(1, 1, 1, 0), None, SEED)
    assert (found["n"], found["score"], found["group_low"]) == ("4", "0.75", "0.5")
    assert found["score_low"].startswith("0.30")
    assert found["score_high"].startswith("0.95")
    assert "regression_p" not in found


def test_the_head_gives_paired_metrics() -> None:
    found = measure(items(*"aaaa"), marks(1, 0, 0, 0), marks(1, 1, 1, 1), SEED)
    assert (found["head_score"], found["regression_p"]) == ("1", "0.125")
    assert float(found["difference_low"]) <= -0.75
    assert set(found) < set(METRICS)


def test_numbers_are_rounded_downwards() -> None:
    assert decimal(Fraction(2, 3)) == "0.666666"
    assert decimal(Fraction(-2, 3)) == "-0.666667"
    assert decimal(0.5) == "0.5"
    assert decimal(Fraction(0)) == decimal(-0.0) == "0"
    assert decimal(Fraction(120)) == "120"


@given(st.fractions(min_value=-1, max_value=1))
def test_a_rounded_number_is_never_above_the_true_one(value: Fraction) -> None:
    found = Fraction(decimal(value))
    assert 0 <= value - found < Fraction(1, 10**6)


def test_a_gate_passes_when_every_floor_is_reached() -> None:
    metrics = {"score": "0.9", "regression_p": "0.05"}
    assert judge({"score": "0.9", "regression_p": "0.05"}, metrics, has_head=True) == []
    assert judge({"score": "0.900001"}, metrics, has_head=True) == [Shortfall("score", "0.900001", "0.9")]


def test_a_metric_that_was_not_measured_is_below_every_floor() -> None:
    for floor in ("0", "-1", "0.5"):
        assert judge({"judge_score": floor}, {"score": "1"}, has_head=True) == [Shortfall("judge_score", floor, "")]
    assert judge({"made_up": "0"}, {"score": "1"}, has_head=True)


def test_a_gate_without_floors_never_passes() -> None:
    assert judge({}, {"score": "1"}, has_head=True)


def test_where_nothing_serves_yet_there_is_nothing_to_fall_behind() -> None:
    floors = {"score": "0.9", "regression_p": "0.05"}
    assert judge(floors, {"score": "0.9"}, has_head=False) == []
    assert judge(floors, {"score": "0.9"}, has_head=True) == [Shortfall("regression_p", "0.05", "")]


def test_only_some_floors_need_the_head() -> None:
    assert needs_head({"difference_low": "-0.1"})
    assert not needs_head({"score": "0.9", "score_low": "0.8"})


def test_marks_for_other_items_are_refused() -> None:
    with pytest.raises(ValueError, match="one mark for each"):
        measure(items("a"), marks(1, 1), None, SEED)
    with pytest.raises(ValueError, match="one mark for each"):
        measure([], [], None, SEED)
