"""Compressed streams that grow to gigabytes, made without compressing gigabytes."""

from __future__ import annotations

import zlib
from functools import cache

__all__ = ["deflate_repeated", "zlib_repeated"]

_ADLER = 65521


@cache
def deflate_repeated(block: bytes, count: int) -> bytes:
    """Return a raw deflate stream of `count` blocks; a full flush ends at a byte and starts without a dictionary."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    once = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return once * count + packer.flush()


def zlib_repeated(block: bytes, count: int) -> bytes:
    """Return the same stream between the head and the checksum of zlib (RFC 1950)."""
    added = zlib.adler32(block, 0)
    low, high = added & 0xFFFF, added >> 16
    first, second = 1, 0
    for _ in range(count):
        first, second = (first + low) % _ADLER, (second + len(block) * first + high) % _ADLER
    return b"\x78\xda" + deflate_repeated(block, count) + (second << 16 | first).to_bytes(4, "big")
