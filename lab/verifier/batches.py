"""Examples as batches, in an order that a seed fixes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

_POOL = 4096  # examples that are sorted by length before they are cut into batches


class HasIds(Protocol):
    """Anything that is read as token ids."""

    @property
    def ids(self) -> Sequence[int]:
        """The ids, marks included."""
        ...


@dataclass(frozen=True)
class Encoded:
    """One example: token ids, where the evidence begins, and the label's number."""

    ids: list[int]
    evidence_at: int
    label: int


def batches(examples: Sequence[HasIds], batch_tokens: int, seed: int, epoch: int) -> list[list[int]]:
    """Return the positions of one epoch's examples in batches of about `batch_tokens` tokens, padding counted.

    Examples are shuffled, sorted by length within pools, cut, and the batches shuffled: little padding, and an order
    that `seed` and `epoch` fix, so that a run which was stopped goes on with the batch that was next.
    """
    rng = random.Random(f"{seed} {epoch}")
    order = list(range(len(examples)))
    rng.shuffle(order)
    found: list[list[int]] = []
    for start in range(0, len(order), _POOL):
        batch: list[int] = []
        for place in sorted(order[start : start + _POOL], key=lambda place: (len(examples[place].ids), place)):
            if batch and (len(batch) + 1) * len(examples[place].ids) > batch_tokens:
                found.append(batch)
                batch = []
            batch.append(place)
        found.append(batch)
    rng.shuffle(found)
    return found
