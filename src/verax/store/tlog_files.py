"""The files of a log: tiles and bundles as C2SP tlog-tiles lays them out, and the checkpoint.

* A file is written once, whole, by `verax.store.disk.publish`, before the tree that needs it
  may be signed.
* What is read back is checked against the hashes in memory: a full level-0 tile and a full
  bundle must fold to the hash that their parent tile holds. A damaged file is an error that
  names it, never an answer.
* A partial tile stays until its tile is full, then it may go (tlog-tiles, *Partial Tiles*).

Tiles hold nothing that the entries do not give, so every one of them can be made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from verax.kernel.errors import CorruptStore, ProofError
from verax.kernel.merkle import HASH_BYTES
from verax.kernel.tiles import TILE_WIDTH, TileAddress, encode_bundle, parse_bundle, tiles_between
from verax.store.disk import Disk, publish
from verax.store.tlog_tree import LogTree, hash_leaves, subtree_root

__all__ = ["CHECKPOINT", "WITNESSED", "TileFiles", "corrupt_tile"]

CHECKPOINT = "checkpoint"
WITNESSED = "checkpoint.witnessed"
"""The newest checkpoint that carried the witness quorum; while a log grows it is an older one."""
_KNOWN = ".known"


class TileFiles:
    """The folder of one log.

    Args:
        folder: Holds ``checkpoint`` and ``tile/``; may be served as it is.
        disk: How files are read and written.
    """

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.folder = folder
        self._disk = disk

    @property
    def disk(self) -> Disk:
        """How the files are read and written."""
        return self._disk

    def read_checkpoint(self) -> bytes | None:
        """Return the published note, or None when there is none."""
        return self._disk.read(self.folder / CHECKPOINT)

    def write_checkpoint(self, note: bytes) -> None:
        """Replace the published note, durably."""
        publish(self._disk, {self.folder / CHECKPOINT: note})

    def read_witnessed(self) -> bytes | None:
        """Return the newest note that carried the witness quorum, or None when there was none."""
        return self._disk.read(self.folder / WITNESSED)

    def write_witnessed(self, note: bytes) -> None:
        """Replace it, durably."""
        publish(self._disk, {self.folder / WITNESSED: note})

    def read_known(self) -> bytes | None:
        """Return what an earlier start kept of its hashing, unchecked."""
        return self._disk.read(self.folder / _KNOWN)

    def write_known(self, data: bytes) -> None:
        """Keep what this start hashed, for the next one."""
        publish(self._disk, {self.folder / _KNOWN: data})

    def write_growth(self, old: LogTree, new: LogTree, entries: Sequence[bytes]) -> None:
        """Write every tile and bundle that `new` has and `old` lacks, durably.

        Args:
            entries: All entries from the start of the unfinished bundle of `old` on.
        """
        base = old.size // TILE_WIDTH
        files: dict[Path, bytes] = {}
        for address in tiles_between(old.size, new.size):
            if address.level is None or address.level == 0:
                start = (address.index - base) * TILE_WIDTH
                held = entries[start : start + address.width]
                data = encode_bundle(held) if address.level is None else hash_leaves(held)
            else:
                data = _from_memory(new, address)
            files[self._path(address)] = data
        publish(self._disk, files)

    def remove_partials(self, old: LogTree, new: LogTree) -> None:
        """Remove the partial tiles of tiles that were unfinished in `old` and are full in `new`."""
        for address in tiles_between(old.size, new.size):
            before = old.width(address.level or 0, address.index)
            if address.width == TILE_WIDTH and 0 < before < TILE_WIDTH:
                self._remove_folder(self._partial_folder(address))

    def read_leaf_tile(self, tree: LogTree, index: int) -> bytes:
        """Return the full level-0 tile `index`, checked against `tree`.

        Raises:
            CorruptStore: missing or damaged.
        """
        address = TileAddress(0, index)
        data = self._disk.read(self._path(address))
        if data is None or len(data) != TILE_WIDTH * HASH_BYTES or subtree_root(data) != tree.tile_hash(0, index):
            raise corrupt_tile(address, data)
        return data

    def read_upper_tile(self, tree: LogTree, level: int, index: int) -> bytes:
        """Return the full tile `index` of `level` 1 or above, checked against `tree`.

        Raises:
            CorruptStore: missing or damaged.
        """
        address = TileAddress(level, index)
        data = self._disk.read(self._path(address))
        if data is None or data != tree.known_tile(level, index):
            raise corrupt_tile(address, data)
        return data

    def read_bundle(self, tree: LogTree, index: int) -> list[bytes]:
        """Return the entries of bundle `index` as far as `tree` goes, checked against it.

        Raises:
            CorruptStore: missing or damaged.
        """
        address = TileAddress(None, index, tree.width(0, index))
        data = self._disk.read(self._path(address))
        try:
            entries = parse_bundle(data or b"", address.width)
        except ProofError:
            raise corrupt_tile(address, data) from None
        leaves = hash_leaves(entries)
        if address.width == TILE_WIDTH:
            is_sound = subtree_root(leaves) == tree.tile_hash(0, index)
        else:
            is_sound = leaves == tree.tail
        if not is_sound:
            raise corrupt_tile(address, data)
        return entries

    def peek_bundle(self, index: int, width: int) -> list[bytes]:
        """Return the entries of a bundle unchecked, for messages only; none when it cannot be read."""
        try:
            return parse_bundle(self._disk.read(self._path(TileAddress(None, index, width))) or b"", width)
        except ProofError:
            return []

    def missing(self, tree: LogTree) -> list[TileAddress]:
        """List tiles and bundles of `tree` that are not there or have a wrong length; contents are not read."""
        found: list[TileAddress] = []
        listings: dict[Path, dict[str, int]] = {}
        for address in tiles_between(0, tree.size):
            path = self._path(address)
            if path.parent not in listings:
                listings[path.parent] = self._disk.list_sizes(path.parent)
            size = listings[path.parent].get(path.name, -1)
            is_whole = size > 0 if address.level is None else size == address.width * HASH_BYTES
            if not is_whole:
                found.append(address)
        return found

    def damaged(self, tree: LogTree, batches: Iterable[list[bytes]]) -> Iterator[tuple[TileAddress, bytes]]:
        """Yield every tile and bundle whose file is not what `tree` and its entries give, with the right bytes.

        Args:
            batches: All entries of the tree in order, in lists that end at tile borders.
        """
        index = 0
        for batch in batches:
            for start in range(0, len(batch), TILE_WIDTH):
                held = batch[start : start + TILE_WIDTH]
                yield from self._compare(TileAddress(None, index, len(held)), encode_bundle(held))
                yield from self._compare(TileAddress(0, index, len(held)), hash_leaves(held))
                index += 1
        for address in tiles_between(0, tree.size):
            if address.level:
                yield from self._compare(address, _from_memory(tree, address))

    def write(self, address: TileAddress, data: bytes) -> None:
        """Write one tile or bundle, durably."""
        publish(self._disk, {self._path(address): data})

    def _compare(self, address: TileAddress, expected: bytes) -> Iterator[tuple[TileAddress, bytes]]:
        if self._disk.read(self._path(address)) != expected:
            yield address, expected

    def _path(self, address: TileAddress) -> Path:
        return self.folder / address.path

    def _partial_folder(self, address: TileAddress) -> Path:
        full = self._path(address)
        return full.with_name(f"{full.name}.p")

    def _remove_folder(self, folder: Path) -> None:
        names = self._disk.list_sizes(folder)
        for name in names:
            self._disk.remove(folder / name)
        if names:
            self._disk.remove(folder)


def corrupt_tile(address: TileAddress, data: bytes | None) -> CorruptStore:
    """Return the error for a tile or bundle that is not what the log signed."""
    found = "no file" if data is None else f"{len(data)} bytes that do not belong there"
    return CorruptStore(
        f"{address.path}: expected what the log signed, found {found}",
        hint='tiles can be made anew from the entries: run "verax log repair"',
    )


def _from_memory(tree: LogTree, address: TileAddress) -> bytes:
    data = tree.known_tile(address.level or 0, address.index)
    return b"" if data is None else data[: address.width * HASH_BYTES]
