"""``verax log compare``: do several people, places and files show one history of each log?

* Compared are the checkpoints that servers show, files with signed checkpoints, and what this machine
  saw last. Only what a pinned log key signed counts.
* Two trees of one size need nothing else. Of two sizes the larger one is opened at the smaller size,
  by tiles of a server that has it; where no server has a tree that large, nothing is said.
* A contradiction is kept as a file that proves it to anybody (`verax.kernel.split_view`), and is
  brought to the servers that were asked, which enter it into the governance log as an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import click

from verax.kernel.canonical import b64_encode
from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.errors import KernelError, UnknownObject, VeraxError
from verax.kernel.note import VerifierKey, parse_note, parse_verifier_keys
from verax.kernel.split_view import SplitView, find_split_view
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.keyring import Identity
from verax.surfaces.cli.output import DONE, REFUSED, print_json, print_text, say
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.cli.sources import LogSource, ServerSource
from verax.surfaces.cli.treereader import TreeReader

__all__ = ["Comparison", "View", "collect_views", "compare", "compare_views", "report_evidence"]

_STYLES = {"consistent": "green", "forked": "red", "failed": "red", "not compared": None}

ViewState = Literal["consistent", "forked", "not compared", "failed"]


@dataclass(slots=True)
class View:
    """A checkpoint of one log as somebody shows it.

    Attributes:
        shown_by: Who: an address, a file, or this machine.
        note: The signed checkpoint; empty where there is none.
        source: Where its tiles are; None for a file and for this machine.
        checkpoint: What the note says, once a pinned key was found to have signed it.
    """

    log: str
    shown_by: str
    note: bytes
    source: LogSource | None = None
    checkpoint: Checkpoint | None = None
    state: ViewState = "not compared"
    detail: str = ""


@dataclass(slots=True)
class Comparison:
    """What became of all views, and the evidence of contradictions."""

    views: list[View]
    evidence: list[SplitView] = field(default_factory=list)

    @property
    def is_consistent(self) -> bool:
        """Whether nobody contradicts anybody and every view was signed."""
        return not any(view.state in ("forked", "failed") for view in self.views)


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE...]", type=click.Path(path_type=Path))
@click.option("--url", "urls", multiple=True, metavar="URL", help="A server; twice or more to compare them.")
@click.option(
    "--json", "as_json", is_flag=True, help='Print {"consistent", "views": [{log, shown_by, …}], "evidence"}.'
)
@pass_session
def compare(session: Session, files: tuple[Path, ...], urls: tuple[str, ...], as_json: bool) -> int:
    """Compare the signed checkpoints that servers, other people's FILEs and this machine hold.

    A FILE is what a server answered at /log/checkpoint or /replies/0/checkpoint, as somebody else saw it.
    Two histories of one log are kept as evidence and reported to the servers. Exits 3 when there are any.
    """
    if urls:
        session.flags["url"] = urls[0]
    first, identity = session.open_logs()
    clients = [session.client_at(url) for url in urls[1:]]
    views = collect_views(identity, [first, *(ServerSource(client) for client in clients)], files)
    found = compare_views(views, parse_verifier_keys("\n".join(identity.log_keys())))
    kept = [str(identity.keep_evidence(view.to_bytes())) for view in found.evidence]
    if as_json:
        print_json({"consistent": found.is_consistent, "views": [_row(view) for view in views], "evidence": kept})
    else:
        for view in views:
            state = click.style(f"{view.state:<12}", fg=_STYLES[view.state])
            print_text(f"{state}  {_size(view):>9}  {view.log}  {view.shown_by}  {view.detail}".rstrip())
    for path in kept:
        say(f"two histories of one log, both signed by its key: {path}")
    if kept:
        report_evidence([session.client(), *clients], found.evidence)
    return DONE if found.is_consistent else REFUSED


def collect_views(identity: Identity, sources: Iterable[LogSource], files: Iterable[Path]) -> list[View]:
    """Gather what is to be compared of one installation's logs.

    Raises:
        UnknownObject: a file cannot be read.
    """
    keys = parse_verifier_keys("\n".join(identity.log_keys()))
    origins = sorted({key.name for key in keys if not key.name.endswith("/promise")})
    views = [view for origin in origins for view in _shown(identity, origin, sources)]
    for path in files:
        try:
            note = path.read_bytes()
        except OSError as error:
            raise UnknownObject(f"{path}: expected a signed checkpoint: {error.strerror}") from None
        views.append(View(_origin_of(note), str(path), note))
    for view in views:
        _open(view, keys)
    return views


def compare_views(views: Sequence[View], keys: Sequence[VerifierKey]) -> Comparison:
    """Compare all views of each log with the largest tree that can be opened."""
    found = Comparison(list(views))
    for log in sorted({view.log for view in views}):
        signed = [view for view in views if view.log == log and view.checkpoint is not None]
        _compare_log(log, signed, keys, found)
    return found


def report_evidence(clients: Iterable[Client], evidence: Iterable[SplitView]) -> None:
    """Bring evidence to servers, which raise an alarm; one that refuses or is gone is said, and that is all."""
    for client in clients:
        for view in evidence:
            try:
                client.post_json("/v1/witnesses/evidence", {"evidence": b64_encode(view.to_bytes())})
                say(f"{client.url}: the alarm stands in its governance log")
            except VeraxError as error:
                say(f"{client.url}: takes no evidence: {error.message}")


def _shown(identity: Identity, origin: str, sources: Iterable[LogSource]) -> Iterable[View]:
    rest = origin.removeprefix(f"{identity.credentials.name}/")
    prefix = "log" if rest == "governance" else rest
    mark = identity.mark(origin)
    if mark.note:
        yield View(origin, "this machine", mark.note.encode("utf-8"))
    for source in sources:
        try:
            note = source.read(f"{prefix}/checkpoint")
        except VeraxError as error:
            yield View(origin, source.name, b"", source, state="failed", detail=error.message)
            continue
        if note is not None:
            yield View(origin, source.name, note, source)


def _open(view: View, keys: Sequence[VerifierKey]) -> None:
    if view.state == "failed":
        return
    try:
        view.checkpoint = open_checkpoint(view.note, view.log, keys)
    except KernelError as error:
        view.state, view.detail = "failed", error.message


def _origin_of(note: bytes) -> str:
    try:
        return Checkpoint.parse(parse_note(note).text).origin
    except KernelError:
        return "unknown"


def _compare_log(log: str, views: list[View], keys: Sequence[VerifierKey], found: Comparison) -> None:
    by_size = sorted(views, key=lambda view: (_size(view), view.source is not None))
    largest = next((view for view in reversed(by_size) if view.source is not None), None)
    for place, view in enumerate(by_size):
        for other in by_size[place + 1 :]:
            if _size(other) == _size(view) or other is largest:
                _compare_two(log, view, other, keys, found)


def _compare_two(log: str, view: View, other: View, keys: Sequence[VerifierKey], found: Comparison) -> None:
    reader = None
    if other.source is not None and other.checkpoint is not None:
        prefix = "log" if log.endswith("/governance") else "/".join(log.rsplit("/", 2)[-2:])
        reader = TreeReader(other.source, prefix, other.checkpoint)
    try:
        evidence = find_split_view([view.note, other.note], log, keys, reader.open if reader else None)
    except VeraxError as error:
        other.state, other.detail = "failed", f"its tiles do not lead to the tree that it signed: {error.message}"
        return
    if evidence is None:
        for item in (view, other):
            if item.state == "not compared":
                item.state = "consistent"
        return
    view.state, view.detail = "forked", f"another history than {other.shown_by} shows"
    other.state, other.detail = "forked", f"another history than {view.shown_by} shows"
    if evidence not in found.evidence:
        found.evidence.append(evidence)


def _row(view: View) -> dict[str, object]:
    root = None if view.checkpoint is None else view.checkpoint.root.hex()
    return {
        "log": view.log,
        "shown_by": view.shown_by,
        "size": _size(view),
        "root": root,
        "state": view.state,
        "detail": view.detail,
    }


def _size(view: View) -> int:
    return 0 if view.checkpoint is None else view.checkpoint.size
