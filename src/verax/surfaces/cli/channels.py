"""``verax channel``: what serves where, the steps of a canary, and the ways back.

Before anything is signed, what it would change is shown. Back takes one signature, forward what the
root demands. Facts come from the verified log; live signals are the server's word.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import click

from verax.gates.changes import find_change
from verax.gates.rollout.plan import plan_of
from verax.kernel.chronicle import chronicle
from verax.kernel.drafting import draft_step, draft_unfreeze
from verax.kernel.errors import RequestError, UnknownObject
from verax.kernel.fold import Canary, ChannelState
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.statement import FULL_SHARE_BP
from verax.surfaces.cli.changes import show_difference
from verax.surfaces.cli.govern import open_author
from verax.surfaces.cli.history import History, read_history
from verax.surfaces.cli.output import confirm, moment, print_json, print_rows, print_text, say, shorten
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.cli.timelines import print_timeline, read_timeline

__all__ = ["channel"]

_reason = click.option("--reason", required=True, help="Why; it stays in the log's blobs.")
_yes = click.option("--yes", is_flag=True, help="Do not ask before signing.")


@click.group()
def channel() -> None:
    """Show channels, step a canary, roll back, freeze, and read the monitor."""


@channel.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"channels": [{channel, release, mode, canary, …}]}.')
@pass_session
def list_channels(session: Session, as_json: bool) -> None:
    """List the channels and what serves on each."""
    history = read_history(*session.open_logs())
    rows = [_row(name, state) for name, state in sorted(history.state.channels.items()) if name != RUNTIME_CHANNEL]
    if as_json:
        print_json({"channels": rows})
        return
    shown = [row | {"release": shorten(str(row["release"] or "")), "canary": _canary_text(row)} for row in rows]
    print_rows(["channel", "release", "mode", "canary", "frozen"], shown)


@channel.command("show")
@click.argument("name", metavar="CHANNEL")
@click.option("--json", "as_json", is_flag=True, help="Print the channel, its rules and its earlier heads.")
@pass_session
def show(session: Session, name: str, as_json: bool) -> None:
    """Show one channel: what serves, what the root demands, where it may go back to."""
    history = read_history(*session.open_logs())
    state, rules = _state(history, name), history.state.root.channels[name]
    row = _row(name, state) | {
        "approvals": rules.approvals,
        "gates": sorted(gate.suite for gate in rules.gates),
        "witness": rules.needs_witness,
        "public": rules.is_public,
        "rollback_depth": rules.rollback_depth,
        "backward_steps": state.backward_steps,
        "earlier": [head.release for head in reversed(state.history[-rules.rollback_depth :])],
    }
    if as_json:
        print_json(row)
        return
    print_rows(["field", "value"], [{"field": field, "value": value} for field, value in row.items()])


@channel.command("rollout")
@click.argument("name", metavar="CHANNEL")
@click.option("--json", "as_json", is_flag=True, help="Print the canary, its plan, its moves and the next step.")
@pass_session
def rollout(session: Session, name: str, as_json: bool) -> None:
    """Show how far the canary of CHANNEL has come, and what its next step waits for."""
    facts: dict[str, Any] = session.client().get_json(f"/v1/channels/{quote(name)}/rollout")
    if as_json:
        print_json(facts)
        return
    canary = facts["canary"]
    if canary is None:
        print_text(f"{name}: no canary; {shorten(facts['head'] or 'nothing')} serves everybody")
        return
    print_text(f"{name}: {shorten(canary['release'])} serves {_percent(canary['share_bp'])} of the users")
    steps = facts["plan"]["steps"] if facts["plan"] else []
    print_rows(
        ["share", "soak", "users"],
        [{"share": _percent(s["share_bp"]), "soak": f"{s['soak_s']} s", "users": s["users"]} for s in steps],
    )
    if facts["next"] is not None:
        print_text(_next_text(name, facts["next"]))


@channel.command("step")
@click.argument("name", metavar="CHANNEL")
@click.option("--share", type=click.FloatRange(0.01, 100.0), help="Percent of users; the plan's next step by default.")
@_yes
@pass_session
def step(session: Session, name: str, share: float | None, yes: bool) -> None:
    """Raise the share of the canary of CHANNEL; at 100 it is the head."""
    author = open_author(session)
    history = author.history
    canary = _canary(history, name)
    share_bp = _next_share(history, name, canary) if share is None else round(share * FULL_SHARE_BP / 100)
    show_difference(history, name, history.release(canary.release))
    confirm(f"raise {shorten(canary.release)} from {_percent(canary.share_bp)} to {_percent(share_bp)}?", is_given=yes)
    author.submit(draft_step(history.state, author.basis(), name, share_bp))
    say(f"{name} now serves {shorten(canary.release)} to {_percent(share_bp)}")


@channel.command("rollback")
@click.argument("name", metavar="CHANNEL")
@click.option("--to", "which", metavar="ID", help="A release it served before; the one before the head by default.")
@_reason
@_yes
@pass_session
def rollback(session: Session, name: str, which: str | None, reason: str, yes: bool) -> None:
    """Take the canary of CHANNEL out, or return to a release that it served before; what goes is banned."""
    author = open_author(session)
    state = _state(author.history, name)
    target = _target(state, name, which)
    if state.canary is not None and target == state.head:
        confirm(f"take the canary {shorten(state.canary.release)} out of {name} and ban it?", is_given=yes)
    else:
        show_difference(author.history, name, author.history.release(target))
        confirm(f"roll {name} back to {shorten(target)} and ban what it serves now?", is_given=yes)
    author.move_back(name, "rollback", target, reason)
    say(f"{name} now serves {shorten(target)}")


@channel.command("freeze")
@click.argument("name", metavar="CHANNEL")
@_reason
@_yes
@pass_session
def freeze(session: Session, name: str, reason: str, yes: bool) -> None:
    """Freeze CHANNEL: it answers nobody until a change unfreezes it."""
    author = open_author(session)
    head = _state(author.history, name).head
    if head is None:
        raise UnknownObject(f"channel {name}: it serves nothing", hint='"verax channel list" lists the channels')
    confirm(f"freeze {name}?", is_given=yes)
    author.move_back(name, "freeze", head, reason)
    say(f"{name} is frozen")


@channel.command("unfreeze")
@click.argument("name", metavar="CHANNEL")
@click.option("--reason", help="Why, where the root says solo: the head is proposed once more with it.")
@click.option("--change", "which", metavar="ID", help="A change to the head of CHANNEL that others approved.")
@_yes
@pass_session
def unfreeze(session: Session, name: str, reason: str | None, which: str | None, yes: bool) -> None:
    """Let a frozen CHANNEL answer again, by an approved change to its head, or at once where the root says solo."""
    if (reason is None) == (which is None):
        raise click.UsageError("expected one of --change and --reason")
    author = open_author(session)
    state = _state(author.history, name)
    if state.head is None or not state.frozen:
        raise RequestError(f"channel {name}: it is not frozen", hint='"verax channel list" lists the channels')
    approved = None if which is None else find_change(author.history.state, which)
    confirm(f"unfreeze {name}?", is_given=yes)
    if approved is not None:
        author.submit(draft_unfreeze(approved, author.basis()))
    else:
        author.unfreeze(author.propose(name, author.history.blob(state.head), reason or ""))
    say(f"{name} answers again")


@channel.command("monitor")
@click.argument("name", metavar="CHANNEL")
@click.option("--json", "as_json", is_flag=True, help="Print every signal over time.")
@pass_session
def monitor(session: Session, name: str, as_json: bool) -> None:
    """Show the live signals of the newest canary of CHANNEL, as the server's monitor counts them."""
    client = session.signed_in_client()
    found: dict[str, Any] = client.get_json(f"/v1/admin/channels/{quote(name)}/signals")
    if as_json:
        print_json(found)
        return
    row = found["rollout"]
    if row is None:
        print_text(f"{name}: no canary was ever watched")
        return
    state = f"{row['outcome'].replace('_', ' ')} {moment(row['ended_ms'])}" if row["outcome"] else "running"
    print_text(f"{name}: {shorten(row['release'])} at {_percent(row['share_bp'])}, {state}")
    if not found["points"]:
        print_text("no reply was counted yet")
        return
    newest = found["points"][-1]
    users, turns = newest["users"], newest["turns"]
    print_text(f"replies: {turns['head']} head, {turns['canary']} canary; users: {users['head']}, {users['canary']}")
    print_text(f"evidence 10^{newest['log10_wealth']:.1f}; {-newest['progress']:.1f} powers of ten below the line")
    rows = [
        {"signal": signal, "head": _mean(figure["head"]), "canary": _mean(figure["canary"])}
        | {"evidence": f"10^{figure['log10_wealth']:.1f}"}
        for signal, figure in newest["signals"].items()
    ]
    print_rows(["signal", "head", "canary", "evidence"], rows)


@channel.command("timeline")
@click.argument("name", metavar="CHANNEL")
@click.option("--move", type=click.IntRange(min=0), help="Entry of the rollback; the newest one by default.")
@click.option("--turns", "with_turns", is_flag=True, help="Ask the server for the ids of affected turns too.")
@click.option("--json", "as_json", is_flag=True, help="Print {move, digest, document, turn_ids}.")
@pass_session
def timeline(session: Session, name: str, move: int | None, with_turns: bool, as_json: bool) -> None:
    """Show a rollback of CHANNEL: the exact difference, who let it in, what was seen, which turns it met."""
    history = read_history(*session.open_logs())
    _state(history, name)
    found = read_timeline(history, name, move)
    turn_ids: list[str] | None = None
    if with_turns:
        path = f"/v1/admin/channels/{quote(name)}/affected?move={found.move}"
        turn_ids = session.signed_in_client().get_json(path)["turns"]
    if as_json:
        print_json({"move": found.move, "digest": found.digest, "document": dict(found.document), "turn_ids": turn_ids})
        return
    print_timeline(history, found.document)
    for turn_id in turn_ids or ():
        print_text(f"  {turn_id}")


def _state(history: History, name: str) -> ChannelState:
    found = history.state.channels.get(name)
    if found is None or name == RUNTIME_CHANNEL:
        known = ", ".join(sorted(item for item in history.state.channels if item != RUNTIME_CHANNEL))
        raise UnknownObject(f"channel {name!r}: the root names {known}", hint="channels are named in the root")
    return found


def _canary(history: History, name: str) -> Canary:
    canary = _state(history, name).canary
    if canary is None:
        raise UnknownObject(f"channel {name}: it has no canary", hint='"verax change admit ID --share 5" starts one')
    return canary


def _next_share(history: History, name: str, canary: Canary) -> int:
    deeds = chronicle(history.entries, history.state.outcomes, name)
    plan = plan_of(deeds, canary.admitted_index, history.blob)
    following = plan.after(canary.share_bp) if plan is not None else None
    if following is None:
        raise RequestError(f"channel {name}: its canary has no plan that says what comes next", hint="give --share")
    return following.share_bp


def _target(state: ChannelState, name: str, which: str | None) -> str:
    if which is None and state.canary is not None and state.head is not None:
        return state.head
    earlier = [head.release for head in state.history]
    fitting = [release for release in earlier if which is None or release.startswith(which.removeprefix("r-"))]
    if not fitting:
        raise UnknownObject(
            f"channel {name}: no such release to return to; it may return to {len(earlier)}",
            hint='"verax channel freeze" stops it instead',
        )
    return fitting[-1]


def _row(name: str, state: ChannelState) -> dict[str, object]:
    canary = state.canary
    return {
        "channel": name,
        "release": state.head,
        "mode": state.mode,
        "head_index": state.head_index,
        "canary": None if canary is None else {"release": canary.release, "share_bp": canary.share_bp},
        "frozen": state.frozen,
    }


def _canary_text(row: dict[str, Any]) -> str | None:
    canary = row["canary"]
    return None if canary is None else f"{shorten(canary['release'])} {_percent(canary['share_bp'])}"


def _percent(share_bp: int) -> str:
    return f"{share_bp / 100:g} %"


def _mean(figure: dict[str, Any]) -> str:
    return f"{figure['mean']:.4g} ({figure['users']})" if figure["users"] else "-"


def _next_text(name: str, following: dict[str, Any]) -> str:
    share = _percent(following["share_bp"])
    if following["state"] == "due":
        who = "the server takes it" if following["by"] == "server" else f'sign it with "verax channel step {name}"'
        return f"next: {share}, due: {who}"
    waits = {
        "soak": f"until {moment(following['until_ms'])}",
        "users": "until more users of the canary were counted",
        "held": 'the monitor holds it: look at "verax channel monitor"',
        "unknown": "until a monitor has seen it",
    }
    return f"next: {share}, waits {waits[following['state']]}"
