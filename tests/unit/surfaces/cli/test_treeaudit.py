"""The tree audit against logs built by brute force, and against every kind of damage."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verax.kernel.checkpoint import Checkpoint
from verax.kernel.errors import CorruptStore
from verax.kernel.merkle import leaf_hash, tree_root
from verax.kernel.tiles import TILE_WIDTH, encode_bundle, tiles_between
from verax.surfaces.cli.treeaudit import audit_tree

ORIGIN = "test/replies/0"


class MemoryLog:
    """A log's files in a dictionary."""

    name = "memory"

    def __init__(self, size: int) -> None:
        self.entries = [hashlib.sha256(b"%d" % index).digest() for index in range(size)]
        self.leaves = [leaf_hash(entry) for entry in self.entries]
        self.files: dict[str, bytes] = {}
        rows = [self.leaves]
        while len(rows[-1]) >= TILE_WIDTH:
            row = rows[-1]
            full = len(row) // TILE_WIDTH
            rows.append([tree_root(row[i * TILE_WIDTH : (i + 1) * TILE_WIDTH]) for i in range(full)])
        for tile in tiles_between(0, size):
            start = tile.index * TILE_WIDTH
            if tile.level is None:
                data = encode_bundle(self.entries[start : start + tile.width])
            else:
                data = b"".join(rows[tile.level][start : start + tile.width])
            self.files[f"replies/0/{tile.path}"] = data

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(ORIGIN, len(self.entries), tree_root(self.leaves))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 1000])
def test_an_honest_log_passes_and_every_tile_is_compared(size: int) -> None:
    log = MemoryLog(size)
    seen: list[bytes] = []
    audit = audit_tree(log, "replies/0", log.checkpoint, visit=lambda _, entries: seen.extend(entries))
    assert seen == log.entries
    assert audit.tiles == sum("entries" not in path for path in log.files)
    assert (audit.size, audit.pruned) == (size, 0)


def test_a_log_of_three_levels_passes() -> None:
    log = MemoryLog(TILE_WIDTH * TILE_WIDTH + 300)
    assert audit_tree(log, "replies/0", log.checkpoint).size == TILE_WIDTH * TILE_WIDTH + 300
    assert "replies/0/tile/2/000.p/1" in log.files


@given(st.integers(0, 700), st.lists(st.integers(0, 800), max_size=6))
@settings(max_examples=30, deadline=None)
def test_earlier_roots_are_those_of_brute_force(size: int, sizes: list[int]) -> None:
    log = MemoryLog(size)
    audit = audit_tree(log, "replies/0", log.checkpoint, sizes=frozenset(sizes))
    assert audit.roots == {wanted: tree_root(log.leaves[:wanted]) for wanted in sizes if wanted <= size}


@pytest.mark.parametrize("size", [1, 257, 513])
def test_any_changed_torn_or_missing_file_is_found(size: int) -> None:
    for path in MemoryLog(size).files:
        for damage in ("change", "tear", "grow", "remove"):
            log = MemoryLog(size)
            data = log.files[path]
            if damage == "remove":
                del log.files[path]
            else:
                changed = bytes([data[0], data[1], data[2] ^ 1]) + data[3:]
                log.files[path] = {"change": changed, "tear": data[:-1], "grow": data + b"\0"}[damage]
            with pytest.raises(CorruptStore) as caught:
                audit_tree(log, "replies/0", log.checkpoint)
            assert "replies/0" in caught.value.message
            assert caught.value.hint


def test_a_signed_root_that_the_entries_do_not_give_is_found() -> None:
    log = MemoryLog(300)
    forged = Checkpoint(ORIGIN, 300, bytes(32))
    with pytest.raises(CorruptStore, match="do not lead to the root"):
        audit_tree(log, "replies/0", forged)


def test_entries_and_tiles_changed_together_still_miss_the_root() -> None:
    log, other = MemoryLog(3), MemoryLog(3)
    entries = [*log.entries[:2], bytes(32)]
    other.files["replies/0/tile/entries/000.p/3"] = encode_bundle(entries)
    other.files["replies/0/tile/0/000.p/3"] = b"".join(leaf_hash(entry) for entry in entries)
    with pytest.raises(CorruptStore, match="do not lead to the root"):
        audit_tree(other, "replies/0", log.checkpoint)


def test_pruned_bundles_are_counted_where_pruning_is_allowed() -> None:
    log = MemoryLog(600)
    del log.files["replies/0/tile/entries/000"]
    audit = audit_tree(log, "replies/0", log.checkpoint, may_prune=True)
    assert audit.pruned == 256
    with pytest.raises(CorruptStore, match="is missing"):
        audit_tree(log, "replies/0", log.checkpoint)


def test_a_tile_that_stands_in_for_a_pruned_bundle_must_lead_to_the_root() -> None:
    log = MemoryLog(600)
    del log.files["replies/0/tile/entries/000"]
    data = log.files["replies/0/tile/0/000"]
    log.files["replies/0/tile/0/000"] = bytes(32) + data[32:]
    with pytest.raises(CorruptStore):
        audit_tree(log, "replies/0", log.checkpoint, may_prune=True)
