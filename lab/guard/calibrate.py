"""From logits to probabilities and thresholds, on held-out rows of training sets and phrases; test sets play no part.

*Operating points.* For each head, the lowest threshold at which at most a given share of held-out rows without the
label is stopped, and of no source more than `_WORST` times that share: a source of rows that look harmful would drown
among mails and tables. Those rows are harder than everyday text, so everyday shares are lower.

*Everyday points.* The same of held-out rows of what people ask and tell on any day (`EVERYDAY`) alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from lab.guard.constructed import PHRASES, load
from lab.guard.heads import HEADS, NO, UNKNOWN, YES
from lab.guard.rows import Row
from lab.verifier.calibration import fit
from lab.verifier.metrics import balanced_accuracy
from verax.guard.classifiers.english import EnglishModel
from verax.guard.classifiers.reading import readable
from verax.truth.verifier.calibration import Calibration, log_odds

PREVALENCE = 0.1
"""Share of texts that belong to a category, for which its probability is calibrated; Platt's fit knows equal shares."""

ABOUT_PEOPLE = frozenset(
    [block.name for name in ("hate", "kin", "people") for block in load(PHRASES / f"{name}.toml").blocks]
    + ["hatemoji", "toxigen_prompts", "forum_hate", "davidson_hate", "davidson_neither"]
)
EVERYDAY = frozenset(
    [block.name for block in load(PHRASES / "everyday.toml").blocks if block.name.startswith("day_")]
    + ["people_busy", "people_mourned", "people_wondered", "boolq", "claims", "gsm8k", "mbpp"]
)
_OF_A_SOURCE = 45
_WORST, _LARGE = 4, 40
SHARES = ("0.002", "0.01", "0.02", "0.05", "0.1")
Logits = Sequence[Sequence[float]]


def calibrate(model: EnglishModel, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Return slope, offset, operating points and everyday points for each head."""
    logits = [model.logits(readable(row.text)) for row in rows]
    found = {}
    for index, head in enumerate(HEADS):
        even = fit(*known(*_asked(head, rows, logits), index))
        curve = Calibration(even.slope, even.offset + log_odds(PREVALENCE))
        harmless = _harmless(curve, index, rows, logits)
        points = {share: round(_point(harmless, float(share)), 6) for share in SHARES}
        calm = sorted(chain(*(scores for source, scores in harmless.items() if source in EVERYDAY)), reverse=True)
        everyday = {share: round(threshold(calm, float(share)), 6) for share in SHARES}
        found[head] = {"slope": curve.slope, "offset": curve.offset, "points": points, "everyday": everyday}
    return found


def _asked(head: str, rows: Sequence[Row], logits: Logits) -> tuple[Sequence[Row], Logits]:
    """Return the rows that a head's curve is fitted on.

    For hate they are of sets and phrases about people and groups, at most `_OF_A_SOURCE` of each kind and label: a mail
    or a table says nothing of where praise ends and hate begins.
    """
    if head != "hate":
        return rows, logits
    index, seen, places = HEADS.index(head), Counter[tuple[str, int]](), []
    for place, row in enumerate(rows):
        key = (row.source, row.labels[index])
        if row.source in ABOUT_PEOPLE and seen[key] < _OF_A_SOURCE:
            seen[key] += 1
            places.append(place)
    return [rows[place] for place in places], [logits[place] for place in places]


def _harmless(curve: Calibration, index: int, rows: Sequence[Row], logits: Logits) -> dict[str, list[float]]:
    """Return the scores of rows without a label by their source, descending."""
    found: dict[str, list[float]] = {}
    for row, values in zip(rows, logits, strict=True):
        if row.labels[index] == NO:
            found.setdefault(row.source, []).append(curve.probability(values[index]))
    return {source: sorted(scores, reverse=True) for source, scores in found.items()}


def _point(harmless: Mapping[str, Sequence[float]], share: float) -> float:
    whole = sorted(chain(*harmless.values()), reverse=True)
    large = [scores for scores in harmless.values() if len(scores) >= _LARGE]
    return max(threshold(whole, share), *(threshold(scores, _WORST * share) for scores in large), 0.0)


def threshold(descending: Sequence[float], share: float) -> float:
    """Return the lowest value that at most `share` of the scores reach."""
    allowed = int(share * len(descending))
    return min(1.0, descending[allowed] + 1e-6) if allowed < len(descending) else 0.0


def measure(model: EnglishModel, calibration: Mapping[str, Mapping[str, Any]], rows: Sequence[Row]) -> dict[str, Any]:
    """Return how each head does on rows that nothing was fitted on, and hate by source."""
    logits = [model.logits(readable(row.text)) for row in rows]
    heads: dict[str, Any] = {}
    for index, head in enumerate(HEADS):
        given = calibration[head]
        curve = Calibration(given["slope"], given["offset"])
        margins, truth = known(rows, logits, index)
        scores = [curve.probability(margin) for margin in margins]
        even = Calibration(given["slope"], given["offset"] - log_odds(PREVALENCE))
        shown = balanced_accuracy([even.probability(margin) for margin in margins], truth)
        heads[head] = {
            "balanced_accuracy": round(shown.value, 4),
            "low": round(shown.low, 4),
            "high": round(shown.high, 4),
            "n": shown.n,
            "positive": sum(truth),
            "recall_at": {share: _recall(scores, truth, point) for share, point in given["points"].items()},
        }
    return {"heads": heads, "by_source": _by_source(calibration, rows, logits)}


def known(rows: Sequence[Row], logits: Logits, index: int) -> tuple[list[float], list[bool]]:
    """Return a head's logits and labels of the rows whose label is known."""
    kept = [place for place, row in enumerate(rows) if row.labels[index] != UNKNOWN]
    return [logits[place][index] for place in kept], [rows[place].labels[index] == YES for place in kept]


def _recall(scores: Sequence[float], truth: Sequence[bool], point: float) -> float:
    positive = [score for score, is_yes in zip(scores, truth, strict=True) if is_yes]
    return round(sum(score >= point for score in positive) / len(positive), 4)


def _by_source(
    calibration: Mapping[str, Mapping[str, Any]], rows: Sequence[Row], logits: Logits
) -> dict[str, dict[str, list[int]]]:
    """Return, for each source and head, how many rows were decided rightly at even odds, and of how many;
    heads that are always right are left out."""
    found: dict[str, dict[str, list[int]]] = {}
    for row, values in zip(rows, logits, strict=True):
        for head, label, logit in zip(HEADS, row.labels, values, strict=True):
            if label == UNKNOWN:
                continue
            curve = Calibration(calibration[head]["slope"], calibration[head]["offset"])
            cell = found.setdefault(row.source, {}).setdefault(head, [0, 0])
            cell[0] += (curve.probability(logit) >= PREVALENCE) == (label == YES)
            cell[1] += 1
    wrong = {
        source: {head: cell for head, cell in sorted(cells.items()) if cell[0] < cell[1]}
        for source, cells in sorted(found.items())
    }
    return {source: cells for source, cells in wrong.items() if cells}
