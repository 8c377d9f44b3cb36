"""Changes, reviews and gates (clause 5.3 to 5.5)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from verax.kernel.fold import Outcome, gate_seed
from verax.kernel.statement import NONE, Change, Gate, Review
from verax.testing.governance import TEAM_ROLES, SimulatedHistory, channel_rules, root_document
from verax.testing.releases import make_release

ONE, TWO, THREE = (make_release(f"Answer number {number}.") for number in (1, 2, 3))


def team(approvals: int = 1, suites: tuple[str, ...] = ("basics",), **roles: Any) -> SimulatedHistory:
    channels = [channel_rules("assistant", approvals=approvals, suites=suites), channel_rules("runtime")]
    return SimulatedHistory(root_document(channels=channels, roles={**TEAM_ROLES, **roles}))


def review_of(log: SimulatedHistory, change: Outcome, /, **fields: Any) -> Review:
    known = log.state.changes[change.statement_id]
    return replace(Review(log.basis(), known.id, "approve", known.candidate, known.base), **fields)


def gate_of(log: SimulatedHistory, change: Outcome, /, **fields: Any) -> Gate:
    known = log.state.changes[change.statement_id]
    return replace(Gate(log.basis(), known.id, "basics", known.seed, "cd" * 32, 10, True, "ab" * 32), **fields)


@pytest.mark.parametrize("fields", [{"base": ONE.id, "base_index": 1}, {"base": ONE.id, "base_index": 4}])
def test_a_first_change_against_a_head_that_never_was_is_stale(fields: dict[str, Any]) -> None:
    log = team()
    statement = Change(log.basis(), "assistant", TWO.id, NONE, 0, "ab" * 32)
    assert "stale" in log.append(replace(statement, **fields), "ann").reason


@pytest.mark.parametrize("fields", [{"base": NONE, "base_index": 0}, {"base": TWO.id}, {"base_index": 3}])
def test_a_change_must_name_the_present_head_and_the_index_that_set_it(fields: dict[str, Any]) -> None:
    log = team()
    log.release_now(ONE)
    statement = Change(log.basis(), "assistant", TWO.id, ONE.id, log.channel().head_index, "ab" * 32)
    assert "stale" in log.append(replace(statement, **fields), "ann").reason
    assert log.append(replace(statement, basis=log.basis()), "ann").effective


def test_a_change_on_a_channel_that_the_root_does_not_name_has_no_effect() -> None:
    log = team()
    statement = Change(log.basis(), "other", ONE.id, NONE, 0, "ab" * 32)
    assert log.append(statement, "ann").reason == "the root names no channel 'other'"


def test_any_later_head_move_makes_a_change_stale_for_ever() -> None:
    log = team()
    log.release_now(ONE)
    waiting = log.change("ann", "assistant", TWO)
    log.review("rob", waiting)
    log.gate(waiting)
    log.release_now(THREE)
    assert log.state.status_of(waiting.statement_id) == "stale"
    assert "stale" in log.admit("oli", waiting).reason
    assert "stale" in log.review("rita", waiting).reason
    assert "stale" in log.gate(waiting).reason
    # Even when the old base is the head again, by the same release.
    log.release_now(ONE)
    assert "stale" in log.admit("oli", waiting).reason


def test_a_change_on_one_channel_is_not_made_stale_by_another() -> None:
    channels = [channel_rules(name) for name in ("assistant", "junior", "runtime")]
    log = SimulatedHistory(root_document(channels=channels))
    waiting = log.change("ann", "assistant", ONE)
    log.release_now(TWO, "junior")
    assert log.state.status_of(waiting.statement_id) == "open"


@pytest.mark.parametrize("author", ["rob", "ada"])
def test_the_author_cannot_review_the_own_change(author: str) -> None:
    log = team()
    change = log.change(author, "assistant", ONE)
    assert log.review(author, change).reason == "an author of the change cannot review it"
    log.gate(change)
    assert "expected 1 approvals by present reviewers, found 0" in log.admit("oli", change).reason


def test_an_author_with_a_second_key_is_the_same_person() -> None:
    log = team()
    change = log.change("ann", "assistant", ONE)
    assert "cannot review" in log.review("ann2", change).reason


def test_an_author_cannot_review_together_with_someone_else() -> None:
    log = team()
    change = log.change("rob", "assistant", ONE)
    assert "cannot review" in log.review(["rob", "rita"], change).reason


def test_whoever_signs_a_change_is_its_author_in_any_role() -> None:
    log = team()
    change = log.change(["ann", "rita"], "assistant", ONE)
    assert log.state.changes[change.statement_id].signers == {"ann", "rita"}
    assert "cannot review" in log.review("rita", change).reason
    assert log.review("rob", change).effective


@pytest.mark.parametrize("by", ["ann", "oli", "gate", "monitor", "bea"])
def test_only_a_reviewer_reviews(by: str) -> None:
    log = team()
    change = log.change("ada", "assistant", ONE)
    assert "in the role 'reviewer'" in log.review(by, change).reason


def test_a_review_must_name_the_candidate_and_base_of_its_change() -> None:
    log = team()
    change = log.change("ann", "assistant", ONE)
    for fields in ({"candidate": TWO.id}, {"base": TWO.id}):
        assert "another candidate or base" in log.append(review_of(log, change, **fields), "rob").reason
    assert "no such change" in log.append(review_of(log, change, change=ONE.id), "rob").reason


def test_a_rejection_withdraws_an_approval_and_the_last_verdict_counts() -> None:
    log = team()
    change = log.change("ann", "assistant", ONE)
    log.gate(change)
    log.review("rob", change)
    assert log.review("rob", change, "reject").effective
    assert "found 0" in log.admit("oli", change).reason
    assert log.review("rob", change, "approve").effective
    assert log.admit("oli", change).effective


def test_a_rejection_by_one_leaves_the_approvals_of_others() -> None:
    log = team()
    change = log.change("ann", "assistant", ONE)
    log.gate(change)
    log.review("rita", change, "reject")
    log.review("rob", change)
    assert log.admit("oli", change).effective


def test_approvals_count_persons_and_not_reviews_or_keys() -> None:
    log = team(approvals=2, reviewer=(1, ("rob", "rob2", "rita")))
    change = log.change("ann", "assistant", ONE)
    log.gate(change)
    for by in ("rob", "rob", "rob2"):
        assert log.review(by, change).effective
    assert "expected 2 approvals by present reviewers, found 1" in log.admit("oli", change).reason
    log.review("rita", change)
    assert log.admit("oli", change).effective


def test_the_approval_of_a_reviewer_who_was_removed_counts_no_more() -> None:
    log = team()
    change = log.change("ann", "assistant", ONE)
    log.gate(change)
    assert log.review("rob", change).effective
    roles = {**root_document()["roles"], "reviewer": {"keys": ["key_ada", "key_rita"], "threshold": 1}}
    assert log.change_root(["ada", "bea"], roles=roles).effective
    assert "found 0" in log.admit("oli", change).reason
    log.review("rita", change)
    assert log.admit("oli", change).effective


def test_the_seed_is_fixed_by_the_change_and_the_tree_just_after_it() -> None:
    log = team()
    change = log.change("ann", "assistant", ONE)
    root = log.state.tree_root
    expected = hashlib.sha256(b"verax/gate/v1\n" + change.statement_id.encode() + root).hexdigest()
    assert log.state.changes[change.statement_id].seed == expected == gate_seed(change.statement_id, root)


def test_a_gate_with_another_seed_is_ignored() -> None:
    log = team()
    change = log.change("ann", "assistant", ONE)
    assert "another seed" in log.append(gate_of(log, change, seed="00" * 32), "gate").reason
    log.review("rob", change)
    assert "'basics' was not run" in log.admit("oli", change).reason


def test_a_second_run_of_a_suite_is_ignored_passed_or_not() -> None:
    log = team()
    change = log.change("ann", "assistant", ONE)
    log.review("rob", change)
    assert log.gate(change, is_passed=False).effective
    assert "the first one counts" in log.gate(change, is_passed=True).reason
    assert "'basics' did not pass" in log.admit("oli", change).reason


def test_a_suite_that_the_root_does_not_require_is_ignored() -> None:
    log = team()
    change = log.change("ann", "assistant", ONE)
    assert "requires no suite 'other'" in log.gate(change, "other").reason


@pytest.mark.parametrize("by", ["ann", "rob", "oli", "monitor", "recorder"])
def test_only_the_gate_reports_results(by: str) -> None:
    log = team()
    change = log.change("ann", "assistant", ONE)
    assert "in the role 'gate'" in log.gate(change, by=by).reason


def test_a_gate_on_a_change_that_is_not_there_has_no_effect() -> None:
    log = team()
    change = log.change("ann", "assistant", ONE)
    assert "no such change" in log.append(gate_of(log, change, change=ONE.id), "gate").reason


def test_every_required_suite_must_pass() -> None:
    log = team(suites=("basics", "safety"))
    change = log.change("ann", "assistant", ONE)
    log.review("rob", change)
    log.gate(change, "basics")
    assert "'safety' was not run" in log.admit("oli", change).reason
    log.gate(change, "safety")
    assert log.admit("oli", change).effective


def test_a_suite_that_the_root_requires_later_must_pass_too() -> None:
    log = team()
    change = log.change("ann", "assistant", ONE)
    log.review("rob", change)
    log.gate(change)
    channels = [channel_rules("assistant", suites=("basics", "safety")), channel_rules("runtime")]
    assert log.change_root(["ada", "bea"], channels=channels).effective
    assert "'safety' was not run" in log.admit("oli", change).reason


def test_thresholds_of_roles_count_for_every_statement() -> None:
    log = team(author=(2, ("ann", "ada")), reviewer=(2, ("rob", "rita", "cyd")), operator=(2, ("oli", "bea")))
    assert "expected the signatures of 2 in the role 'author'" in log.change("ann", "assistant", ONE).reason
    change = log.change(["ann", "ada"], "assistant", ONE)
    assert "expected the signatures of 2" in log.review("rob", change).reason
    assert log.review(["rob", "rita"], change).effective
    log.gate(change)
    assert "expected the signatures of 2" in log.admit("oli", change).reason
    assert log.admit(["oli", "bea"], change).effective
