"""``verax log``: an audit of everything that the logs say, and a list of what they hold."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import click

from verax.kernel.errors import NoteError, VeraxError
from verax.kernel.history import HistoryReader
from verax.kernel.merkle import leaf_hash, tree_root
from verax.kernel.note import VerifierKey, parse_verifier_keys
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL
from verax.store.clock import SystemClock
from verax.surfaces.cli.compare import compare
from verax.surfaces.cli.history import History, audit_since, open_log, read_history
from verax.surfaces.cli.keyring import Identity
from verax.surfaces.cli.output import DONE, REFUSED, Progress, moment, print_json, print_rows, say, shorten
from verax.surfaces.cli.quorum import LogQuorum, check_witnessed, judge_quorum
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.cli.sources import LogSource
from verax.surfaces.repair import repair_logs

__all__ = ["Audit", "audit_installation", "log"]

State = Literal["verified", "incomplete", "failed"]
_STYLES = {"verified": "green", "incomplete": "yellow", "failed": "red"}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was checked."""

    name: str
    state: State
    detail: str


@dataclass
class Audit:
    """What an audit found; `history` is None when the governance log could not be verified."""

    steps: list[Step] = field(default_factory=list)
    history: History | None = None

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


@click.group()
def log() -> None:
    """Audit the logs."""


log.add_command(compare)


@log.command("verify")
@click.option("--url", metavar="URL", help="Audit the installation at this address.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help='Print {"verified", "incomplete", "installation", "steps": [{name, state, detail}]}.',
)
@pass_session
def verify(session: Session, url: str | None, as_json: bool) -> int:
    """Audit every log and every head from the first entry on, here, trusting only pinned keys.

    Recomputes all roots and tiles, checks all signatures, folds the governance log and compares it with
    what this machine saw before. Exits 3 when anything fails. Channels that are not public take an account:
    without one the audit says how many blobs it could not read, and what rests on them is not checked.
    """
    if url is not None:
        session.flags["url"] = url
    source, identity = session.open_logs()
    audit = audit_installation(source, identity)
    if as_json:
        steps = [{"name": step.name, "state": step.state, "detail": step.detail} for step in audit.steps]
        summary = {"verified": audit.is_verified, "incomplete": audit.unread}
        print_json(summary | {"installation": identity.credentials.name, "steps": steps})
    else:
        for step in audit.steps:
            state = click.style(f"{step.state:<10}", fg=_STYLES[step.state])
            click.echo(f"{state}  {step.name:<24} {step.detail}")
        say(f"{source.name}: {_verdict(audit)}")
    return REFUSED if audit.has_failed else DONE


@log.command("show")
@click.option("--json", "as_json", is_flag=True, help='Print {"entries": [{index, kind, time, persons, …}]}.')
@pass_session
def show(session: Session, as_json: bool) -> None:
    """List the entries of the governance log: who signed what, and whether it had an effect."""
    source, identity = session.open_logs()
    rows = list(_entries(read_history(source, identity)))
    if as_json:
        print_json({"entries": rows})
    else:
        print_rows(["index", "kind", "time", "persons", "effect", "about"], rows)


@log.command("repair")
@click.option("--json", "as_json", is_flag=True, help='Print {"logs": [{log, size, written}]}.')
@pass_session
def repair(session: Session, as_json: bool) -> None:
    """Make missing or damaged files of the logs anew from their entries, with the server stopped.

    Nothing is repaired where entries and marks disagree: that takes the newest backup.
    """
    logs = asyncio.run(repair_logs(session.config, SystemClock()))
    if as_json:
        rows = [{"log": found.origin, "size": found.size, "written": list(found.written)} for found in logs]
        print_json({"logs": rows})
        return
    for found in logs:
        click.echo(f"{found.origin}: {found.size} entries, {len(found.written)} files written anew")
        for path in found.written:
            click.echo(f"  {path}")


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
    audit.verified("root document", f"version {history.state.root.version}, fingerprint {history.state.fingerprint}")
    without = [outcome for outcome in history.state.outcomes if not outcome.effective]
    if history.unread:
        audit.incomplete(
            "fold",
            f"{history.state.size} of {size} entries folded: {len(history.unread)} blobs are not public, "
            "so the heads were not checked; set VERAX_API_KEY to a key of an account there",
        )
    else:
        audit.verified("fold", f"{size - len(without)} entries in effect, {len(without)} without")
        _audit_witnesses(audit, history)
        for name in sorted(history.state.channels):
            _audit_head(audit, history, name)
    keys = parse_verifier_keys("\n".join(history.state.root.logs))
    for key in keys:
        if "/replies/" in key.name:
            _audit_replies(audit, history, identity, key)
    return audit


def _verdict(audit: Audit) -> str:
    if audit.has_failed:
        return "NOT verified"
    if audit.is_verified:
        return "everything holds"
    return f"incomplete: {audit.unread} blobs are not public; what could be checked holds"


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
    audit.verified(label, f"{what} {shorten(channel.head)}, entry {channel.head_index}, {channel.mode}{frozen}{held}")


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
    _note_quorum(audit, f"witnesses, replies {number}", quorum)


def _entries(history: History) -> Iterator[dict[str, object]]:
    reader = HistoryReader()
    for entry, outcome in zip(history.entries, history.state.outcomes, strict=True):
        told = reader.read(entry, outcome)
        yield {
            "index": told.index,
            "id": told.statement_id,
            "kind": told.kind,
            "time": moment(told.time_ms),
            "persons": list(told.persons),
            "effective": told.is_effective,
            "effect": "yes" if told.is_effective else told.reason,
            "about": told.channel,
        }
