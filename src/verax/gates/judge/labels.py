"""Replies that people labelled, and how well a judge, or a suite's scorer, agrees with them.

``labels.jsonl`` was written for this project: for each suite ten replies to items of its kind, half of them good, with
replies that are hard to judge among them. No scorer was adjusted to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verax.gates.items import Answer, Call, Item, Line, Sample
from verax.gates.statistics import Interval, clopper_pearson

__all__ = ["Agreement", "Label", "agreement", "load_labels"]

_FILE = Path(__file__).with_name("labels.jsonl")


@dataclass(frozen=True, slots=True)
class Label:
    """One labelled sample."""

    suite: str
    sample: Sample
    passes: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """How verdicts agree with labels.

    Attributes:
        n: Labelled samples.
        agreed: Verdicts that are the label.
        interval: Exact 95 % interval of the share that agrees.
        false_passes: Bad replies that passed, of `bad`.
        false_fails: Good replies that failed, of `good`.
        kappa: Cohen's kappa: agreement beyond chance, 1 is perfect, 0 is none.
    """

    n: int
    agreed: int
    interval: Interval
    false_passes: int
    bad: int
    false_fails: int
    good: int
    kappa: float


def load_labels(path: Path | None = None) -> list[Label]:
    """Read labelled replies, those of the project by default.

    A line is ``{suite, ask: [text of each call], replies: [text], expect?, label: "pass" | "fail"}``.

    Raises:
        ValueError: a line of another form.
    """
    lines = (path or _FILE).read_text(encoding="utf-8").splitlines()
    return [_label(json.loads(line), number) for number, line in enumerate(lines, 1) if line.strip()]


def agreement(labels: Sequence[Label], verdicts: Iterable[bool]) -> Agreement:
    """Compare verdicts with labels, in order.

    Raises:
        ValueError: no labels, or another number of verdicts.
    """
    pairs = [(label.passes, verdict) for label, verdict in zip(labels, verdicts, strict=True)]
    n, agreed = len(pairs), sum(label == verdict for label, verdict in pairs)
    good, passed = sum(label for label, _ in pairs), sum(verdict for _, verdict in pairs)
    chance = (good * passed + (n - good) * (n - passed)) / (n * n) if n else 0.0
    kappa = 1.0 if chance == 1 else (agreed / n - chance) / (1 - chance) if n else 0.0
    return Agreement(
        n=n,
        agreed=agreed,
        interval=clopper_pearson(agreed, n),
        false_passes=sum(verdict and not label for label, verdict in pairs),
        bad=n - good,
        false_fails=sum(label and not verdict for label, verdict in pairs),
        good=good,
        kappa=kappa,
    )


def _label(value: Mapping[str, Any], number: int) -> Label:
    if value.get("label") not in ("pass", "fail") or len(value["replies"]) != len(value["ask"]):
        raise ValueError(f"labels, line {number}: expected a label, and a reply to each call")
    calls = tuple(Call((Line("user", text),)) for text in value["ask"])
    item = Item(f"label-{number:03d}", value["suite"], calls, value.get("expect", {}))
    answers = tuple(Answer("complete", text) for text in value["replies"])
    return Label(value["suite"], Sample(item, answers), value["label"] == "pass")
