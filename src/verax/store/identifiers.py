"""Identifiers of rows: a prefix that says what they name, the time, and 79 random bits.

The time in front keeps new rows together in an index, so that a write touches the same few
pages however large the table is. An identifier is no secret: whoever asks for a row is
checked against its owner.
"""

from __future__ import annotations

import secrets

__all__ = ["new_id", "new_ids"]

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # without i, l, o, u: read aloud and typed without mistakes


def new_id(prefix: str, now_ms: int) -> str:
    """Return ``<prefix>_`` and 26 characters: 10 of time, 16 random."""
    return new_ids(prefix, now_ms, 1)[0]


def new_ids(prefix: str, now_ms: int, count: int) -> list[str]:
    """Return `count` identifiers that sort in the order of the list."""
    first = (now_ms & (1 << 50) - 1) << 80 | secrets.randbits(79)
    return [f"{prefix}_{_base32(first + offset)}" for offset in range(count)]


def _base32(number: int) -> str:
    return "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))
