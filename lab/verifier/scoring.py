"""Score a claim against evidence of any length, in the pieces that `verax.truth.verifier.pieces` cuts.

The margin of a claim is the greatest over its pieces: one passage that supports it is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verax.truth.chunks import MAX_WORDS
from verax.truth.verifier.calibration import margin
from verax.truth.verifier.pieces import pieces

Scorer = Callable[[str, str], Sequence[float]]
"""From claim and evidence to three logits, in the order of `lab.verifier.rows.Label`."""


@dataclass(frozen=True)
class Scored:
    """The margin of the deciding piece, the greatest log odds of *contradicted*, and how many pieces were read."""

    margin: float
    contradiction: float
    pieces: int


def score(scorer: Scorer, claim: str, evidence: str, max_words: int = MAX_WORDS) -> Scored:
    """Return the greatest margin over the pieces of the evidence."""
    read = pieces(claim, evidence, max_words)
    logits = [scorer(claim, piece.text) for piece in read]
    against = (margin((contradicted, supported, not_found)) for supported, contradicted, not_found in logits)
    return Scored(max(map(margin, logits)), max(against), len(read))
