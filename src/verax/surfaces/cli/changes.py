"""``verax change``: propose, review and admit, with the person's own key.

Before anything is signed, what it would change is shown. Passkeys in the web app sign the same
statements; here an Ed25519 key from the keyring does.
"""

from __future__ import annotations

from pathlib import Path

import click

from verax.kernel.errors import RefusedError, RequestError, UnknownObject
from verax.kernel.fold_state import ChangeState
from verax.kernel.release import Release
from verax.kernel.release_diff import FieldDiff, diff_releases
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.short_code import short_code
from verax.kernel.statement import FULL_SHARE_BP, NONE
from verax.surfaces.cli.ask import DEFAULT_CHANNEL
from verax.surfaces.cli.differences import difference_lines, difference_row
from verax.surfaces.cli.govern import Author, Proposal, open_author
from verax.surfaces.cli.history import History, read_history
from verax.surfaces.cli.output import confirm, print_json, print_rows, print_text, say, shorten
from verax.surfaces.cli.releases import find_release, read_release_file
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["change", "find_change", "propose_and_admit", "show_difference"]

_reason = click.option("--reason", required=True, help="Why; it stays in the log's blobs.")
_yes = click.option("--yes", is_flag=True, help="Do not ask before signing.")


@click.group()
def change() -> None:
    """Propose, review and admit a change of a channel."""


@change.command("propose")
@click.argument("which", metavar="FILE|ID")
@click.option("-c", "--channel", default=DEFAULT_CHANNEL, show_default=True, help="Channel to change.")
@_reason
@click.option("--admit", is_flag=True, help="Admit it at once, where the root says solo.")
@_yes
@pass_session
def propose(session: Session, which: str, channel: str, reason: str, admit: bool, yes: bool) -> None:
    """Propose to move a channel to a release: a TOML manifest, or a release that the log knows.

    Shows what would change, signs, and prints the id of the change.
    """
    author = open_author(session)
    history = author.history
    release = read_release_file(Path(which)) if Path(which).is_file() else find_release(history, which)
    show_difference(history, channel, release)
    confirm(f"sign this change of {channel}?", is_given=yes)
    proposal = author.propose(channel, release.data, reason)
    print_text(proposal.change)
    say(f"code of the change: {short_code(proposal.change)}")
    if admit:
        author.admit(proposal)
        say(f"admitted: {channel} now serves {release.short_id}")


@change.command("list")
@click.option("--all", "with_closed", is_flag=True, help="Admitted and stale changes too.")
@click.option("--json", "as_json", is_flag=True, help='Print {"changes": [{id, channel, status, candidate, …}]}.')
@pass_session
def list_changes(session: Session, with_closed: bool, as_json: bool) -> None:
    """List open changes, newest first."""
    history = read_history(*session.open_logs())
    found = sorted(history.state.changes.values(), key=lambda item: -item.index)
    rows = [_row(history, item) for item in found]
    rows = [row for row in rows if with_closed or row["status"] == "open"]
    if as_json:
        print_json({"changes": rows})
        return
    shown = [row | {"change": shorten(str(row["id"])), "candidate": shorten(str(row["candidate"]))} for row in rows]
    print_rows(
        ["change", "code", "channel", "status", "candidate", "authors", "approved_by", "rejected_by", "gates"], shown
    )


@change.command("show")
@click.argument("which", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the change, its reason and the differences.")
@pass_session
def show(session: Session, which: str, as_json: bool) -> None:
    """Show one change: who, why, what would differ, what was said about it."""
    history = read_history(*session.open_logs())
    found = find_change(history, which)
    row = _row(history, found) | {"reason": history.text(found.reason), "seed": found.seed}
    differences = _differences(history, found)
    if as_json:
        print_json(row | {"differences": [difference_row(item) for item in differences]})
        return
    print_rows(["field", "value"], [{"field": name, "value": value} for name, value in row.items()])
    for item in differences:
        for line in difference_lines(item):
            print_text(line)


@change.command("review")
@click.argument("which", metavar="ID")
@click.option("--approve/--reject", "approves", required=True, help="The verdict; the last one of a person counts.")
@click.option("--unban", metavar="DIGEST", multiple=True, help="A ban that this review lets back in.")
@_yes
@pass_session
def review(session: Session, which: str, approves: bool, unban: tuple[str, ...], yes: bool) -> None:
    """Sign a verdict on a change of another person."""
    author = open_author(session)
    found = find_change(author.history, which)
    if found.channel != RUNTIME_CHANNEL:
        show_difference(author.history, found.channel, author.history.release(found.candidate))
    verdict = "approve" if approves else "reject"
    say(f"code of the change: {short_code(found.id)}; the browser of a reviewer shows the same")
    confirm(f"sign: {verdict} change {shorten(found.id)}?", is_given=yes)
    print_text(author.review(found, "approve" if approves else "reject", unban))


@change.command("admit")
@click.argument("which", metavar="ID")
@click.option("--share", type=click.FloatRange(0.01, 100.0), default=100.0, show_default=True, help="Percent of users.")
@_yes
@pass_session
def admit(session: Session, which: str, share: float, yes: bool) -> None:
    """Admit a change that has what the root demands; a share under 100 starts a canary."""
    author = open_author(session)
    found = find_change(author.history, which)
    if found.channel != RUNTIME_CHANNEL:
        show_difference(author.history, found.channel, author.history.release(found.candidate))
    confirm(f"move {found.channel} to {shorten(found.candidate)} for {share:g} % of its users?", is_given=yes)
    author.admit(_proposal(found), round(share * FULL_SHARE_BP / 100))
    say(f"{found.channel} now serves {shorten(found.candidate)} to {share:g} %")


@change.command("rollback")
@click.argument("channel")
@click.option("--to", "which", metavar="ID", help="A release it served before; the one before the head when not given.")
@_reason
@_yes
@pass_session
def rollback(session: Session, channel: str, which: str | None, reason: str, yes: bool) -> None:
    """Return CHANNEL to a release that it served before; what is taken back is banned."""
    author = open_author(session)
    target = _earlier(author.history, channel, which)
    show_difference(author.history, channel, author.history.release(target))
    confirm(f"roll {channel} back to {shorten(target)} and ban what it serves now?", is_given=yes)
    author.move_back(channel, "rollback", target, reason)
    say(f"{channel} now serves {shorten(target)}")


@change.command("freeze")
@click.argument("channel")
@_reason
@_yes
@pass_session
def freeze(session: Session, channel: str, reason: str, yes: bool) -> None:
    """Freeze CHANNEL: it answers nobody until a change unfreezes it."""
    author = open_author(session)
    head = author.history.state.channels[channel].head if channel in author.history.state.channels else None
    if head is None:
        raise UnknownObject(f"channel {channel}: it serves nothing", hint='"verax status" lists the channels')
    confirm(f"freeze {channel}?", is_given=yes)
    author.move_back(channel, "freeze", head, reason)
    say(f"{channel} is frozen")


@change.command("unfreeze")
@click.argument("channel")
@_reason
@_yes
@pass_session
def unfreeze(session: Session, channel: str, reason: str, yes: bool) -> None:
    """Let a frozen CHANNEL answer again with its head, where the root says solo."""
    author = open_author(session)
    state = author.history.state.channels.get(channel)
    if state is None or state.head is None or not state.frozen:
        raise RequestError(f"channel {channel}: it is not frozen", hint='"verax status" lists the channels')
    confirm(f"unfreeze {channel}?", is_given=yes)
    author.unfreeze(author.propose(channel, author.history.blob(state.head), reason))
    say(f"{channel} answers again")


def propose_and_admit(author: Author, channel: str, candidate: bytes, reason: str) -> Proposal:
    """Propose and admit in one go, as a solo root allows.

    Raises:
        RefusedError: the root is not solo; others must review first.
    """
    if not author.history.state.root.is_solo:
        raise RefusedError(
            "root: it is not solo, so no one moves a head alone",
            hint='propose it with "verax change propose"; others review it',
            code="governance/not-solo",
        )
    proposal = author.propose(channel, candidate, reason)
    author.admit(proposal)
    return proposal


def show_difference(history: History, channel: str, release: Release) -> None:
    """Say on stderr what would change if `release` became the head of `channel`."""
    state = history.state.channels.get(channel)
    if state is None or channel == RUNTIME_CHANNEL:
        names = ", ".join(sorted(name for name in history.state.channels if name != RUNTIME_CHANNEL))
        raise UnknownObject(f"channel {channel!r}: the root names {names}", hint="channels are named in the root")
    if state.head is None:
        say(f"{channel} serves nothing yet; {release.short_id} would be its first release")
        return
    say(f"{channel}: {shorten(state.head)} → {shorten(release.id)}")
    differences = diff_releases(history.release(state.head), release)
    for item in differences:
        for line in difference_lines(item):
            say(f"  {line}")
    if not differences:
        say("  the same release")


def _differences(history: History, found: ChangeState) -> tuple[FieldDiff, ...]:
    """Return what a change would change; nothing for a runtime and for a channel's first release."""
    if found.channel == RUNTIME_CHANNEL or found.base == NONE:
        return ()
    return diff_releases(history.release(found.base), history.release(found.candidate))


def _row(history: History, found: ChangeState) -> dict[str, object]:
    passed = sum(result.passed for result in found.gates.values())
    return {
        "id": found.id,
        "code": short_code(found.id),
        "channel": found.channel,
        "status": history.state.status_of(found.id),
        "candidate": found.candidate,
        "base": found.base,
        "index": found.index,
        "authors": sorted(found.signers),
        "approved_by": sorted(person for person, opinion in found.opinions.items() if opinion.approves),
        "rejected_by": sorted(person for person, opinion in found.opinions.items() if not opinion.approves),
        "gates": f"{passed} of {len(found.gates)} passed" if found.gates else "",
    }


def find_change(history: History, which: str) -> ChangeState:
    """Return the change that `which` names: its id, or the first digits of it.

    Raises:
        UnknownObject: nothing or more than one has that name.
    """
    found = [item for change_id, item in history.state.changes.items() if change_id.startswith(which)]
    if len(found) != 1 or len(which) < 6:
        raise UnknownObject(
            f"change {which!r}: expected one change, found {len(found)}",
            hint='"verax change list --all" lists them; give at least 6 digits',
        )
    return found[0]


def _earlier(history: History, channel: str, which: str | None) -> str:
    state = history.state.channels.get(channel)
    earlier = [head.release for head in state.history] if state is not None else []
    fitting = [release for release in earlier if which is None or release.startswith(which.removeprefix("r-"))]
    if not fitting:
        raise UnknownObject(
            f"channel {channel}: no such release to return to; it may return to {len(earlier)}",
            hint='"verax change freeze" stops it instead',
        )
    return fitting[-1]


def _proposal(found: ChangeState) -> Proposal:
    return Proposal(found.id, found.channel, found.candidate, found.base)
