"""Strict Ed25519 (RFC 8032; protocol clauses 3 and 12).

* Without cofactor, as RFC 8032 section 5.1.7 allows and most libraries do.
* Stricter than most: S below the group order, canonical encodings of both points, and no
  public key of small order, which would accept signatures that nobody made.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["is_strict_public_key", "verify_ed25519"]

_FIELD = 2**255 - 19
_D = -121665 * pow(121666, -1, _FIELD) % _FIELD
_ORDER = 2**252 + 27742317777372353535851937790883648493
_SMALL_ORDER = frozenset(
    bytes.fromhex(encoding)
    for encoding in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)
"""The eight points whose order divides 8, in canonical form."""


def is_strict_public_key(public: bytes) -> bool:
    """Say whether `public` is the canonical encoding, 32 bytes, of a curve point that is not of small order."""
    if not _is_strict_encoding(public):
        return False
    y = int.from_bytes(public, "little") % 2**255
    # x^2 = (y^2 - 1) / (d*y^2 + 1) has a root exactly if the product of the two is a square.
    product = (y * y - 1) * (_D * y * y + 1)
    return pow(product, (_FIELD - 1) // 2, _FIELD) == 1


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether `signature` (64 bytes) is a strict Ed25519 signature of `message`.

    False, never an exception, for keys and signatures of the wrong length or form.
    Strictness is in the module's docstring.
    """
    if len(signature) != 64 or not _is_strict_encoding(public):
        return False
    # R needs a check of its own only for the rule's sake: without cofactor it is compared as bytes.
    if not _is_canonical_point(signature[:32]) or int.from_bytes(signature[32:], "little") >= _ORDER:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _is_strict_encoding(public: bytes) -> bool:
    # Whether it is on the curve is left to the library, which finds out anyway.
    return len(public) == 32 and _is_canonical_point(public) and public not in _SMALL_ORDER


def _is_canonical_point(encoded: bytes) -> bool:
    """y below the field's prime, and no sign bit on the two points where x is 0."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    return y < _FIELD and not (sign and y in (1, _FIELD - 1))
