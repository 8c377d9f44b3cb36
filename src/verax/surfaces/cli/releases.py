"""``verax release``: show, compare and verify releases, as the governance log names them.

A release is named by a channel (its head), by its id or the first digits of it, or by a file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from verax.guard.ready import read_release
from verax.kernel.errors import UnknownObject
from verax.kernel.release import Release
from verax.kernel.release_diff import diff_releases
from verax.kernel.release_toml import release_toml
from verax.kernel.root import RUNTIME_CHANNEL
from verax.surfaces.cli.differences import difference_lines, difference_row
from verax.surfaces.cli.history import History, read_history
from verax.surfaces.cli.output import DONE, REFUSED, print_json, print_rows, print_text, say
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["find_release", "known_releases", "read_release_file", "release"]

_PREFIX = re.compile(r"(?:r-)?([0-9a-f]{6,64})\Z")


@click.group()
def release() -> None:
    """Show, compare and verify releases.

    A release is named by a channel (its head), by its id or the first digits of it, or by a file.
    """


@release.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"releases": [{id, name, channels, model}]}.')
@pass_session
def list_releases(session: Session, as_json: bool) -> None:
    """List every release that was ever proposed, and where it serves now."""
    history = read_history(*session.open_logs())
    rows = []
    for release_id in known_releases(history):
        found = history.release(release_id)
        rows.append(
            {"id": release_id, "name": found.name, "channels": _served(history, release_id), "model": found.model.name}
        )
    if as_json:
        print_json({"releases": rows})
    else:
        print_rows(
            ["release", "name", "channels", "model"], [row | {"release": f"r-{str(row['id'])[:8]}"} for row in rows]
        )


@release.command("show")
@click.argument("which", metavar="CHANNEL|ID|FILE", default="assistant")
@click.option("--toml", "as_toml", is_flag=True, help="Print the manifest as TOML, to edit and propose.")
@click.option("--json", "as_json", is_flag=True, help='Print {"id", "channels", "manifest"}.')
@pass_session
def show(session: Session, which: str, as_toml: bool, as_json: bool) -> None:
    """Print everything that shapes the behaviour of a release.

    With --toml it reads back as the same release, to the id: edit it, then
    "verax change propose FILE".
    """
    if as_toml and as_json:
        raise click.UsageError("--toml or --json, not both")
    history = None if Path(which).is_file() else read_history(*session.open_logs())
    found = read_release_file(Path(which)) if history is None else find_release(history, which)
    if as_toml:
        click.echo(release_toml(found), nl=False)
        return
    channels = [] if history is None else _served(history, found.id)
    if as_json:
        print_json({"id": found.id, "channels": channels, "manifest": found.manifest})
        return
    print_text(f"release {found.id}")
    print_text(f"serves {', '.join(channels) or 'no channel'}")
    _print_manifest(found.manifest, "")


@release.command("diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--json", "as_json", is_flag=True, help='Print {"old", "new", "differences": [{path, before, after}]}.')
@pass_session
def diff(session: Session, old: str, new: str, as_json: bool) -> None:
    """Print what differs between two releases, field by field and word by word."""
    left, right = (_load(session, which) for which in (old, new))
    differences = diff_releases(left, right)
    if as_json:
        print_json({"old": left.id, "new": right.id, "differences": [difference_row(item) for item in differences]})
        return
    for item in differences:
        for line in difference_lines(item):
            print_text(line)
    if not differences:
        say("they are the same")


@release.command("verify")
@click.argument("which", metavar="CHANNEL|ID|FILE", default="assistant")
@click.option("--json", "as_json", is_flag=True, help='Print {"verified", "id", "checks": [{name, state, detail}]}.')
@pass_session
def verify(session: Session, which: str, as_json: bool) -> int:
    """Check a release: its bytes against its id, its place in the log, the weights on this disk.

    Exits 3 when something does not hold.
    """
    from verax.surfaces.cli.releasechecks import check_release

    source, identity = session.open_logs()
    history = read_history(source, identity)
    found = read_release_file(Path(which)) if Path(which).is_file() else find_release(history, which)
    checks = check_release(found, history, session)
    is_verified = all(check["state"] != "failed" for check in checks)
    if as_json:
        print_json({"verified": is_verified, "id": found.id, "checks": checks})
    else:
        print_text(f"release {found.id}")
        print_rows(["name", "state", "detail"], checks)
    return DONE if is_verified else REFUSED


def read_release_file(path: Path) -> Release:
    """Return the release of a file: TOML that people write, or canonical bytes.

    Raises:
        ReleaseError: it is neither.
    """
    data = path.read_bytes()
    if data.startswith(b"{"):
        return Release.from_bytes(data)
    return read_release(data.decode("utf-8", "replace"))


def known_releases(history: History) -> list[str]:
    """Return the ids of all releases that were ever proposed, oldest first."""
    changes = sorted(history.state.changes.values(), key=lambda change: change.index)
    return list(dict.fromkeys(change.candidate for change in changes if change.channel != RUNTIME_CHANNEL))


def find_release(history: History, which: str) -> Release:
    """Return the release that `which` names: a channel, an id, or the first digits of one.

    Raises:
        UnknownObject: nothing or more than one thing has that name.
    """
    channel = history.state.channels.get(which)
    if channel is not None and which != RUNTIME_CHANNEL and channel.head is not None:
        return history.release(channel.head)
    match = _PREFIX.match(which)
    found = [item for item in known_releases(history) if match and item.startswith(match[1])]
    if len(found) != 1:
        raise UnknownObject(
            f"release {which!r}: expected a channel or one release, found {len(found)}",
            hint='"verax release list" lists them',
        )
    return history.release(found[0])


def _load(session: Session, which: str) -> Release:
    if Path(which).is_file():
        return read_release_file(Path(which))
    return find_release(read_history(*session.open_logs()), which)


def _served(history: History, release_id: str) -> list[str]:
    return sorted(name for name, channel in history.state.channels.items() if channel.head == release_id)


def _print_manifest(value: Any, indent: str) -> None:
    for key, item in value.items():
        if isinstance(item, dict):
            print_text(f"{indent}{key}:")
            _print_manifest(item, indent + "  ")
        elif isinstance(item, str) and "\n" in item:
            print_text(f"{indent}{key}: |")
            for line in item.splitlines():
                print_text(f"{indent}  {line}")
        elif isinstance(item, list):
            print_text(f"{indent}{key}:" + ("" if item else " none"))
            for part in item:
                print_text(f"{indent}  - {_inline(part)}")
        else:
            print_text(f"{indent}{key}: {_inline(item)}")


def _inline(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_inline(item)}" for key, item in value.items())
    return str(value) if value != "" else '""'
