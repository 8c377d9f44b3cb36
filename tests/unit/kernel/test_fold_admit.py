"""Admissions, canaries, steps, modes and runtimes (clause 5.6 to 5.8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from verax.kernel.errors import FoldError
from verax.kernel.fold import Folder, Outcome, fold, in_canary
from verax.kernel.runtime import PortableRuntime
from verax.kernel.statement import NONE
from verax.testing.governance import TEAM_ROLES, SimulatedHistory, channel_rules, root_document
from verax.testing.releases import make_release

ONE, TWO, THREE = (make_release(f"Answer number {number}.") for number in (1, 2, 3))
CODE = PortableRuntime("ab" * 32, "cd" * 32)
NEW_CODE = PortableRuntime("ef" * 32, "cd" * 32)


def solo(**wanted: Any) -> SimulatedHistory:
    rules: dict[str, Any] = {"approvals": 0, "suites": (), **wanted}
    channels = [channel_rules(name, **rules) for name in ("assistant", "runtime")]
    return SimulatedHistory(root_document(solo=True, channels=channels))


def become_team(log: SimulatedHistory) -> None:
    """Make a solo installation one of several people, by a root change."""
    team = root_document(version=2, roles={**TEAM_ROLES, "root": (1, ("ann",))})
    assert log.change_root("ann", **team).effective


def ready(log: SimulatedHistory, candidate: Any, channel: str = "assistant") -> Outcome:
    """Propose a candidate and give it all that an admission needs."""
    change = log.change("ann", channel, candidate)
    assert log.review("rob", change).effective
    assert log.gate(change).effective
    return change


def test_an_approved_and_tested_change_becomes_the_head() -> None:
    log = SimulatedHistory()
    change = ready(log, ONE)
    outcome = log.admit("oli", change)
    head = log.channel().serving
    assert outcome.effective and head is not None
    assert (head.release, head.index, head.mode, head.change) == (ONE.id, outcome.index, "quorum", change.statement_id)
    assert log.state.status_of(change.statement_id) == "admitted"
    assert log.state.serving("assistant", "u").release == ONE.id


def test_an_owner_alone_cannot_move_a_head_when_approvals_are_demanded() -> None:
    roles = {role: (1, ("ann",) if role != "reviewer" else ("ann", "rita")) for role in TEAM_ROLES}
    log = SimulatedHistory(root_document(roles=roles))
    change = log.change("ann", "assistant", ONE)
    assert not log.review("ann", change).effective
    assert log.gate(change, by="ann").effective
    assert "found 0" in log.admit("ann", change).reason
    assert log.channel().head is None
    assert log.review("rita", change).effective
    assert log.admit("ann", change).effective


@pytest.mark.parametrize("by", ["rob", "ada", "monitor", "gate", "recorder", "bea"])
def test_only_an_operator_moves_forward(by: str) -> None:
    log = SimulatedHistory()
    change = ready(log, ONE)
    assert "in the role 'operator'" in log.admit(by, change).reason


def test_without_its_gate_a_change_is_not_admitted() -> None:
    log = SimulatedHistory()
    change = log.change("ann", "assistant", ONE)
    log.review("rob", change)
    assert "'basics' was not run" in log.admit("oli", change).reason


def test_a_change_is_admitted_once() -> None:
    log = SimulatedHistory()
    change = ready(log, ONE)
    assert log.admit("oli", change).effective
    assert "admitted already" in log.admit("oli", change).reason
    assert "admitted already" in log.review("rita", change).reason


def test_a_move_must_name_what_its_change_says() -> None:
    log = SimulatedHistory()
    log.release_now(ONE)
    change = ready(log, TWO)
    move = log.move_statement("admit", change=change, share_bp=10_000)
    for wrong in (replace(move, from_id=THREE.id), replace(move, from_id=NONE)):
        assert "start from the base" in log.append(replace(wrong, basis=log.basis()), "oli").reason
    for wrong in (replace(move, to_id=THREE.id), replace(move, channel="runtime")):
        assert "another channel or candidate" in log.append(replace(wrong, basis=log.basis()), "oli").reason
    unknown = replace(move, change="ab" * 32, basis=log.basis())
    assert log.append(unknown, "oli").reason == "the log holds no such change"
    nowhere = replace(move, channel="other", basis=log.basis())
    assert log.append(nowhere, "oli").reason == "the root names no channel 'other'"
    assert log.append(replace(move, basis=log.basis()), "oli").effective


def test_a_missing_candidate_stops_the_fold_until_it_arrives() -> None:
    log = SimulatedHistory()
    change = ready(log, ONE)
    data = log.blobs.pop(ONE.id)
    with pytest.raises(FoldError, match="incomplete"):
        log.admit("oli", change)
    before = log.state
    log.blobs[ONE.id] = data + b" "
    with pytest.raises(FoldError, match="incomplete"):
        log.admit("oli", change)
    assert log.state is before
    log.blobs[ONE.id] = data
    assert log.admit("oli", change).effective


def test_a_missing_blob_stops_nothing_that_fails_without_it() -> None:
    log = SimulatedHistory()
    change = log.change("ann", "assistant", ONE)
    log.blobs.clear()
    assert "found 0" in log.admit("oli", change).reason


def test_a_candidate_that_is_no_release_is_refused_and_does_not_stop_the_fold() -> None:
    log = SimulatedHistory()
    change = ready(log, CODE)
    assert "no valid release" in log.admit("oli", change).reason
    runtime = ready(log, ONE, "runtime")
    assert "no valid runtime" in log.admit("oli", runtime).reason


def test_a_runtime_is_admitted_by_the_same_steps_on_its_own_channel() -> None:
    log = SimulatedHistory()
    change = log.change("ann", "runtime", CODE)
    assert "found 0" in log.admit("oli", change).reason
    log.review("rob", change)
    log.gate(change)
    assert log.admit("oli", change).effective
    assert log.channel("runtime").head == CODE.digest
    log.release_now(NEW_CODE, "runtime")
    assert log.move("oli", "rollback", channel="runtime", to_id=CODE.digest).effective
    assert log.state.banned_releases.keys() == {NEW_CODE.digest} and log.state.bans == {}
    again = ready(log, NEW_CODE, "runtime")
    assert "rolled back" in log.admit("oli", again).reason


def test_on_a_solo_installation_the_owner_does_it_all_and_the_mode_says_so() -> None:
    log = solo()
    log.release_now(ONE)
    assert log.channel().mode == "solo"
    assert log.state.serving("assistant", "u").mode == "solo"


def test_a_solo_author_may_speak_of_the_own_change_but_never_approves_it() -> None:
    log = solo(approvals=1)
    change = log.change("ann", "assistant", ONE)
    assert log.review("ann", change).effective
    assert "expected 1 approvals by present reviewers, found 0" in log.admit("ann", change).reason


def test_a_mode_never_improves_when_the_root_does() -> None:
    log = solo()
    log.release_now(ONE)
    become_team(log)
    assert log.channel().mode == "solo"
    assert log.release_now(TWO).effective
    assert log.channel().mode == "quorum"
    assert log.move("oli", "rollback", to_id=ONE.id).effective
    assert log.channel().mode == "solo"


def test_the_head_can_be_admitted_again_by_a_quorum_and_leaves_no_step_back_to_itself() -> None:
    log = solo()
    log.release_now(ONE)
    become_team(log)
    log.release_now(ONE)
    assert (log.channel().mode, log.channel().history) == ("quorum", ())


def test_a_canary_serves_a_share_and_steps_up_to_the_head() -> None:
    log = SimulatedHistory()
    log.release_now(ONE)
    change = ready(log, TWO)
    assert log.admit("oli", change, share_bp=500).effective
    canary = log.channel().canary
    assert canary is not None
    assert (log.channel().head, canary.release, canary.share_bp, canary.mode) == (ONE.id, TWO.id, 500, "quorum")
    assert log.move("oli", "step", change=change, share_bp=5000).effective
    outcome = log.move("oli", "step", change=change, share_bp=10_000)
    assert outcome.effective
    assert (log.channel().head, log.channel().canary, log.channel().head_index) == (TWO.id, None, outcome.index)
    assert [head.release for head in log.channel().history] == [ONE.id]


@pytest.mark.parametrize("share_bp", [1, 499, 500])
def test_a_step_only_raises_the_share(share_bp: int) -> None:
    log = SimulatedHistory()
    log.release_now(ONE)
    change = ready(log, TWO)
    log.admit("oli", change, share_bp=500)
    assert "only raises" in log.move("oli", "step", change=change, share_bp=share_bp).reason


def test_a_step_needs_the_present_canary_and_an_operator() -> None:
    log = SimulatedHistory()
    log.release_now(ONE)
    change, other = ready(log, TWO), ready(log, THREE)
    assert "has no canary" in log.move("oli", "step", change=change, share_bp=9000).reason
    log.admit("oli", change, share_bp=500)
    assert "not one of the present canary" in log.move("oli", "step", change=other, share_bp=9000).reason
    step = log.move_statement("step", change=change, share_bp=9000)
    assert "not one of" in log.append(replace(step, from_id=THREE.id), "oli").reason
    assert "'operator'" in log.move("rob", "step", change=change, share_bp=9000).reason
    assert "'operator'" in log.move("monitor", "step", change=change, share_bp=9000).reason


def test_a_canary_needs_another_release_at_the_head() -> None:
    log = SimulatedHistory()
    assert "stand beside" in log.admit("oli", ready(log, ONE), share_bp=500).reason
    log.release_now(ONE)
    assert "stand beside" in log.admit("oli", ready(log, ONE), share_bp=500).reason


def test_a_new_canary_or_head_takes_the_place_of_the_old_canary() -> None:
    log = SimulatedHistory()
    log.release_now(ONE)
    first, second, third = ready(log, TWO), ready(log, THREE), ready(log, make_release("Answer number 4."))
    log.admit("oli", first, share_bp=500)
    assert log.admit("oli", second, share_bp=100).effective
    canary = log.channel().canary
    assert canary is not None and canary.release == THREE.id
    assert log.admit("oli", third).effective
    assert log.channel().canary is None
    assert "has no canary" in log.move("oli", "step", change=second, share_bp=9000).reason
    assert log.state.banned_releases == {}


def test_a_canary_admitted_alone_stays_solo_when_it_becomes_the_head() -> None:
    log = solo()
    log.release_now(ONE)
    change = log.change("ann", "assistant", TWO)
    assert log.admit("ann", change, share_bp=500).effective
    become_team(log)
    assert log.move("oli", "step", change=change, share_bp=10_000).effective
    assert log.channel().mode == "solo"


def test_users_of_a_canary_are_chosen_by_a_stable_hash() -> None:
    change = "ab" * 32
    users = [f"user-{number}" for number in range(2000)]
    small = {user for user in users if in_canary(change, user, 1000)}
    large = {user for user in users if in_canary(change, user, 5000)}
    assert small < large
    assert 120 < len(small) < 280 and 880 < len(large) < 1120
    assert all(in_canary(change, user, 10_000) for user in users)
    assert not any(in_canary(change, user, 0) for user in users)
    assert small != {user for user in users if in_canary("cd" * 32, user, 1000)}


def test_a_canary_serves_exactly_its_share_of_users() -> None:
    log = SimulatedHistory()
    log.release_now(ONE)
    change = ready(log, TWO)
    log.admit("oli", change, share_bp=2000)
    for number in range(50):
        serving = log.state.serving("assistant", f"user-{number}")
        is_chosen = in_canary(change.statement_id, f"user-{number}", 2000)
        assert (serving.arm, serving.release) == (("canary", TWO.id) if is_chosen else ("head", ONE.id))


def test_the_fold_reads_no_blob_that_no_rule_needs() -> None:
    log = SimulatedHistory()
    log.release_now(ONE)
    read: list[str] = []

    def blobs(digest: str) -> bytes | None:
        read.append(digest)
        return log.blobs.get(digest)

    assert fold(log.entries, blobs).channels["assistant"].head == ONE.id
    assert set(read) == {ONE.id}
    assert Folder(blobs).state.size == 0
