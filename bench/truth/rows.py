"""Which rows are measured: a sample that the rows' own ids fix, so that two runs measure the same."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from lab.verifier.dataset import split_of
from lab.verifier.rows import Row

__all__ = ["held_out", "sample"]


def sample(rows: Iterable[Row], per_source: int | None) -> list[Row]:
    """Return at most `per_source` rows of each source, those whose ids have the lowest digests; None takes all."""
    held: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        held[row.source].append(row)
    return [row for source in sorted(held) for row in sorted(held[source], key=_place)[:per_source]]


def held_out(rows: Sequence[Row], per_source: int) -> list[Row]:
    """Return rows of the training sets that no recipe trains on: what baselines are fitted on."""
    return sample((row for row in rows if split_of(row) == "calibration"), per_source)


def _place(row: Row) -> str:
    return hashlib.sha256(f"{row.source}/{row.id}".encode()).hexdigest()
