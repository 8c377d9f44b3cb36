"""``verax log``: an audit of everything that the logs say, and a list of what they hold."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import click

from verax.kernel.history import HistoryReader
from verax.store.clock import SystemClock
from verax.surfaces.cli.audit import Audit, ask_witnesses, audit_installation
from verax.surfaces.cli.compare import compare
from verax.surfaces.cli.history import History, read_history
from verax.surfaces.cli.output import DONE, REFUSED, moment, print_json, print_rows, say
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.repair import repair_logs

__all__ = ["log"]

_STYLES = {"verified": "green", "incomplete": "yellow", "failed": "red"}


@click.group()
def log() -> None:
    """Audit the logs."""


log.add_command(compare)


@log.command("verify")
@click.option("--url", metavar="URL", help="Audit the installation at this address.")
@click.option(
    "--witness", "witnesses", multiple=True, metavar="URL", help="Ask this witness if it knows the same logs."
)
@click.option("--all-witnesses", is_flag=True, help="Ask every witness that the root names with an address.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help='Print {"verified", "incomplete", "installation", "steps": [{name, state, detail}]}.',
)
@pass_session
def verify(session: Session, url: str | None, witnesses: tuple[str, ...], all_witnesses: bool, as_json: bool) -> int:
    """Audit every log and every head from the first entry on, here, trusting only pinned keys.

    Recomputes all roots and tiles, checks all signatures, folds the governance log and compares it with
    what this machine saw before. Exits 3 when anything fails. Channels that are not public take an account:
    without one the audit says how many blobs it could not read, and what rests on them is not checked.
    """
    if url is not None:
        session.flags["url"] = url
    source, identity = session.open_logs()
    audit = audit_installation(source, identity)
    ask_witnesses(audit, identity, witnesses, asks_all=all_witnesses)
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


def _verdict(audit: Audit) -> str:
    if audit.has_failed:
        return "NOT verified"
    if audit.is_verified:
        return "everything holds"
    reason = f"{audit.unread} blobs are not public" if audit.unread else "not everything could be asked"
    return f"incomplete: {reason}; what could be checked holds"


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
