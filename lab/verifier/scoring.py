"""Score a claim against evidence of any length; how the pieces of long evidence are joined into one score.

* Evidence that fits is one piece. Longer evidence is cut into chunks, and the sentences nearest to the claim are one
  piece more.
* The margin of a claim is the greatest over its pieces: one passage that supports it is enough.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lab.verifier.chunks import MAX_WORDS, chunks, focus

Scorer = Callable[[str, str], Sequence[float]]
"""From claim and evidence to three logits, in the order of `lab.verifier.rows.Label`."""


@dataclass(frozen=True)
class Scored:
    """The margin of the deciding piece, and the number of pieces that were read."""

    margin: float
    pieces: int


def margin(logits: Sequence[float]) -> float:
    """Return the log odds of *supported* against the two others together."""
    supported, *others = logits
    highest = max(others)
    return supported - highest - math.log(sum(math.exp(other - highest) for other in others))


def pieces(claim: str, evidence: str, max_words: int = MAX_WORDS) -> list[str]:
    """Return what is read of the evidence: all of it, or its chunks and the sentences nearest to the claim."""
    spans = chunks(evidence, max_words)
    if len(spans) <= 1:
        return [evidence]
    nearest = focus(evidence, claim, max_words)
    return [span.of(evidence) for span in spans] + ([nearest] if nearest else [])


def score(scorer: Scorer, claim: str, evidence: str, max_words: int = MAX_WORDS) -> Scored:
    """Return the greatest margin over the pieces of the evidence."""
    read = pieces(claim, evidence, max_words)
    return Scored(max(margin(scorer(claim, piece)) for piece in read), len(read))
