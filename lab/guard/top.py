"""One head trained anew on what the layers below it say, everything else as it ships: a logistic fit of one column.

The last layer of the graph gives each head one column of weights and a bias. What it reads (`Below`) is computed once
for each row by the 8-bit graph itself, so a fit sees what it will see in use, takes seconds, and no other head's score
changes by a bit. The fit is drawn to the weights that were there; how strongly is chosen on calibration rows. Each
source counts the same for each label, however many rows it has.

Axes: R rows, H hidden, C heads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from lab.guard.heads import HEADS, UNKNOWN, YES
from lab.guard.rows import Row
from verax.guard.classifiers.english import parts
from verax.guard.classifiers.reading import readable
from verax.truth.knowledge.wordpiece import WordPieces

__all__ = ["PULLS", "Below", "Column", "chosen", "column_of", "fit", "loss", "weights_of", "with_column"]

PULLS = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""How strongly a fit is drawn to the weights that were there, the strongest first."""

_OUTPUT = "output"
_STEPS = 30
_ENOUGH = 1e-9
Floats = NDArray[np.float64]


class Column:
    """Weights_H and a bias of one head."""

    def __init__(self, weights_H: Floats, bias: float) -> None:
        self.weights_H, self.bias = weights_H, bias

    def of(self, below_RH: Floats) -> Floats:
        """Return the head's logit of each row."""
        logits_R: Floats = below_RH @ self.weights_H + self.bias
        return logits_R


class Below:
    """What the last layer of a graph reads of a text, as the graph's 8 bits hold it."""

    def __init__(self, graph: Path, vocabulary: Path) -> None:
        model = onnx.load(str(graph))
        [product] = [node for node in model.graph.node if f"{_OUTPUT}.weight.q" in node.input]
        self._names = [product.input[0], product.input[0].removesuffix("_q") + "_s", product.input[2]]
        types = (TensorProto.UINT8, TensorProto.FLOAT, TensorProto.UINT8)
        for name, kind in zip(self._names, types, strict=True):
            model.graph.output.append(helper.make_tensor_value_info(name, kind, None))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        self._words = WordPieces(vocabulary)

    def of(self, text: str) -> tuple[Floats, Floats]:
        """Return below_PH for the parts of a text, and logits_PC."""
        found = [
            self._session.run([*self._names, "logits"], {"ids": np.array([ids], dtype=np.int64)})
            for ids in parts(self._words.encode(readable(text)))
        ]
        below = [(values.astype(np.float64) - float(zero)) * float(scale) for values, scale, zero, _ in found]
        return np.concatenate(below), np.concatenate([logits for *_, logits in found]).astype(np.float64)


def column_of(graph: Path, head: str) -> Column:
    """Return the column of a head as the graph's 8 bits hold it."""
    arrays = {one.name: numpy_helper.to_array(one) for one in onnx.load(str(graph)).graph.initializer}
    at = HEADS.index(head)
    steps = arrays[f"{_OUTPUT}.weight.q"][:, at].astype(np.float64) - float(arrays[f"{_OUTPUT}.weight.z"][at])
    return Column(steps * float(arrays[f"{_OUTPUT}.weight.s"][at]), float(arrays[f"{_OUTPUT}.bias"][at]))


def with_column(graph: Path, head: str, column: Column, target: Path) -> Column:
    """Write the graph with another column for one head, and return the column as its 8 bits hold it."""
    model = onnx.load(str(graph))
    arrays = {one.name: np.array(numpy_helper.to_array(one)) for one in model.graph.initializer}
    at, zero = HEADS.index(head), int(arrays[f"{_OUTPUT}.weight.z"][HEADS.index(head)])
    room = min(zero - np.iinfo(arrays[f"{_OUTPUT}.weight.q"].dtype).min, 127)
    scale = float(np.abs(column.weights_H).max()) / room
    arrays[f"{_OUTPUT}.weight.q"][:, at] = np.rint(column.weights_H / scale) + zero
    arrays[f"{_OUTPUT}.weight.s"][at] = scale
    arrays[f"{_OUTPUT}.bias"][at] = column.bias
    for one in model.graph.initializer:
        if one.name.startswith(f"{_OUTPUT}."):
            one.CopyFrom(numpy_helper.from_array(arrays[one.name], one.name))
    target.write_bytes(model.SerializeToString(deterministic=True))
    return column_of(target, head)


def chosen(rows: Sequence[Row], head: str, most: int) -> list[Row]:
    """Return at most `most` different rows of each source and label whose label for the head is known, in order."""
    at, seen, kept = HEADS.index(head), Counter[tuple[str, int]](), dict[str, Row]()
    for row in rows:
        key = (row.source, row.labels[at])
        if row.labels[at] != UNKNOWN and row.text not in kept and seen[key] < most:
            seen[key] += 1
            kept[row.text] = row
    return list(kept.values())


def weights_of(rows: Sequence[Row], head: str) -> tuple[Floats, Floats]:
    """Return is_yes_R and weight_R: both labels count the same, and of a label each source by the root of its rows."""
    at = HEADS.index(head)
    counts = Counter((row.source, row.labels[at]) for row in rows)
    weight_R = np.array([counts[row.source, row.labels[at]] ** -0.5 for row in rows])
    yes_R = np.array([row.labels[at] == YES for row in rows], dtype=np.float64)
    for label in (0.0, 1.0):
        weight_R[yes_R == label] *= 0.5 / weight_R[yes_R == label].sum()
    return yes_R, weight_R


def loss(column: Column, below_RH: Floats, yes_R: Floats, weight_R: Floats) -> float:
    """Return the weighted mean of the two-way loss."""
    logits_R = column.of(below_RH)
    return float((weight_R * (np.logaddexp(0, logits_R) - yes_R * logits_R)).sum())


def fit(start: Column, below_RH: Floats, yes_R: Floats, weight_R: Floats, pull: float) -> Column:
    """Return the column of least loss plus `pull` times half its squared distance from `start`, by Newton's method."""
    wide_RH = np.concatenate([below_RH, np.ones((len(below_RH), 1))], axis=1)
    first_H = np.append(start.weights_H, start.bias)

    def value(column_H: Floats) -> float:
        far = float(np.square(column_H - first_H).sum())
        return loss(Column(column_H[:-1], float(column_H[-1])), below_RH, yes_R, weight_R) + pull * far / 2

    found_H, least = first_H.copy(), value(first_H)
    for _ in range(_STEPS):
        share_R = 0.5 * (1 + np.tanh(wide_RH @ found_H / 2))
        slope_H = wide_RH.T @ (weight_R * (share_R - yes_R)) + pull * (found_H - first_H)
        bend_HH = (wide_RH * (weight_R * share_R * (1 - share_R))[:, None]).T @ wide_RH
        step_H = np.linalg.solve(bend_HH + pull * np.eye(len(found_H)), slope_H)
        # Newton's step may overshoot far from the minimum, so it is halved until it helps.
        while (tried := value(found_H - step_H)) > least and np.abs(step_H).max() > _ENOUGH:
            step_H /= 2
        if tried >= least:
            break
        found_H, least = found_H - step_H, tried
    return Column(found_H[:-1], float(found_H[-1]))
