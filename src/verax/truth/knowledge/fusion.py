"""Several rankings made one: reciprocal rank fusion.

The score of an item is the sum of ``1 / (60 + rank)`` over the rankings that hold it, ranks from
1; of equal scores the one that an earlier ranking has comes first. Scores of the rankings
themselves do not count, so they need not be comparable.

Source: Cormack, Clarke, Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual
Rank Learning Methods", SIGIR 2009, which also sets 60.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Ranked", "fuse"]

_CONSTANT = 60


@dataclass(frozen=True, slots=True)
class Ranked:
    """An item with its fused score."""

    number: int
    score: float


def fuse(rankings: Sequence[Sequence[int]]) -> list[Ranked]:
    """Return every item of the rankings once, best first."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, number in enumerate(ranking, start=1):
            scores[number] = scores.get(number, 0.0) + 1.0 / (_CONSTANT + rank)
    return [Ranked(number, score) for number, score in sorted(scores.items(), key=lambda item: -item[1])]
