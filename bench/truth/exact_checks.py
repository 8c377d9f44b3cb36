"""What the exact checks find in rows: how often, and how often the claim then is not supported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from lab.verifier.rows import Row
from verax.gates.statistics import clopper_pearson
from verax.truth.exact import Finding, Weight, check

__all__ = ["by_kind", "findings_in", "has_conflict"]


def findings_in(rows: Sequence[Row]) -> list[list[Finding]]:
    """Return what the checks find in each row."""
    return [check(row.claim, row.evidence) for row in rows]


def has_conflict(findings: Sequence[Finding]) -> bool:
    """Say whether one of the findings contradicts the claim."""
    return any(finding.weight is Weight.CONFLICT for finding in findings)


def by_kind(rows: Sequence[Row], found: Sequence[Sequence[Finding]]) -> list[dict[str, Any]]:
    """Return, for each kind of finding, how many claims have one and what share of those is not supported.

    The interval is exact (Clopper and Pearson, 95 %). The first entry is over all claims: what to compare the others
    with.
    """
    flagged: defaultdict[str, list[bool]] = defaultdict(list)
    for row, findings in zip(rows, found, strict=True):
        for name in {f"{finding.kind} {finding.weight}" for finding in findings}:
            flagged[name].append(not row.is_supported)
    everything = [not row.is_supported for row in rows]
    return [_entry("none needed", everything), *(_entry(name, held) for name, held in sorted(flagged.items()))]


def _entry(name: str, held: Sequence[bool]) -> dict[str, Any]:
    interval = clopper_pearson(sum(held), len(held))
    return {
        "finding": name,
        "claims": len(held),
        "not_supported": round(sum(held) / len(held), 4),
        "low": round(interval.low, 4),
        "high": round(interval.high, 4),
    }
