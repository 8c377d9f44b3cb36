"""Roots: genesis, the next version, and the two thresholds (clause 4 and 5)."""

from __future__ import annotations

from typing import Any

import pytest

from verax.kernel.errors import FoldError
from verax.kernel.fold import Outcome, fold
from verax.kernel.merkle import EMPTY_ROOT
from verax.kernel.note import NoteSigner
from verax.kernel.statement import RootChange
from verax.testing.governance import (
    NAME,
    SOLO_ROLES,
    TEAM_ROLES,
    SimulatedHistory,
    channel_rules,
    no_blobs,
    root_document,
)
from verax.testing.releases import make_release

TWO = ("ada", "bea")


def genesis(document: dict[str, Any] | None = None, by: tuple[str, ...] = TWO, **basis: Any) -> Outcome:
    """Fold a log whose first entry is a root statement of this form."""
    log = SimulatedHistory()
    empty = {"root": 0, "seen_size": 0, "seen_root": EMPTY_ROOT.hex(), **basis}
    statement = RootChange(log.basis(**empty), document or root_document())
    return fold([log.sign(statement, by)], no_blobs).outcomes[0]


def test_a_first_root_signed_by_its_own_threshold_is_in_force() -> None:
    assert genesis().effective
    assert SimulatedHistory().state.root.version == 1


@pytest.mark.parametrize("by", [("ada",), ("ada", "oli"), ("ann", "oli", "gate")])
def test_a_first_root_below_its_threshold_has_no_effect(by: tuple[str, ...]) -> None:
    assert "expected the signatures of 2 in the role 'root'" in genesis(by=by).reason


def test_two_keys_of_one_person_do_not_make_two_persons() -> None:
    roles = {**TEAM_ROLES, "root": (2, ("ada", "ada2", "bea"))}
    document = root_document(roles=roles)
    assert "expected the signatures of 2" in genesis(document, ("ada", "ada2")).reason
    assert genesis(document, ("ada2", "bea")).effective


@pytest.mark.parametrize(
    ("basis", "reason"),
    [
        ({"log": "other/governance"}, "another log"),
        ({"root": 1}, "relies on nothing"),
        ({"seen_root": "ab" * 32}, "relies on nothing"),
        ({"seen_size": 1}, "relies on nothing"),
    ],
)
def test_a_first_root_relies_on_nothing(basis: dict[str, Any], reason: str) -> None:
    assert reason in genesis(**basis).reason


def test_a_first_root_has_version_one_and_is_well_formed() -> None:
    assert "version 1, found 2" in genesis(root_document(version=2)).reason
    assert "root" in genesis({"rules": 1}).reason
    assert not genesis({"rules": True}).effective


@pytest.mark.parametrize("rules", [2, 99])
def test_a_first_root_with_unknown_rules_stops_the_fold(rules: int) -> None:
    with pytest.raises(FoldError, match=f"found {rules}"):
        genesis({"rules": rules})


def test_the_next_version_needs_the_old_and_the_new_threshold() -> None:
    log = SimulatedHistory()
    new_people = {**root_document()["roles"], "root": {"keys": ["key_cyd", "key_rob"], "threshold": 2}}
    assert "in the role 'root'" in log.change_root(["cyd", "rob"], roles=new_people).reason  # the new one alone
    assert "in the role 'root'" in log.change_root(["ada", "bea"], roles=new_people).reason  # the old one alone
    assert log.change_root(["ada", "cyd", "rob"], roles=new_people).effective
    assert log.state.root.version == 2
    assert log.state.root.persons_of("root") == {"cyd", "rob"}


def test_a_person_removed_from_the_root_signs_nothing_more() -> None:
    log = SimulatedHistory()
    roles = {**root_document()["roles"], "root": {"keys": ["key_bea", "key_cyd"], "threshold": 2}}
    assert log.change_root(["ada", "bea", "cyd"], roles=roles).effective
    assert not log.change_root(["ada", "bea"], solo=False).effective


@pytest.mark.parametrize("version", [1, 3, 99])
def test_a_version_can_be_neither_skipped_nor_repeated(version: int) -> None:
    log = SimulatedHistory()
    assert f"expected root version 2, found {version}" in log.change_root(TWO, version=version).reason


def test_the_installation_cannot_be_renamed() -> None:
    log = SimulatedHistory()
    name = NAME[:-1] + "a"
    # A well-formed document under another name, so that only the rule itself can refuse it.
    logs = [str(NoteSigner(f"{name}/governance", bytes(range(32))).verifier)]
    statement = RootChange(log.basis(), {**root_document(version=2), "name": name, "logs": logs})
    assert log.append(statement, TWO).reason == "a root cannot rename the installation"


def test_unknown_rules_stop_the_fold_only_with_the_threshold_of_the_root_in_force() -> None:
    log = SimulatedHistory()
    assert "in the role 'root'" in log.change_root("ada", rules=99).reason
    with pytest.raises(FoldError, match="found 99"):
        log.change_root(TWO, rules=99)
    assert log.change_root(TWO, retention={"replies_days": 9}).effective


def test_rules_cannot_be_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verax.kernel.fold_root.SUPPORTED_RULES", frozenset({1, 2}))
    log = SimulatedHistory()
    assert log.change_root(TWO, rules=2).effective
    assert log.change_root(TWO, rules=1).reason == "a root cannot lower the rules from 2 to 1"


def test_a_malformed_next_root_has_no_effect() -> None:
    log = SimulatedHistory()
    assert "unknown field" in log.change_root(TWO, surprise=1).reason
    assert log.state.root.version == 1


def test_a_solo_root_becomes_a_team_by_a_root_change() -> None:
    log = SimulatedHistory(root_document(solo=True))
    team = root_document(roles={**TEAM_ROLES, "root": (2, ("ann", "ada"))})
    assert "in the role 'root'" in log.change_root("ann", **team | {"version": 2}).reason
    assert log.change_root(["ann", "ada"], **team | {"version": 2}).effective
    assert not log.state.root.is_solo


def test_a_channel_that_the_root_drops_is_gone_and_comes_back_as_it_was() -> None:
    log = SimulatedHistory()
    log.release_now(make_release("x"))
    before = log.channel()
    assert log.change_root(TWO, channels=[channel_rules("runtime")]).effective
    assert list(log.state.channels) == ["runtime"]
    assert log.state.changes
    assert log.change_root(TWO, channels=root_document()["channels"]).effective
    assert log.channel() == before


def test_a_change_on_a_dropped_channel_goes_nowhere() -> None:
    log = SimulatedHistory()
    change = log.change("ann", "assistant", make_release("x"))
    assert log.change_root(TWO, channels=[channel_rules("runtime")]).effective
    assert "names no channel 'assistant'" in log.review("rob", change).reason
    assert log.state.status_of(change.statement_id) == "stale"


def test_statements_made_under_the_old_root_have_no_effect_under_the_new() -> None:
    log = SimulatedHistory()
    log.release_now(make_release("x"))
    entry = log.sign(log.move_statement("freeze"), "oli")
    assert log.change_root(TWO, retention={"replies_days": 1}).effective
    assert "relies on root 1" in log.append_entry(entry).reason


def test_the_fingerprint_stays_that_of_the_first_root() -> None:
    log = SimulatedHistory(root_document(roles=SOLO_ROLES, solo=True))
    first = log.state.fingerprint
    assert log.change_root("ann", retention={"replies_days": 1}).effective
    assert log.state.fingerprint == first != log.state.root.fingerprint
