"""Two histories of one log: what proves them, and what does not."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel import canonical
from verax.kernel.cosignature import CosignatureSigner
from verax.kernel.errors import CheckpointError, KernelError, NoteError, ProofError
from verax.kernel.note import NoteSigner, add_signature, sign_note
from verax.kernel.split_view import MAX_EVIDENCE_BYTES, OpenTree, Prefix, SplitView, find_split_view
from verax.testing.simulated_log import SimulatedLog

ORIGIN = "verax.test/log"
SEED = bytes(32)
KEYS = [NoteSigner(ORIGIN, SEED).verifier]


def grown(*parts: tuple[bytes, int], origin: str = ORIGIN, seed: bytes = SEED) -> SimulatedLog:
    """Return a log whose entries are `count` of each salt in turn."""
    log = SimulatedLog(origin, seed)
    for salt, count in parts:
        for _ in range(count):
            log.append(hashlib.sha256(salt + b"%d" % log.size).digest())
    return log


def opener(log: SimulatedLog) -> OpenTree:
    return lambda size: Prefix(log.root(size), tuple(log.consistency(size)))


def test_two_trees_of_one_size_prove_it_by_themselves() -> None:
    one, other = grown((b"a", 5)), grown((b"a", 4), (b"b", 1))
    found = find_split_view([one.checkpoint(), other.checkpoint()], ORIGIN, KEYS)
    assert found is not None
    proved = found.verify(KEYS)
    assert (proved.origin, proved.first.size) == (ORIGIN, 5)
    assert {proved.first.root, proved.second.root} == {one.root(), other.root()}
    assert found == find_split_view([other.checkpoint(), one.checkpoint()], ORIGIN, KEYS)
    assert SplitView.parse(found.to_bytes()) == found
    assert find_split_view([one.checkpoint(), one.checkpoint()], ORIGIN, KEYS) is None


def test_every_fork_of_two_sizes_is_proved_and_no_honest_growth_is() -> None:
    honest = grown((b"a", 12))
    for old in range(1, 12):
        for new in range(old + 1, 13):
            for kept in range(old + 1):
                forked = grown((b"a", kept), (b"b", new - kept))
                found = find_split_view([honest.checkpoint(old), forked.checkpoint()], ORIGIN, KEYS, opener(forked))
                if kept == old:
                    assert found is None
                else:
                    assert found is not None and found.verify(KEYS).second.size == new
                    assert SplitView.parse(found.to_bytes()) == found


def test_the_order_of_the_two_does_not_matter() -> None:
    small, large = grown((b"a", 3)), grown((b"b", 7))
    notes = [large.checkpoint(), small.checkpoint()]
    found = find_split_view(notes, ORIGIN, KEYS, opener(large))
    assert found == find_split_view(notes[::-1], ORIGIN, KEYS, opener(large))


def test_two_sizes_without_the_larger_tree_say_nothing() -> None:
    small, large = grown((b"a", 3)), grown((b"b", 7))
    assert find_split_view([small.checkpoint(), large.checkpoint()], ORIGIN, KEYS) is None
    assert find_split_view([small.checkpoint(0), large.checkpoint()], ORIGIN, KEYS, opener(large)) is None


def test_a_larger_tree_that_is_opened_wrongly_accuses_nobody() -> None:
    small, large, third = grown((b"a", 3)), grown((b"b", 7)), grown((b"c", 7))
    with pytest.raises(ProofError):
        find_split_view([small.checkpoint(), large.checkpoint()], ORIGIN, KEYS, opener(third))
    with pytest.raises(ProofError):
        find_split_view([small.checkpoint(), large.checkpoint()], ORIGIN, KEYS, lambda _: Prefix(bytes(32), ()))


def test_cosignatures_are_left_out_of_the_evidence() -> None:
    one, other = grown((b"a", 5)), grown((b"b", 5))
    note = add_signature(one.checkpoint(), CosignatureSigner("w.test", b"w" * 32, 5))
    found = find_split_view([note, other.checkpoint()], ORIGIN, KEYS)
    assert found is not None and {found.first, found.second} == {one.checkpoint(), other.checkpoint()}


def test_what_the_log_did_not_sign_proves_nothing() -> None:
    one, stranger = grown((b"a", 5)), grown((b"b", 5), seed=b"s" * 32)
    with pytest.raises(NoteError):
        find_split_view([one.checkpoint(), stranger.checkpoint()], ORIGIN, KEYS)
    forged = SplitView(one.checkpoint(), stranger.checkpoint())
    with pytest.raises(NoteError):
        forged.verify(KEYS)
    with pytest.raises(NoteError):
        SplitView(one.checkpoint(), grown((b"b", 5)).checkpoint()).verify([])


def test_checkpoints_of_two_logs_prove_nothing() -> None:
    other_origin = "verax.test/other"
    other = grown((b"b", 5), origin=other_origin)
    keys = [*KEYS, NoteSigner(other_origin, SEED).verifier]
    with pytest.raises((NoteError, CheckpointError)):
        SplitView(grown((b"a", 5)).checkpoint(), other.checkpoint()).verify(keys)
    as_if = sign_note(other.checkpoint().partition(b"\n\n")[0].decode() + "\n", NoteSigner(ORIGIN, SEED))
    with pytest.raises(CheckpointError):
        SplitView(grown((b"a", 5)).checkpoint(), as_if).verify(keys)


def test_evidence_of_one_history_is_refused_whatever_it_says() -> None:
    honest = grown((b"a", 9))
    small, large = honest.checkpoint(4), honest.checkpoint()
    true_prefix = Prefix(honest.root(4), tuple(honest.consistency(4)))
    for claim in (
        SplitView(small, small),
        SplitView(small, large),
        SplitView(large, small, true_prefix),
        SplitView(small, large, true_prefix),
        SplitView(small, large, replace(true_prefix, root=bytes(32))),
        SplitView(small, large, replace(true_prefix, path=true_prefix.path[:-1])),
        SplitView(small, large, replace(true_prefix, path=(bytes(32), *true_prefix.path[1:]))),
    ):
        with pytest.raises(ProofError):
            claim.verify(KEYS)


def test_a_prefix_between_equal_sizes_is_refused() -> None:
    one, other = grown((b"a", 5)), grown((b"b", 5))
    with pytest.raises(ProofError):
        SplitView(one.checkpoint(), other.checkpoint(), Prefix(bytes(32), ())).verify(KEYS)


def test_exactly_two_checkpoints_are_compared() -> None:
    with pytest.raises(CheckpointError):
        find_split_view([grown((b"a", 5)).checkpoint()], ORIGIN, KEYS)


GOOD = SplitView(grown((b"a", 3)).checkpoint(), grown((b"b", 7)).checkpoint(), Prefix(bytes(32), (bytes(32),)))


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"more": 1},
        {"first": 1},
        {"second": None},
        {"prefix": []},
        {"prefix": {"root": "00" * 32}},
        {"prefix": {"root": "00" * 31, "path": []}},
        {"prefix": {"root": "00" * 32, "path": [1]}},
        {"prefix": {"root": "00" * 32, "path": ["AA"]}},
        {"prefix": {"root": "00" * 32, "path": ["AA=="] * 64}},
        {"prefix": {"root": "00" * 32, "path": [], "more": 1}},
    ],
)
def test_a_malformed_file_is_refused(change: dict[str, object]) -> None:
    value = {**json.loads(GOOD.to_bytes()), **change}
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    with pytest.raises(KernelError):
        SplitView.parse(data)


def test_a_file_that_is_not_canonical_or_too_large_is_refused() -> None:
    for data in (b"", b"{}", b" " + GOOD.to_bytes(), GOOD.to_bytes() + b"\n", bytes(MAX_EVIDENCE_BYTES + 1)):
        with pytest.raises(KernelError):
            SplitView.parse(data)
    assert canonical.encode(json.loads(GOOD.to_bytes())) == GOOD.to_bytes()


@given(st.binary(max_size=200))
def test_any_bytes_are_evidence_or_a_kernel_error(data: bytes) -> None:
    with pytest.raises(KernelError):
        SplitView.parse(data).verify(KEYS)
