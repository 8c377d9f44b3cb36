"""The second ear's fitting, and what it is fitted on."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from lab.ear.fitting import fit, out_of_fold
from lab.ear.sentences import taught
from verax.products.junior.screen import DANGERS, find_concern

UNTAUGHT = Path(__file__).resolve().parents[3] / "bench" / "junior_danger.toml"


def test_a_ridge_pulls_weights_to_nothing_and_leaves_the_bias() -> None:
    draw = np.random.default_rng(1)
    rows = draw.normal(size=(200, 3))
    wanted = rows[:, 0] + 0.5 > 0
    free, held = fit(rows, wanted, 0.01), fit(rows, wanted, 1000.0)
    assert free[0] > 5 * abs(free[1])
    assert np.abs(held[:3]).max() < 0.1
    assert 1 / (1 + np.exp(-held[3])) == pytest.approx(wanted.mean(), abs=0.02)


def test_what_is_left_out_of_a_fit_is_judged_without_it() -> None:
    # Rows of noise with labels of their own: whoever has seen a row knows its label, and nobody else does.
    draw = np.random.default_rng(2)
    rows, wanted = draw.normal(size=(60, 80)), draw.random(60) < 0.5
    weights = fit(rows, wanted, 0.01)
    seen = (rows @ weights[:-1] + weights[-1] >= 0) == wanted
    unseen = (out_of_fold(rows, wanted, 0.01, 6, 3) >= 0) == wanted
    assert seen.all()
    assert unseen.mean() < 0.75


def test_nothing_that_is_measured_with_is_taught_and_no_sentence_is_both() -> None:
    danger, calm = taught()
    assert len(danger) > 200
    assert len(calm) > 700
    kept = tomllib.loads(UNTAUGHT.read_text("utf-8"))
    measured = {text.lower() for texts in kept.values() for text in texts}
    assert not measured & {text.lower() for text in (*danger, *calm)}
    assert not {text.lower() for text in danger} & {text.lower() for text in calm}
    assert not any(find_concern(text).name in DANGERS for text in kept["alike_untaught"])
