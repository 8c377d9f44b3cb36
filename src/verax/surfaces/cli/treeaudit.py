"""An audit of one log from its first entry: every tile, every hash, the signed root.

* Entries are hashed again, tiles are compared with those hashes at every level, and the root
  that comes out must be the one that the checkpoint signs (clause 2).
* A tree that was seen earlier must be a beginning of this one: its root is computed on the way.
* Bundles of a reply log may have been pruned; their tiles then stand in, and the count is said.
* A million entries take about five seconds (two million SHA-256), so no shortcut is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from verax.kernel.checkpoint import Checkpoint
from verax.kernel.errors import CorruptStore, ProofError
from verax.kernel.merkle import EMPTY_ROOT, HASH_BYTES
from verax.kernel.tiles import TILE_HEIGHT, TILE_WIDTH, TileAddress, parse_bundle
from verax.surfaces.cli.sources import LogSource

__all__ = ["TreeAudit", "Visit", "audit_tree"]

Visit = Callable[[int, Sequence[bytes]], None]


@dataclass(frozen=True, slots=True)
class TreeAudit:
    """What an audit found to hold.

    Attributes:
        size: Entries in the tree.
        pruned: Entries whose bytes are gone and whose tiles stood in.
        tiles: Tiles that were compared.
        roots: Root hashes by tree size, for the sizes that were asked for.
    """

    size: int
    pruned: int
    tiles: int
    roots: dict[int, bytes]


def audit_tree(
    source: LogSource,
    prefix: str,
    checkpoint: Checkpoint,
    *,
    sizes: frozenset[int] = frozenset(),
    may_prune: bool = False,
    visit: Visit | None = None,
) -> TreeAudit:
    """Recompute a log's tree and compare it with its tiles and its signed root.

    Args:
        source: Where the files are.
        prefix: ``log`` or ``replies/<k>``.
        checkpoint: The verified checkpoint.
        sizes: Smaller trees whose roots are wanted.
        may_prune: Whether a missing bundle is allowed.
        visit: Called with the index of the first entry and the entries of each bundle, in order.

    Raises:
        CorruptStore: a file is missing, torn, or does not lead to the signed root.
    """
    audit = _Audit(source, prefix, checkpoint.size, sizes, may_prune=may_prune)
    for index in range(-(-checkpoint.size // TILE_WIDTH)):
        entries = audit.take_bundle(index)
        if visit is not None:
            visit(index * TILE_WIDTH, entries)
    if audit.close() != checkpoint.root:
        raise CorruptStore(
            f"log {checkpoint.origin}: its entries do not lead to the root that it signed at size {checkpoint.size}",
            hint="the operator must answer for this: keep the checkpoint as evidence",
        )
    return TreeAudit(checkpoint.size, audit.pruned, audit.tiles, audit.roots)


class _Audit:
    def __init__(self, source: LogSource, prefix: str, size: int, sizes: frozenset[int], *, may_prune: bool) -> None:
        self._source, self._prefix, self._size, self._may_prune = source, prefix, size, may_prune
        self._edge = _Edge()
        self._rows: list[list[bytes]] = [[]]
        self._wanted = sorted(size_ for size_ in sizes if size_ <= size)
        self.roots: dict[int, bytes] = {0: EMPTY_ROOT} if 0 in sizes else {}
        self.pruned = 0
        self.tiles = 0

    def take_bundle(self, index: int) -> list[bytes]:
        width = min(TILE_WIDTH, self._size - index * TILE_WIDTH)
        bundle = TileAddress(None, index, width)
        data = self._source.read(f"{self._prefix}/{bundle.path}")
        if data is None and not self._may_prune:
            raise self._bad(bundle, "is missing")
        if data is None:
            entries, leaves = [], self._read_tile(TileAddress(0, index, width))
            self.pruned += width
        else:
            try:
                entries = parse_bundle(data, width)
            except ProofError as error:
                raise self._bad(bundle, error.message) from None
            leaves = [sha256(b"\0" + entry).digest() for entry in entries]
            self._compare(TileAddress(0, index, width), leaves)
        self._note_roots(index * TILE_WIDTH, leaves)
        if width == TILE_WIDTH:
            root = _fold(leaves)
            self._edge.push(TILE_HEIGHT, root)
            self._climb(1, root)
        else:
            for leaf in leaves:
                self._edge.push(0, leaf)
        return entries

    def close(self) -> bytes:
        """Compare the unfinished tiles of the upper levels and return the root."""
        for level, row in enumerate(self._rows[1:], start=1):
            if row:
                index = (self._size >> (TILE_HEIGHT * level)) // TILE_WIDTH
                self._compare(TileAddress(level, index, len(row)), row)
        return self._edge.root()

    def _climb(self, level: int, node: bytes) -> None:
        if level == len(self._rows):
            self._rows.append([])
        row = self._rows[level]
        row.append(node)
        if len(row) == TILE_WIDTH:
            index = (self._edge.size >> (TILE_HEIGHT * level)) // TILE_WIDTH - 1
            self._compare(TileAddress(level, index), row)
            self._rows[level] = []
            self._climb(level + 1, _fold(row))

    def _note_roots(self, start: int, leaves: Sequence[bytes]) -> None:
        while self._wanted and self._wanted[0] <= start + len(leaves):
            size = self._wanted.pop(0)
            edge = self._edge.copy()
            for leaf in leaves[: size - start]:
                edge.push(0, leaf)
            self.roots[size] = edge.root()

    def _compare(self, tile: TileAddress, hashes: Sequence[bytes]) -> None:
        if self._read_tile(tile) != list(hashes):
            raise self._bad(tile, "does not hold the hashes of its entries")

    def _read_tile(self, tile: TileAddress) -> list[bytes]:
        data = self._source.read(f"{self._prefix}/{tile.path}")
        if data is None:
            raise self._bad(tile, "is missing")
        if len(data) != tile.width * HASH_BYTES:
            raise self._bad(tile, f"has {len(data)} bytes, expected {tile.width * HASH_BYTES}")
        self.tiles += 1
        return [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]

    def _bad(self, tile: TileAddress, problem: str) -> CorruptStore:
        return CorruptStore(
            f"{self._source.name}: {self._prefix}/{tile.path} {problem}",
            hint="its operator restores the file from the database or a backup; nothing here was trusted",
        )


class _Edge:
    """Roots of the full subtrees on the right edge, with their heights; taller ones are pushed whole."""

    def __init__(self) -> None:
        self._nodes: list[tuple[int, bytes]] = []
        self.size = 0

    def copy(self) -> _Edge:
        edge = _Edge()
        edge._nodes, edge.size = list(self._nodes), self.size
        return edge

    def push(self, height: int, node: bytes) -> None:
        self.size += 1 << height
        while self._nodes and self._nodes[-1][0] == height:
            node = sha256(b"\x01" + self._nodes.pop()[1] + node).digest()
            height += 1
        self._nodes.append((height, node))

    def root(self) -> bytes:
        if not self._nodes:
            return EMPTY_ROOT
        root = self._nodes[-1][1]
        for _, left in reversed(self._nodes[:-1]):
            root = sha256(b"\x01" + left + root).digest()
        return root


def _fold(hashes: Sequence[bytes]) -> bytes:
    """Root over 256 hashes of one tile."""
    row = list(hashes)
    while len(row) > 1:
        row = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]
    return row[0]
