"""What a server sends, unpacked piece by piece within a size.

Only ``gzip`` and ``deflate`` are unpacked, one coding at most: nothing else was asked for. A bomb
costs at most the size that is allowed, since each piece is unpacked only as far as there is room.
"""

from __future__ import annotations

import zlib
from typing import Protocol

__all__ = ["BodyDamaged", "BodyTooLarge", "BoundedBody", "CodingUnknown"]

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_RAW_WINDOW = -zlib.MAX_WBITS
_ZLIB_HEAD = 0x0F
_DEFLATE_METHOD = 8


class BodyTooLarge(Exception):
    """It has more bytes than are taken."""


class BodyDamaged(Exception):
    """It is not what its coding says, or it was cut off."""


class CodingUnknown(Exception):
    """It is packed in a way that was not asked for."""


class _Unpacker(Protocol):
    """The part of `zlib.decompressobj` that is used."""

    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class BoundedBody:
    """Takes the pieces of a body.

    Args:
        limit_bytes: Most bytes, packed and unpacked.
        coding: The header ``Content-Encoding``; empty for none.

    Raises:
        CodingUnknown: a coding that was not asked for, or several.
    """

    def __init__(self, limit_bytes: int, coding: str) -> None:
        self._limit = limit_bytes
        self._taken = 0
        self._data = bytearray()
        self._coding = coding.strip().lower()
        if self._coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise CodingUnknown
        self._unpacker: _Unpacker | None = None

    def add(self, piece: bytes) -> None:
        """Take one piece.

        Raises:
            BodyTooLarge: the size is passed.
            BodyDamaged: it cannot be unpacked.
        """
        self._taken += len(piece)
        if self._taken > self._limit:
            raise BodyTooLarge
        if self._coding in ("", "identity"):
            self._data += piece
            return
        unpacker = self._unpacker = self._unpacker or self._begin(piece)
        if unpacker.eof:  # what follows the end is not part of it
            return
        room = self._limit - len(self._data)
        try:
            self._data += unpacker.decompress(piece, room + 1)
        except zlib.error:
            raise BodyDamaged from None
        if len(self._data) > self._limit or unpacker.unconsumed_tail:
            raise BodyTooLarge

    def finish(self) -> bytes:
        """Return the whole body; raises `BodyDamaged` where its end is missing."""
        if self._unpacker is not None and not self._unpacker.eof:
            raise BodyDamaged
        return bytes(self._data)

    def _begin(self, piece: bytes) -> _Unpacker:
        if self._coding != "deflate":
            return zlib.decompressobj(_GZIP_WINDOW)
        # RFC 9110, section 8.4.1.2: some servers send "deflate" without the zlib wrapper.
        is_wrapped = piece[:1] and piece[0] & _ZLIB_HEAD == _DEFLATE_METHOD
        return zlib.decompressobj() if is_wrapped else zlib.decompressobj(_RAW_WINDOW)
