"""Single signatures at the edges of RFC 8032, where libraries disagree."""

from __future__ import annotations

import hashlib
from typing import Any

import check_receipt as curve

from cases.build import LOG_SEED, Vector
from verax.kernel.note import NoteSigner

__all__ = ["ed25519"]


def ed25519() -> list[Vector]:
    """Single signatures at the edges of RFC 8032, where libraries disagree."""
    signer, message = NoteSigner("name", LOG_SEED), b"edge"
    public, right = signer.verifier.public_bytes, signer.sign(message)
    torsion = _point(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"))
    secret, nonce = 0x1234567, 0x89ABCDE
    plain_key, mixed_key = _times(secret), curve.add(_times(secret), torsion)
    vectors = [_single("right", public, message, right, True)]
    for name, key, r, valid in (
        ("made-by-hand", plain_key, _times(nonce), True),
        ("torsion-in-r", plain_key, curve.add(_times(nonce), torsion), False),
        ("torsion-in-key", mixed_key, _times(nonce), False),
    ):
        vectors.append(_single(name, *_sign(key, r, secret, nonce, message), valid))
    # With a challenge divisible by 8 the torsion of the key vanishes: the equation without cofactor holds.
    for number in range(100):
        text = b"edge %d" % number
        key, _, signature = _sign(mixed_key, _times(nonce), secret, nonce, text)
        challenge = hashlib.sha512(signature[:32] + key + text).digest()
        if int.from_bytes(challenge, "little") % curve.L % 8 == 0:
            vectors.append(_single("torsion-in-key-vanishes", key, text, signature, True))
            break
    s = int.from_bytes(right[32:], "little")
    for name, key, signature in (
        ("s-plus-order", public, right[:32] + (s + curve.L).to_bytes(32, "little")),
        ("s-is-order", public, right[:32] + curve.L.to_bytes(32, "little")),
        ("s-all-ones", public, right[:32] + b"\xff" * 32),
        ("r-not-canonical", public, (curve.P + 1).to_bytes(32, "little") + bytes(32)),
        ("r-zero-x-with-sign", public, (1 | 1 << 255).to_bytes(32, "little") + bytes(32)),
        ("key-identity", (1).to_bytes(32, "little"), (1).to_bytes(32, "little") + bytes(32)),
        ("key-order-8", _bytes(torsion), (1).to_bytes(32, "little") + bytes(32)),
        ("key-not-canonical-identity", (curve.P + 1).to_bytes(32, "little"), (1).to_bytes(32, "little") + bytes(32)),
        ("key-zero-x-with-sign", (1 | 1 << 255).to_bytes(32, "little"), (1).to_bytes(32, "little") + bytes(32)),
        ("key-not-on-the-curve", (2).to_bytes(32, "little"), right),
        ("key-all-ones", b"\xff" * 32, right),
        ("signature-too-short", public, right[:-1]),
        ("signature-too-long", public, right + b"\x00"),
        ("signature-empty", public, b""),
    ):
        vectors.append(_single(name, key, message, signature, False))
    return vectors


def _single(name: str, public: bytes, message: bytes, signature: bytes, is_valid: bool) -> Vector:
    parts = {"public": public.hex(), "message": message.hex(), "signature": signature.hex()}
    return {"name": name, **parts, "valid": is_valid}


def _sign(key: Any, r: Any, secret: int, nonce: int, message: bytes) -> tuple[bytes, bytes, bytes]:
    public, commitment = _bytes(key), _bytes(r)
    challenge = int.from_bytes(hashlib.sha512(commitment + public + message).digest(), "little")
    return public, message, commitment + ((nonce + challenge * secret) % curve.L).to_bytes(32, "little")


def _point(encoded: bytes) -> tuple[int, int, int, int]:
    """Decode a point of any order; the checker's own decoder refuses small ones."""
    y = int.from_bytes(encoded, "little") % 2**255
    square = (y * y - 1) * pow(curve.D * y * y + 1, -1, curve.P) % curve.P
    x = pow(square, (curve.P + 3) // 8, curve.P)
    x = x if x * x % curve.P == square else x * pow(2, (curve.P - 1) // 4, curve.P) % curve.P
    x = curve.P - x if x % 2 != encoded[31] >> 7 else x
    return x, y, 1, x * y % curve.P


def _times(factor: int) -> Any:
    total, point = (0, 1, 1, 0), (curve.BASE_X, curve.BASE_Y, 1, curve.BASE_X * curve.BASE_Y % curve.P)
    for bit in range(factor.bit_length()):
        total = curve.add(total, point) if factor >> bit & 1 else total
        point = curve.add(point, point)
    return total


def _bytes(point: Any) -> bytes:
    inverse = pow(point[2], -1, curve.P)
    x, y = point[0] * inverse % curve.P, point[1] * inverse % curve.P
    return int(y | (x % 2) << 255).to_bytes(32, "little")
