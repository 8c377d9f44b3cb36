"""The English classifier on `onnxruntime`: one short text in, a logit for each head out.

* One text a call, never padded, one thread: the same text gives the same bits, whatever else is scored at the time.
* What is read of a text ends after `MAX_PIECES` word pieces, its two marks included; a longer one is read in parts that
  overlap by a half, and each head takes the greatest of its logits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from verax.truth.knowledge.wordpiece import WordPieces

if TYPE_CHECKING:
    import onnxruntime

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
        import onnxruntime

        self._words = WordPieces(vocabulary)
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: onnxruntime.InferenceSession = onnxruntime.InferenceSession(
            weights, options, providers=["CPUExecutionProvider"]
        )

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
