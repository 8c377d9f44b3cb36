"""What the second ear makes of a sentence: one margin, over the sentence encoder's vector and four scores of the guard.

Rules find wordings, the guard's heads what they were taught in other words; the encoder knows what means the same. The
weights are fitted in the lab on few sentences (`lab/ear`), for one edition of the encoder and one of the guard.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from verax.guard.categories import Category
from verax.truth.knowledge.encoder import ENCODER_FILE

__all__ = ["EAR_FILE", "FORM", "encoder_digest", "features", "listened", "margin_of"]

EAR_FILE = Path(__file__).with_name("ear.json")
FORM = "verax/ear/v1"
_SCORED = (Category.SELF_HARM, Category.DISCLOSURE, Category.VIOLENCE, Category.SEXUAL_MINORS)
_FURTHEST = 8.0
_SHARE = 1.5
"""How much a score weighs beside the vector, whose length is 1; log odds of `_FURTHEST` and more count as so many."""


def listened(sentence: str) -> str:
    """Return a sentence as both models hear it: a full stop or none at its end makes no difference."""
    return sentence.strip().rstrip(".!… ")


def features(vector: bytes, scores: Mapping[Category, float]) -> list[float]:
    """Return what the weights are for: 384 components of the vector and four log odds.

    Args:
        vector: As `Encoder.encode` gives it, signed bytes.
        scores: The guard's; a category that is missing counts as nearly impossible.
    """
    components = [(byte - 256 if byte > 127 else byte) / 127 for byte in vector]
    return [*components, *(_SHARE * _odds(scores.get(category, 0.0)) / _FURTHEST for category in _SCORED)]


def margin_of(vector: bytes, scores: Mapping[Category, float]) -> float:
    """Return how likely a sentence is to tell of danger, in log odds over where the ear begins to hear: 0 and more is
    heard."""
    bias, weights = _weights()
    return bias + math.fsum(weight * value for weight, value in zip(weights, features(vector, scores), strict=True))


def encoder_digest() -> str:
    """SHA-256 of the encoder's weights that are installed."""
    return hashlib.sha256(ENCODER_FILE.read_bytes()).hexdigest()


def _odds(score: float) -> float:
    held = min(max(score, 1e-6), 1 - 1e-6)
    return max(-_FURTHEST, min(_FURTHEST, math.log(held / (1 - held))))


@cache
def _weights() -> tuple[float, Sequence[float]]:
    given = json.loads(EAR_FILE.read_text(encoding="utf-8"))
    return float(given["bias"]), tuple(map(float, given["weights"]))
