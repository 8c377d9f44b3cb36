"""The governance log told: who signed what, what became of it, and what it names."""

from __future__ import annotations

from verax.kernel.canonical import hex_digest
from verax.kernel.history import HistoryEntry, HistoryReader, content_of
from verax.kernel.statement import NONE, Alarm, Change, Gate, Move, Review
from verax.testing.governance import TEAM_ROLES, SimulatedHistory, root_document
from verax.testing.releases import make_release


def told(log: SimulatedHistory) -> list[HistoryEntry]:
    reader = HistoryReader()
    return [reader.read(entry, outcome) for entry, outcome in zip(log.entries, log.state.outcomes, strict=True)]


def test_a_change_is_told_from_proposal_to_head() -> None:
    log, release = SimulatedHistory(), make_release("You answer briefly.")
    change = log.change("ann", "assistant", release)
    log.review("rob", change)
    log.gate(change)
    log.admit("oli", change)
    root, proposed, review, gate, move = told(log)
    assert [entry.kind for entry in (root, proposed, review, gate, move)] == [
        "root",
        "change",
        "review",
        "gate",
        "move",
    ]
    assert {entry.change for entry in (proposed, review, gate, move)} == {change.statement_id}
    assert {entry.channel for entry in (proposed, review, gate, move)} == {"assistant"}
    assert [entry.persons for entry in (proposed, review, gate, move)] == [("ann",), ("rob",), ("gate",), ("oli",)]
    assert root.persons == ("ada", "bea", "cyd")
    assert root.facts == {"version": 1, "solo": False}
    assert root.digests == {"document": log.state.fingerprint}
    assert proposed.digests["candidate"] == move.digests["to"] == release.id
    assert "base" not in proposed.digests
    assert (review.facts["verdict"], gate.facts["suite"], move.facts["act"]) == ("approve", "basics", "admit")
    assert all(entry.is_effective and not entry.reason for entry in (root, proposed, review, gate, move))
    assert proposed.content == {release.id, proposed.digests["reason"]}
    assert gate.content == {gate.digests["report"]}
    assert review.content == move.content == frozenset()


def test_an_entry_without_effect_is_told_with_its_reason() -> None:
    log = SimulatedHistory()
    change = log.change("ann", "assistant", make_release("You answer briefly."))
    refused = log.admit("oli", change)
    entry = told(log)[-1]
    assert not entry.is_effective
    assert entry.reason == refused.reason
    assert entry.reason
    assert entry.persons == ("oli",)


def test_what_no_key_of_the_root_signed_has_no_persons() -> None:
    log = SimulatedHistory()
    log.change("mallory", "assistant", make_release("You answer briefly."))
    assert told(log)[-1].persons == ()


def test_what_is_no_statement_is_told_without_anything_it_claims() -> None:
    log = SimulatedHistory()
    log.append_entry(b"nonsense")
    entry = told(log)[-1]
    assert (entry.kind, entry.is_effective, entry.persons, entry.time_ms) == ("unknown", False, (), None)
    assert (entry.channel, entry.digests, entry.facts, entry.content) == ("", {}, {}, frozenset())


def test_signers_are_told_by_the_root_of_their_time() -> None:
    log = SimulatedHistory()
    log.change("ann", "assistant", make_release("You answer briefly."))
    roles = {**TEAM_ROLES, "author": (1, ("rob",)), "operator": (1, ("oli",))}
    document = root_document(roles=roles)
    log.change_root(("ada", "bea"), keys=document["keys"], roles=document["roles"])
    log.change("ann", "assistant", make_release("You answer at length."))
    _, before, root, after = told(log)
    assert before.persons == ("ann",)
    assert root.persons == ("ada", "bea")
    assert (after.persons, after.is_effective) == ((), False)


def test_a_root_change_without_effect_changes_nobody() -> None:
    log = SimulatedHistory()
    log.change_root("ada", solo=True)
    log.change("ann", "assistant", make_release("You answer briefly."))
    _, refused, change = told(log)
    assert (refused.is_effective, refused.persons) == (False, ("ada",))
    assert change.persons == ("ann",)


def test_a_review_of_an_unknown_change_concerns_no_channel() -> None:
    log = SimulatedHistory()
    log.append(Review(log.basis(), "00" * 32, "approve", "11" * 32, NONE), "rob")
    assert told(log)[-1].channel == ""


def test_content_is_what_a_statement_brings_along() -> None:
    basis, a, b = SimulatedHistory().basis(), "aa" * 32, "bb" * 32
    assert content_of(Change(basis, "assistant", a, NONE, 0, b)) == {a, b}
    assert content_of(Gate(basis, a, "basics", a, b, 1, True, b)) == {b}
    assert content_of(Move(basis, "assistant", "rollback", NONE, a, b, 0, NONE)) == frozenset()
    assert content_of(Move(basis, "assistant", "freeze", NONE, a, a, 0, b)) == {b}
    assert content_of(Alarm(basis, "log/rolled-back", NONE, a, 1, 0, 0)) == {a}
    assert content_of(Review(basis, a, "reject", a, b)) == frozenset()


def test_an_alarm_is_told() -> None:
    log = SimulatedHistory()
    log.alarm("recorder", "prompt/differs", "assistant")
    entry = told(log)[-1]
    assert (entry.kind, entry.channel, entry.persons) == ("alarm", "assistant", ("recorder",))
    assert entry.facts["code"] == "prompt/differs"
    assert entry.content == {hex_digest(log.blobs[entry.digests["detail"]])}
