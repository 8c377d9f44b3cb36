"""Tile addresses and bytes of C2SP tlog-tiles 0.1.0 (protocol clause 2).

* A tile at level L holds up to 256 consecutive hashes; hash i of tile n is the root of
  ``256^L`` leaves, the ones from ``(n·256 + i)·256^L`` on.
* Paths are ``tile/<L>/<N>[.p/<W>]`` and ``tile/entries/<N>[.p/<W>]``; N is written in groups
  of three digits, all but the last with an ``x`` before them; W is 1 to 255.
* An entry bundle is a sequence of entries, each after its length as a big-endian uint16.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from verax.kernel.errors import ProofError
from verax.kernel.merkle import HASH_BYTES, MAX_SIZE, tree_root

__all__ = [
    "MAX_ENTRY_BYTES",
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "NodePlace",
    "TileAddress",
    "encode_bundle",
    "entries_path",
    "hash_in_tile",
    "node_place",
    "parse_bundle",
    "parse_tile",
    "parse_tile_path",
    "tile_path",
    "tiles_between",
]

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 7
"""Highest tile level that a tree of `merkle.MAX_SIZE` leaves can have (the standard allows 63)."""
MAX_ENTRY_BYTES = 65_535

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<groups>(?:x[0-9]{3}/)*)(?P<last>[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?\Z"
)


@dataclass(frozen=True, slots=True, order=True)
class TileAddress:
    """Which tile or entry bundle: `level` is None for a bundle, `width` 256 for a full one."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The path below the log's prefix."""
        if self.level is None:
            return entries_path(self.index, self.width)
        return tile_path(self.level, self.index, self.width)


@dataclass(frozen=True, slots=True)
class NodePlace:
    """Where a full subtree's hash is found: hashes `first` to `first + count` of one tile."""

    level: int
    index: int
    first: int
    count: int


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a hash tile below the log's prefix.

    Raises:
        ProofError: level, index or width is out of range.
    """
    if not 0 <= level <= MAX_LEVEL:
        raise ProofError(f"tile: expected a level of 0 to {MAX_LEVEL}, found {level}")
    return f"tile/{level}/{_index_path(index, width)}"


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of an entry bundle below the log's prefix.

    Raises:
        ProofError: index or width is out of range.
    """
    return f"tile/entries/{_index_path(index, width)}"


def parse_tile_path(path: str) -> TileAddress:
    """Parse a path below the log's prefix; only the one canonical spelling is taken.

    Raises:
        ProofError: not a tile or bundle path.
    """
    match = _PATH.match(path)
    if match is None:
        raise ProofError("tile path: expected tile/<level>/<index> or tile/entries/<index>")
    level = None if match["level"] == "entries" else int(match["level"])
    width = int(match["width"]) if match["width"] else TILE_WIDTH
    if match["width"] and width >= TILE_WIDTH:
        raise ProofError(f"tile path: expected a partial width of 1 to 255, found {width}")
    digits = match["groups"].replace("x", "").replace("/", "") + match["last"]
    if len(digits) > 21:
        raise ProofError("tile path: the index is too large")
    address = TileAddress(level, int(digits), width)
    if address.path != path:
        raise ProofError("tile path: the index has leading zero groups")
    return address


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return the entry bundle of 1 to 256 entries.

    Raises:
        ProofError: too many entries, none, or one longer than 65,535 bytes.
    """
    if not 0 < len(entries) <= TILE_WIDTH:
        raise ProofError(f"entry bundle: expected 1 to {TILE_WIDTH} entries, found {len(entries)}")
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise ProofError(f"entry bundle: expected entries of at most {MAX_ENTRY_BYTES} bytes, found {len(entry)}")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(data: bytes, width: int) -> list[bytes]:
    """Split an entry bundle that must hold exactly `width` entries.

    Raises:
        ProofError: torn, too short, or too long.
    """
    entries: list[bytes] = []
    offset = 0
    while offset < len(data):
        start = offset + 2
        end = start + int.from_bytes(data[offset:start], "big")
        if start > len(data) or end > len(data):
            raise ProofError(f"entry bundle: torn after {len(entries)} of {width} entries")
        entries.append(data[start:end])
        offset = end
    if len(entries) != width:
        raise ProofError(f"entry bundle: expected {width} entries, found {len(entries)}")
    return entries


def parse_tile(data: bytes, width: int) -> list[bytes]:
    """Split a hash tile that must hold exactly `width` hashes.

    Raises:
        ProofError: the length is not ``32·width``.
    """
    if len(data) != width * HASH_BYTES:
        raise ProofError(f"tile: expected {width * HASH_BYTES} bytes, found {len(data)}")
    return [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]


def node_place(level: int, index: int) -> NodePlace:
    """Say where the full subtree of ``2^level`` leaves number `index` lies in the tiles."""
    tile_level, height = divmod(level, TILE_HEIGHT)
    tile_index, first = divmod(index << height, TILE_WIDTH)
    return NodePlace(tile_level, tile_index, first, 1 << height)


def hash_in_tile(tile: bytes, place: NodePlace) -> bytes:
    """Return the hash of a full subtree from the bytes of the tile it lies in.

    Raises:
        ProofError: the tile is too short to hold it.
    """
    start, end = place.first * HASH_BYTES, (place.first + place.count) * HASH_BYTES
    if len(tile) < end:
        raise ProofError(f"tile {tile_path(place.level, place.index)}: expected {end} bytes or more, found {len(tile)}")
    if place.count == 1:
        return tile[start:end]
    return tree_root(tile[offset : offset + HASH_BYTES] for offset in range(start, end, HASH_BYTES))


def tiles_between(old_size: int, new_size: int) -> list[TileAddress]:
    """List every tile and bundle that a tree of `new_size` has and one of `old_size` lacked.

    Lowest level first, bundles before hashes; a tile that grew is listed in its new width.

    Raises:
        ProofError: the tree shrinks, or is too large.
    """
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise ProofError(f"tiles: expected old <= new, found old {old_size}, new {new_size}")
    found: list[TileAddress] = []
    old, new, level = old_size, new_size, 0
    while new > old:
        grown: list[TileAddress] = []
        for index in range(old // TILE_WIDTH, (new + TILE_WIDTH - 1) // TILE_WIDTH):
            width = min(TILE_WIDTH, new - index * TILE_WIDTH)
            grown.append(TileAddress(level, index, width))
        if level == 0:
            found.extend(TileAddress(None, tile.index, tile.width) for tile in grown)
        found.extend(grown)
        old, new, level = old // TILE_WIDTH, new // TILE_WIDTH, level + 1
    return found


def _index_path(index: int, width: int) -> str:
    if not 0 <= index <= MAX_SIZE:
        raise ProofError(f"tile: index {index} is out of range")
    if not 1 <= width <= TILE_WIDTH:
        raise ProofError(f"tile: expected a width of 1 to {TILE_WIDTH}, found {width}")
    digits = str(index)
    digits = digits.zfill(len(digits) + -len(digits) % 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"
