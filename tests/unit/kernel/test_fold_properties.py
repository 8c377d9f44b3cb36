"""The fold is total and pure, and no sequence of entries breaks its invariants (clause 5)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verax.kernel import canonical
from verax.kernel.dsse import Envelope, sign_envelope
from verax.kernel.errors import FoldError, StatementError
from verax.kernel.fold import Folder, Outcome, State, fold
from verax.kernel.statement import NONE
from verax.testing.governance import TEAM_ROLES, SimulatedHistory, channel_rules, key_of, root_document
from verax.testing.releases import make_release

PEOPLE = sorted({holder for _, holders in TEAM_ROLES.values() for holder in holders})
RELEASES = [make_release(f"You answer question number {n} in short and plain words. Be kind.") for n in range(4)]


def full_log() -> SimulatedHistory:
    """A log with every kind of entry, most of them effective."""
    log = SimulatedHistory()
    for release in RELEASES[:3]:
        log.release_now(release)
    log.move("monitor", "rollback", to_id=RELEASES[1].id)
    change = log.change("ann", "assistant", RELEASES[3])
    log.review("rob", change)
    log.gate(change)
    log.admit("oli", change, share_bp=100)
    log.move("oli", "step", change=change, share_bp=200)
    log.change_root(["ada", "bea"], retention={"replies_days": 5})
    log.alarm("recorder", "log/rolled-back")
    log.move("oli", "freeze")
    return log


LOG = full_log()
IDS = [NONE, "ab" * 32, *(release.id for release in RELEASES), *(item.statement_id for item in LOG.state.outcomes)]


def decided(state: State) -> tuple[Any, ...]:
    """Everything that an entry without effect must leave alone."""
    return (
        state.fingerprint, state.root_in_force, dict(state.channels), dict(state.changes),
        dict(state.bans), dict(state.banned_releases),
    )  # fmt: skip


def apply_all(entries: list[bytes], blobs: dict[str, bytes]) -> State:
    """Fold, stopping where the fold stops; check that what has no effect changes nothing."""
    folder = Folder(blobs.get)
    for entry in entries:
        before = decided(folder.state)
        try:
            preview = folder.preview(entry)
            outcome = folder.apply(entry)
        except FoldError:
            assert decided(folder.state) == before
            break
        assert preview == outcome and bool(outcome.reason) != outcome.effective
        if not outcome.effective or outcome.kind == "alarm":
            assert decided(folder.state) == before
    return folder.state


def test_the_log_used_here_holds_every_kind() -> None:
    assert {outcome.kind for outcome in LOG.state.outcomes} == {"root", "change", "review", "gate", "move", "alarm"}
    assert all(outcome.effective for outcome in LOG.state.outcomes)


@settings(max_examples=50)
@given(st.data())
def test_a_changed_byte_anywhere_never_breaks_the_fold(data: st.DataObject) -> None:
    entries = list(LOG.entries)
    which = data.draw(st.integers(0, len(entries) - 1))
    entry = bytearray(entries[which])
    entry[data.draw(st.integers(0, len(entry) - 1))] ^= data.draw(st.integers(1, 255))
    entries[which] = bytes(entry)
    apply_all(entries, LOG.blobs)


@settings(max_examples=30)
@given(st.data())
def test_dropping_swapping_or_repeating_entries_never_breaks_the_fold(data: st.DataObject) -> None:
    order = data.draw(st.lists(st.sampled_from(range(1, len(LOG.entries))), max_size=len(LOG.entries)))
    apply_all([LOG.entries[0], *(LOG.entries[index] for index in order)], LOG.blobs)


@settings(max_examples=30)
@given(st.sets(st.sampled_from(sorted(LOG.blobs))))
def test_missing_blobs_stop_the_fold_or_change_nothing(missing: set[str]) -> None:
    blobs = {digest: data for digest, data in LOG.blobs.items() if digest not in missing}
    state = apply_all(LOG.entries, blobs)
    assert state.outcomes == LOG.state.outcomes[: state.size]


def mutate(value: Any, data: st.DataObject) -> Any:
    """Replace one part of a JSON value by something else."""
    pick: st.SearchStrategy[Any] = (
        st.sampled_from(IDS) | st.integers(-1, 20_000) | st.booleans() | st.text(max_size=4) | st.just([])
    )
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: mutate(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        return [mutate(value[0], data), *value[1:]]
    return data.draw(pick)


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_hostile_statement_signed_by_real_people_never_breaks_the_fold(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(LOG.entries) - 1))
    folder = Folder(LOG.blobs.get)
    for entry in LOG.entries[:size]:
        folder.apply(entry)
    value = canonical.decode(Envelope.parse(LOG.entries[data.draw(st.integers(0, len(LOG.entries) - 1))]).payload)
    value["predicate"] |= {
        "root": folder.state.root.version, "seen": {"size": size, "root": folder.state.tree_root.hex()},
        "nonce": "ff" * 16,
    }  # fmt: skip
    for _ in range(data.draw(st.integers(0, 2))):
        key = data.draw(st.sampled_from(sorted(value["predicate"])))
        value["predicate"][key] = mutate(value["predicate"][key], data)
    if data.draw(st.booleans()):
        value["subject"][0]["digest"]["sha256"] = data.draw(st.sampled_from(IDS))
    signers = data.draw(st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=4))
    entry = sign_envelope(canonical.encode(value), [key_of(holder) for holder in sorted(signers)])
    before = decided(folder.state)
    try:
        outcome = folder.apply(entry)
    except FoldError:
        assert decided(folder.state) == before
        return
    if not outcome.effective:
        assert decided(folder.state) == before


ACTIONS = ["change", "review", "gate", "unban", "rollback", "rollback", "freeze", "unfreeze"] + [
    "ready",
    "admit",
    "canary",
    "step",
] * 3


class Walk:
    """Random actions by random people, with a record of what was true when it mattered."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        channels = [channel_rules("assistant", depth=2), channel_rules("runtime")]
        self.log = SimulatedHistory(root_document(channels=channels))
        self.changes: list[Outcome] = []
        for release in RELEASES[:2]:
            self.log.release_now(release)

    def draw(self, options: list[Any]) -> Any:
        return options[self.data.draw(st.integers(0, len(options) - 1))]

    def act(self) -> None:
        """Do one thing; what cannot even be written down (freezing no head, say) is left out."""
        try:
            self._act()
        except StatementError:
            self.log.append_entry(b"nothing")

    def _act(self) -> None:
        log, action = self.log, self.draw(ACTIONS)
        by = self.draw(["oli", "oli", "oli", "ann", "monitor", "rob"])
        if action == "ready":
            self.changes.append(log.change("ann", "assistant", self.draw(RELEASES)))
            log.gate(self.changes[-1])
            log.review("rob", self.changes[-1], unban=self.draw([[], [*log.state.bans, *log.state.banned_releases]]))
            return
        if action == "change" or not self.changes:
            outcome = log.change(self.draw(["ann", "ada", "rob"]), "assistant", self.draw(RELEASES))
            self.changes += [outcome] if outcome.effective else []
            return
        change = self.draw(self.changes[-3:])
        if action in {"review", "unban"}:
            unban = [*log.state.bans, *log.state.banned_releases] if action == "unban" else []
            log.review(
                self.draw(["rob", "rita", "ada", "ann"]), change, self.draw(["approve", "approve", "reject"]), unban
            )
        elif action == "gate":
            log.gate(change, is_passed=self.draw([True, True, False]))
        elif action in {"admit", "canary"}:
            self.check_admission(change, lambda: log.admit(by, change, 10_000 if action == "admit" else 700))
        elif action == "step":
            log.move(by, "step", change=change, share_bp=self.draw([700, 5000, 10_000]))
        elif action == "rollback":
            heads = [head.release for head in log.channel().history]
            log.move(by, "rollback", to_id=self.draw([*heads, log.channel().head, RELEASES[3].id]))
        else:
            log.move(by, action, change=change if action == "unfreeze" else None)

    def check_admission(self, change: Outcome, admit: Any) -> None:
        before, known = self.log.state, self.log.state.changes[change.statement_id]
        if not admit().effective:
            return
        approvers = {person for person, opinion in known.opinions.items() if opinion.approves} - known.signers
        assert approvers & before.root.persons_of("reviewer")
        assert known.gates["basics"].passed
        assert before.channels["assistant"].head_index == known.base_index
        assert not before.channels["assistant"].frozen
        if known.candidate in before.banned_releases:
            assert any(known.candidate in known.opinions[person].unban for person in approvers)

    def check(self) -> None:
        channel = self.log.channel()
        head = channel.serving
        assert channel.backward_steps <= 2
        assert head is None or (head.release not in channel.withdrawn and head.mode == "quorum")
        assert channel.canary is None or channel.canary.release != channel.head


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_no_walk_through_the_log_breaks_an_invariant(data: st.DataObject) -> None:
    walk = Walk(data)
    for _ in range(data.draw(st.integers(10, 40))):
        before = decided(walk.log.state)
        walk.act()
        if not walk.log.state.outcomes[-1].effective:
            assert decided(walk.log.state) == before
        walk.check()
    assert fold(walk.log.entries, walk.log.blobs.get) == walk.log.state
    middle = len(walk.log.entries) // 2
    assert fold(walk.log.entries[:middle], walk.log.blobs.get).outcomes == walk.log.state.outcomes[:middle]


def test_a_long_log_folds_to_the_same_state_twice() -> None:
    log = SimulatedHistory()
    for number in range(60):
        log.release_now(RELEASES[number % 2])
    assert log.state.size == 241
    assert fold(log.entries, log.blobs.get) == log.state
