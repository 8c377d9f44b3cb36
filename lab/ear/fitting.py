"""Logistic regression with a ridge, by Newton's steps: few rows, the same bits at each run on one machine."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "fit", "out_of_fold"]

Floats = NDArray[np.float64]
_STEPS = 30
_SMALL = 1e-9


def fit(features_NF: Floats, is_danger_N: NDArray[np.bool_], ridge: float) -> Floats:
    """Return weights, the last of them the bias, which the ridge leaves alone."""
    rows_NG = np.hstack([features_NF, np.ones((len(features_NF), 1))])
    wanted_N = is_danger_N.astype(np.float64)
    pull_GG = ridge * np.eye(rows_NG.shape[1])
    pull_GG[-1, -1] = 0.0
    weights_G: Floats = np.zeros(rows_NG.shape[1])
    for _ in range(_STEPS):
        given_N = 1 / (1 + np.exp(-np.clip(rows_NG @ weights_G, -60, 60)))
        curve_N = given_N * (1 - given_N) + _SMALL
        slope_G = rows_NG.T @ (given_N - wanted_N) + pull_GG @ weights_G
        weights_G = weights_G - np.linalg.solve(rows_NG.T @ (rows_NG * curve_N[:, None]) + pull_GG, slope_G)
    return weights_G


def out_of_fold(features_NF: Floats, is_danger_N: NDArray[np.bool_], ridge: float, folds: int, seed: int) -> Floats:
    """Return the margin of each row by weights that were fitted without it."""
    order = list(range(len(features_NF)))
    random.Random(seed).shuffle(order)
    margins_N: Floats = np.zeros(len(order))
    for fold in range(folds):
        left_out: Sequence[Any] = order[fold::folds]
        kept = sorted(set(order) - set(left_out))
        weights_G = fit(features_NF[kept], is_danger_N[kept], ridge)
        margins_N[left_out] = features_NF[left_out] @ weights_G[:-1] + weights_G[-1]
    return margins_N
