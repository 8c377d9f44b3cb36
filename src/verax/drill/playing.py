"""The drills in order, and playing them: each on a copy of one founded machine, which is thrown away afterwards."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from verax.drill.code import play_assembly
from verax.drill.files import play_environment, play_prompt_file
from verax.drill.july import play_july
from verax.drill.keys import play_author_approves, play_one_approval, play_owner_alone
from verax.drill.logs import play_log
from verax.drill.machine import Machine, NotAsExpected
from verax.drill.may import play_may
from verax.drill.report import DrillReport, Stop
from verax.kernel.errors import VeraxError

__all__ = ["DRILLS", "Drill", "Play", "play_drill"]

Play: TypeAlias = Callable[[Machine], Iterator[Stop]]
"""Plays a drill on a stopped machine, yields each attempt once it was stopped, and leaves the server running.

Raises `NotAsExpected` where an attempt had an effect or left no alarm."""

_PROPER = "You answer in whole sentences."


@dataclass(frozen=True, slots=True)
class Drill:
    """One incident, by its number."""

    number: int
    title: str
    play: Play


DRILLS: Sequence[Drill] = (
    Drill(1, "one approval only", play_one_approval),
    Drill(2, "the author approves", play_author_approves),
    Drill(3, "the owner's key alone", play_owner_alone),
    Drill(4, "a prompt file edited on the disk", play_prompt_file),
    Drill(5, "a variable of the environment or of the template", play_environment),
    Drill(6, "the log rewritten, cut off, forked, or set back to yesterday", play_log),
    Drill(7, "the code that assembles prompts", play_assembly),
    Drill(8, "the line of May, approved by two careless people", play_may),
    Drill(9, "the lines of July, approved by two careless people", play_july),
)


def play_drill(drill: Drill, founded: Machine, folder: Path, *, keep: bool = False) -> DrillReport:
    """Play a drill on a copy of `founded`, then a proper change on the same copy.

    Args:
        folder: Where the copy lies; it must not exist.
        keep: Leave the copy there.
    """
    started_s = time.monotonic()
    stops: list[Stop] = []
    problem = ""
    machine = founded.copy(folder)
    try:
        stops.extend(drill.play(machine))  # those before an error stay in the list
        if not any(stop.alarm for stop in stops):
            raise NotAsExpected("no attempt left an alarm")
        machine.change_properly(_PROPER)
    except NotAsExpected as error:
        problem = str(error)
    except VeraxError as error:
        problem = f"{error.reason_code}: {error.message}"
    finally:
        machine.close()
        if not keep:
            shutil.rmtree(folder)
    return DrillReport(drill.number, drill.title, tuple(stops), problem, time.monotonic() - started_s)
