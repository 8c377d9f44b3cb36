"""Drafts are what the fold takes, for every act."""

from __future__ import annotations

import pytest

from verax.kernel.drafting import (
    Draft,
    draft_admit,
    draft_back,
    draft_change,
    draft_review,
    draft_step,
    draft_unfreeze,
)
from verax.kernel.dsse import sign_envelope
from verax.kernel.errors import ConflictError, UnknownObject
from verax.kernel.fold import Outcome
from verax.kernel.release import Release
from verax.kernel.short_code import short_code
from verax.testing.governance import SimulatedHistory, key_of
from verax.testing.releases import make_release


@pytest.fixture
def log() -> SimulatedHistory:
    made = SimulatedHistory()
    made.release_now(make_release("You answer briefly."))
    return made


def put(log: SimulatedHistory, draft: Draft, by: str) -> Outcome:
    for data in draft.blobs.values():
        log.put(data)
    assert draft.code == short_code(draft.id)
    return log.append_entry(sign_envelope(draft.payload, [key_of(by)]))


def propose(log: SimulatedHistory, release: Release) -> str:
    draft = draft_change(log.state, log.basis(), "assistant", release.data, "It is shorter.")
    assert put(log, draft, "ann").effective
    return draft.id


def approve(log: SimulatedHistory, change: str) -> None:
    assert put(log, draft_review(log.state.changes[change], log.basis(), "approve"), "rob").effective
    known = log.state.changes[change]
    assert log.gate(Outcome(known.index, change, "change", effective=True)).effective


def test_a_change_goes_from_proposal_to_canary_to_head(log: SimulatedHistory) -> None:
    change = propose(log, make_release("You answer in one word."))
    approve(log, change)
    assert put(log, draft_admit(log.state.changes[change], log.basis(), 500), "oli").effective
    assert put(log, draft_step(log.state, log.basis(), "assistant", 2500), "oli").effective
    assert put(log, draft_step(log.state, log.basis(), "assistant", 10_000), "oli").effective
    assert log.channel().head == make_release("You answer in one word.").id


def test_a_rollback_to_the_head_drops_the_canary(log: SimulatedHistory) -> None:
    head = log.channel().head or ""
    change = propose(log, make_release("You answer in one word."))
    approve(log, change)
    assert put(log, draft_admit(log.state.changes[change], log.basis(), 500), "oli").effective
    assert put(log, draft_back(log.state, log.basis(), "assistant", "rollback", head, "It is odd."), "oli").effective
    assert log.channel().canary is None
    assert log.channel().head == head


def test_a_channel_is_frozen_and_thawed(log: SimulatedHistory) -> None:
    head = log.channel().head or ""
    assert put(log, draft_back(log.state, log.basis(), "assistant", "freeze", head, "Stop."), "oli").effective
    change = propose(log, make_release("You answer briefly."))
    approve(log, change)
    assert put(log, draft_unfreeze(log.state.changes[change], log.basis()), "oli").effective
    assert not log.channel().frozen


def test_what_there_is_nothing_to_draft_from_is_refused(log: SimulatedHistory) -> None:
    with pytest.raises(UnknownObject):
        draft_change(log.state, log.basis(), "nobody", b"{}", "why")
    with pytest.raises(ConflictError):
        draft_step(log.state, log.basis(), "assistant", 500)
    with pytest.raises(ConflictError):
        draft_back(log.state, log.basis(), "runtime", "freeze", "", "why")
