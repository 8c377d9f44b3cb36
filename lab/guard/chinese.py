"""Train the Chinese classifier on the training part of COLD; a fifth of its development part calibrates, the rest
measures.

Weights are logistic, over n-gram buckets that are scaled by how unevenly they occur among offensive and other texts
(the log ratio of their counts), by Adam over a few epochs with the rate falling to zero; then each becomes eight
bits. What counts start from, no decay of weights, and pairs over longer n-grams were chosen by leaving a topic out of
the training part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lab.guard.calibrate import PREVALENCE
from lab.guard.rows import place, read_jsonl
from lab.verifier.calibration import fit
from lab.verifier.metrics import balanced_accuracy
from verax.guard.classifiers.chinese import BUCKETS, ChineseModel, buckets
from verax.truth.verifier.calibration import log_odds

_EPOCHS, _BATCH, _RATE = 3, 256, 0.05
_SMOOTHING = 0.5  # added to each count
_SEED = 20261126
_CALIBRATION_OF_100 = 20


def fit_file(folder: Path, run: Path) -> dict[str, object]:
    """Train on the folder of COLD, write ``chinese.npz`` into the run's, and return what was measured."""
    texts, labels = _read(folder / "train.jsonl.gz")
    weights, scale = _quantised(_train([np.array(buckets(text)) for text in texts], np.array(labels)))
    run.mkdir(parents=True, exist_ok=True)
    target = run / "chinese.npz"
    _write(target, weights, scale, (1.0, 0.0))

    model = ChineseModel(target)
    held, truth = _read(folder / "dev.jsonl.gz")
    margins = [model.margin(text) for text in held]
    known = set(texts)
    parts: dict[bool, list[int]] = {True: [], False: []}
    for index, text in enumerate(held):
        if text not in known:
            parts[place(text) < _CALIBRATION_OF_100].append(index)
    found = fit([margins[index] for index in parts[True]], [bool(truth[index]) for index in parts[True]])
    _write(target, weights, scale, (found.slope, found.offset + log_odds(PREVALENCE)))

    measured = balanced_accuracy(
        [found.probability(margins[index]) for index in parts[False]], [bool(truth[index]) for index in parts[False]]
    )
    return {
        "development_balanced_accuracy": {
            "value": round(measured.value, 4), "low": round(measured.low, 4), "high": round(measured.high, 4),
            "n": measured.n,
        },
        "trained_on": len(texts),
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "size_bytes": target.stat().st_size,
    }  # fmt: skip


def _read(path: Path) -> tuple[list[str], list[int]]:
    rows = list(read_jsonl(path))
    return [str(row["TEXT"]) for row in rows], [int(str(row["label"])) for row in rows]


def _train(found: Sequence[np.ndarray], labels: np.ndarray) -> np.ndarray:
    """Return a weight for each bucket."""
    counts = np.full((2, BUCKETS), _SMOOTHING)
    for grams, label in zip(found, labels, strict=True):
        counts[label, grams] += 1
    uneven = np.log(counts[1] / counts[1].sum()) - np.log(counts[0] / counts[0].sum())
    weights, first, second = (np.zeros(BUCKETS) for _ in range(3))
    rng, steps, step = np.random.default_rng(_SEED), _EPOCHS * (len(found) // _BATCH), 0
    for _ in range(_EPOCHS):
        order = rng.permutation(len(found))
        for start in range(0, len(found) - _BATCH + 1, _BATCH):
            step += 1
            batch = order[start : start + _BATCH]
            sizes = np.array([len(found[index]) for index in batch])
            grams = np.concatenate([found[index] for index in batch])
            values = uneven[grams] / np.repeat(np.sqrt(sizes), sizes)
            sums = np.add.reduceat(values * weights[grams], np.cumsum(sizes) - sizes)
            miss = (1 / (1 + np.exp(-sums)) - labels[batch]) / _BATCH
            gradient = np.bincount(grams, values * np.repeat(miss, sizes), BUCKETS)
            first = 0.9 * first + 0.1 * gradient
            second = 0.999 * second + 0.001 * gradient**2
            rate = _RATE * (1 - step / (steps + 1))
            mean, spread = first / (1 - 0.9**step), np.sqrt(second / (1 - 0.999**step))
            weights -= rate * mean / (spread + 1e-8)
    trained: np.ndarray = weights * uneven
    return trained


def _quantised(weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Return weights in eight bits and their scale; the largest hundredth of a per cent is cut."""
    scale = float(np.quantile(np.abs(weights[weights != 0]), 0.9999)) / 127
    return np.clip(np.rint(weights / scale), -127, 127).astype(np.int8), scale


def _write(target: Path, weights: np.ndarray, scale: float, calibration: tuple[float, float]) -> None:
    np.savez_compressed(target, weights=weights, scale=np.float64(scale), calibration=np.array(calibration))
