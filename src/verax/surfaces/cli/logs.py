"""``verax log``: an audit of everything that the logs say, and a list of what they hold."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import click

from verax.kernel.dsse import Envelope, verify_signatures
from verax.kernel.errors import KernelError, VeraxError
from verax.kernel.note import VerifierKey, parse_verifier_keys
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL, RootDocument
from verax.kernel.statement import parse_statement
from verax.store.clock import SystemClock
from verax.surfaces.cli.history import History, audit_since, open_log, read_history
from verax.surfaces.cli.keyring import Identity
from verax.surfaces.cli.output import DONE, REFUSED, Progress, moment, print_json, print_rows, say, shorten
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.cli.sources import LogSource
from verax.surfaces.repair import repair_logs

__all__ = ["Audit", "audit_installation", "log"]

State = Literal["verified", "failed"]
_STYLES = {"verified": "green", "failed": "red"}


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
        """Whether every step holds."""
        return all(step.state == "verified" for step in self.steps)

    def verified(self, name: str, detail: str) -> None:
        """Note that something holds."""
        self.steps.append(Step(name, "verified", detail))

    def failed(self, name: str, error: VeraxError) -> None:
        """Note that something does not hold."""
        self.steps.append(Step(name, "failed", error.message))


@click.group()
def log() -> None:
    """Audit the logs."""


@log.command("verify")
@click.option("--url", metavar="URL", help="Audit the installation at this address.")
@click.option(
    "--json", "as_json", is_flag=True, help='Print {"verified", "installation", "steps": [{name, state, detail}]}.'
)
@pass_session
def verify(session: Session, url: str | None, as_json: bool) -> int:
    """Audit every log and every head from the first entry on, here, trusting only pinned keys.

    Recomputes all roots and tiles, checks all signatures, folds the governance log and compares it with
    what this machine saw before. Exits 3 when anything fails.
    """
    if url is not None:
        session.flags["url"] = url
    source, identity = session.open_logs()
    audit = audit_installation(source, identity)
    if as_json:
        steps = [{"name": step.name, "state": step.state, "detail": step.detail} for step in audit.steps]
        print_json({"verified": audit.is_verified, "installation": identity.credentials.name, "steps": steps})
    else:
        for step in audit.steps:
            state = click.style(f"{step.state:<8}", fg=_STYLES[step.state])
            click.echo(f"{state}  {step.name:<24} {step.detail}")
        say(f"{source.name}: {'everything holds' if audit.is_verified else 'NOT verified'}")
    return DONE if audit.is_verified else REFUSED


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
        audit.history = read_history(source, identity)
    except VeraxError as error:
        audit.failed("governance log", error)
        return audit
    history = audit.history
    size, tiles = history.checkpoint.size, history.audit.tiles
    audit.verified("governance log", f"{size} entries, {tiles} tiles, root {shorten(history.checkpoint.root.hex())}")
    audit.verified("root document", f"version {history.state.root.version}, fingerprint {history.state.fingerprint}")
    without = [outcome for outcome in history.state.outcomes if not outcome.effective]
    audit.verified("fold", f"{size - len(without)} entries in effect, {len(without)} without")
    for name in sorted(history.state.channels):
        _audit_head(audit, history, name)
    keys = parse_verifier_keys("\n".join(history.state.root.logs))
    for key in keys:
        if "/replies/" in key.name:
            _audit_replies(audit, source, identity, key)
    return audit


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
    audit.verified(label, f"{what} {shorten(channel.head)}, entry {channel.head_index}, {channel.mode}{frozen}")


def _audit_replies(audit: Audit, source: LogSource, identity: Identity, key: VerifierKey) -> None:
    number = key.name.rpartition("/")[2]
    try:
        checkpoint = open_log(source, f"replies/{number}", key.name, (key,)).checkpoint
        with Progress(f"reply log {number}", checkpoint.size, "entries") as progress:
            found = audit_since(
                source,
                f"replies/{number}",
                checkpoint,
                identity,
                may_prune=True,
                visit=lambda _, entries: progress.advance(len(entries)),
            )
    except VeraxError as error:
        audit.failed(f"reply log {number}", error)
        return
    pruned = f", {found.pruned} pruned" if found.pruned else ""
    audit.verified(
        f"reply log {number}", f"{found.size} entries{pruned}, {found.tiles} tiles, root {checkpoint.root.hex()[:12]}"
    )


def _entries(history: History) -> Iterator[dict[str, object]]:
    for entry, outcome in zip(history.entries, history.state.outcomes, strict=True):
        about, time_ms, persons = _read_entry(entry, history.state.root)
        yield {
            "index": outcome.index,
            "id": outcome.statement_id,
            "kind": outcome.kind,
            "time": moment(time_ms),
            "persons": persons,
            "effective": outcome.effective,
            "effect": "yes" if outcome.effective else outcome.reason,
            "about": about,
        }


def _read_entry(entry: bytes, root: RootDocument) -> tuple[str, int | None, list[str]]:
    """Return channel, claimed time and signers of an entry, as far as it can be read.

    Signers are shown under the root in force now; the fold judged them under the root of their time.
    """
    try:
        envelope = Envelope.parse(entry)
        statement = parse_statement(envelope.payload)
    except KernelError:
        return "", None, []
    persons = sorted({signer.person for signer in verify_signatures(envelope, root)})
    return str(getattr(statement, "channel", "")), statement.basis.time_ms, persons
