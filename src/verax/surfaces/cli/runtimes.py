"""``verax runtime``: what code is admitted, what changed since, proposing and admitting it (clause 13).

The digest of the source is a hash over a list of files, so the list itself is kept as the blob of
that name: two runtimes are then compared file by file, offline, from the log's blobs alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import click

from verax.kernel.errors import ConfigError, KernelError
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.runtime import PortableRuntime, source_digest
from verax.kernel.short_code import short_code
from verax.store.blobs import Blobs
from verax.store.home import Home
from verax.surfaces.cli.changes import propose_and_admit
from verax.surfaces.cli.govern import Author, open_author
from verax.surfaces.cli.history import History, read_history
from verax.surfaces.cli.output import DONE, REFUSED, confirm, print_json, print_text, say, shorten
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.cli.sources import read_blob
from verax.surfaces.launch.files import hash_files, walk_files
from verax.surfaces.launch.measure import LOCK, find_places

__all__ = ["PortableCode", "keep_listing", "measure_code", "runtime"]

_TAG = b"verax/source/v1\n"


@dataclass(frozen=True, slots=True)
class PortableCode:
    """The installed code, file by file.

    Attributes:
        portable: What people admit.
        listing: The blob that the source digest names: a tag line, then sorted lines ``hex path``.
    """

    portable: PortableRuntime
    listing: bytes


@click.group()
def runtime() -> None:
    """Show what changed in the running code, propose it, and admit it."""


@runtime.command("show")
@click.option("--json", "as_json", is_flag=True, help='Print {"admitted", "installed", "same", "changes": [...]}.')
@pass_session
def show(session: Session, as_json: bool) -> int:
    """Compare the installed code with the admitted runtime, file by file. Exits 3 when they differ."""
    history = read_history(*session.open_logs())
    code = measure_code()
    admitted = history.state.channels[RUNTIME_CHANNEL].head
    is_same = admitted == code.portable.digest
    changes = [] if is_same else describe_code_changes(history, code)
    if as_json:
        print_json({"admitted": admitted, "installed": code.portable.digest, "same": is_same, "changes": changes})
    else:
        print_text(f"admitted   {admitted or 'none'}")
        print_text(f"installed  {code.portable.digest}")
        for line in changes:
            print_text(line)
        if is_same:
            say("the installed code is the admitted runtime")
    return DONE if is_same else REFUSED


@runtime.command("propose")
@click.option("--reason", default="The installed code was updated.", show_default=True, help="Why.")
@click.option("--yes", is_flag=True, help="Do not ask before signing.")
@pass_session
def propose(session: Session, reason: str, yes: bool) -> int:
    """Show what changed in the code, sign a change that proposes it, and print its id.

    Others review it and gates judge it as they do a release; a server that runs this code answers previews meanwhile.
    """
    author, code = _installed(session)
    if _is_admitted(author, code):
        return DONE
    confirm(f"propose runtime {shorten(code.portable.digest)}?", is_given=yes)
    keep_listing(session.config.home, code)
    proposal = author.propose(RUNTIME_CHANNEL, code.portable.data, reason)
    print_text(proposal.change)
    say(f"code of the change: {short_code(proposal.change)}")
    return DONE


@runtime.command("admit")
@click.option("--reason", default="The installed code was updated.", show_default=True, help="Why.")
@click.option("--yes", is_flag=True, help="Do not ask before signing.")
@pass_session
def admit(session: Session, reason: str, yes: bool) -> int:
    """Show what changed in the code and, where the root says solo, admit it with one signature."""
    author, code = _installed(session)
    if _is_admitted(author, code):
        return DONE
    confirm(f"admit runtime {shorten(code.portable.digest)}?", is_given=yes)
    keep_listing(session.config.home, code)
    propose_and_admit(author, RUNTIME_CHANNEL, code.portable.data, reason)
    say(f"admitted {shorten(code.portable.digest)}; a server that runs other code must be started again")
    return DONE


def _installed(session: Session) -> tuple[Author, PortableCode]:
    """Return who signs, and the code that is installed here.

    Raises:
        ConfigError: the installation is on another machine.
    """
    if session.config.url:
        raise ConfigError("runtime: code is admitted on the machine that runs it", hint="run this there, without --url")
    return open_author(session), measure_code()


def _is_admitted(author: Author, code: PortableCode) -> bool:
    """Say whether code is admitted already; tell that, or else what changed."""
    admitted = author.history.state.channels[RUNTIME_CHANNEL].head
    if admitted == code.portable.digest:
        say(f"runtime {shorten(admitted)} is admitted already")
        return True
    for line in describe_code_changes(author.history, code):
        say(line)
    return False


def measure_code(package: Path | None = None) -> PortableCode:
    """Hash a package's files and its lock, as they lie on the disk now.

    Args:
        package: The folder of the package ``verax``; the one that runs here when omitted.
    """
    package = package or find_places().package
    measured = hash_files(walk_files(package))
    digests = {path.relative_to(package.parent).as_posix(): found.digest for path, found in measured.items()}
    lock = hashlib.sha256((package / LOCK).read_bytes()).hexdigest()
    lines = sorted(f"{digest} {path}" for path, digest in digests.items())
    listing = _TAG + "".join(f"{line}\n" for line in lines).encode("utf-8")
    return PortableCode(PortableRuntime(source_digest(digests), lock), listing)


def keep_listing(home: Path, code: PortableCode) -> None:
    """Keep the list of files as a blob; no statement names it, so it is put there by hand."""
    Blobs(Home(home).blobs).put(code.listing)


def describe_code_changes(history: History, code: PortableCode) -> list[str]:
    """Say what differs between the admitted runtime and the installed code, a line a file."""
    head = history.state.channels[RUNTIME_CHANNEL].head
    if head is None:
        return ["no runtime was ever admitted"]
    try:
        admitted = PortableRuntime.parse(history.blob(head))
    except KernelError:
        return ["the admitted runtime cannot be read"]
    lines = []
    if admitted.lock != code.portable.lock:
        lines.append(f"dependencies: lock {shorten(admitted.lock)} → {shorten(code.portable.lock)}")
    if admitted.source != code.portable.source:
        listing = read_blob(history.source, admitted.source)
        lines += ["source: the list of its files is not kept"] if listing is None else _changed(listing, code.listing)
    return lines


def _changed(old: bytes, new: bytes) -> list[str]:
    before, after = _parse(old), _parse(new)
    lines = []
    for path in sorted(before.keys() | after.keys()):
        if path not in before:
            lines.append(f"added    {path}")
        elif path not in after:
            lines.append(f"removed  {path}")
        elif before[path] != after[path]:
            lines.append(f"changed  {path}  {shorten(before[path])} → {shorten(after[path])}")
    return lines


def _parse(listing: bytes) -> dict[str, str]:
    lines = listing.removeprefix(_TAG).decode("utf-8").splitlines()
    return {line[65:]: line[:64] for line in lines}
