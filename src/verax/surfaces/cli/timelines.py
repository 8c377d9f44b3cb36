"""Timelines of rollbacks, from the verified log: an alarm names the document, the document's digest fixes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verax.gates.rollout.timeline import TIMELINE_ALARM, TIMELINE_KIND
from verax.kernel import canonical
from verax.kernel.chronicle import statement_at
from verax.kernel.errors import CorruptStore, UnknownObject
from verax.kernel.release_diff import FieldDiff, diff_texts
from verax.kernel.statement import Alarm
from verax.surfaces.cli.differences import difference_lines
from verax.surfaces.cli.history import History
from verax.surfaces.cli.output import moment, print_rows, print_text, shorten

__all__ = ["Timeline", "print_timeline", "read_timeline"]

_SHOWN_RANGES = 8


@dataclass(frozen=True, slots=True)
class Timeline:
    """A document, and the entry of the rollback that it is about."""

    move: int
    digest: str
    document: Mapping[str, Any]


def read_timeline(history: History, channel: str, move: int | None) -> Timeline:
    """Return the timeline of a rollback, the newest one unless `move` names another.

    Raises:
        UnknownObject: the log names none, or its blob is gone.
        CorruptStore: what the log names is no timeline.
    """
    for outcome in reversed(history.state.outcomes):
        if outcome.kind != "alarm" or not outcome.effective:
            continue
        alarm = statement_at(history.entries, outcome.index)
        if not isinstance(alarm, Alarm) or (alarm.code, alarm.channel) != (TIMELINE_ALARM, channel):
            continue
        detail: Mapping[str, Any] = canonical.decode(history.blob(alarm.detail))
        if move in (None, detail["move"]):
            return Timeline(detail["move"], detail["timeline"], _document(history, detail["timeline"]))
    wanted = "no rollback has a timeline" if move is None else f"the rollback at entry {move} has no timeline"
    raise UnknownObject(
        f"channel {channel}: {wanted}", hint="it is written a moment after a rollback, while the server runs"
    )


def print_timeline(history: History, document: Mapping[str, Any]) -> None:
    """Print a timeline for people."""
    back = document["rolled_back"]
    by = ", ".join(back["by"])
    print_text(
        f"{document['channel']}: {', '.join(shorten(item) for item in document['taken_out'])} taken out at entry "
        f"{back['index']} by {by}, {moment(back['time_ms'])}; {shorten(document['returned_to'])} serves"
    )
    _print_change(history, document.get("change"))
    for move in document["moves"]:
        share = f"{move['share_bp'] / 100:g} %"
        print_text(f"  entry {move['index']}: {move['act']} to {share} by {', '.join(move['by'])}")
    for item in document["diff"]:
        good, bad = item.get("good"), item.get("bad")
        for line in difference_lines(FieldDiff(item["path"], good, bad, diff_texts(good or "", bad or ""))):
            print_text(f"  {line}")
    print_text(f"banned: {len(document['bans'])} sentences")
    _print_turns(document)
    _print_signals(document["signals"])


def _document(history: History, digest: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = canonical.decode(history.blob(digest))
    if document.get("kind") != TIMELINE_KIND:
        raise CorruptStore(f"blob {digest[:12]}: the log names it as a timeline, and it is none")
    return document


def _print_change(history: History, change: Mapping[str, Any] | None) -> None:
    if change is None:
        return
    print_text(f"change {shorten(change['id'])} by {', '.join(change['authors'])}: {history.text(change['reason'])}")
    for review in change["reviews"]:
        print_text(
            f"  entry {review['index']}: {'approved' if review['approves'] else 'rejected'} by {review['person']}"
        )
    for gate in change["gates"]:
        print_text(f"  entry {gate['index']}: suite {gate['suite']} {'passed' if gate['passed'] else 'failed'}")


def _print_turns(document: Mapping[str, Any]) -> None:
    turns = document["turns"]
    leaves = [str(first) if first == last else f"{first}-{last}" for first, last in turns["leaves"]]
    rest = f" and {len(leaves) - _SHOWN_RANGES} more ranges" if len(leaves) > _SHOWN_RANGES else ""
    where = f", leaves {', '.join(leaves[:_SHOWN_RANGES])}{rest} of {turns['log']}" if leaves else ""
    print_text(f"affected: {turns['count']} turns, {turns['withdrawn']} of them ended in mid-reply{where}")


def _print_signals(points: list[Mapping[str, Any]]) -> None:
    if not points:
        return
    figures = points[-1]["figures"]
    rows = [
        {"signal": name, "evidence": f"10^{float(figure['log10_wealth']):.1f}"}
        | {arm: str(figure[arm].get("mean", "-")) for arm in ("head", "canary")}
        for name, figure in figures["signals"].items()
    ]
    print_text(f"seen at {moment(points[-1]['at_ms'])}, {len(points)} points in the document:")
    print_rows(["signal", "head", "canary", "evidence"], rows)
