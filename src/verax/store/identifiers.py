"""Identifiers of rows: a prefix that says what they name, the time, and 80 random bits.

The time in front keeps new rows together in an index, so that a write touches the same few
pages however large the table is. An identifier is no secret: whoever asks for a row is
checked against its owner.
"""

from __future__ import annotations

import secrets

__all__ = ["new_id"]

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # without i, l, o, u: read aloud and typed without mistakes


def new_id(prefix: str, now_ms: int) -> str:
    """Return ``<prefix>_`` and 26 characters: 10 of time, 16 random."""
    number = (now_ms & (1 << 50) - 1) << 80 | secrets.randbits(80)
    return prefix + "_" + "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))
