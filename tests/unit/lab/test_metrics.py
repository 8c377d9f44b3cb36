"""Measures against brute force and known values."""

from __future__ import annotations

import math
import random

import pytest

from lab.verifier.calibration import fit
from lab.verifier.evaluation import by_source, called
from lab.verifier.metrics import area_under_curve, balanced_accuracy, calibration_error
from lab.verifier.rows import Label, Row
from verax.truth.verifier.calibration import Calibration, sigmoid


def brute_balanced(scores: list[float], truths: list[bool]) -> float:
    kept = [score >= 0.5 for score, truth in zip(scores, truths, strict=True) if truth]
    left = [score < 0.5 for score, truth in zip(scores, truths, strict=True) if not truth]
    return (sum(kept) / len(kept) + sum(left) / len(left)) / 2


def draw(seed: int, n: int = 40) -> tuple[list[float], list[bool]]:
    rng = random.Random(seed)
    truths = [True, False, *(rng.random() < 0.3 for _ in range(n - 2))]
    return [round(min(0.999, max(0.0, rng.gauss(0.6 if truth else 0.45, 0.2))), 2) for truth in truths], truths


@pytest.mark.parametrize("seed", range(12))
def test_balanced_accuracy_is_the_mean_of_both_shares_and_lies_in_its_interval(seed: int) -> None:
    scores, truths = draw(seed)
    found = balanced_accuracy(scores, truths)
    assert found.value == pytest.approx(brute_balanced(scores, truths))
    assert found.low <= found.value <= found.high
    assert found.n == 40


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(100):
        rng = random.Random(seed)
        truths = [rng.random() < 0.4 for _ in range(150)]
        scores = [float(truth == (rng.random() < 0.7)) for truth in truths]
        found = balanced_accuracy(scores, truths)
        held += found.low <= 0.7 <= found.high
    assert held >= 88


def test_the_same_scores_give_the_same_interval() -> None:
    assert balanced_accuracy(*draw(1)) == balanced_accuracy(*draw(1))


def test_one_class_alone_has_no_balanced_accuracy() -> None:
    with pytest.raises(ValueError, match="supported and other pairs"):
        balanced_accuracy([0.1, 0.9], [True, True])


@pytest.mark.parametrize("seed", range(12))
def test_the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order(seed: int) -> None:
    scores, truths = draw(seed)
    cases = list(zip(scores, truths, strict=True))
    pairs = [(one, other) for one, truth in cases if truth for other, is_true in cases if not is_true]
    right = sum(1.0 if one > other else 0.5 if one == other else 0.0 for one, other in pairs)
    assert area_under_curve(scores, truths) == pytest.approx(right / len(pairs))


def test_calibration_error_of_known_bins() -> None:
    scores = [0.15] * 10 + [0.85] * 10
    truths = [True] * 1 + [False] * 9 + [True] * 6 + [False] * 4
    assert calibration_error(scores, truths) == pytest.approx((0.05 * 10 + 0.25 * 10) / 20)
    assert calibration_error([1.0, 0.0], [True, False]) == 0


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.4, 0.8), (2.5, -1.0)])
def test_the_fit_finds_the_calibration_that_made_the_labels(slope: float, offset: float) -> None:
    rng = random.Random(5)
    margins = [rng.uniform(-4, 4) for _ in range(6000)]
    truths = [rng.random() < sigmoid(slope * margin + offset) for margin in margins]
    found = fit(margins, truths)
    # Both classes weigh the same, which moves the offset by the log of their ratio and leaves the slope.
    shift = math.log((len(truths) - sum(truths)) / sum(truths))
    assert found.slope == pytest.approx(slope, rel=0.12)
    assert found.offset == pytest.approx(offset + shift, abs=0.2)


def test_separable_margins_give_a_finite_calibration() -> None:
    found = fit([-2.0, -1.0, 1.0, 2.0], [False, False, True, True])
    assert 0 < found.probability(-2.0) < 0.5 < found.probability(2.0) < 1


def test_a_probability_never_overflows() -> None:
    steep = Calibration(50.0, 0.0)
    assert (steep.probability(-1e4), steep.probability(1e4)) == (0.0, 1.0)


def test_a_source_with_one_class_is_left_out() -> None:
    rows = [
        Row(source, "1", "c", "e", label)
        for source, label in (("a", Label.SUPPORTED), ("a", Label.UNSUPPORTED), ("b", Label.SUPPORTED))
    ]
    [found] = by_source(rows, [0.9, 0.2, 0.9])
    assert (found.source, found.accuracy.value, found.supported) == ("a", 1.0, 1)


def test_what_would_be_called_contradicted_is_counted_where_the_set_tells() -> None:
    labels = [Label.CONTRADICTED, Label.CONTRADICTED, Label.SUPPORTED, Label.NOT_FOUND, Label.UNSUPPORTED]
    rows = [Row("towns", str(place), "c", "e", label) for place, label in enumerate(labels)]
    found = {entry["from"]: entry for entry in called(rows, [3.0, 0.1, -3.0, 1.0, 9.0])}
    assert found[0.5] == {"from": 0.5, "called": 3, "contradicted": 2, "of": 2}
    assert found[0.95] == {"from": 0.95, "called": 1, "contradicted": 1, "of": 2}
