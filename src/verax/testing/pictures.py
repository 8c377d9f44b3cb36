"""Tiny picture files of any size in pixels; the PNG is one that a browser shows."""

from __future__ import annotations

import struct
import zlib
from typing import Literal

__all__ = ["gif", "jpeg", "png", "webp"]


def png(width: int, height: int, shade: int = 200) -> bytes:
    """Return a grey picture; one that is wider or higher than 2000 pixels holds no pixels."""
    rows = (b"\0" + bytes([shade]) * width) * height if max(width, height) <= 2000 else b""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def gif(width: int, height: int) -> bytes:
    """Return the head of a GIF."""
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def jpeg(width: int, height: int) -> bytes:
    """Return the head of a JPEG: an application segment, then the frame."""
    frame = struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x04JF\xff\xff\xc2" + frame + b"\xff\xd9"


def webp(width: int, height: int, kind: Literal["VP8 ", "VP8L", "VP8X"]) -> bytes:
    """Return the head of a WebP: lossy, lossless or extended."""
    if kind == "VP8 ":
        data = b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    elif kind == "VP8L":
        data = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)
    else:
        data = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + kind.encode("ascii") + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
