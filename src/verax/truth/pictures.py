"""What a picture file says of itself: its format and its size in pixels, from the first bytes.

Nothing is decoded here. A file that does not hold what its first bytes announce is passed on
as it is; the model's server, and the browser, decode it.

Sources: PNG (ISO 15948) 11.2.2, GIF89a 18, JPEG (ITU T.81) B.2.2, RIFF container of WebP.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["Picture", "look"]

_PNG, _GIF = b"\x89PNG\r\n\x1a\n", (b"GIF87a", b"GIF89a")
_NO_FRAME = frozenset((0xC4, 0xC8, 0xCC))  # JPEG: Huffman tables, reserved, arithmetic tables


@dataclass(frozen=True, slots=True)
class Picture:
    """Format and size; both 0 where the file is cut off before it says its size."""

    media_type: str
    width: int
    height: int


def look(data: bytes) -> Picture | None:
    """Return what the file is, None for what is no picture of a known format."""
    if data.startswith(_PNG):
        return Picture("image/png", *_unpack(">II", data, 16))
    if data.startswith(_GIF):
        return Picture("image/gif", *_unpack("<HH", data, 6))
    if data.startswith(b"\xff\xd8\xff"):
        return Picture("image/jpeg", *_jpeg_size(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Picture("image/webp", *_webp_size(data))
    return None


def _unpack(form: str, data: bytes, offset: int) -> tuple[int, int]:
    if len(data) < offset + struct.calcsize(form):
        return 0, 0
    width, height = struct.unpack_from(form, data, offset)
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Walk from marker to marker to the first frame header."""
    offset = 2
    while offset + 4 <= len(data) and data[offset] == 0xFF:
        marker = data[offset + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            height, width = _unpack(">HH", data, offset + 5)
            return width, height
        if marker == 0xFF:
            offset += 1
        elif 0xD0 <= marker <= 0xD8 or marker == 0x01:
            offset += 2
        else:
            offset += 2 + struct.unpack_from(">H", data, offset + 2)[0]
    return 0, 0


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and len(data) >= 30:
        width, height = _unpack("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0
