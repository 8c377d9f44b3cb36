"""A digest as a short code that two people can compare by eye or by voice.

The first 80 bits in Crockford's base32, in four groups of four: ``k3v9-x2mp-77qd-w4tz``. Whoever
wants another statement with the same code must try about 2^80 of them. Letters that look like
digits (i, l, o, u) are not used.
"""

from __future__ import annotations

from verax.kernel.errors import RequestError

__all__ = ["short_code"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_BITS = 80
_GROUP = 4


def short_code(digest: str) -> str:
    """Return the code of a digest, 64 hex digits.

    Raises:
        RequestError: not 64 lower-case hex digits.
    """
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise RequestError("digest: expected 64 hex digits")
    number = int(digest, 16) >> (256 - _BITS)
    letters = "".join(_ALPHABET[number >> shift & 31] for shift in range(_BITS - 5, -1, -5))
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))
