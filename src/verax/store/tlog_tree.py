"""The hashes of a log that are kept in memory, as one immutable object.

* Kept: every hash of tile level 1 and above, and the unfinished tile of level 0. That is 32
  bytes for 256 entries (125 KB for a million), and enough to check any full tile or bundle
  that is read from disk, and to make any proof with the help of at most a few such tiles.
* `extend` returns a new tree and leaves the old one alone: what was planned for a write that
  failed is simply dropped, and readers of the old tree never see half of the new one.

Hashing is that of `verax.kernel.merkle`; `subtree_root` computes the same over contiguous
bytes, several times as fast, and the tests hold it to the kernel's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from verax.kernel.merkle import EMPTY_ROOT, HASH_BYTES, Frontier, consistency_path, inclusion_path
from verax.kernel.tiles import TILE_HEIGHT, TILE_WIDTH

__all__ = ["EMPTY_TREE", "LeafTile", "LogTree", "hash_leaves", "subtree_root"]

TILE_BYTES = TILE_WIDTH * HASH_BYTES

LeafTile = Callable[[int], bytes]
"""Returns the checked bytes of the full level-0 tile of that index."""


def hash_leaves(entries: Sequence[bytes]) -> bytes:
    """Return the leaf hashes of `entries`, one after the other."""
    return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])


def subtree_root(hashes: bytes) -> bytes:
    """Return the root over contiguous hashes whose number is a power of two."""
    while len(hashes) > HASH_BYTES:
        pairs = range(0, len(hashes), 2 * HASH_BYTES)
        hashes = b"".join([sha256(b"\x01" + hashes[start : start + 2 * HASH_BYTES]).digest() for start in pairs])
    return hashes


@dataclass(frozen=True, slots=True)
class LogTree:
    """A tree of `size` leaves.

    Attributes:
        size: Number of leaves.
        tail: Hashes of the unfinished level-0 tile, fewer than 256.
        levels: All hashes of tile levels 1, 2, and so on; the last level is never empty.
    """

    size: int
    tail: bytes
    levels: tuple[bytes, ...]

    def extend(self, leaves: bytes) -> LogTree:
        """Return the tree with more leaf hashes (contiguous) at its end."""
        row = self.tail + leaves
        whole = len(row) // TILE_BYTES * TILE_BYTES
        return self._grow(len(leaves) // HASH_BYTES, _tile_roots(row[:whole]), row[whole:])

    def extend_full(self, roots: bytes) -> LogTree:
        """Return the tree with more full level-0 tiles, given by their roots; it must end at a tile's border."""
        return self._grow(len(roots) // HASH_BYTES * TILE_WIDTH, roots, self.tail)

    def _grow(self, count: int, grown: bytes, tail: bytes) -> LogTree:
        levels: list[bytes] = []
        for level in self.levels:
            before = len(level) // TILE_BYTES * TILE_BYTES
            levels.append(level + grown)
            grown = _tile_roots(levels[-1][before:])
        while grown:
            levels.append(grown)
            grown = _tile_roots(grown)
        return LogTree(self.size + count, tail, tuple(levels))

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        return self.root_at(self.size, lambda _: b"")  # the last tile is in memory, others are not needed

    def root_at(self, size: int, leaf_tile: LeafTile) -> bytes:
        """Return the root that the tree had at `size`, at most its own."""
        if size == 0:
            return EMPTY_ROOT
        hashes: list[bytes] = []
        start = 0
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                hashes.append(self.node(level, start >> level, leaf_tile))
                start += 1 << level
        return Frontier.from_hashes(size, hashes).root()

    def prefix(self, size: int, leaf_tile: LeafTile) -> LogTree:
        """Return the tree as it was at `size`, at most its own; proofs from it may read the same tiles."""
        index, rest = divmod(size, TILE_WIDTH)
        tail = b""
        if rest:
            held = self.tail if index == self.size // TILE_WIDTH else leaf_tile(index)
            tail = held[: rest * HASH_BYTES]
        counts = [size >> TILE_HEIGHT * level for level in range(1, len(self.levels) + 1)]
        levels = [held[: count * HASH_BYTES] for held, count in zip(self.levels, counts, strict=True) if count]
        return LogTree(size, tail, tuple(levels))

    def node(self, level: int, index: int, leaf_tile: LeafTile) -> bytes:
        """Return the root of the full subtree over leaves ``[index·2^level, (index+1)·2^level)``."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        if tile_level:
            hashes = self.levels[tile_level - 1]
        else:
            tile, first = divmod(first, TILE_WIDTH)
            hashes = self.tail if tile == self.size // TILE_WIDTH else leaf_tile(tile)
        return subtree_root(hashes[first * HASH_BYTES : (first + (1 << height)) * HASH_BYTES])

    def width(self, level: int, index: int) -> int:
        """Return how many hashes tile `index` of `level` holds: 0 where there is none."""
        return max(0, min(TILE_WIDTH, (self.size >> TILE_HEIGHT * level) - index * TILE_WIDTH))

    def tile_hash(self, level: int, index: int) -> bytes:
        """Return the hash that a full tile of `level` folds to, which its parent tile holds."""
        return self.levels[level][index * HASH_BYTES : (index + 1) * HASH_BYTES]

    def known_tile(self, level: int, index: int) -> bytes | None:
        """Return a tile from memory: all of level 1 and above, and the unfinished one of level 0."""
        if level:
            return self.levels[level - 1][index * TILE_BYTES : (index + 1) * TILE_BYTES]
        return self.tail if index == self.size // TILE_WIDTH else None

    def inclusion(self, index: int, leaf_tile: LeafTile) -> list[bytes]:
        """Return the path from leaf `index` to the root of the whole tree."""
        return inclusion_path(index, self.size, lambda level, place: self.node(level, place, leaf_tile))

    def consistency(self, old: int, leaf_tile: LeafTile) -> list[bytes]:
        """Return the proof that the whole tree begins with the tree of `old` leaves."""
        return consistency_path(old, self.size, lambda level, place: self.node(level, place, leaf_tile))


EMPTY_TREE = LogTree(0, b"", ())


def _tile_roots(hashes: bytes) -> bytes:
    """Return the roots of all full tiles in `hashes`; what is left over gives none."""
    starts = range(0, len(hashes) // TILE_BYTES * TILE_BYTES, TILE_BYTES)
    return b"".join([subtree_root(hashes[start : start + TILE_BYTES]) for start in starts])
