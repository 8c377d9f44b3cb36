"""Identifiers of rows: a prefix that says what they name, the time, and 79 random bits.

The time in front keeps new rows together in an index, so that a write touches the same few
pages however large the table is. Within a millisecond those of one process sort in the order
in which they were made, so that what is listed by identifier is listed as it happened. An
identifier is no secret: whoever asks for a row is checked against its owner.
"""

from __future__ import annotations

import secrets
import threading

__all__ = ["new_id", "new_ids"]

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # without i, l, o, u: read aloud and typed without mistakes
_STEP_BITS = 48  # how far apart two of one millisecond lie at most, so that the second cannot be told from the first


class _Sequence:
    """Numbers of 130 bits, 50 of time and 79 random below a spare one; later ones of a millisecond are larger."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def take(self, now_ms: int, count: int) -> int:
        """Return the first of `count` numbers in a row."""
        time = now_ms & (1 << 50) - 1
        with self._lock:
            if self._last >> 80 == time:
                first = self._last + 1 + secrets.randbits(_STEP_BITS)
            else:
                first = time << 80 | secrets.randbits(79)
            self._last = first + count - 1
        return first


_SEQUENCE = _Sequence()


def new_id(prefix: str, now_ms: int) -> str:
    """Return ``<prefix>_`` and 26 characters: 10 of time, 16 random."""
    return new_ids(prefix, now_ms, 1)[0]


def new_ids(prefix: str, now_ms: int, count: int) -> list[str]:
    """Return `count` identifiers that sort in the order of the list, and after earlier ones of that millisecond."""
    first = _SEQUENCE.take(now_ms, count)
    return [f"{prefix}_{_base32(first + offset)}" for offset in range(count)]


def _base32(number: int) -> str:
    return "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))
