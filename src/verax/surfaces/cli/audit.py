"""An audit of an installation: its governance log, every head, every reply log, and its witnesses.

Everything is recomputed here, from public files and under pinned keys; what a server says of itself is
not asked for. What could not be checked is told apart from what does not hold.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from verax.kernel.cosignature import Policy
from verax.kernel.errors import NoteError, VeraxError
from verax.kernel.merkle import leaf_hash, tree_root
from verax.kernel.note import VerifierKey, parse_verifier_keys
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL
from verax.surfaces.cli.history import History, SignedTree, audit_since, open_log, read_history
from verax.surfaces.cli.keyring import Identity
from verax.surfaces.cli.output import Progress, moment, say, shorten
from verax.surfaces.cli.quorum import LogQuorum, check_witnessed, judge_quorum
from verax.surfaces.cli.sources import LogSource
from verax.surfaces.cli.witness_asking import AskedWitness, ShownLog, ask_witness

__all__ = ["Audit", "Step", "ask_witnesses", "audit_installation"]

State = Literal["verified", "incomplete", "failed"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was checked."""

    name: str
    state: State
    detail: str


@dataclass
class Audit:
    """What an audit found; `history` is None when the governance log could not be verified.

    Attributes:
        trees: Every tree that was verified, by its prefix.
    """

    steps: list[Step] = field(default_factory=list)
    history: History | None = None
    trees: dict[str, SignedTree] = field(default_factory=dict)

    @property
    def is_verified(self) -> bool:
        """Whether every step holds, and nothing was left unchecked."""
        return all(step.state == "verified" for step in self.steps)

    @property
    def has_failed(self) -> bool:
        """Whether a step does not hold."""
        return any(step.state == "failed" for step in self.steps)

    @property
    def unread(self) -> int:
        """Number of blobs that are not public, so that what rests on them was not checked."""
        return 0 if self.history is None else len(self.history.unread)

    def verified(self, name: str, detail: str) -> None:
        """Note that something holds."""
        self.steps.append(Step(name, "verified", detail))

    def incomplete(self, name: str, detail: str) -> None:
        """Note that something could not be checked."""
        self.steps.append(Step(name, "incomplete", detail))

    def failed(self, name: str, error: VeraxError) -> None:
        """Note that something does not hold."""
        self.steps.append(Step(name, "failed", error.message))


def audit_installation(source: LogSource, identity: Identity) -> Audit:
    """Audit the governance log, every channel's head and every reply log."""
    audit = Audit()
    try:
        audit.history = read_history(source, identity, may_stop=True)
    except VeraxError as error:
        audit.failed("governance log", error)
        return audit
    history = audit.history
    size, tiles = history.checkpoint.size, history.audit.tiles
    audit.verified("governance log", f"{size} entries, {tiles} tiles, root {shorten(history.checkpoint.root.hex())}")
    audit.trees["log"] = history.signed
    audit.verified("root document", f"version {history.state.root.version}, fingerprint {history.state.fingerprint}")
    without = [outcome for outcome in history.state.outcomes if not outcome.effective]
    if history.unread:
        audit.incomplete(
            "fold",
            f"{history.state.size} of {size} entries folded: {len(history.unread)} blobs are not public, "
            "so the heads were not checked; set VERAX_API_KEY to a key of an account there",
        )
    else:
        audit.verified("fold", f"{_count_kinds(history)}; {len(without)} without effect")
        _audit_witnesses(audit, history)
        for name in sorted(history.state.channels):
            _audit_head(audit, history, name)
    keys = parse_verifier_keys("\n".join(history.state.root.logs))
    for key in keys:
        if "/replies/" in key.name:
            _audit_replies(audit, history, identity, key)
    return audit


def ask_witnesses(audit: Audit, identity: Identity, urls: tuple[str, ...], *, asks_all: bool) -> None:
    """Submit every tree that was verified to witnesses, and note what they say."""
    if audit.history is None:
        return
    root, source = audit.history.state.root, audit.history.source
    policy = Policy.parse(root.witness_policy or "quorum none\n")
    known = {url.rstrip("/"): name for name, url in policy.addresses.items()}
    keys = parse_verifier_keys("\n".join(root.logs))
    wanted = dict.fromkeys((*(known if asks_all else ()), *(url.rstrip("/") for url in urls)))
    for url in wanted:
        name = known.get(url, url)
        asked = AskedWitness(name, url, policy.witnesses.get(name))
        for prefix, signed in audit.trees.items():
            word = ask_witness(asked, ShownLog(source, prefix, signed, keys))
            audit.steps.append(Step(f"witness {name}", word.state, f"{prefix}: {word.detail}"))
            if word.evidence is not None:
                say(f"the evidence is in {identity.keep_evidence(word.evidence.to_bytes())}")


def _count_kinds(history: History) -> str:
    kinds = Counter(outcome.kind for outcome in history.state.outcomes if outcome.effective)
    return f"in effect: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}"


def _audit_head(audit: Audit, history: History, name: str) -> None:
    channel = history.state.channels[name]
    label = f"channel {name}"
    if channel.head is None:
        audit.verified(label, "no release was ever admitted")
        return
    try:
        data = history.blob(channel.head)
        what = "runtime" if name == RUNTIME_CHANNEL else Release.from_bytes(data).short_id
    except VeraxError as error:
        audit.failed(label, error)
        return
    frozen = ", FROZEN" if channel.frozen else ""
    held = "; it waits for witnesses" if name in history.hold.obey(history.state).held else ""
    approved = _approvers(history, name)
    detail = f"{what} {shorten(channel.head)}, entry {channel.head_index}, {channel.mode}{approved}{frozen}{held}"
    audit.verified(label, detail)


def _approvers(history: History, name: str) -> str:
    """Return who approved the change that brought the head, in words; empty where nobody did."""
    serving = history.state.channels[name].serving
    change = None if serving is None else history.state.changes.get(serving.change)
    names = [] if change is None else sorted(who for who, opinion in change.opinions.items() if opinion.approves)
    return f", approved by {', '.join(names)}" if names else ""


def _audit_witnesses(audit: Audit, history: History) -> None:
    """Count the quorum of the governance log, whose tree `history` holds."""
    try:
        quorum = judge_quorum(history.signed, history.state.root)
        if quorum.witnessed is not None:
            size = quorum.witnessed.size
            check_witnessed(quorum, tree_root(map(leaf_hash, history.entries[:size])))
            history.hold.take_quorum(size)
    except VeraxError as error:
        audit.failed("witnesses, governance", error)
        return
    _note_quorum(audit, "witnesses, governance", quorum)


def _note_quorum(audit: Audit, name: str, quorum: LogQuorum) -> None:
    if not quorum.is_demanded:
        return
    signed = ", ".join(f"{who} {moment(time_s * 1000)}" for who, time_s in sorted(quorum.times_s.items()))
    detail = f"quorum {quorum.quorum} {quorum.verdict}; cosigned by {signed or 'nobody'}"
    if quorum.is_met:
        audit.verified(name, detail)
    else:
        audit.failed(name, VeraxError(detail))


def _audit_replies(audit: Audit, history: History, identity: Identity, key: VerifierKey) -> None:
    source, prefix = history.source, key.name.removeprefix(f"{history.state.root.name}/")
    number = prefix.rpartition("/")[2]
    try:
        signed = open_log(source, prefix, key.name, (key,))
        quorum = judge_quorum(signed, history.state.root)
        checkpoint = signed.checkpoint
        with Progress(f"reply log {number}", checkpoint.size, "entries") as progress:
            found = audit_since(
                source,
                prefix,
                signed,
                identity,
                sizes=frozenset() if quorum.witnessed is None else frozenset({quorum.witnessed.size}),
                may_prune=True,
                visit=lambda _, entries: progress.advance(len(entries)),
            )
        if quorum.witnessed is not None:
            check_witnessed(quorum, found.roots.get(quorum.witnessed.size))
    except NoteError as error:
        if audit.unread:  # a root that could not be reached may have replaced the log's key
            audit.incomplete(f"reply log {number}", error.message)
        else:
            audit.failed(f"reply log {number}", error)
        return
    except VeraxError as error:
        audit.failed(f"reply log {number}", error)
        return
    pruned = f", {found.pruned} pruned" if found.pruned else ""
    audit.verified(
        f"reply log {number}", f"{found.size} entries{pruned}, {found.tiles} tiles, root {checkpoint.root.hex()[:12]}"
    )
    audit.trees[prefix] = signed
    _note_quorum(audit, f"witnesses, replies {number}", quorum)
