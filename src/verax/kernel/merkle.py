"""Merkle trees over SHA-256 (protocol clause 2).

* A leaf hashes to ``H(0x00 ‖ entry)``, a node to ``H(0x01 ‖ left ‖ right)``, the empty tree
  to ``H("")`` (RFC 6962 section 2.1).
* A tree of n > 1 leaves splits after the largest power of two below n.
* Inclusion proofs are verified by RFC 9162 section 2.1.3.2, consistency proofs by section
  2.1.4.2; a path of any other length than the exact one is refused.

Proofs are made from full subtrees only: ``get_node(level, index)`` is the root over the
leaves ``[index·2^level, (index+1)·2^level)``, which never changes once it exists.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from verax.kernel.errors import ProofError

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "MAX_SIZE",
    "Frontier",
    "GetNode",
    "check_consistency",
    "consistency_path",
    "inclusion_path",
    "leaf_hash",
    "node_hash",
    "root_from_proof",
    "tree_root",
]

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
MAX_SIZE = 2**63 - 1
"""Leaves a tree may hold, so that a path has at most 63 hashes (clause 12 step 2)."""

GetNode = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """Return the leaf hash of an entry of any length, 32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node from the hashes of its children, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The full subtrees on the right edge of a growing tree: all that appending needs.

    Appending costs one hash on average; `root` costs at most one a level.
    """

    __slots__ = ("_hashes", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._hashes: list[bytes] = []

    @classmethod
    def from_hashes(cls, size: int, hashes: Sequence[bytes]) -> Frontier:
        """Take up a tree of `size` leaves from the roots of its full subtrees, largest first.

        Raises:
            ProofError: the number of hashes is not the number of one bits in `size`, or one is
                not 32 bytes.
        """
        if not 0 <= size <= MAX_SIZE or len(hashes) != size.bit_count():
            raise ProofError(f"frontier: expected {size.bit_count()} hashes for size {size}, found {len(hashes)}")
        _check_hashes(hashes, "frontier")
        frontier = cls()
        frontier._size, frontier._hashes = size, list(hashes)
        return frontier

    @property
    def size(self) -> int:
        """Leaves appended so far."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Roots of the full subtrees, largest first."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash, 32 bytes, at index `size`."""
        node, rest = leaf, self._size
        while rest & 1:
            node = node_hash(self._hashes.pop(), node)
            rest >>= 1
        self._hashes.append(node)
        self._size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """Return the root of the tree as it stands, 32 bytes."""
        if not self._hashes:
            return EMPTY_ROOT
        root = self._hashes[-1]
        for left in self._hashes[-2::-1]:
            root = node_hash(left, root)
        return root


def tree_root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes in order; the empty tree has `EMPTY_ROOT`."""
    frontier = Frontier()
    frontier.extend(leaf_hashes)
    return frontier.root()


def inclusion_path(index: int, size: int, get_node: GetNode) -> list[bytes]:
    """Return the sibling hashes from leaf `index` up to the root of the first `size` leaves.

    Raises:
        ProofError: `index` is outside the tree.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofError(f"inclusion proof: expected 0 <= index < size, found index {index}, size {size}")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_root(middle, high, get_node))
            high = middle
        else:
            path.append(_range_root(low, middle, get_node))
            low = middle
    path.reverse()
    return path


def consistency_path(old: int, new: int, get_node: GetNode) -> list[bytes]:
    """Return the proof that the tree of `new` leaves begins with the tree of `old` leaves.

    The path is empty when `old` is 0 or equals `new`.

    Raises:
        ProofError: not 0 <= old <= new.
    """
    if not 0 <= old <= new <= MAX_SIZE:
        raise ProofError(f"consistency proof: expected 0 <= old <= new, found old {old}, new {new}")
    if old in (0, new):
        return []
    path: list[bytes] = []
    low, high = 0, new
    while high != old:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(_range_root(middle, high, get_node))
            high = middle
        else:
            path.append(_range_root(low, middle, get_node))
            low = middle
    if low:
        path.append(_range_root(low, high, get_node))
    path.reverse()
    return path


def root_from_proof(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Recompute the root that `path` commits `leaf` to; the caller compares it.

    Args:
        leaf: Leaf hash, 32 bytes, already prefixed and hashed (0x00 domain).
        index: Position of the leaf, 0 <= index < size.
        size: Leaves in the tree that the proof was made for.
        path: Sibling hashes, lowest level first, 32 bytes each.

    Raises:
        ProofError: `index` is outside the tree, or `path` has the wrong length.

    Source: RFC 9162 section 2.1.3.2 over RFC 6962 hashing.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofError(f"inclusion proof: expected 0 <= index < size, found index {index}, size {size}")
    _check_hashes((leaf, *path), "inclusion proof")
    first, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofError(f"inclusion proof: {len(path)} hashes are too many for index {index} of {size}")
        if first & 1 or first == last:
            root = node_hash(sibling, root)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        first, last = first >> 1, last >> 1
    if last != 0:
        raise ProofError(f"inclusion proof: {len(path)} hashes are too few for index {index} of {size}")
    return root


def check_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """Check that the new tree begins with the old one.

    Raises:
        ProofError: sizes out of order, a path of the wrong length, or roots that differ.

    Source: RFC 9162 section 2.1.4.2. The two cases it leaves out, an empty old tree and equal
    sizes, need an empty path.
    """
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise ProofError(f"consistency proof: expected old <= new, found old {old_size}, new {new_size}")
    _check_hashes((old_root, new_root, *path), "consistency proof")
    if old_size in (0, new_size):
        _check_trivial(old_size, old_root, new_size, new_root, path)
        return
    hashes = list(path)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise ProofError(f"consistency proof: no hashes for sizes {old_size} and {new_size}")
    found_old, found_new = _fold_consistency(old_size, new_size, hashes)
    if found_old != old_root:
        raise ProofError(f"consistency proof: the path does not lead to the old root at size {old_size}")
    if found_new != new_root:
        raise ProofError(f"consistency proof: the path does not lead to the new root at size {new_size}")


def _fold_consistency(old_size: int, new_size: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    first, last = old_size - 1, new_size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError(f"consistency proof: too many hashes for sizes {old_size} and {new_size}")
        if first & 1 or first == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        first, last = first >> 1, last >> 1
    if last != 0:
        raise ProofError(f"consistency proof: too few hashes for sizes {old_size} and {new_size}")
    return old, new


def _check_trivial(old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]) -> None:
    if path:
        raise ProofError(f"consistency proof: sizes {old_size} and {new_size} need no hashes, found {len(path)}")
    for size, root in ((old_size, old_root), (new_size, new_root)):
        if size == 0 and root != EMPTY_ROOT:
            raise ProofError("consistency proof: the root of size 0 is not the hash of nothing")
    if old_size == new_size and old_root != new_root:
        raise ProofError(f"consistency proof: two roots for one size, {new_size}")


def _range_root(low: int, high: int, get_node: GetNode) -> bytes:
    """Root over leaves [low, high); `low` is a multiple of every full subtree inside."""
    frontier: list[bytes] = []
    while low < high:
        width = 1 << ((high - low).bit_length() - 1)
        frontier.append(get_node(width.bit_length() - 1, low // width))
        low += width
    root = frontier.pop()
    while frontier:
        root = node_hash(frontier.pop(), root)
    return root


def _split(count: int) -> int:
    """Largest power of two below `count`, for count > 1."""
    return 1 << ((count - 1).bit_length() - 1)


def _check_hashes(hashes: Iterable[bytes], what: str) -> None:
    for item in hashes:
        if len(item) != HASH_BYTES:
            raise ProofError(f"{what}: expected hashes of {HASH_BYTES} bytes, found {len(item)}")
