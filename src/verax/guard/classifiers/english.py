"""The English classifier on `onnxruntime`: one short text in, a logit for each head out.

* One text a call, never padded, one thread: the same text gives the same bits, whatever else is scored at the time.
* What is read of a text ends after `MAX_PIECES` word pieces, its two marks included; a longer one is read in parts that
  overlap by a half, and each head takes the greatest of its logits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from verax.truth.knowledge.graphs import open_graph
from verax.truth.knowledge.wordpiece import WordPieces

__all__ = ["HEADS", "MAX_PIECES", "EnglishModel", "parts"]

HEADS = (
    "hate",
    "harassment",
    "sexual",
    "sexual_minors",
    "self_harm",
    "violence",
    "dangerous_acts",
    "crime",
    "injection",
    "manipulation",
    "overreach",
    "instruction",
    "disclosure",
)
"""What the model's outputs mean, in their order: categories, and `instruction` (see `LocalClassifier.instruction`)."""

MAX_PIECES = 64


class EnglishModel:
    """Weights that were loaded; `logits` may be called from several threads at once."""

    def __init__(self, weights: Path | bytes, vocabulary: Path) -> None:
        self._words = WordPieces(vocabulary)
        self._session = open_graph(weights)

    def logits(self, text: str) -> Sequence[float]:
        """Return a logit for each of `HEADS`; `text` is readable. Blocks for some milliseconds a part."""
        import numpy as np

        found = [
            self._session.run(["logits"], {"ids": np.array([ids], dtype=np.int64)})[0][0]
            for ids in parts(self._words.encode(text))
        ]
        return [max(map(float, values)) for values in zip(*found, strict=True)]


def parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut ids into parts of at most `MAX_PIECES` with the marks of start and end on each."""
    start, *inner, end = ids
    room = MAX_PIECES - 2
    last = max(0, len(inner) - room)
    for at in [*range(0, last, room // 2), last]:
        yield [start, *inner[at : at + room], end]
