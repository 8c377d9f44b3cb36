"""`conformance/check_governance.py`: the second opinion on who approved a release (clause 12, step 7)."""

from __future__ import annotations

import contextlib
import importlib
import json
import random
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from verax.kernel import canonical
from verax.kernel.bundle import MAX_WHOLE_BYTES, GovernanceBundle, make_bundle
from verax.kernel.errors import ReceiptError, StatementError
from verax.kernel.note import NoteSigner
from verax.kernel.receipt import Receipt
from verax.kernel.record import GovernanceRef, TurnSecret
from verax.kernel.release import Release
from verax.kernel.runtime import InstanceManifest, PortableRuntime
from verax.testing.governance import NAME, SimulatedHistory, channel_rules, root_document
from verax.testing.releases import make_release
from verax.testing.simulated_log import SimulatedLog, issue_receipt, sample_record

from .conftest import CONFORMANCE

SECRET = TurnSecret(bytes(32))
RUNTIME = PortableRuntime("aa" * 32, "bb" * 32)
MANIFEST = InstanceManifest(RUNTIME, "cpython 3.11.7", "linux x86_64", "cc" * 32)
REPLIES = f"{NAME}/replies/0"
SIGNERS = (NoteSigner(f"{NAME}/governance", bytes(range(32))), NoteSigner(REPLIES, bytes(32)))
KEYS = "".join(f"{signer.verifier}\n" for signer in SIGNERS).encode()


@dataclass(frozen=True)
class World:
    """A governance log, a receipt of a reply that it allowed, and the tree of its entries."""

    log: SimulatedHistory
    tree: SimulatedLog
    receipt: Receipt

    def bundle(self) -> GovernanceBundle:
        blobs = {MANIFEST.digest: MANIFEST.data}
        return make_bundle(self.receipt.record, self.log.entries, self.tree.checkpoint(), self.tree.node, blobs.get)


def tree_of(log: SimulatedHistory) -> SimulatedLog:
    tree = SimulatedLog(f"{NAME}/governance", bytes(range(32)))
    for entry in log.entries:
        tree.append(entry)
    return tree


def answer(log: SimulatedHistory, **changes: Any) -> World:
    """Issue a receipt for what the log's state says, but for `changes`."""
    state = log.state
    head = state.channels["assistant"].serving
    assert head is not None
    fields = {
        "release": head.release,
        "mode": head.mode,
        "runtime": MANIFEST.digest,
        "governance": GovernanceRef(state.size, state.tree_root.hex()),
        **changes,
    }
    record = sample_record(SECRET, b"reply", REPLIES, **fields)
    return World(log, tree_of(log), issue_receipt(SimulatedLog(REPLIES, bytes(32)), record, SECRET))


def team() -> SimulatedHistory:
    log = SimulatedHistory()
    log.release_now(RUNTIME, "runtime")
    log.release_now(make_release("Answer briefly."))
    return log


def solo() -> SimulatedHistory:
    log = SimulatedHistory(root_document(solo=True))
    log.release_now(RUNTIME, "runtime")
    log.release_now(make_release("Answer briefly."))
    return log


def verdict(governance: ModuleType, world: World, bundle: bytes | None = None, keys: bytes = KEYS) -> str:
    """Return the sentence of a check that holds, or ``failed: …``."""
    data = world.bundle().to_bytes() if bundle is None else bundle
    results, _ = importlib.import_module("check_receipt").run(world.receipt.to_bytes(), keys, bundle=data)
    state, sentence = results[6]
    return str(sentence) if state == "verified" else f"failed: {sentence}"


# --- what holds


def test_a_release_that_a_team_approved_is_named_with_its_people(governance: ModuleType) -> None:
    said = verdict(governance, answer(team()))
    assert "was the head of the channel: proposed by ann, approved by rob, mode quorum" in said
    assert "All 9 entries were read." in said
    assert "Bans on texts were not checked" in said


def test_a_solo_release_is_called_solo_and_approved_by_nobody_else(governance: ModuleType) -> None:
    assert "proposed by ann, approved by nobody else, mode solo" in verdict(governance, answer(solo()))


def test_a_receipt_holds_after_the_log_went_on(governance: ModuleType) -> None:
    log = team()
    world = answer(log)
    log.release_now(make_release("Answer at length."))
    assert not verdict(governance, replace(world, tree=tree_of(log))).startswith("failed")


def test_a_canary_is_checked_as_a_canary(governance: ModuleType) -> None:
    log = team()
    candidate = make_release("Answer at length.")
    change = log.change("ann", "assistant", candidate)
    log.review("rob", change)
    log.gate(change)
    assert log.admit("oli", change, share_bp=500).effective
    assert "was the canary" in verdict(governance, answer(log, arm="canary", release=candidate.id))
    assert "was not the head" in verdict(governance, answer(log, release=candidate.id))
    assert log.move("oli", "step", change=change, share_bp=10_000).effective
    assert "was the head" in verdict(governance, answer(log))


def test_a_preview_needs_no_admission(governance: ModuleType) -> None:
    assert "A preview needs no admission" in verdict(governance, answer(team(), arm="preview", release="99" * 32))


def test_a_new_root_counts_from_its_entry_on(governance: ModuleType) -> None:
    log = solo()
    fresh = root_document()
    assert log.change_root("ann", **{**fresh, "version": 2}).effective is False
    assert log.change_root(["ann", "ada", "bea"], **{**fresh, "version": 2}).effective
    assert "mode solo" in verdict(governance, answer(log))
    log.release_now(make_release("Answer at length."))
    assert "mode quorum" in verdict(governance, answer(log))


def test_a_long_log_is_bundled_without_its_alarms(governance: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    log = team()
    for _ in range(5):
        log.alarm("recorder", "log/rolled-back")
    world = answer(log)
    assert "All 14 entries were read." in verdict(governance, world)
    log.append_entry(b"not an envelope")
    world = answer(log)
    assert "14 of 15 entries were read." in verdict(governance, world)
    monkeypatch.setattr("verax.kernel.bundle.MAX_WHOLE_BYTES", 1000)
    assert MAX_WHOLE_BYTES > 1000
    assert "9 of 15 entries were read." in verdict(governance, world)


# --- what does not hold


def test_a_record_that_states_anything_else_fails(governance: ModuleType) -> None:
    for changes, reason in (
        ({"release": "99" * 32}, "was not the head"),
        ({"mode": "solo"}, "another mode"),
        ({"channel": "junior"}, "was not the head"),
        ({"arm": "canary"}, "was not the canary"),
    ):
        assert reason in verdict(governance, answer(team(), **changes)), changes


def test_a_runtime_that_was_not_admitted_fails(governance: ModuleType) -> None:
    other = InstanceManifest(PortableRuntime("ee" * 32, "bb" * 32), "cpython 3.11.7", "linux x86_64", "cc" * 32)
    world = answer(team(), runtime=other.digest)
    entries, checkpoint = world.log.entries, world.tree.checkpoint()
    bundle = make_bundle(world.receipt.record, entries, checkpoint, world.tree.node, {other.digest: other.data}.get)
    assert "not the admitted one" in verdict(governance, world, bundle.to_bytes())
    without = replace(bundle, blobs={}).to_bytes()
    assert "lacks the description" in verdict(governance, world, without)


def test_a_frozen_or_rolled_back_release_fails(governance: ModuleType) -> None:
    log = team()
    first = log.channel().head
    log.release_now(make_release("Answer at length."))
    bad = log.channel().head
    assert log.move("monitor", "rollback", to_id=first or "").effective
    assert "was not the head" in verdict(governance, answer(log, release=bad))
    assert "was the head" in verdict(governance, answer(log))
    assert log.move("monitor", "freeze").effective
    assert "was frozen" in verdict(governance, answer(log))


def test_an_author_who_approves_the_own_change_counts_for_nothing(governance: ModuleType) -> None:
    log = team()
    change = log.change("rob", "assistant", make_release("Answer at length."))
    assert not log.review("rob", change).effective
    log.gate(change)
    assert not log.admit("oli", change).effective
    released = log.state.changes[change.statement_id].candidate
    assert "was not the head" in verdict(governance, answer(log, release=released))


def test_a_bundle_of_another_tree_or_log_fails(governance: ModuleType) -> None:
    world = answer(team())
    other = answer(solo())
    assert "failed" in verdict(governance, world, other.bundle().to_bytes())
    without = KEYS.split(b"\n")[1] + b"\n"
    assert "no key of the log" in verdict(governance, world, keys=without)


def test_a_signed_tree_that_did_not_grow_from_the_records_tree_fails(governance: ModuleType) -> None:
    world = answer(team())
    forked = solo()
    for _ in range(20):
        forked.alarm("recorder", "log/rolled-back")
    tree = tree_of(forked)
    path = tuple(tree.consistency(world.receipt.record.governance.size))
    bundle = replace(world.bundle(), checkpoint=tree.checkpoint(), consistency=path)
    assert "only appended to" in verdict(governance, world, bundle.to_bytes())
    older = replace(world.bundle(), checkpoint=world.tree.checkpoint(3))
    assert "older" in verdict(governance, world, older.to_bytes())


def test_leaving_out_the_first_root_the_review_or_the_move_fails(governance: ModuleType) -> None:
    world = answer(team())
    whole = world.bundle()
    for left_out in range(len(whole.entries)):
        entries = tuple(entry for entry in whole.entries if entry.index != left_out)
        assert verdict(governance, world, replace(whole, entries=entries).to_bytes()).startswith("failed"), left_out


def test_the_fingerprint_is_compared_when_it_is_given(governance: ModuleType, tmp_path: Path) -> None:
    world = answer(team())
    for name, data in (("receipt", world.receipt.to_bytes()), ("bundle", world.bundle().to_bytes()), ("key", KEYS)):
        (tmp_path / name).write_bytes(data)
    script = str(CONFORMANCE / "check_governance.py")

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, script, "receipt", "bundle", "--key", "key", *more]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert "not compared with anything" in run().stdout
    good = run("--fingerprint", world.log.state.fingerprint)
    assert (good.returncode, good.stderr) == (0, "")
    assert "as given" in good.stdout
    assert run("--fingerprint", "00" * 32).returncode == 3
    assert run("--what").returncode == 2
    (tmp_path / "bundle").write_bytes(b"{}")
    assert run().returncode == 3
    (tmp_path / "receipt").write_bytes(b"{}")
    assert "The receipt itself does not hold" in run().stdout


def test_one_changed_byte_of_a_bundle_fails(governance: ModuleType) -> None:
    world = answer(solo())
    data = world.bundle().to_bytes()
    for at in range(0, len(data), 97):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert verdict(governance, world, changed).startswith("failed"), at


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"more": 1},
        {"entries": {}},
        {"entries": [1]},
        {"entries": [{"index": 0, "envelope": {}, "path": [5]}]},
        {"blobs": [5]},
        {"blobs": {}},
        {"checkpoint": 5},
        {"checkpoint": "text"},
        {"consistency": ["x"]},
        {"consistency": [[]]},
    ],
    ids=str,
)
def test_a_malformed_bundle_fails_without_a_traceback(governance: ModuleType, change: dict[str, Any]) -> None:
    world = answer(solo())
    value = {**json.loads(world.bundle().to_bytes()), **change}
    assert verdict(governance, world, canonical.encode(value)).startswith("failed")


# --- the maker


def test_a_bundle_needs_the_log_up_to_the_record_and_the_runtimes_manifest() -> None:
    world = answer(team())
    record, checkpoint, node = world.receipt.record, world.tree.checkpoint(), world.tree.node
    with pytest.raises(ReceiptError, match="found 3"):
        make_bundle(record, world.log.entries[:3], checkpoint, node, {MANIFEST.digest: b""}.get)
    with pytest.raises(ReceiptError, match="found 2"):
        make_bundle(record, world.log.entries, world.tree.checkpoint(2), node, {MANIFEST.digest: b""}.get)
    with pytest.raises(ReceiptError, match="manifest"):
        make_bundle(record, world.log.entries, checkpoint, node, {}.get)


# --- two folds


def random_step(log: SimulatedHistory, dice: random.Random) -> None:
    """Append one random statement; most are allowed to somebody, many are not to whoever signs."""
    channel = dice.choice(["assistant", "assistant", "junior", "runtime"])
    state = log.channel(channel)
    changes = [outcome for outcome in log.state.outcomes if outcome.kind == "change" and outcome.effective][-4:]
    by = dice.choice(["ann", "rob", "rita", "oli", "ada", "monitor", "gate", "ann2"])
    number = dice.randrange(9)
    runtime = PortableRuntime(f"{number:064x}", "bb" * 32)
    candidate = runtime if channel == "runtime" else make_release(f"Answer {number}.")
    acts = (
        "release release release canary canary change review review gate admit admit step step step "
        "rollback rollback freeze unfreeze thaw thaw"
    )
    act = dice.choice(acts.split())
    if act == "release":
        log.release_now(candidate, channel)
    elif act in ("canary", "thaw"):
        propose_and_approve(log, channel, candidate, act)
    elif act == "change":
        log.change(dice.choice(["ann", "ada", by]), channel, candidate)
    elif act in ("rollback", "freeze"):
        targets = [head.release for head in state.history] + ([state.head] if state.head else [])
        to_id = dice.choice(targets) if targets and act == "rollback" else ""
        if targets:
            log.move(dice.choice(["oli", "monitor", by]), act, channel=channel, to_id=to_id)
    elif changes:
        change = dice.choice(changes)
        known = log.state.changes[change.statement_id]
        if act == "review":
            unban = [known.candidate] if dice.random() < 0.5 else []
            log.review(dice.choice(["rob", "rita", by]), change, dice.choice(["approve", "approve", "reject"]), unban)
        elif act == "gate":
            log.gate(change, is_passed=dice.random() < 0.8, by=dice.choice(["gate", "gate", by]))
        else:
            bp = dice.choice([10_000, 10_000, 500, 2_000]) if act != "unfreeze" else 0
            log.move(dice.choice(["oli", "ann", by]), act, change=change, channel=known.channel, share_bp=bp)


def propose_and_approve(log: SimulatedHistory, channel: str, candidate: Any, act: str) -> None:
    """Bring a canary, or thaw a frozen channel, with all that a team demands."""
    head = log.channel(channel).head
    if act == "thaw" and head is not None:
        parse = PortableRuntime.parse if channel == "runtime" else Release.from_bytes
        candidate = parse(log.blobs[head])
    change = log.change("ann", channel, candidate)
    if change.effective:
        log.review("rob", change, unban=[log.state.changes[change.statement_id].candidate])
        log.gate(change)
        if act == "thaw":
            log.move("ann", "unfreeze", change=change, channel=channel)
        else:
            log.admit("ann", change, share_bp=700)


@pytest.mark.parametrize("seed", range(12))
def test_the_two_folds_judge_every_entry_alike(governance: ModuleType, seed: int) -> None:
    dice = random.Random(seed)
    channels = [channel_rules(name) for name in ("assistant", "junior", "runtime")]
    solo_channels = [channel_rules(name, approvals=0, suites=()) for name in ("assistant", "junior", "runtime")]
    document = root_document(solo=True, channels=solo_channels) if seed % 3 == 0 else root_document(channels=channels)
    log = SimulatedHistory(document)
    for number in range(60):
        with contextlib.suppress(StatementError):  # some steps have no legal form
            random_step(log, dice)
        if number == 20 and seed % 3 == 0:
            log.change_root(["ann", "ada", "bea"], **{**root_document(channels=channels), "version": 2})
        if number % 15 == 7:
            log.append_entry(dice.choice([b"junk", log.entries[dice.randrange(len(log.entries))]]))
    fold = importlib.import_module("governance_fold")
    roots = governance.tree_roots([fold.hashlib.sha256(b"\x00" + entry).digest() for entry in log.entries])
    other = fold.Fold(f"{NAME}/governance", roots)
    for index, (entry, outcome) in enumerate(zip(log.entries, log.state.outcomes, strict=True)):
        reason = other.apply(index, entry)
        assert (reason == "") == outcome.effective, (index, outcome, reason)
    assert other.fingerprint == log.state.fingerprint
    assert roots[-1] == log.state.tree_root.hex()
    effective = sum(outcome.effective for outcome in log.state.outcomes)
    assert 12 < effective < len(log.entries)
    for name, mine in log.state.channels.items():
        its = other.channels.get(name, fold.new_channel())
        assert its["frozen"] == mine.frozen
        assert (its["head"] or {}).get("release") == mine.head
        assert (its["head"] or {}).get("mode") == mine.mode
        assert (its["canary"] or {}).get("release") == (mine.canary and mine.canary.release)
