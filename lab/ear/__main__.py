"""Fit the second ear of Junior and write its weights: ``python -m lab.ear [OUTPUT.json]``; a minute on one core.

It reads the weights that ship of the sentence encoder and of the guard, so whoever changes those fits it again (a test
says so). The ridge is the one of `RIDGES` with the least loss on rows that the weights were fitted without. It hears
from where `ALARMS` of such harmless rows are heard: a miss costs more than a question too many. What it prints is of
such rows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lab.ear.fitting import Floats, fit, out_of_fold
from lab.ear.sentences import taught
from verax.guard.classifiers.local import LocalClassifier
from verax.products.junior.ear import EAR_FILE, FORM, encoder_digest, features, listened
from verax.truth.knowledge.encoder import Encoder

__all__ = ["main"]

RIDGES = (0.1, 0.3, 1.0)
ALARMS = 0.04
_FOLDS, _SEED, _DIGITS = 8, 5, 5


def main(arguments: Sequence[str]) -> int:
    """Fit, say how it does, and write the weights."""
    danger, calm = taught()
    encoder, classifier = Encoder(), LocalClassifier()
    texts = [listened(text) for text in (*danger, *calm)]
    rows_NF: Floats = np.array([features(encoder.encode(text), classifier.scores(text)) for text in texts])
    is_danger_N = np.array([True] * len(danger) + [False] * len(calm))
    margins = {ridge: out_of_fold(rows_NF, is_danger_N, ridge, _FOLDS, _SEED) for ridge in RIDGES}
    losses = {ridge: _loss(margin_N, is_danger_N) for ridge, margin_N in margins.items()}
    ridge = min(RIDGES, key=lambda each: losses[each])
    from_margin = min(0.0, float(np.quantile(margins[ridge][~is_danger_N], 1 - ALARMS)))
    heard_N = margins[ridge] >= from_margin
    figures = {
        "danger": len(danger),
        "calm": len(calm),
        "ridge": ridge,
        "loss": round(losses[ridge], 4),
        "from_margin": round(from_margin, 3),
        "heard_of_danger": round(float(heard_N[is_danger_N].mean()), 3),
        "heard_of_calm": round(float(heard_N[~is_danger_N].mean()), 3),
    }
    weights_G = fit(rows_NF, is_danger_N, ridge)
    found = {
        "form": FORM,
        "encoder": encoder_digest(),
        "guard": classifier.identity,
        "out_of_fold": figures,
        "bias": round(float(weights_G[-1]) - from_margin, _DIGITS),
        "weights": [round(float(weight), _DIGITS) for weight in weights_G[:-1]],
    }
    output = Path(arguments[0]) if arguments else EAR_FILE
    output.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
    print(json.dumps(figures))
    return 0


def _loss(margin_N: Floats, is_danger_N: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    """Return the mean log loss."""
    signed_N = np.where(is_danger_N, margin_N, -margin_N)
    return float(np.logaddexp(0, -signed_N).mean())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
