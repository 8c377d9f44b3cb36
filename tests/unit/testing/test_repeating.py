"""Streams that grow are what the compressor itself would have said, only made faster."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest

from verax.testing.documents import bomb_docx
from verax.testing.repeating import deflate_repeated, zlib_repeated

BLOCK = bytes(range(256)) * 40


@pytest.mark.parametrize("count", [0, 1, 300])
def test_a_repeated_block_is_unpacked_and_its_checksum_is_right(count: int) -> None:
    assert zlib.decompress(zlib_repeated(BLOCK, count)) == BLOCK * count
    assert zlib.decompress(deflate_repeated(BLOCK, count), -zlib.MAX_WBITS) == BLOCK * count


def test_a_growing_word_document_is_a_sound_archive() -> None:
    with zipfile.ZipFile(io.BytesIO(bomb_docx(3 << 20))) as archive:
        assert archive.testzip() is None
        assert archive.read("word/document.xml") == b" " * (3 << 20)
