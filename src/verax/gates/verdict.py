"""From marks to a verdict: metrics, and the floors of the root document that they must reach.

| metric | what it is | needs the head |
|---|---|---|
| ``n`` | items that were scored | no |
| ``score`` | mean of the marks, 0 to 1 | no |
| ``score_low`` | lower bound of Wilson's 95 % interval of the score | no |
| ``score_high`` | its upper bound | no |
| ``group_low`` | lowest mean of any group of items | no |
| ``head_score`` | the head's score on the same items | yes |
| ``regression_p`` | exact one-sided McNemar probability; small where the candidate is worse | yes |
| ``difference_low`` | lower 95 % bound of candidate minus head | yes |
| ``judge_score`` | mean of a judge's marks, where one is connected | no |

* A gate passes when every metric that the root names is at least its floor. ``regression_p = "0.05"`` therefore
  refuses a candidate that is worse than the head at a significance of 5 %.
* A metric that was not measured is below every floor. A gate without floors never passes (invariant 10).
* Where there is no head yet, metrics that need one count as reached, and the report says so: there is nothing
  to fall behind.
* All metrics but ``regression_p``, ``score_high`` and ``head_score`` grow only where the candidate gets better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from verax.gates.items import Item, Mark
from verax.gates.statistics import difference_low, mcnemar_p, pair, wilson

__all__ = ["HEAD_METRICS", "METRICS", "Shortfall", "decimal", "judge", "measure", "needs_head"]

METRICS = (
    "n",
    "score",
    "score_low",
    "score_high",
    "group_low",
    "head_score",
    "regression_p",
    "difference_low",
    "judge_score",
)
HEAD_METRICS = frozenset({"head_score", "regression_p", "difference_low"})

_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A floor that was not reached; `found` is empty where the metric was not measured."""

    metric: str
    floor: str
    found: str


def measure(items: Sequence[Item], marks: Sequence[Mark], head: Sequence[Mark] | None, seed: str) -> dict[str, str]:
    """Return the metrics of a run as decimal strings, rounded downwards to six places.

    Args:
        marks: The candidate's marks, one an item.
        head: The head's marks on the same items; None where it was not asked.
        seed: Fixes the resampling of `difference_low`.

    Raises:
        ValueError: no items, or marks for other items.
    """
    if not items or len(marks) != len(items):
        raise ValueError("gate: expected one mark for each item, and at least one item")
    values = [mark.value for mark in marks]
    total = sum(values, Fraction(0))
    interval = wilson(float(total), len(values))
    groups: dict[str, list[Fraction]] = {}
    for item, value in zip(items, values, strict=True):
        groups.setdefault(item.group, []).append(value)
    found = {
        "n": str(len(values)),
        "score": decimal(total / len(values)),
        "score_low": decimal(interval.low),
        "score_high": decimal(interval.high),
        "group_low": decimal(min(sum(group, Fraction(0)) / len(group) for group in groups.values())),
    }
    if head is not None:
        theirs = [mark.value for mark in head]
        found["head_score"] = decimal(sum(theirs, Fraction(0)) / len(theirs))
        found["regression_p"] = decimal(mcnemar_p(pair(values, theirs)))
        found["difference_low"] = decimal(difference_low(values, theirs, seed))
    return found


def judge(floors: Mapping[str, str], metrics: Mapping[str, str], *, has_head: bool) -> list[Shortfall]:
    """Return what falls short of the floors; empty when the gate passes.

    Args:
        has_head: Whether the channel serves something that the candidate could fall behind.
    """
    if not floors:
        return [Shortfall("floors", "at least one", "")]
    short = []
    for metric, floor in sorted(floors.items()):
        found = metrics.get(metric, "")
        if not found and metric in HEAD_METRICS and not has_head:
            continue
        if not found or Decimal(found) < Decimal(floor):
            short.append(Shortfall(metric, floor, found))
    return short


def needs_head(floors: Mapping[str, str]) -> bool:
    """Say whether any floor compares with the head."""
    return bool(HEAD_METRICS & floors.keys())


def decimal(value: Fraction | float) -> str:
    """Return a number as a decimal string with at most six places, rounded downwards."""
    exact = Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else Decimal(value)
    text = format(exact.quantize(_PLACES, rounding=ROUND_FLOOR), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
