"""Shares with intervals (Wilson, 95 %), and recall where false alarms are a given share."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["recall_at", "share", "threshold_at"]

_Z = 1.959964


def share(hits: int, n: int) -> dict[str, float]:
    """Return a share with its interval by Wilson's method.

    Raises:
        ValueError: nothing was counted.
    """
    if n < 1:
        raise ValueError("expected at least one case")
    value, square = hits / n, _Z * _Z
    middle = (value + square / (2 * n)) / (1 + square / n)
    half = _Z * math.sqrt(value * (1 - value) / n + square / (4 * n * n)) / (1 + square / n)
    return {"value": round(value, 4), "low": round(middle - half, 4), "high": round(middle + half, 4), "n": n}


def threshold_at(negative: Sequence[float], allowed: float) -> float:
    """Return the lowest threshold that at most a share `allowed` of the scores exceed; what exceeds it is an alarm."""
    descending = sorted(negative, reverse=True)
    return descending[min(int(allowed * len(descending)), len(descending) - 1)]


def recall_at(positive: Sequence[float], negative: Sequence[float], allowed: float) -> dict[str, float]:
    """Return the share of positive scores beyond the threshold at which at most `allowed` of the others are."""
    threshold = threshold_at(negative, allowed)
    return share(sum(score > threshold for score in positive), len(positive))
