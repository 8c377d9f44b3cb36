"""The word pieces that a model keeps: fewer than the encoder has, since short English texts use few of them.

Embeddings of the pieces that stay are those of the encoder. A word whose piece goes is cut into shorter pieces, down to
single letters, which all stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from verax.truth.knowledge.wordpiece import WordPieces

MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def choose(vocabulary: Path, texts: Iterable[str], count: int) -> list[int]:
    """Return the numbers of the pieces to keep, in the encoder's order: marks, letters, then the most frequent."""
    pieces = vocabulary.read_text(encoding="utf-8").splitlines()
    words = WordPieces(vocabulary)
    seen: Counter[int] = Counter()
    for text in texts:
        seen.update(words.encode(text))
    always = [index for index, piece in enumerate(pieces) if piece in MARKS or _is_letter(piece)]
    by_use = sorted(range(len(pieces)), key=lambda index: (-seen[index], index))
    kept = dict.fromkeys([*always, *(index for index in by_use if seen[index])])
    return sorted(list(kept)[:count])


def _is_letter(piece: str) -> bool:
    letter = piece.removeprefix("##")
    return len(letter) == 1 and letter.isascii()
