"""How the classifier takes sentences about people whose shapes nothing taught it (`lab/guard/untaught.toml`).

Two decisions are counted: at even odds, as for HateCheck, and at the operating point that the policy for grown-ups
takes. `right` counts hostile sentences that are over it and others that are not.
"""

from __future__ import annotations

from typing import Any

from bench.guard.figures import share
from lab.guard.untaught import untaught
from verax.guard.categories import Category
from verax.guard.classifiers.local import LocalClassifier

__all__ = ["people"]

_HOSTILE = "hostile"


def people(classifier: LocalClassifier, even_odds: float, point: str, step: int = 1) -> dict[str, Any]:
    """Return the share of every kind that is decided rightly, of every `step`-th sentence."""
    limits = {"even_odds": even_odds, "at_point": classifier.operating_points[Category.HATE][point]}
    scores = {
        kind: [classifier.scores(text).get(Category.HATE, 0.0) for text in texts[::step]]
        for kind, texts in untaught().items()
    }
    return {
        name: {
            kind: share(sum((score >= limit) == (kind == _HOSTILE) for score in found), len(found))
            for kind, found in scores.items()
        }
        for name, limit in limits.items()
    }
