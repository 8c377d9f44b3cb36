"""``verax drill``: the incidents, played against a throw-away machine as an insider would play them."""

from __future__ import annotations

import contextlib
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from verax.drill.founding import found_machine, know_nothing
from verax.drill.model import ScriptedModel
from verax.drill.playing import DRILLS, Drill, play_drill
from verax.drill.report import DrillReport, report_lines, report_object
from verax.surfaces.cli.output import DONE, FAILED, print_json, print_text, say

__all__ = ["drill"]

_NUMBERS = [str(item.number) for item in DRILLS]


@click.command()
@click.option("--only", "numbers", multiple=True, type=click.Choice(_NUMBERS), help="Play this drill; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print [{drill, passed, stopped_by, alarm_index, seconds, …}].")
@click.option("--keep", is_flag=True, help="Leave the throw-away folder in place, and say where it is.")
def drill(numbers: tuple[str, ...], as_json: bool, keep: bool) -> int:
    """Play the incidents that Verax must withstand against a throw-away installation.

    An insider with the disk, the database and the environment tries to change what the assistant is
    told; three people and a witness stand outside. Says for each drill what was tried, what stopped it,
    which alarm it left in the log, and how long it took. Your own installation is not touched.

    Exits 1 when a drill did not pass.
    """
    chosen = [item for item in DRILLS if not numbers or str(item.number) in numbers]
    reports = []
    with _ended_in_order(), _folder(keep=keep) as folder:
        for report in _play(chosen, folder, keep=keep):
            reports.append(report)
            if not as_json:
                print_text("\n".join(report_lines(report)))
    if as_json:
        print_json([report_object(report) for report in reports])
    else:
        passed = sum(report.is_passed for report in reports)
        print_text(f"{passed} of {len(reports)} drills passed; after each, a change that two others approved went live")
    return DONE if all(report.is_passed for report in reports) else FAILED


def _play(drills: Sequence[Drill], folder: Path, *, keep: bool) -> Iterator[DrillReport]:
    """Found a machine, and play each drill on a copy of it."""
    with ScriptedModel(know_nothing) as model:
        _tell("founding a throw-away installation: three people, a gate machine, a witness")
        founded = found_machine(folder / "founded", model)
        for item in drills:
            _tell(f"drill {item.number}: {item.title}")
            yield play_drill(item, founded, folder / f"drill-{item.number}", keep=keep)


@contextlib.contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    """Make a folder for the machines; removed when the block ends, unless it is to be kept."""
    if not keep:
        with tempfile.TemporaryDirectory(prefix="verax-drill-") as path:
            yield Path(path)
        return
    folder = Path(tempfile.mkdtemp(prefix="verax-drill-"))
    say(f"the machines stay in {folder}")
    yield folder


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """Take SIGTERM as Ctrl-C, so that servers are ended and folders removed whoever ends the drill."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(text: str) -> None:
    """Say what is being done, where somebody watches."""
    if sys.stderr.isatty():
        say(text)
