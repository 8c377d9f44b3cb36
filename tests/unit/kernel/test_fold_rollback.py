"""Rollback, bans and what lets a banned text back in (clause 5.6, 5.7 and 8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from verax.kernel.errors import FoldError, RefusedError
from verax.kernel.fold import Outcome
from verax.kernel.release import Release
from verax.testing.governance import SimulatedHistory, channel_rules, root_document
from verax.testing.releases import make_release

BAD_SENTENCE = "Always tell every user that our product is the best of all."
ONE = make_release("You are kind and answer in short and plain sentences. Nothing else.")
TWO = make_release("You are kind and answer in short and plain sentences. Name your sources where you can.")
BAD = make_release(f"You are kind and answer in short and plain sentences. {BAD_SENTENCE}")
LIKE_BAD = make_release(f"Be thorough. {BAD_SENTENCE.upper()} And be polite.")
OTHER = make_release("You answer every question of the user with one single word.")


def ready(log: SimulatedHistory, candidate: Release, channel: str = "assistant", **review: Any) -> Outcome:
    change = log.change("ann", channel, candidate)
    log.review("rob", change, **review)
    log.gate(change)
    return change


def with_heads(*releases: Release, depth: int = 2, names: tuple[str, ...] = ("assistant",)) -> SimulatedHistory:
    channels = [channel_rules(name, depth=depth) for name in sorted([*names, "runtime"])]
    log = SimulatedHistory(root_document(channels=channels))
    for release in releases:
        for name in names:
            assert log.release_now(release, name).effective
    return log


@pytest.mark.parametrize("by", ["oli", "monitor"])
def test_one_operator_or_the_monitor_rolls_back_alone(by: str) -> None:
    log = with_heads(ONE, BAD)
    outcome = log.move(by, "rollback", to_id=ONE.id)
    head = log.channel().serving
    assert outcome.effective and head is not None
    assert (head.release, head.index, head.mode) == (ONE.id, outcome.index, "quorum")
    assert log.state.banned_releases == {BAD.id: outcome.index}
    assert [record.index for record in log.state.bans.values()] == [outcome.index]


@pytest.mark.parametrize("by", ["rob", "ada", "gate", "recorder", "bea"])
def test_nobody_else_rolls_back_or_freezes(by: str) -> None:
    log = with_heads(ONE, BAD)
    assert "an operator or the monitor" in log.move(by, "rollback", to_id=ONE.id).reason
    assert "an operator or the monitor" in log.move(by, "freeze").reason


def test_two_operators_may_be_needed_forward_while_one_is_enough_backward() -> None:
    log = with_heads(ONE, BAD)
    roles = {**root_document()["roles"], "operator": {"keys": ["key_ann", "key_oli"], "threshold": 2}}
    assert log.change_root(["ada", "bea"], roles=roles).effective
    assert "signatures of 2" in log.admit("oli", ready(log, TWO)).reason
    assert log.move("oli", "rollback", to_id=ONE.id).effective
    assert log.move("oli", "freeze").effective


def test_a_rollback_makes_open_changes_stale() -> None:
    log = with_heads(ONE, BAD)
    waiting = ready(log, TWO)
    log.move("oli", "rollback", to_id=ONE.id)
    assert log.state.status_of(waiting.statement_id) == "stale"
    assert "stale" in log.admit("oli", waiting).reason


def test_a_rollback_goes_only_to_one_of_the_last_heads() -> None:
    log = with_heads(OTHER, ONE, TWO, BAD, depth=2)
    assert "last 2 heads" in log.move("oli", "rollback", to_id=OTHER.id).reason
    assert "last 2 heads" in log.move("oli", "rollback", to_id=LIKE_BAD.id).reason
    assert log.move("oli", "rollback", to_id=ONE.id).effective
    assert [head.release for head in log.channel().history] == [OTHER.id]


def test_a_harmless_head_on_top_of_a_bad_one_does_not_hide_it() -> None:
    harmless = make_release(f"You are kind and answer in short and plain sentences. {BAD_SENTENCE} Well.")
    one_step, two_steps = with_heads(ONE, BAD, harmless), with_heads(ONE, BAD, harmless)
    assert one_step.move("oli", "rollback", to_id=ONE.id).effective
    assert two_steps.move("oli", "rollback", to_id=BAD.id).effective
    assert two_steps.move("oli", "rollback", to_id=ONE.id).effective
    assert one_step.state.banned_releases.keys() == two_steps.state.banned_releases.keys() == {BAD.id, harmless.id}
    assert one_step.state.bans.keys() == two_steps.state.bans.keys()
    assert "rolled back" in one_step.admit("oli", ready(one_step, LIKE_BAD)).reason


def test_what_a_rollback_skipped_is_no_longer_a_place_to_go_back_to() -> None:
    log = with_heads(ONE, TWO, BAD, depth=2)
    assert log.move("oli", "rollback", to_id=ONE.id).effective
    assert "last 2 heads" in log.move("oli", "rollback", to_id=TWO.id).reason


def test_steps_back_between_two_admissions_are_limited_and_then_only_a_freeze_is_left() -> None:
    log = with_heads(OTHER, ONE, TWO, BAD, depth=2)
    assert log.move("monitor", "rollback", to_id=TWO.id).effective
    assert log.move("monitor", "rollback", to_id=ONE.id).effective
    assert "freeze it instead" in log.move("monitor", "rollback", to_id=OTHER.id).reason
    assert log.channel().backward_steps == 2
    log.release_now(make_release("A fresh start."))
    assert log.channel().backward_steps == 0
    assert log.move("monitor", "rollback", to_id=ONE.id).effective


def test_a_depth_of_zero_allows_no_rollback_of_a_head() -> None:
    log = with_heads(ONE, BAD, depth=0)
    assert "went back 0 times" in log.move("oli", "rollback", to_id=ONE.id).reason


def test_a_rollback_starts_from_the_head_or_the_canary_and_goes_elsewhere() -> None:
    log = with_heads(ONE, TWO)
    move = log.move_statement("rollback", to_id=ONE.id)
    assert "neither the head nor the canary" in log.append(replace(move, from_id=BAD.id), "oli").reason
    same = replace(move, to_id=TWO.id, basis=log.basis())
    assert "neither the head nor the canary" in log.append(same, "oli").reason


def test_a_channel_without_head_can_be_neither_rolled_back_nor_frozen() -> None:
    log = SimulatedHistory()
    move = replace(log.move_statement("rollback"), from_id=ONE.id, to_id=TWO.id)
    assert "no head to roll back from" in log.append(move, "oli").reason
    freeze = replace(move, act="freeze", to_id=ONE.id, basis=log.basis())
    assert "names the present head" in log.append(freeze, "oli").reason


def test_dropping_a_canary_leaves_the_head_and_bans_what_the_canary_added() -> None:
    log = with_heads(ONE)
    change = ready(log, BAD)
    log.admit("oli", change, share_bp=500)
    waiting = ready(log, TWO)
    before = log.channel()
    assert log.move("monitor", "rollback", to_id=ONE.id).effective
    after = log.channel()
    assert log.state.status_of(waiting.statement_id) == "stale"
    assert (after.canary, after.serving, after.backward_steps) == (None, before.serving, 0)
    assert BAD.id in log.state.banned_releases and len(log.state.bans) == 1
    assert after.withdrawn == {BAD.id}


def test_the_head_can_be_rolled_back_from_under_a_canary() -> None:
    log = with_heads(ONE, TWO)
    log.admit("oli", ready(log, OTHER), share_bp=500)
    move = replace(log.move_statement("rollback", to_id=ONE.id), from_id=TWO.id)
    assert log.append(move, "oli").effective
    assert (log.channel().head, log.channel().canary) == (ONE.id, None)
    assert log.state.banned_releases.keys() == {TWO.id}


def test_what_was_rolled_back_stays_out_without_a_review_that_names_the_ban() -> None:
    log = with_heads(ONE, BAD)
    log.move("oli", "rollback", to_id=ONE.id)
    assert "2 texts that were rolled back" in log.admit("oli", ready(log, BAD)).reason
    assert "1 texts that were rolled back" in log.admit("oli", ready(log, LIKE_BAD)).reason
    assert log.admit("oli", ready(log, TWO)).effective


def test_a_review_that_names_every_ban_lets_the_text_back_in() -> None:
    log = with_heads(ONE, BAD)
    log.move("oli", "rollback", to_id=ONE.id)
    (fragment,) = log.state.bans
    assert "rolled back" in log.admit("oli", ready(log, BAD, unban=[fragment])).reason
    assert "rolled back" in log.admit("oli", ready(log, BAD, unban=[BAD.id])).reason
    assert log.admit("oli", ready(log, BAD, unban=[fragment, BAD.id])).effective
    assert log.state.serving("assistant", "u").release == BAD.id
    assert log.channel().withdrawn == frozenset()
    assert fragment in log.state.bans  # a ban is a permanent fact


def test_admitting_a_head_again_does_not_hide_what_it_had_added() -> None:
    log = with_heads(ONE, BAD, BAD)
    assert log.move("oli", "rollback", to_id=ONE.id).effective
    assert "1 texts that were rolled back" in log.admit("oli", ready(log, LIKE_BAD)).reason


def test_every_counted_approval_must_name_the_ban() -> None:
    channels = [channel_rules("assistant", approvals=2), channel_rules("runtime")]
    log = with_heads(ONE, BAD)
    log.move("oli", "rollback", to_id=ONE.id)
    (fragment,) = log.state.bans
    assert log.change_root(["ada", "bea"], channels=channels).effective
    change = ready(log, LIKE_BAD, unban=[fragment])
    log.review("rita", change)
    assert "do not name them all" in log.admit("oli", change).reason
    log.review("rita", change, unban=[fragment])
    assert log.admit("oli", change).effective


def test_a_solo_owner_lets_a_text_back_in_by_saying_so_and_not_silently() -> None:
    log = SimulatedHistory(root_document(solo=True))
    log.release_now(ONE)
    log.release_now(BAD)
    log.move("ann", "rollback", to_id=ONE.id)
    (fragment,) = log.state.bans
    change = log.change("ann", "assistant", LIKE_BAD)
    assert "do not name them all" in log.admit("ann", change).reason
    assert log.review("ann", change).effective
    assert "do not name them all" in log.admit("ann", change).reason
    log.review("ann", change, unban=[fragment])
    log.review("ann", change, "reject", unban=[fragment])
    assert "do not name them all" in log.admit("ann", change).reason
    log.review("ann", change, unban=[fragment])
    assert log.admit("ann", change).effective
    assert log.channel().mode == "solo"


def test_a_ban_made_again_after_it_was_lifted_counts_again() -> None:
    log = with_heads(ONE, BAD, depth=3)
    log.move("oli", "rollback", to_id=ONE.id)
    (fragment,) = log.state.bans
    assert log.admit("oli", ready(log, BAD, unban=[fragment, BAD.id])).effective
    log.release_now(TWO)
    assert log.move("oli", "rollback", to_id=BAD.id).effective  # it was let in, and not rolled back since
    assert log.move("oli", "rollback", to_id=ONE.id).effective
    assert "rolled back" in log.admit("oli", ready(log, BAD)).reason
    assert BAD.id in log.channel().withdrawn


def test_a_target_that_holds_what_the_bad_release_brought_back_is_refused() -> None:
    log = with_heads(BAD, ONE)
    again = make_release(f"{BAD_SENTENCE} You are kind and answer in short and plain sentences.")
    log.release_now(again)
    assert "holds text that was" in log.move("oli", "rollback", to_id=BAD.id).reason
    assert log.move("oli", "rollback", to_id=ONE.id).effective
    assert "holds text that was" in log.move("oli", "rollback", to_id=BAD.id).reason


def test_a_release_banned_on_one_channel_answers_on_no_other() -> None:
    log = with_heads(ONE, BAD, names=("assistant", "junior"))
    assert log.move("oli", "rollback", channel="junior", to_id=ONE.id).effective
    assert log.channel("assistant").withdrawn == {BAD.id}
    with pytest.raises(RefusedError, match="rolled back elsewhere") as caught:
        log.state.serving("assistant", "u")
    assert caught.value.reason_code == "governance/banned"
    assert log.move("oli", "rollback", channel="assistant", to_id=ONE.id).effective
    assert log.state.serving("assistant", "u").release == ONE.id


def test_a_canary_does_not_step_up_once_its_text_was_rolled_back_elsewhere() -> None:
    log = with_heads(ONE, names=("assistant", "junior"))
    change = ready(log, LIKE_BAD)
    assert log.admit("oli", change, share_bp=500).effective
    log.release_now(BAD, "junior")
    log.move("oli", "rollback", channel="junior", to_id=ONE.id)
    assert "rolled back since" in log.move("oli", "step", change=change, share_bp=9000).reason


def test_bans_on_a_channel_leave_out_what_its_approvals_let_in() -> None:
    log = with_heads(ONE, BAD, names=("assistant", "junior"))
    log.move("oli", "rollback", channel="junior", to_id=ONE.id)
    log.move("oli", "rollback", channel="assistant", to_id=ONE.id)
    (fragment,) = log.state.bans
    assert [ban.digest for ban in log.state.bans_on("assistant")] == [fragment]
    assert log.admit("oli", ready(log, LIKE_BAD, unban=[fragment])).effective
    assert log.state.bans_on("assistant") == ()
    assert [ban.digest for ban in log.state.bans_on("junior")] == [fragment]
    assert [ban.digest for ban in log.state.bans_on("nowhere")] == [fragment]


@pytest.mark.parametrize("missing", [BAD.id, ONE.id])
def test_a_rollback_whose_blobs_are_missing_stops_the_fold(missing: str) -> None:
    log = with_heads(ONE, BAD)
    data = log.blobs.pop(missing)
    with pytest.raises(FoldError, match="incomplete"):
        log.move("oli", "rollback", to_id=ONE.id)
    log.blobs[missing] = data
    assert log.move("oli", "rollback", to_id=ONE.id).effective
