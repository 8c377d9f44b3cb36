"""What every entry must be before anything else is asked of it (clause 5.1 and 5.2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verax.kernel.dsse import Envelope, Signature, sign_envelope, signature_by
from verax.kernel.errors import RefusedError
from verax.kernel.fold import Folder, fold
from verax.kernel.merkle import EMPTY_ROOT, leaf_hash, tree_root
from verax.kernel.statement import NONE, Change, RootChange, Statement, payload_of
from verax.testing.governance import NAME, SimulatedHistory, key_of, no_blobs, root_document
from verax.testing.releases import make_release

RELEASE = make_release("You answer briefly.")


def change(log: SimulatedHistory, /, **basis: object) -> Statement:
    return Change(log.basis(**basis), "assistant", log.put(RELEASE.data), NONE, 0, log.put(b"why"))


def test_the_state_names_size_root_and_fingerprint() -> None:
    log = SimulatedHistory()
    log.append(change(log), "ann")
    assert log.state.size == 2
    assert log.state.tree_root == tree_root(leaf_hash(entry) for entry in log.entries)
    assert log.state.fingerprint == log.state.root.fingerprint
    assert [outcome.index for outcome in log.state.outcomes] == [0, 1]


def test_an_empty_log_has_no_root_and_allows_nothing() -> None:
    state = fold([], no_blobs)
    assert (state.size, state.tree_root, state.channels) == (0, EMPTY_ROOT, {})
    with pytest.raises(RefusedError, match="does not begin with a valid root"):
        _ = state.root


@pytest.mark.parametrize("entry", [b"", b"nonsense", b"{}", b"\xff" * 40_000, sign_envelope(b"{}", [key_of("ann")])])
def test_bytes_that_are_no_statement_have_no_effect_and_a_reason(entry: bytes) -> None:
    log = SimulatedHistory()
    outcome = log.append_entry(entry)
    assert not outcome.effective and outcome.kind == "unknown" and outcome.reason
    assert log.append(change(log), "ann").effective


def test_a_statement_for_another_log_has_no_effect() -> None:
    log = SimulatedHistory()
    outcome = log.append(change(log, log=f"{NAME[:-1]}a/governance"), "ann")
    assert (outcome.effective, outcome.reason) == (False, "the statement is for another log")


@pytest.mark.parametrize("version", [0, 2])
def test_a_statement_that_relies_on_another_root_has_no_effect(version: int) -> None:
    log = SimulatedHistory()
    assert "is in force" in log.append(change(log, root=version), "ann").reason


def test_a_forged_seen_root_has_no_effect() -> None:
    log = SimulatedHistory()
    assert "another tree" in log.append(change(log, seen_root="ab" * 32), "ann").reason
    assert "another tree" in log.append(change(log, seen_size=0), "ann").reason


def test_a_size_that_was_not_there_yet_has_no_effect() -> None:
    log = SimulatedHistory()
    assert "not there yet" in log.append(change(log, seen_size=2), "ann").reason


def test_an_older_true_checkpoint_is_as_good_as_the_newest() -> None:
    log = SimulatedHistory()
    assert log.append(change(log, seen_size=0, seen_root=EMPTY_ROOT.hex()), "ann").effective


def test_a_replayed_statement_has_no_effect_even_signed_anew() -> None:
    log = SimulatedHistory()
    statement = change(log)
    assert log.append(statement, "ann").effective
    assert log.append_entry(log.entries[-1]).reason == "the statement was made already"
    assert log.append(statement, ["ann", "rob"]).reason == "the statement was made already"


def test_what_failed_once_cannot_be_replayed_when_it_would_succeed() -> None:
    log = SimulatedHistory()
    proposed = log.append(change(log), "ann")
    admit = log.move_statement("admit", change=proposed, share_bp=10_000)
    assert "approvals" in log.append(admit, "oli").reason
    log.review("rob", proposed)
    log.gate(proposed)
    assert log.append(admit, "oli").reason == "the statement was made already"
    assert log.admit("oli", proposed).effective


def test_a_statement_about_the_future_cannot_be_kept_until_it_comes_true() -> None:
    log, ahead = SimulatedHistory(), SimulatedHistory()
    ahead.append_entry(b"x")
    statement = change(log, seen_size=2, seen_root=ahead.state.tree_root.hex())
    assert not log.append(statement, "ann").effective
    log.append_entry(b"y")
    assert log.append(statement, "ann").reason == "the statement was made already"


def test_a_copy_with_worthless_signatures_uses_nothing_up() -> None:
    log = SimulatedHistory()
    statement = change(log)
    forged = Envelope(payload_of(statement), (Signature("key_ann", b"\x00" * 64),)).to_bytes()
    assert log.append_entry(forged).reason == "no key of the root in force signed it"
    assert log.append(statement, "ann").effective


def test_a_signature_transplanted_from_another_statement_counts_for_nobody() -> None:
    log = SimulatedHistory()
    good = Envelope.parse(log.sign(change(log), "ann"))
    other = Envelope(payload_of(change(log)), good.signatures).to_bytes()
    assert not log.append_entry(other).effective


def test_a_key_id_that_lies_gives_no_role() -> None:
    log = SimulatedHistory()
    statement = change(log)
    payload = payload_of(statement)
    stranger = signature_by("key_ann", key_of("stranger")[1], payload)
    assert not log.append_entry(Envelope(payload, (stranger,)).to_bytes()).effective
    reviewer = replace(signature_by(*key_of("rita"), payload=payload), key_id="key_ann")
    assert "'author'" in log.append_entry(Envelope(payload, (reviewer,)).to_bytes()).reason


@pytest.mark.parametrize("by", ["oli", "gate", "monitor", "recorder", "rita"])
def test_only_an_author_proposes(by: str) -> None:
    log = SimulatedHistory()
    assert "expected the signatures of 1 in the role 'author'" in log.append(change(log), by).reason


def test_an_alarm_needs_the_recorder_and_changes_nothing_else() -> None:
    log = SimulatedHistory()
    before = log.state
    assert not log.alarm("ann", "log/rolled-back").effective
    assert log.alarm("recorder", "log/rolled-back", "assistant").effective
    assert (log.state.channels, log.state.changes, log.state.bans) == (before.channels, before.changes, before.bans)


def test_preview_says_what_apply_would_and_changes_nothing() -> None:
    log = SimulatedHistory()
    entry = log.sign(change(log), "ann")
    before = log.state
    outcome = log.folder.preview(entry)
    assert outcome.effective and log.state is before
    assert log.folder.preview(b"nonsense").reason
    assert log.append_entry(entry) == outcome


def test_the_state_is_one_object_until_the_next_entry_and_never_changes_under_its_readers() -> None:
    log = SimulatedHistory()
    before = log.state
    assert log.state is before
    log.release_now(RELEASE)
    assert before.size == 1 and before.channels["assistant"].head is None and before.changes == {}
    assert log.state.channels["assistant"].head == RELEASE.id


def test_folding_one_by_one_and_all_at_once_give_the_same_state() -> None:
    log = SimulatedHistory()
    log.release_now(RELEASE)
    log.append_entry(b"nonsense")
    assert fold(log.entries, log.blobs.get) == log.state
    for size in range(len(log.entries)):
        assert fold(log.entries[:size], log.blobs.get).outcomes == log.state.outcomes[:size]


def test_a_log_that_begins_with_anything_else_never_allows_anything() -> None:
    folder = Folder(no_blobs)
    log = SimulatedHistory()
    assert not folder.apply(b"nonsense").effective
    outcome = folder.apply(log.entries[0])
    assert "does not begin with a valid root" in outcome.reason
    assert folder.state.channels == {}


def test_a_first_entry_of_another_kind_is_no_genesis() -> None:
    log = SimulatedHistory()
    folder = Folder(no_blobs)
    statement = replace(RootChange(log.basis(root=0), root_document()))
    assert "must be a root" in folder.apply(log.sign(change(log), "ann")).reason
    assert not folder.apply(log.sign(statement, ["ada", "bea"])).effective
