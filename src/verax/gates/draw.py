"""A stream of choices that a seed fixes: the same on every machine and every version of Python.

Block `i` is ``H("verax/draw/v1\\n" ‖ seed ‖ "\\n" ‖ label ‖ "\\n" ‖ i)``; numbers are taken from it eight bytes at a
time, big-endian, and one that would make some results likelier than others is passed over.

>>> Draw("ab" * 32, "example").below(10) == Draw("ab" * 32, "example").below(10)
True
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from verax.kernel import canonical

__all__ = ["Draw"]

T = TypeVar("T")

_WORD_BYTES = 8
_SPAN = 1 << (8 * _WORD_BYTES)


class Draw:
    """Choices from one seed under one label; another label gives another stream.

    Args:
        seed: The change's seed, 64 hex digits, or any text.
        label: What the choices are for.
    """

    def __init__(self, seed: str, label: str) -> None:
        self._head = f"{seed}\n{label}\n".encode()
        self._block = 0
        self._words: list[int] = []

    def below(self, limit: int) -> int:
        """Return a whole number from 0 to `limit` - 1, each equally likely.

        Raises:
            ValueError: `limit` is not from 1 to 2^32.
        """
        if not 1 <= limit <= 1 << 32:
            raise ValueError("draw: expected a limit from 1 to 2^32")
        ceiling = _SPAN - _SPAN % limit
        while (word := self._word()) >= ceiling:
            pass
        return word % limit

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def choice(self, values: Sequence[T]) -> T:
        """Return one of `values`."""
        return values[self.below(len(values))]

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """Return `values` in a drawn order (Fisher and Yates)."""
        result = list(values)
        for last in range(len(result) - 1, 0, -1):
            place = self.below(last + 1)
            result[last], result[place] = result[place], result[last]
        return result

    def _word(self) -> int:
        if not self._words:
            data = canonical.tagged_hash("verax/draw/v1", self._head + str(self._block).encode())
            self._block += 1
            starts = range(0, len(data), _WORD_BYTES)
            self._words = [int.from_bytes(data[start : start + _WORD_BYTES], "big") for start in starts]
            self._words.reverse()
        return self._words.pop()
