"""The vectors of a collection in memory, and the ones nearest to a question.

A first pass compares signs: 384 bits a vector, the number of bits that differ. The best `_KEPT` of
it are then compared exactly, as products of whole numbers. Small collections are compared exactly
throughout. Equal scores keep the order of numbers.
"""

# N vectors, D width 384, W words of 64 bits in a code: 6

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Vectors", "cosine"]

_KEPT = 512
_WIDTH = 384


def cosine(one: bytes, other: bytes) -> float:
    """Return the cosine of two vectors of signed bytes, -1 to 1; 0 where one of them is zero."""
    import numpy as np

    first, second = (np.frombuffer(vector, dtype=np.int8).astype(np.int64) for vector in (one, other))
    length = math.sqrt(int(first @ first) * int(second @ second))
    return int(first @ second) / length if length else 0.0


class Vectors:
    """Vectors by number; made once for a state of a collection."""

    def __init__(self, rows: Iterable[tuple[int, bytes, str]]) -> None:
        """`rows` are number, vector as 384 signed bytes, and label of the source, in the order of numbers."""
        import numpy as np

        found = list(rows)
        self._numbers = np.array([number for number, _, _ in found], dtype=np.int64)
        joined = b"".join(vector for _, vector, _ in found)
        self._vectors_ND = np.frombuffer(joined, dtype=np.int8).reshape(len(found), _WIDTH)
        self._codes_NW = np.packbits(self._vectors_ND > 0, axis=1).view(np.uint64)
        self._labels = np.array([label for _, _, label in found])

    def __len__(self) -> int:
        return len(self._numbers)

    def nearest(self, question: bytes, limit: int, excluded_labels: Sequence[str] = ()) -> list[int]:
        """Return the numbers of the vectors nearest to `question`, best first."""
        import numpy as np

        if not len(self):
            return []
        query = np.frombuffer(question, dtype=np.int8)
        rows = self._allowed(excluded_labels)
        codes = self._codes_NW if rows is None else self._codes_NW[rows]
        if len(codes) > _KEPT:
            code = np.packbits(query > 0).view(np.uint64)
            apart = np.bitwise_count(codes ^ code).sum(axis=1, dtype=np.int32)
            kept = np.sort(np.argpartition(apart, _KEPT)[:_KEPT])
            rows = kept if rows is None else rows[kept]
        chosen = self._vectors_ND if rows is None else self._vectors_ND[rows]
        numbers = self._numbers if rows is None else self._numbers[rows]
        scores = chosen.astype(np.int32) @ query.astype(np.int32)
        order = np.argsort(-scores, kind="stable")[:limit]
        return [int(number) for number in numbers[order]]

    def _allowed(self, excluded_labels: Sequence[str]) -> npt.NDArray[np.int64] | None:
        import numpy as np

        if not excluded_labels:
            return None
        return np.flatnonzero(~np.isin(self._labels, list(excluded_labels)))
