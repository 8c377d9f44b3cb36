"""Bodies are unpacked within their size, whatever they claim."""

from __future__ import annotations

import gzip
import zlib

import pytest

from verax.truth.web.bodies import BodyDamaged, BodyTooLarge, BoundedBody, CodingUnknown

TEXT = b"Bees make honey. " * 100


def unpack(data: bytes, coding: str, limit: int = 10_000, step: int = 7) -> bytes:
    body = BoundedBody(limit, coding)
    for start in range(0, len(data), step):
        body.add(data[start : start + step])
    return body.finish()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_each_coding_is_unpacked_in_pieces_of_any_size(step: int) -> None:
    assert unpack(TEXT, "", step=step) == TEXT
    assert unpack(gzip.compress(TEXT), "GZIP", step=step) == TEXT
    assert unpack(zlib.compress(TEXT), "deflate", step=step) == TEXT
    assert unpack(raw_deflate(TEXT), "deflate", step=step) == TEXT


def test_a_body_of_exactly_the_size_is_taken_and_one_byte_more_is_not() -> None:
    assert unpack(TEXT, "", limit=len(TEXT)) == TEXT
    assert unpack(gzip.compress(TEXT), "gzip", limit=len(TEXT)) == TEXT
    for data, coding in ((TEXT, ""), (gzip.compress(TEXT), "gzip")):
        with pytest.raises(BodyTooLarge):
            unpack(data, coding, limit=len(TEXT) - 1)


def test_a_bomb_ends_where_the_room_does() -> None:
    bomb = gzip.compress(bytes(20_000_000))
    assert len(bomb) < 50_000
    with pytest.raises(BodyTooLarge):
        unpack(bomb, "gzip", limit=100_000, step=len(bomb))


def test_what_is_damaged_cut_off_or_packed_otherwise_is_told_apart() -> None:
    with pytest.raises(BodyDamaged):
        unpack(gzip.compress(TEXT)[:-10], "gzip")
    with pytest.raises(BodyDamaged):
        unpack(b"no gzip at all", "gzip")
    for coding in ("br", "zstd", "gzip, gzip"):
        with pytest.raises(CodingUnknown):
            BoundedBody(10, coding)
