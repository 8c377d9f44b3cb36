"""Tile addresses, tiles and entry bundles (clause 2, C2SP tlog-tiles)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import ProofError
from verax.kernel.merkle import MAX_SIZE, inclusion_path, root_from_proof
from verax.kernel.tiles import (
    TILE_WIDTH,
    TileAddress,
    encode_bundle,
    entries_path,
    hash_in_tile,
    node_place,
    parse_bundle,
    parse_tile,
    parse_tile_path,
    tile_path,
    tiles_between,
)
from verax.testing.simulated_log import SimulatedLog

LOG = SimulatedLog("example/governance", bytes(32))
for number in range(70_000):
    LOG.append(number.to_bytes(3, "big"))
FILES = LOG.files()

PATHS = [
    (TileAddress(0, 0), "tile/0/000"),
    (TileAddress(0, 1_234_067), "tile/0/x001/x234/067"),
    (TileAddress(3, 999, 1), "tile/3/999.p/1"),
    (TileAddress(7, 1000, 255), "tile/7/x001/000.p/255"),
    (TileAddress(None, 5), "tile/entries/005"),
    (TileAddress(None, 70_000, 112), "tile/entries/x070/000.p/112"),
]


@pytest.mark.parametrize(("address", "path"), PATHS)
def test_a_path_names_one_tile_and_back(address: TileAddress, path: str) -> None:
    assert address.path == path
    assert parse_tile_path(path) == address


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/x000/x001/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/00/000",
        "tile/01/000",
        "tile/-1/000",
        "tile/8/000",
        "tile/64/000",
        "tile/data/000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/000.p/1000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/0/" + "x999/" * 7 + "999",
        "tile/0/" + "x999/" * 6 + "999",
        "tile/0/../../checkpoint",
    ],
)
def test_any_other_spelling_of_a_path_is_refused(path: str) -> None:
    with pytest.raises(ProofError):
        parse_tile_path(path)


@pytest.mark.parametrize(
    ("level", "index", "width"), [(-1, 0, 1), (8, 0, 1), (0, -1, 1), (0, MAX_SIZE + 1, 1), (0, 0, 0), (0, 0, 257)]
)
def test_a_tile_out_of_range_has_no_path(level: int, index: int, width: int) -> None:
    with pytest.raises(ProofError):
        tile_path(level, index, width)


def test_a_bundle_out_of_range_has_no_path() -> None:
    with pytest.raises(ProofError):
        entries_path(0, 257)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=TILE_WIDTH))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    assert parse_bundle(encode_bundle(entries), len(entries)) == entries


def test_a_bundle_holds_1_to_256_entries_of_at_most_65535_bytes() -> None:
    assert parse_bundle(encode_bundle([b"x" * 65_535]), 1) == [b"x" * 65_535]
    for entries in ([], [b""] * 257, [b"x" * 65_536]):
        with pytest.raises(ProofError):
            encode_bundle(entries)


def test_a_bundle_cut_anywhere_is_refused() -> None:
    data = encode_bundle([b"one", b"", b"three"])
    assert parse_bundle(data, 3) == [b"one", b"", b"three"]
    for end in range(len(data)):
        with pytest.raises(ProofError):
            parse_bundle(data[:end], 3)
    with pytest.raises(ProofError):
        parse_bundle(data + b"\x00", 3)
    with pytest.raises(ProofError):
        parse_bundle(data + b"\x00\x00", 3)


def test_a_tile_is_split_only_at_its_exact_length() -> None:
    assert parse_tile(b"a" * 32 + b"b" * 32, 2) == [b"a" * 32, b"b" * 32]
    for length in (0, 63, 65, 96):
        with pytest.raises(ProofError):
            parse_tile(b"a" * length, 2)


def test_a_tree_of_70000_leaves_has_the_tiles_that_the_standard_lists() -> None:
    tiles = tiles_between(0, 70_000)
    by_level = {level: [tile for tile in tiles if tile.level == level] for level in (None, 0, 1, 2, 3)}
    assert [len(by_level[level]) for level in (None, 0, 1, 2, 3)] == [274, 274, 2, 1, 0]
    assert by_level[0][-1] == TileAddress(0, 273, 112)
    assert by_level[1] == [TileAddress(1, 0), TileAddress(1, 1, 17)]
    assert by_level[2] == [TileAddress(2, 0, 1)]


def test_a_tree_of_256_leaves_has_a_level_1_tile_of_width_1() -> None:
    assert tiles_between(0, 256) == [TileAddress(None, 0), TileAddress(0, 0), TileAddress(1, 0, 1)]


@given(st.lists(st.integers(0, 200_000), min_size=2, max_size=4).map(sorted))
def test_growing_in_steps_leaves_the_same_newest_tiles_as_growing_at_once(sizes: list[int]) -> None:
    def newest(tiles: list[TileAddress]) -> dict[tuple[int | None, int], int]:
        return {(tile.level, tile.index): tile.width for tile in tiles}

    stepwise: dict[tuple[int | None, int], int] = {}
    for old, new in zip([0, *sizes], sizes, strict=False):
        stepwise.update(newest(tiles_between(old, new)))
    assert stepwise == newest(tiles_between(0, sizes[-1]))


def test_a_tree_never_shrinks() -> None:
    assert tiles_between(5, 5) == []
    for old, new in ((-1, 0), (2, 1), (0, MAX_SIZE + 1)):
        with pytest.raises(ProofError):
            tiles_between(old, new)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 69_999, 70_000])
def test_proofs_come_out_of_the_tiles_of_a_larger_tree(size: int) -> None:
    def from_tiles(level: int, number: int) -> bytes:
        place = node_place(level, number)
        full = tile_path(place.level, place.index)
        width = 70_000 // 256**place.level - 256 * place.index
        tile = FILES[full] if full in FILES else FILES[tile_path(place.level, place.index, width)]
        return hash_in_tile(tile, place)

    root = LOG.root(size)
    for index in {0, 1, size // 3, size // 2, size - 2, size - 1} & set(range(size)):
        path = inclusion_path(index, size, from_tiles)
        assert root_from_proof(LOG.node(0, index), index, size, path) == root


def test_a_node_that_a_tile_is_too_short_for_is_refused() -> None:
    place = node_place(3, 5)
    assert (place.level, place.index, place.first, place.count) == (0, 0, 40, 8)
    assert hash_in_tile(FILES["tile/0/000"], place) == LOG.node(3, 5)
    with pytest.raises(ProofError):
        hash_in_tile(FILES["tile/0/000"][: 48 * 32 - 1], place)
