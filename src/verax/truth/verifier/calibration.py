"""From a margin (the log odds of *supported*) to a probability that means what it says.

Platt's method: ``p = 1 / (1 + exp(-(slope * margin + offset)))``; the lab fits it (`lab.verifier.calibration`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Calibration", "log_odds", "margin", "sigmoid"]


@dataclass(frozen=True)
class Calibration:
    """The two numbers of Platt's method. A slope under 1 says that the model was too sure of itself."""

    slope: float
    offset: float

    def probability(self, margin: float) -> float:
        """Return the probability of *supported*."""
        return sigmoid(self.slope * margin + self.offset)


def margin(logits: Sequence[float]) -> float:
    """Return the log odds of *supported* against the two others together."""
    supported, *others = logits
    highest = max(others)
    return supported - highest - math.log(sum(math.exp(other - highest) for other in others))


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x)) without overflow."""
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    return math.exp(x) / (1 + math.exp(x))


def log_odds(probability: float) -> float:
    """Return the inverse of `sigmoid`, within what a double tells apart from 0 and 1."""
    inside = min(max(probability, 1e-12), 1 - 1e-12)
    return math.log(inside / (1 - inside))
