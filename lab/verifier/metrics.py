"""How well scores tell supported claims from others, with intervals.

* A score is a probability of *supported*; a pair counts as predicted supported from 0.5 on.
* Balanced accuracy is the mean of the shares found right among supported and among other pairs: 0.5 is chance,
  whatever the mix.
* Intervals are percentiles of a bootstrap over pairs, 95 %, from a fixed seed; a resample without one of the two
  classes is drawn again.
* The area under the curve is the share of pairs of a supported and another claim that stand in the right order, ties
  counted half: what no threshold and no calibration changes.
* Calibration error is the expected calibration error over ten bins of equal width.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

RESAMPLES = 1000
BINS = 10
THRESHOLD = 0.5


@dataclass(frozen=True)
class Measured:
    """A share with its interval and the number of pairs that it was taken on."""

    value: float
    low: float
    high: float
    n: int


def balanced_accuracy(scores: Sequence[float], is_supported: Sequence[bool], seed: int = 0) -> Measured:
    """Return the balanced accuracy with its bootstrap interval.

    Raises:
        ValueError: one of the two classes is missing.
    """
    cells = Counter((truth, (score >= THRESHOLD) == truth) for score, truth in zip(scores, is_supported, strict=True))
    value = _balanced(cells)
    if value is None:
        raise ValueError("balanced accuracy needs supported and other pairs")
    rng = random.Random(seed)
    kinds, weights = list(cells), list(cells.values())
    drawn: list[float] = []
    while len(drawn) < RESAMPLES:
        resampled = _balanced(Counter(rng.choices(kinds, weights, k=len(scores))))
        if resampled is not None:
            drawn.append(resampled)
    drawn.sort()
    edge = round(0.025 * RESAMPLES)
    return Measured(value, drawn[edge], drawn[-edge - 1], len(scores))


def calibration_error(scores: Sequence[float], is_supported: Sequence[bool]) -> float:
    """Return the mean distance, weighted by bin, between the mean score and the share that is supported."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for score, truth in zip(scores, is_supported, strict=True):
        bins[min(BINS - 1, int(score * BINS))].append((score, truth))
    distance = sum(abs(sum(score for score, _ in held) - sum(truth for _, truth in held)) for held in bins)
    return distance / len(scores)


def area_under_curve(scores: Sequence[float], is_supported: Sequence[bool]) -> float:
    """Return the area under the curve of true against false positives, 0 to 1; 0.5 is chance.

    Raises:
        ValueError: one of the two classes is missing.
    """
    supported, others = sum(is_supported), len(is_supported) - sum(is_supported)
    if not supported or not others:
        raise ValueError("an area under the curve needs supported and other pairs")
    cells = Counter(zip(scores, is_supported, strict=True))
    below, ordered = 0, 0.0
    for value in sorted(set(scores)):
        ordered += cells[value, True] * (below + cells[value, False] / 2)
        below += cells[value, False]
    return ordered / (supported * others)


def _balanced(cells: Counter[tuple[bool, bool]]) -> float | None:
    shares = []
    for truth in (True, False):
        n = cells[truth, True] + cells[truth, False]
        if not n:
            return None
        shares.append(cells[truth, True] / n)
    return sum(shares) / 2
