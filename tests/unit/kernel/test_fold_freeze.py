"""Freezing and unfreezing, and asking the state for what is not there (clause 5.7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verax.kernel.errors import RefusedError, UnknownObject
from verax.kernel.fold import Outcome
from verax.kernel.release import Release
from verax.testing.governance import SimulatedHistory, root_document
from verax.testing.releases import make_release

ONE, TWO, BAD = (make_release(f"Answer number {number}.") for number in (1, 2, 3))


def ready(log: SimulatedHistory, candidate: Release) -> Outcome:
    change = log.change("ann", "assistant", candidate)
    log.review("rob", change)
    log.gate(change)
    return change


def with_heads(*releases: Release) -> SimulatedHistory:
    log = SimulatedHistory()
    for release in releases:
        assert log.release_now(release).effective
    return log


@pytest.mark.parametrize("by", ["oli", "monitor"])
def test_one_signature_freezes_and_the_channel_answers_nobody(by: str) -> None:
    log = with_heads(ONE)
    change = ready(log, TWO)
    assert log.move(by, "freeze").effective
    assert log.channel().frozen
    with pytest.raises(RefusedError, match="answers nobody"):
        log.state.serving("assistant", "u")
    assert log.move(by, "freeze").reason == "the channel is frozen already"
    assert log.admit("oli", change).reason == "the channel is frozen"


def test_a_frozen_channel_does_not_step() -> None:
    log = with_heads(ONE)
    change = ready(log, TWO)
    log.admit("oli", change, share_bp=500)
    log.move("oli", "freeze")
    assert log.move("oli", "step", change=change, share_bp=10_000).reason == "the channel is frozen"


def test_a_freeze_must_name_the_present_head() -> None:
    log = with_heads(ONE, TWO)
    freeze = replace(log.move_statement("freeze"), from_id=ONE.id, to_id=ONE.id)
    assert "names the present head" in log.append(freeze, "oli").reason


def test_a_frozen_channel_can_still_go_back_and_stays_frozen() -> None:
    log = with_heads(ONE, BAD)
    log.move("monitor", "freeze")
    assert log.move("monitor", "rollback", to_id=ONE.id).effective
    assert (log.channel().head, log.channel().frozen) == (ONE.id, True)


def test_unfreezing_needs_all_that_an_admission_needs() -> None:
    log = with_heads(ONE)
    log.move("monitor", "freeze")
    change = log.change("ann", "assistant", ONE)
    assert "found 0" in log.move("oli", "unfreeze", change=change).reason
    log.review("rob", change)
    assert "not run" in log.move("oli", "unfreeze", change=change).reason
    log.gate(change)
    assert "'operator'" in log.move("monitor", "unfreeze", change=change).reason
    assert log.move("oli", "unfreeze", change=change).effective
    assert log.state.serving("assistant", "u").release == ONE.id
    assert log.state.status_of(change.statement_id) == "admitted"


def test_unfreezing_needs_a_change_whose_candidate_is_the_head() -> None:
    log = with_heads(ONE)
    other = ready(log, TWO)
    same = ready(log, ONE)
    assert log.move("oli", "unfreeze", change=same).reason == "the channel is not frozen"
    log.move("oli", "freeze")
    assert "another channel or candidate" in log.move("oli", "unfreeze", change=other, to_id=ONE.id).reason
    move = replace(log.move_statement("unfreeze", change=other), from_id=TWO.id, to_id=TWO.id)
    assert "whose candidate is the head" in log.append(move, "oli").reason


def test_a_channel_unfrozen_alone_is_solo_from_then_on() -> None:
    log = with_heads(ONE)
    log.move("monitor", "freeze")
    solo = root_document(solo=True)
    roles = {**root_document()["roles"], "root": {"keys": ["key_ann"], "threshold": 1}}
    keys = {**root_document()["keys"], **solo["keys"]}
    assert log.change_root(
        ["ada", "bea", "ann"], roles=roles, keys=keys, solo=True, channels=solo["channels"]
    ).effective
    change = log.change("ann", "assistant", ONE)
    assert log.move("ann", "unfreeze", change=change).effective
    assert log.channel().mode == "solo"


def test_asking_for_what_is_not_there_is_an_error_of_the_asker() -> None:
    log = SimulatedHistory()
    for channel in ("other", "runtime"):
        with pytest.raises(UnknownObject):
            log.state.serving(channel, "u")
    with pytest.raises(UnknownObject):
        log.state.status_of("ab" * 32)
    with pytest.raises(RefusedError, match="no release was ever admitted"):
        log.state.serving("assistant", "u")
