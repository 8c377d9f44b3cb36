"""``verax change``: propose, review and admit, with the person's own key.

Before anything is signed, what it would change is shown. Passkeys in the web app sign the same
statements; here an Ed25519 key from the keyring does.
"""

from __future__ import annotations

import re
from pathlib import Path

import click

from verax.gates.changes import find_change
from verax.gates.rollout.plan import RolloutPlan
from verax.kernel.drafting import draft_admit
from verax.kernel.errors import RefusedError, UnknownObject
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
from verax.surfaces.cli.previews import preview
from verax.surfaces.cli.releases import find_release, read_release_file
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["change", "propose_and_admit", "show_difference"]

_DURATION = re.compile(r"([0-9]{1,6})([smhd])")
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
    found = find_change(history.state, which)
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
    found = find_change(author.history.state, which)
    if found.channel != RUNTIME_CHANNEL:
        show_difference(author.history, found.channel, author.history.release(found.candidate))
    verdict = "approve" if approves else "reject"
    say(f"code of the change: {short_code(found.id)}; the browser of a reviewer shows the same")
    confirm(f"sign: {verdict} change {shorten(found.id)}?", is_given=yes)
    print_text(author.review(found, "approve" if approves else "reject", unban))


@change.command("admit")
@click.argument("which", metavar="ID")
@click.option("--share", type=click.FloatRange(0.01, 100.0), default=100.0, show_default=True, help="Percent of users.")
@click.option("--then", default="25,50", show_default=True, help="Percents of the steps after a canary's first share.")
@click.option("--soak", default="1h", show_default=True, help="How long each share serves at least: 90s, 30m, 4h, 2d.")
@click.option(
    "--users", type=click.IntRange(min=0), default=30, show_default=True, help="Users to count at each share."
)
@_yes
@pass_session
def admit(session: Session, which: str, share: float, then: str, soak: str, users: int, yes: bool) -> None:
    """Admit a change that has what the root demands; a share under 100 starts a canary, with a plan of its steps."""
    author = open_author(session)
    found = find_change(author.history.state, which)
    share_bp = _basis_points(share)
    plan = None if share_bp == FULL_SHARE_BP else _plan(share_bp, then, soak, users)
    if found.channel != RUNTIME_CHANNEL:
        show_difference(author.history, found.channel, author.history.release(found.candidate))
    if plan is not None:
        say(f"then: {', '.join(f'{step.share_bp / 100:g} %' for step in plan.steps[1:])}, each after {soak}")
    confirm(f"move {found.channel} to {shorten(found.candidate)} for {share:g} % of its users?", is_given=yes)
    author.submit(draft_admit(found, author.basis(), share_bp, plan.to_bytes() if plan else b""))
    say(f"{found.channel} now serves {shorten(found.candidate)} to {share:g} %")


change.add_command(preview)


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


def _proposal(found: ChangeState) -> Proposal:
    return Proposal(found.id, found.channel, found.candidate, found.base)


def _plan(share_bp: int, then: str, soak: str, users: int) -> RolloutPlan:
    try:
        later = [_basis_points(float(part)) for part in then.split(",") if part.strip()]
    except ValueError:
        raise click.UsageError(f"--then: expected percents parted by commas, found {then!r}") from None
    return RolloutPlan.of_shares([share_bp, *(item for item in later if item > share_bp)], _seconds(soak), users)


def _basis_points(percent: float) -> int:
    return round(percent * FULL_SHARE_BP / 100)


def _seconds(text: str) -> int:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise click.UsageError(f"--soak: expected a number and one of s, m, h, d, found {text!r}")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[match[2]]
