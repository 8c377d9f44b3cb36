"""``verax witness``: the witnesses that the root names, how they stand, and a witness's own server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from verax.kernel.cosignature import Policy
from verax.kernel.errors import RequestError
from verax.kernel.forward_hold import demands_witnesses
from verax.kernel.note import VerifierKey
from verax.kernel.root import RootDocument
from verax.kernel.root_drafts import witnessed_root
from verax.surfaces.cli.history import open_log, read_history
from verax.surfaces.cli.output import DONE, REFUSED, moment, print_json, print_rows, say
from verax.surfaces.cli.quorum import LogQuorum, judge_quorum
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.cli.witness_server import add_log, key, serve, show

__all__ = ["witness"]


@click.group()
def witness() -> None:
    """Say who witnesses the logs and how they stand, or be a witness."""


for command in (add_log, key, serve, show):
    witness.add_command(command)


@witness.command("list")
@click.option(
    "--json", "as_json", is_flag=True, help='Print {"quorum", "channels", "witnesses": [{name, key, address}]}.'
)
@pass_session
def list_witnesses(session: Session, as_json: bool) -> None:
    """List the witnesses that the root document in force names, and what waits for them."""
    root = read_history(*session.open_logs()).state.root
    policy = _policy(root)
    waiting = sorted(name for name, rules in root.channels.items() if rules.needs_witness)
    rows = [
        {"name": name, "key": str(found), "address": policy.addresses.get(name)}
        for name, found in policy.witnesses.items()
    ]
    if as_json:
        print_json({"quorum": policy.quorum, "channels": waiting, "witnesses": rows})
        return
    print_rows(["name", "address", "key"], rows)
    say(f"quorum: {policy.quorum}; forward moves wait for it on: {', '.join(waiting) or 'no channel'}")


@witness.command("status")
@click.option("--json", "as_json", is_flag=True, help='Print {"met", "waiting", "logs": […], "witnesses": […]}.')
@pass_session
def status(session: Session, as_json: bool) -> int:
    """Check the cosignatures on both logs here, and say what the server says of each witness.

    Exits 3 where the quorum that the root demands is not there.
    """
    source, identity = session.open_logs()
    history = read_history(source, identity)
    root = history.state.root
    keys = tuple(map(VerifierKey.parse, root.logs))
    replies = sorted({key.name for key in keys if "/replies/" in key.name})
    trees = [open_log(source, name.removeprefix(f"{root.name}/"), name, keys) for name in replies]
    judged = [judge_quorum(tree, root) for tree in (history.signed, *trees)]
    said = _standings(session)
    is_met = all(log.is_met for log in judged)
    if as_json:
        print_json(
            {
                "met": is_met,
                "waiting": said["waiting"],
                "logs": [_log_row(log) for log in judged],
                "witnesses": said["rows"],
            }
        )
    else:
        print_rows(["log", "size", "witnessed", "cosigned_by", "quorum"], [_log_row(log) for log in judged])
        print_rows(["witness", "log", "cosigned", "time", "problem"], said["rows"])
        if said["waiting"]:
            say(f"forward moves wait on: {', '.join(said['waiting'])}")
    return DONE if is_met or not demands_witnesses(root) else REFUSED


@witness.command("require")
@click.argument("policy", metavar="FILE|none", type=click.Path(path_type=Path))
@click.option("--channel", "channels", multiple=True, metavar="NAME", help="Forward moves of NAME wait for the quorum.")
@click.option("--all-channels", is_flag=True, help="Forward moves of every channel wait for the quorum.")
@click.option("--yes", is_flag=True, help="Do not ask before signing.")
@pass_session
def require(session: Session, policy: Path, channels: tuple[str, ...], all_channels: bool, yes: bool) -> None:
    """Propose a root document that names the witnesses of FILE, a tlog-policy; "none" names nobody.

    A line "witness NAME KEY ADDRESS" names a witness and where it takes checkpoints; "quorum NAME" says
    whose cosignatures are enough. The change needs the signatures that every root change needs.
    """
    from verax.surfaces.cli.roots import offer_root

    text = "" if str(policy) == "none" else _read_policy(policy)
    root = read_history(*session.open_logs()).state.root
    waiting = root.channels if all_channels else channels
    offer_root(session, witnessed_root(root, text, waiting), is_given=yes)


def _policy(root: RootDocument) -> Policy:
    return Policy.parse(root.witness_policy or "quorum none\n")


def _read_policy(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path}: expected a policy: {error}") from None


def _log_row(log: LogQuorum) -> dict[str, Any]:
    return {
        "log": log.origin,
        "size": log.size,
        "witnessed": None if log.witnessed is None else log.witnessed.size,
        "cosigned_by": sorted(log.times_s),
        "quorum": log.verdict,
    }


def _standings(session: Session) -> dict[str, Any]:
    """Return what the server says of its witnesses; nothing where none runs."""
    client = session.client()
    if not client.is_up():
        say("no server runs: what follows is read from its files")
        return {"waiting": [], "rows": []}
    said = client.get_json("/v1/witnesses")
    rows = [
        {
            "witness": item["name"],
            "log": log["log"],
            "cosigned": log["size"],
            "time": moment(None if log["time_s"] is None else log["time_s"] * 1000),
            "problem": log["problem"],
        }
        for item in said["witnesses"]
        for log in item["logs"]
    ]
    return {"waiting": said["waiting"], "rows": rows}
