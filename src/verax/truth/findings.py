"""What exact checks find: a thing of the claim that a passage does not bear out, and how much that says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Kind", "Weight"]


class Kind(StrEnum):
    """What a finding is about."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    NEGATION = "negation"
    OPPOSITE = "opposite"
    ORDER = "order"
    QUOTE = "quote"


class Weight(StrEnum):
    """`CONFLICT`: the passage says otherwise. `MISSING`: it does not say so."""

    CONFLICT = "conflict"
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold: ``claim[start:end]`` against the passage."""

    kind: Kind
    weight: Weight
    start: int
    end: int
