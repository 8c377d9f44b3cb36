"""From a margin (the log odds of *supported*) to a probability that means what it says.

Platt's method: ``p = 1 / (1 + exp(-(slope * margin + offset)))``, fitted on held-out rows of training sets, where
supported and other pairs weigh the same, by Newton's method with Platt's smoothed targets (Platt, 1999; Lin, Lin and
Weng, 2007).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from verax.truth.verifier.calibration import Calibration, sigmoid

_STEPS = 100
_RIDGE = 1e-9
_ENOUGH = 1e-10


def fit(margins: Sequence[float], is_supported: Sequence[bool]) -> Calibration:
    """Return the calibration of greatest likelihood.

    Raises:
        ValueError: one of the two classes is missing.
    """
    supported, others = sum(is_supported), len(is_supported) - sum(is_supported)
    if not supported or not others:
        raise ValueError("calibration needs supported and other pairs")
    targets = [(supported + 1) / (supported + 2) if truth else 1 / (others + 2) for truth in is_supported]
    weights = [0.5 / supported if truth else 0.5 / others for truth in is_supported]
    cases = list(zip(margins, targets, weights, strict=True))
    slope, offset = 1.0, 0.0
    value = _negative_likelihood(cases, slope, offset)
    for _ in range(_STEPS):
        by_slope, by_offset = _direction(cases, slope, offset)
        step = 1.0
        # Newton's step may overshoot far from the minimum, so it is halved until it helps.
        while (tried := _negative_likelihood(cases, slope + step * by_slope, offset + step * by_offset)) > value:
            step /= 2
            if step < _ENOUGH:
                return Calibration(slope, offset)
        slope, offset = slope + step * by_slope, offset + step * by_offset
        if value - tried < _ENOUGH:
            break
        value = tried
    return Calibration(slope, offset)


def _direction(cases: Sequence[tuple[float, float, float]], slope: float, offset: float) -> tuple[float, float]:
    gradient_slope = gradient_offset = 0.0
    curve_slope, curve_offset, curve_both = _RIDGE, _RIDGE, 0.0
    for margin, target, weight in cases:
        p = sigmoid(slope * margin + offset)
        miss, spread = weight * (p - target), weight * p * (1 - p)
        gradient_slope += miss * margin
        gradient_offset += miss
        curve_slope += spread * margin * margin
        curve_offset += spread
        curve_both += spread * margin
    area = curve_slope * curve_offset - curve_both * curve_both
    return (
        -(curve_offset * gradient_slope - curve_both * gradient_offset) / area,
        -(curve_slope * gradient_offset - curve_both * gradient_slope) / area,
    )


def _negative_likelihood(cases: Sequence[tuple[float, float, float]], slope: float, offset: float) -> float:
    total = 0.0
    for margin, target, weight in cases:
        x = slope * margin + offset
        total += weight * (max(x, 0.0) - target * x + math.log1p(math.exp(-abs(x))))
    return total
