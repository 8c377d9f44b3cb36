"""Merkle trees against brute force over all small trees, and against published vectors (clause 2)."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import ProofError
from verax.kernel.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    Frontier,
    check_consistency,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_from_proof,
    tree_root,
)

ALL_SIZES = 66
LEAVES = [leaf_hash(bytes([number])) for number in range(ALL_SIZES)]

# Entries and roots of the reference tests of Certificate Transparency, RFC 6962 hashing.
CT_ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def slow_root(leaves: list[bytes]) -> bytes:
    """MTH exactly as RFC 6962 section 2.1 writes it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + slow_root(leaves[:split]) + slow_root(leaves[split:])).digest()


def slow_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH exactly as RFC 6962 section 2.1.1 writes it."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*slow_path(index, leaves[:split]), slow_root(leaves[split:])]
    return [*slow_path(index - split, leaves[split:]), slow_root(leaves[:split])]


def slow_proof(old: int, leaves: list[bytes], is_whole: bool = True) -> list[bytes]:
    """SUBPROOF exactly as RFC 6962 section 2.1.2 writes it."""
    if old == len(leaves):
        return [] if is_whole else [slow_root(leaves)]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if old <= split:
        return [*slow_proof(old, leaves[:split], is_whole), slow_root(leaves[split:])]
    return [*slow_proof(old - split, leaves[split:], False), slow_root(leaves[:split])]


def node(level: int, index: int) -> bytes:
    leaves = LEAVES[index << level : (index + 1) << level]
    assert len(leaves) == 1 << level, "only full subtrees may be asked for"
    return slow_root(leaves)


ROOTS = [slow_root(LEAVES[:size]) for size in range(ALL_SIZES + 1)]


def test_roots_agree_with_the_published_vectors() -> None:
    leaves = [leaf_hash(bytes.fromhex(entry)) for entry in CT_ENTRIES]
    assert [tree_root(leaves[:size]).hex() for size in range(1, 9)] == CT_ROOTS


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert tree_root([]) == Frontier().root() == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_leaf_and_node_hashes_live_in_different_domains() -> None:
    assert leaf_hash(b"\x01" * 3) != node_hash(b"\x01", b"\x01")
    assert leaf_hash(b"x") == hashlib.sha256(b"\x00x").digest()
    assert node_hash(b"l", b"r") == hashlib.sha256(b"\x01lr").digest()


def test_a_frontier_gives_every_root_while_it_grows() -> None:
    frontier = Frontier()
    for size in range(ALL_SIZES + 1):
        assert (frontier.size, frontier.root()) == (size, ROOTS[size])
        assert Frontier.from_hashes(size, frontier.hashes).root() == ROOTS[size]
        if size < ALL_SIZES:
            frontier.append(LEAVES[size])


def test_a_frontier_taken_up_again_grows_the_same_tree() -> None:
    for size in range(ALL_SIZES):
        first = Frontier()
        first.extend(LEAVES[:size])
        second = Frontier.from_hashes(size, first.hashes)
        second.extend(LEAVES[size:])
        assert second.root() == ROOTS[ALL_SIZES]


@pytest.mark.parametrize(("size", "hashes"), [(-1, []), (3, [LEAVES[0]]), (1, [b"short"]), (MAX_SIZE + 1, [])])
def test_a_frontier_of_the_wrong_shape_is_refused(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(ProofError):
        Frontier.from_hashes(size, hashes)


def test_every_inclusion_proof_of_every_small_tree_verifies() -> None:
    for size in range(1, ALL_SIZES + 1):
        for index in range(size):
            path = inclusion_path(index, size, node)
            assert path == slow_path(index, LEAVES[:size])
            assert root_from_proof(LEAVES[index], index, size, path) == ROOTS[size]


def test_no_inclusion_proof_verifies_at_any_other_place() -> None:
    for size in range(1, 18):
        for index in range(size):
            path = inclusion_path(index, size, node)
            for other_size in range(1, 18):
                for other in range(other_size):
                    if (other, other_size) != (index, size):
                        assert not _leads_to_root(LEAVES[index], other, other_size, path)


def test_a_changed_path_never_leads_to_the_root() -> None:
    for size in range(1, 34):
        for index in range(size):
            path = inclusion_path(index, size, node)
            assert not _leads_to_root(LEAVES[(index + 1) % ALL_SIZES], index, size, path)
            for changed in (path[:-1], [*path, LEAVES[0]], [LEAVES[0], *path]):
                if changed != path:
                    with pytest.raises(ProofError):
                        root_from_proof(LEAVES[index], index, size, changed)
            for position in range(len(path)):
                changed = [*path]
                changed[position] = hashlib.sha256(changed[position]).digest()
                assert not _leads_to_root(LEAVES[index], index, size, changed)


def test_every_consistency_proof_of_every_small_tree_verifies() -> None:
    for new in range(ALL_SIZES + 1):
        for old in range(new + 1):
            path = consistency_path(old, new, node)
            assert path == (slow_proof(old, LEAVES[:new]) if 0 < old < new else [])
            check_consistency(old, ROOTS[old], new, ROOTS[new], path)


def test_a_wrong_root_or_path_is_never_consistent() -> None:
    for new in range(1, 34):
        for old in range(1, new + 1):
            path = consistency_path(old, new, node)
            wrong = hashlib.sha256(ROOTS[old]).digest()
            _refuse_consistency(old, wrong, new, ROOTS[new], path)
            _refuse_consistency(old, ROOTS[old], new, wrong, path)
            _refuse_consistency(old, ROOTS[old], new, ROOTS[new], [*path, LEAVES[0]])
            if path:
                _refuse_consistency(old, ROOTS[old], new, ROOTS[new], path[:-1])
                _refuse_consistency(old, ROOTS[old], new, ROOTS[new], [])
            for position in range(len(path)):
                changed = [*path]
                changed[position] = wrong
                _refuse_consistency(old, ROOTS[old], new, ROOTS[new], changed)


def test_a_forked_tree_is_never_consistent() -> None:
    forked = [leaf_hash(b"fork"), *LEAVES[1:]]
    for old in range(1, 20):
        for new in range(old, 20):
            path = consistency_path(
                old, new, lambda level, index: slow_root(forked[index << level : (index + 1) << level])
            )
            _refuse_consistency(old, ROOTS[old], new, slow_root(forked[:new]), path)


def test_an_empty_old_tree_needs_its_own_root_and_no_hashes() -> None:
    check_consistency(0, EMPTY_ROOT, 5, ROOTS[5], [])
    check_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    _refuse_consistency(0, ROOTS[1], 5, ROOTS[5], [])
    _refuse_consistency(0, EMPTY_ROOT, 5, ROOTS[5], [ROOTS[5]])
    _refuse_consistency(0, EMPTY_ROOT, 0, ROOTS[1], [])


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0), (0, MAX_SIZE + 1)])
def test_a_leaf_outside_of_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        inclusion_path(index, size, node)
    with pytest.raises(ProofError):
        root_from_proof(LEAVES[0], index, size, [])


@pytest.mark.parametrize(("old", "new"), [(-1, 4), (5, 4), (0, MAX_SIZE + 1)])
def test_a_shrinking_tree_has_no_proof(old: int, new: int) -> None:
    with pytest.raises(ProofError):
        consistency_path(old, new, node)
    with pytest.raises(ProofError):
        check_consistency(old, LEAVES[0], new, LEAVES[0], [])


def test_hashes_of_another_length_are_refused() -> None:
    with pytest.raises(ProofError):
        root_from_proof(b"short", 0, 1, [])
    with pytest.raises(ProofError):
        root_from_proof(LEAVES[0], 0, 2, [b"short"])
    _refuse_consistency(1, b"short", 2, ROOTS[2], [LEAVES[1]])


def test_proofs_in_the_largest_trees_have_63_hashes_at_most() -> None:
    path = inclusion_path(0, MAX_SIZE, lambda level, index: LEAVES[0])
    assert len(path) == 63
    assert len(inclusion_path(MAX_SIZE - 1, MAX_SIZE, lambda level, index: LEAVES[0])) == 62
    assert len(root_from_proof(LEAVES[0], 0, MAX_SIZE, path)) == 32


@given(st.integers(1, 5000), st.data())
def test_proofs_of_larger_trees_verify(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))

    def far_node(level: int, number: int) -> bytes:
        # A tree whose leaves are all equal: every full subtree of one level has one hash.
        result = leaf_hash(b"same")
        for _ in range(level):
            result = node_hash(result, result)
        return result

    def root(count: int) -> bytes:
        return Frontier.from_hashes(
            count, [far_node(bit, 0) for bit in range(count.bit_length() - 1, -1, -1) if count >> bit & 1]
        ).root()

    assert root_from_proof(far_node(0, 0), index, size, inclusion_path(index, size, far_node)) == root(size)
    check_consistency(old, root(old), size, root(size), consistency_path(old, size, far_node))


def _leads_to_root(leaf: bytes, index: int, size: int, path: list[bytes]) -> bool:
    try:
        return root_from_proof(leaf, index, size, path) == ROOTS[size]
    except ProofError:
        return False


def _refuse_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: list[bytes]) -> None:
    with pytest.raises(ProofError):
        check_consistency(old, old_root, new, new_root, path)
