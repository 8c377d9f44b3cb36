"""The command ``top``: fit a head's column on a run's rows, choose it on calibration rows, measure it on others."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lab.guard import dataset
from lab.guard.calibrate import ABOUT_PEOPLE, PREVALENCE
from lab.guard.heads import HEADS, YES
from lab.guard.rows import Row
from lab.guard.top import PULLS, Below, Column, Floats, chosen, column_of, fit, loss, weights_of, with_column
from lab.guard.untaught import untaught
from lab.storage import write_json
from lab.verifier.calibration import fit as fit_curve
from verax.truth.verifier.calibration import Calibration, log_odds

_MOST = {"train": 100, "calibration": 40, "holdout": 30}
_OF_OTHERS = 12
_WHOLE = "kin_kind"  # held-out rows of this source are all measured: they are why this was done
_HOSTILE = "hostile"


@dataclass(frozen=True)
class _Read:
    """Rows with what the last layer reads of them: of a long text, of the part with the head's highest logit."""

    rows: Sequence[Row]
    below: Floats


@dataclass(frozen=True)
class _Judge:
    """A column and the curve that makes its logits probabilities."""

    column: Column
    curve: Calibration

    def is_yes(self, below_RH: Floats) -> list[bool]:
        """Say of each row whether it is over even odds."""
        return [self.curve.probability(float(logit)) >= PREVALENCE for logit in self.column.of(below_RH)]


def refit(start: Path, run: Path, head: str) -> dict[str, Any]:
    """Write the graph with the fitted column and ``holdout.json``: how many are decided rightly, before and after.

    Args:
        start: A folder with ``guard.int8.onnx`` and ``vocab.txt`` to go on from.
    """
    graph, began = start / "guard.int8.onnx", time.process_time()
    below = Below(graph, start / "vocab.txt")
    train, held, last = (_read(below, _rows(run, split, head), head, run / f"below-{split}") for split in _MOST)
    column, about = _choose(column_of(graph, head), train, held, head)
    kept = with_column(graph, head, column, run / "guard.int8.onnx")
    new = [Row(kind, text, _labels(kind, head)) for kind, texts in untaught().items() for text in texts]
    unseen = _read(below, new, head, run / "below-untaught")
    judges = {"before": _judge(column_of(graph, head), held, head), "after": _judge(kept, held, head)}
    measured: dict[str, Any] = {"fit": about}
    for name, judge in judges.items():
        measured[name] = {"holdout": _rights(judge, last, head), "untaught": _rights(judge, unseen, head)}
    curve = judges["after"].curve
    measured["curve"] = {"slope": curve.slope, "offset": curve.offset}
    write_json(run / "holdout.json", measured)
    done = {"step": 0, "loss": about["losses"][str(about["pull"])], "examples": about["rows"]}
    done["seconds"] = round(time.process_time() - began, 1)
    (run / "progress.jsonl").write_text(json.dumps(done) + "\n", encoding="utf-8")
    return measured


def _labels(kind: str, head: str) -> tuple[int, ...]:
    return tuple(int(name == head and kind == _HOSTILE) for name in HEADS)


def _rows(run: Path, split: str, head: str) -> list[Row]:
    rows = dataset.read_split(run / "data", split)
    people = [row for row in rows if row.source in ABOUT_PEOPLE]
    if split == "holdout":
        whole = [row for row in people if row.source == _WHOLE]
        return [*chosen([row for row in people if row.source != _WHOLE], head, _MOST[split]), *whole]
    others = [row for row in rows if row.source not in ABOUT_PEOPLE]
    return [*chosen(people, head, _MOST[split]), *chosen(others, head, _OF_OTHERS)]


def _read(below: Below, rows: Sequence[Row], head: str, path: Path) -> _Read:
    """Read the rows, or take what an earlier call kept of the same rows in ``path.npz``."""
    texts, kept_texts, kept = [row.text for row in rows], path.with_suffix(".json"), path.with_suffix(".npz")
    if kept.exists() and json.loads(kept_texts.read_text(encoding="utf-8")) == texts:
        return _Read(rows, np.load(kept)["below"].astype(np.float64))
    at, found = HEADS.index(head), []
    for text in texts:
        below_PH, logits_PC = below.of(text)
        found.append(below_PH[int(logits_PC[:, at].argmax())])
    below_RH = np.array(found)
    np.savez(kept, below=below_RH.astype(np.float32))
    kept_texts.write_text(json.dumps(texts), encoding="utf-8")
    return _Read(rows, below_RH)


def _choose(start: Column, train: _Read, held: _Read, head: str) -> tuple[Column, dict[str, Any]]:
    """Return the fit whose loss on calibration rows is least, and every loss."""
    (yes_R, weight_R), (held_yes_R, held_weight_R) = (weights_of(read.rows, head) for read in (train, held))
    fits = {pull: fit(start, train.below, yes_R, weight_R, pull) for pull in PULLS}
    losses = {pull: loss(column, held.below, held_yes_R, held_weight_R) for pull, column in fits.items()}
    best = min(losses, key=losses.__getitem__)
    before = loss(start, held.below, held_yes_R, held_weight_R)
    shown = {str(pull): round(value, 4) for pull, value in losses.items()} | {"before": round(before, 4)}
    return fits[best], {"head": head, "rows": len(train.rows), "pull": best, "losses": shown}


def _judge(column: Column, held: _Read, head: str) -> _Judge:
    """Return the column with its curve, fitted on the calibration rows about people."""
    places = [place for place, row in enumerate(held.rows) if row.source in ABOUT_PEOPLE]
    margins = list(map(float, column.of(held.below[places])))
    even = fit_curve(margins, [held.rows[place].labels[HEADS.index(head)] == YES for place in places])
    return _Judge(column, Calibration(even.slope, even.offset + log_odds(PREVALENCE)))


def _rights(judge: _Judge, read: _Read, head: str) -> Mapping[str, list[int]]:
    """Return, for each source, how many rows are decided rightly at even odds, and of how many."""
    found: dict[str, list[int]] = {}
    for row, is_yes in zip(read.rows, judge.is_yes(read.below), strict=True):
        cell = found.setdefault(row.source, [0, 0])
        cell[0] += is_yes == (row.labels[HEADS.index(head)] == YES)
        cell[1] += 1
    return dict(sorted(found.items()))
