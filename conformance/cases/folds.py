"""Random governance logs with the state that they fold to after every entry (clause 5)."""

from __future__ import annotations

import base64
import contextlib
import random
from collections.abc import Mapping
from typing import Any

from cases.build import dice_of
from verax.kernel import canonical
from verax.kernel.dsse import Envelope, Signature, signature_by
from verax.kernel.errors import FoldError, StatementError
from verax.kernel.fold import ChannelState, Folder, Head, Outcome, State
from verax.kernel.fold_state import Canary, ChangeState
from verax.kernel.release import Release
from verax.kernel.runtime import PortableRuntime
from verax.kernel.statement import Alarm, payload_of
from verax.testing.governance import SimulatedHistory, channel_rules, key_of, root_document
from verax.testing.releases import make_release

__all__ = ["fold_case", "folds", "view_of"]

CHANNELS = ("assistant", "junior", "runtime")
PEOPLE = ("ann", "rob", "rita", "oli", "ada", "monitor", "gate", "ann2")
ACTS = (
    "release release release release canary canary change review review gate admit admit step step step "
    "rollback rollback rollback rollback freeze unfreeze thaw thaw root alarm named named named"
).split()
SENTENCES = (
    "You answer every question in short and plain words.",
    "Never say that our product is anything but the best.",
    "Speak like a pirate of the seven seas, always and loudly!",
    "Ιf you are not sure about an answer, say so at once.",
)


def folds() -> list[dict[str, Any]]:
    """A few logs, small enough to keep: bans that are named, an owner who takes others in, a missing blob."""
    return [*(fold_case(seed, 26) for seed in (67, 96, 134)), _moved_line(), _empty_signatures()]


def _empty_signatures() -> dict[str, Any]:
    """No bytes are strict base64 too (clause 1): such a signature is one that no key verifies, and spoils no other."""
    log = SimulatedHistory(
        root_document(solo=True, channels=[channel_rules(n, approvals=0, suites=()) for n in CHANNELS])
    )
    for key_id in ("aaa", "zzz"):
        nothing = Signature(key_id, b"")
        for is_signed in (True, False):
            statement = Alarm(log.basis(), "log/forked", "none", log.put(b"detail"), 1, 1, 1)
            keys = [signature_by(*key_of("recorder"), payload_of(statement)) for _ in range(is_signed)]
            log.append_entry(Envelope(payload_of(statement), (*keys, nothing)).to_bytes())
    return _case("empty-signatures", log, log.blobs)


def fold_case(seed: int, length: int) -> dict[str, Any]:
    """Return a random log: its entries, its blobs, what became of each entry, and its last state.

    `stops` is the index at which the fold stops for want of a blob, where it does; such a log is
    given with the blob taken out. The state after each entry would be large, so its digest stands
    for it.
    """
    dice = dice_of(seed)
    log = _random_log(dice, length, is_solo=seed % 3 == 0)
    blobs = dict(log.blobs)
    if seed % 5 == 4:
        blobs.pop(dice.choice(sorted(blobs)))
    return _case(f"log-{seed}", log, blobs)


def _moved_line() -> dict[str, Any]:
    """A line at the end of a text, which runs on into the next one, is rolled back and comes back in another text."""
    log = SimulatedHistory(root_document(solo=True))
    log.release_now(make_release(SENTENCES[0]))
    tools = f'[tools]\nstyle = "schema"\nhead = "Call tools. {SENTENCES[1]}"\ntail = "Reply with one object."'
    log.release_now(make_release(SENTENCES[0], rest=tools))
    log.move("ann", "rollback", to_id=log.channel().history[0].release)
    log.release_now(make_release(f"{SENTENCES[1]} {SENTENCES[0]}"))
    return _case("moved-line", log, log.blobs)


def _case(name: str, log: SimulatedHistory, blobs: Mapping[str, bytes]) -> dict[str, Any]:
    folder = Folder(blobs.get)
    steps, stops = [], None
    for index, entry in enumerate(log.entries):
        try:
            outcome = folder.apply(entry)
        except FoldError:
            stops = index
            break
        digest = canonical.hex_digest(canonical.encode(view_of(folder.state)))
        steps.append({"effective": outcome.effective, "kind": outcome.kind, "id": outcome.statement_id, "view": digest})
    return {
        "name": name,
        "entries": [base64.b64encode(entry).decode() for entry in log.entries],
        "blobs": [base64.b64encode(blobs[digest]).decode() for digest in sorted(blobs)],
        "steps": steps,
        "stops": stops,
        "state": view_of(folder.state),
    }


def view_of(state: State) -> dict[str, Any]:
    """Return a state as plain values: what any other fold must come to."""
    return {
        "size": state.size,
        "tree_root": state.tree_root.hex(),
        "fingerprint": state.fingerprint,
        "root_version": 0 if state.root_in_force is None else state.root_in_force.version,
        "channels": [{"name": name, **_channel(channel)} for name, channel in sorted(state.channels.items())],
        "changes": [_change(state, change) for _, change in sorted(state.changes.items())],
        "bans": [
            {"digest": digest, "length": record.ban.length, "index": record.index}
            for digest, record in sorted(state.bans.items())
        ],
        "banned_releases": [{"digest": name, "index": at} for name, at in sorted(state.banned_releases.items())],
    }


def _channel(channel: ChannelState) -> dict[str, Any]:
    serving = [] if channel.serving is None else [_head(channel.serving)]
    canary = [] if channel.canary is None else [{**_admission(channel.canary), "share_bp": channel.canary.share_bp}]
    return {
        "head": serving,
        "canary": canary,
        "frozen": channel.frozen,
        "history": [_head(head) for head in channel.history],
        "backward_steps": channel.backward_steps,
        "epoch": channel.epoch,
        "withdrawn": sorted(
            item.release
            for item in (channel.serving, channel.canary)
            if item is not None and item.release in channel.withdrawn
        ),
    }


def _head(head: Head) -> dict[str, Any]:
    return {**_admission(head), "index": head.index}


def _admission(item: Head | Canary) -> dict[str, Any]:
    return {
        "release": item.release,
        "mode": item.mode,
        "change": item.change,
        "base": item.base,
        "admitted_index": item.admitted_index,
        "unbanned": sorted(item.unbanned),
    }


def _change(state: State, change: ChangeState) -> dict[str, Any]:
    return {
        "id": change.id,
        "index": change.index,
        "channel": change.channel,
        "candidate": change.candidate,
        "base": change.base,
        "signers": sorted(change.signers),
        "seed": change.seed,
        "status": state.status_of(change.id),
        "opinions": [
            {"person": person, "approves": opinion.approves, "unban": sorted(opinion.unban), "index": opinion.index}
            for person, opinion in sorted(change.opinions.items())
        ],
        "gates": [
            {"suite": suite, "passed": result.passed, "n": result.n, "index": result.index}
            for suite, result in sorted(change.gates.items())
        ],
    }


def _random_log(dice: random.Random, length: int, *, is_solo: bool) -> SimulatedHistory:
    rules = {"approvals": 0, "suites": ()} if is_solo else {}
    channels = [channel_rules(name, **rules) for name in CHANNELS]
    log = SimulatedHistory(root_document(solo=is_solo, channels=channels))
    while len(log.entries) < length:
        with contextlib.suppress(StatementError):  # some steps have no legal form
            _step(log, dice)
        if dice.random() < 0.05:
            log.append_entry(dice.choice([b"junk", log.entries[dice.randrange(len(log.entries))]]))
    return log


def _step(log: SimulatedHistory, dice: random.Random) -> None:
    """Append one random statement; most are allowed to somebody, many are not to whoever signs."""
    act, channel = dice.choice(ACTS), dice.choice(("assistant", "assistant", "junior", "runtime"))
    by = dice.choice(PEOPLE)
    if act == "release":
        log.release_now(_candidate(dice, channel), channel)
    elif act in ("canary", "thaw", "named"):
        _propose_and_approve(log, dice, channel, act)
    elif act == "change":
        log.change(dice.choice(["ann", "ada", by]), channel, _candidate(dice, channel))
    elif act == "root":
        _change_root(log, dice)
    elif act == "alarm":
        log.alarm(dice.choice(["recorder", by]), "log/rolled-back")
    elif act in ("rollback", "freeze"):
        known = log.channel(channel)
        targets = [head.release for head in known.history[-3:]] + ([known.head] if known.canary and known.head else [])
        if targets and (act == "rollback" or dice.random() < 0.4):
            to_id = dice.choice(targets) if act == "rollback" else ""
            log.move(dice.choice(["oli", "ann", "monitor", by]), act, channel=channel, to_id=to_id)
    else:
        _work_on_a_change(log, dice, act, by)


def _work_on_a_change(log: SimulatedHistory, dice: random.Random, act: str, by: str) -> None:
    changes = [outcome for outcome in log.state.outcomes if outcome.kind == "change" and outcome.effective][-4:]
    if not changes:
        return
    change = dice.choice(changes)
    known = log.state.changes[change.statement_id]
    if act == "review":
        verdict = dice.choice(["approve", "approve", "reject"])
        log.review(dice.choice(["rob", "rita", by]), change, verdict, _unban(log, dice, change))
    elif act == "gate":
        log.gate(change, is_passed=dice.random() < 0.8, by=dice.choice(["gate", "gate", by]))
    else:
        bp = dice.choice([10_000, 10_000, 500, 2_000]) if act != "unfreeze" else 0
        log.move(dice.choice(["oli", "ann", by]), act, change=change, channel=known.channel, share_bp=bp)


def _candidate(dice: random.Random, channel: str) -> Release | PortableRuntime:
    if channel == "runtime":
        return PortableRuntime(f"{dice.randrange(5):064x}", "bb" * 32)
    sentences = dice.sample(SENTENCES, dice.randrange(1, 4))
    rest = (
        '[tools]\nstyle = "schema"\nhead = "These are the tools that you may call here:"' if dice.random() < 0.3 else ""
    )
    return make_release(" ".join(sentences), embedded=dice.random() < 0.3, rest=rest)


def _unban(log: SimulatedHistory, dice: random.Random, change: Outcome) -> list[str]:
    known = log.state.changes[change.statement_id]
    everything = [*log.state.bans, *log.state.banned_releases]
    return dice.choice([[], [known.candidate], everything, everything[:1]])


def _change_root(log: SimulatedHistory, dice: random.Random) -> None:
    version = log.document["version"] + 1
    team = root_document(channels=[channel_rules(name, depth=dice.choice([0, 1, 3])) for name in CHANNELS])
    signers = dice.choice([["ann"], ["ann", "ada", "bea"], ["ada", "bea"], ["ada", "cyd", "ann"]])
    changes = dice.choice([team, {"retention": {"replies_days": dice.randrange(1, 9)}}])
    log.change_root(signers, **{**changes, "version": version})


def _propose_and_approve(log: SimulatedHistory, dice: random.Random, channel: str, act: str) -> None:
    """Bring a canary or a head, or thaw a frozen channel, with all that a team demands and some bans named."""
    head = log.channel(channel).head
    candidate = _candidate(dice, channel)
    if act == "thaw" and head is not None:
        parse = PortableRuntime.parse if channel == "runtime" else Release.from_bytes
        candidate = parse(log.blobs[head])
    change = log.change("ann", channel, candidate)
    if change.effective:
        log.review("rob", change, unban=_unban(log, dice, change))
        log.gate(change)
        if act == "named":
            log.admit("oli" if not log.state.root.is_solo else "ann", change)
        elif act == "thaw":
            log.move("ann", "unfreeze", change=change, channel=channel)
        else:
            log.admit("ann", change, share_bp=700)
