"""Measure scores source by source; what the benchmark and the report card show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from lab.verifier.metrics import Measured, area_under_curve, balanced_accuracy, calibration_error
from lab.verifier.rows import Label, Row
from verax.truth.verifier.calibration import sigmoid

_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class SourceResult:
    """What one source of rows says of a verifier."""

    source: str
    accuracy: Measured
    calibration_error: float
    area: float
    supported: int

    def as_object(self) -> dict[str, object]:
        """Return it as JSON."""
        numbers = {name: round(value, 4) for name, value in asdict(self.accuracy).items()}
        return {
            "source": self.source,
            "balanced_accuracy": numbers["value"],
            "low": numbers["low"],
            "high": numbers["high"],
            "n": self.accuracy.n,
            "supported": self.supported,
            "calibration_error": round(self.calibration_error, 4),
            "area_under_curve": round(self.area, 4),
        }


def by_source(rows: Sequence[Row], probabilities: Sequence[float]) -> list[SourceResult]:
    """Return the result of each source that has both supported and other rows, by name."""
    held: defaultdict[str, list[tuple[float, bool]]] = defaultdict(list)
    for row, probability in zip(rows, probabilities, strict=True):
        held[row.source].append((probability, row.is_supported))
    found = []
    for source, cases in sorted(held.items()):
        scores, truths = [score for score, _ in cases], [truth for _, truth in cases]
        if len(set(truths)) == 2:
            accuracy = balanced_accuracy(scores, truths)
            error, area = calibration_error(scores, truths), area_under_curve(scores, truths)
            found.append(SourceResult(source, accuracy, error, area, sum(truths)))
    return found


def called(rows: Sequence[Row], contradictions: Sequence[float]) -> list[dict[str, float]]:
    """Return, for thresholds of the probability of *contradicted*, how many rows reach it and how many of them are.

    Only rows whose set says why a claim is not supported are counted. The threshold that `verax.truth.verifier.judging`
    asks for is chosen by this table.

    Args:
        contradictions: Log odds of *contradicted* against the two others together.
    """
    told = [
        (sigmoid(value), row.label is Label.CONTRADICTED)
        for row, value in zip(rows, contradictions, strict=True)
        if row.label is not Label.UNSUPPORTED
    ]
    return [
        {
            "from": threshold,
            "called": sum(value >= threshold for value, _ in told),
            "contradicted": sum(truth for value, truth in told if value >= threshold),
            "of": sum(truth for _, truth in told),
        }
        for threshold in _THRESHOLDS
    ]
