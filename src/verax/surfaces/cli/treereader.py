"""Proofs from a log's public tiles: what its tree was at an earlier size.

A few tiles are read, none is believed: whoever gets a proof checks it against the signed root.
"""

from __future__ import annotations

from verax.kernel.checkpoint import Checkpoint
from verax.kernel.errors import CorruptStore
from verax.kernel.merkle import EMPTY_ROOT, Frontier, consistency_path
from verax.kernel.split_view import Prefix
from verax.kernel.tiles import TILE_HEIGHT, TILE_WIDTH, hash_in_tile, node_place, tile_path
from verax.surfaces.cli.sources import LogSource

__all__ = ["TreeReader"]


class TreeReader:
    """The tree of one signed checkpoint, read from tiles.

    Args:
        source: Where the tiles are.
        prefix: ``log`` or ``replies/<k>``.
        checkpoint: Which tree.
    """

    def __init__(self, source: LogSource, prefix: str, checkpoint: Checkpoint) -> None:
        self._source = source
        self._prefix = prefix
        self._size = checkpoint.size
        self._tiles: dict[str, bytes] = {}

    def open(self, size: int) -> Prefix:
        """Return what the tree began with at `size`, at most its own: that root, and the proof from there.

        Raises:
            CorruptStore: a tile is missing or too short.
            ProofError: the tree is smaller than that.
        """
        path = consistency_path(size, self._size, self._node)
        hashes: list[bytes] = []
        start = 0
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                hashes.append(self._node(level, start >> level))
                start += 1 << level
        root = Frontier.from_hashes(size, hashes).root() if size else EMPTY_ROOT
        return Prefix(root, tuple(path))

    def _node(self, level: int, index: int) -> bytes:
        place = node_place(level, index)
        width = min(TILE_WIDTH, (self._size >> TILE_HEIGHT * place.level) - place.index * TILE_WIDTH)
        path = f"{self._prefix}/{tile_path(place.level, place.index, width)}"
        if path not in self._tiles:
            data = self._source.read(path)
            if data is None:
                raise CorruptStore(f"{self._source.name}: {path} is missing", hint="its operator restores the file")
            self._tiles[path] = data
        return hash_in_tile(self._tiles[path], place)
