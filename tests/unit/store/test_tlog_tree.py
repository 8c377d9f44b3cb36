"""The tree in memory gives exactly what the kernel computes from the leaves."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verax.kernel import merkle
from verax.store.tlog_tree import EMPTY_TREE, LogTree, hash_leaves, subtree_root


def _entries(count: int) -> list[bytes]:
    return [index.to_bytes(32, "big") for index in range(count)]


_LEAVES = [merkle.leaf_hash(entry) for entry in _entries(70_000)]
_FLAT = b"".join(_LEAVES)


def _leaf_tile(index: int) -> bytes:
    return _FLAT[index * 8192 : (index + 1) * 8192]


def _tree(size: int) -> LogTree:
    return EMPTY_TREE.extend(_FLAT[: size * 32])


def test_hashing_in_bulk_is_the_kernels_hashing() -> None:
    assert hash_leaves(_entries(300)) == _FLAT[: 300 * 32]
    for count in (1, 2, 4, 64, 256):
        assert subtree_root(_FLAT[: count * 32]) == merkle.tree_root(_LEAVES[:count])


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 1023, 65_535, 65_536, 65_537, 69_999])
def test_the_root_is_the_kernels_root(size: int) -> None:
    tree = _tree(size)
    assert tree.size == size
    assert tree.root() == merkle.tree_root(_LEAVES[:size])
    assert len(tree.tail) == size % 256 * 32


@given(st.lists(st.integers(0, 700), max_size=12))
@settings(max_examples=40, deadline=None)
def test_growing_in_steps_gives_the_same_tree_as_growing_at_once(steps: list[int]) -> None:
    tree = EMPTY_TREE
    for step in steps:
        tree = tree.extend(_FLAT[tree.size * 32 : (tree.size + step) * 32])
    assert tree == _tree(sum(steps))


def test_growing_leaves_the_old_tree_alone() -> None:
    old = _tree(300)
    root = old.root()
    old.extend(_FLAT[300 * 32 : 900 * 32])
    assert old.size == 300
    assert old.root() == root


@pytest.mark.parametrize("size", [1, 7, 256, 300, 513, 66_000])
def test_proofs_verify_by_the_kernel(size: int) -> None:
    tree = _tree(size)
    picks = random.Random(size).sample(range(size), min(size, 12))
    for index in {0, size - 1, *picks}:
        path = tree.inclusion(index, _leaf_tile)
        assert merkle.root_from_proof(_LEAVES[index], index, size, path) == tree.root()
        old = _tree(index)
        path = tree.consistency(index, _leaf_tile)
        merkle.check_consistency(index, old.root(), size, tree.root(), path)
        assert tree.root_at(index, _leaf_tile) == old.root()


@pytest.mark.parametrize("size", [1, 300, 512, 66_000])
def test_an_earlier_tree_can_be_taken_out_of_a_later_one(size: int) -> None:
    tree = _tree(size)
    picks = random.Random(size).sample(range(size + 1), min(size, 40))
    for old in {0, size, *picks, *(edge for edge in (255, 256, 257, 65_536) if edge <= size)}:
        assert tree.prefix(old, _leaf_tile) == _tree(old)


def test_the_width_of_a_tile_is_what_the_tree_has_of_it() -> None:
    tree = _tree(66_000)
    assert [tree.width(0, index) for index in (0, 256, 257, 258)] == [256, 256, 66_000 - 257 * 256, 0]
    assert [tree.width(1, index) for index in (0, 1, 2)] == [256, 1, 0]
    assert [tree.width(2, index) for index in (0, 1)] == [1, 0]


def test_the_hash_a_full_tile_folds_to_is_in_its_parent() -> None:
    tree = _tree(66_000)
    assert tree.tile_hash(0, 3) == merkle.tree_root(_LEAVES[3 * 256 : 4 * 256])
    assert tree.tile_hash(1, 0) == merkle.tree_root(_LEAVES[:65_536])


def test_memory_holds_all_but_the_full_tiles_of_level_0() -> None:
    tree = _tree(66_000)
    assert tree.known_tile(0, 3) is None
    assert tree.known_tile(0, 257) == _FLAT[257 * 8192 : 66_000 * 32]
    assert tree.known_tile(1, 0) == b"".join(tree.tile_hash(0, index) for index in range(256))
    assert tree.known_tile(2, 0) == tree.tile_hash(1, 0)
