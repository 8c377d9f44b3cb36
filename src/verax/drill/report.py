"""What a drill found: each attempt with what stopped it and the alarm that it left, for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from verax.drill.machine import Rung

__all__ = ["DrillReport", "Stop", "report_lines", "report_object"]


@dataclass(frozen=True, slots=True)
class Stop:
    """One attempt that had no effect.

    Attributes:
        tried: What the insider did, a clause.
        stopped_by: What stopped it: a permanent code and the words of the refusal, or why nothing changed.
        alarm: What it left in the governance log; None where it met nothing that could change anything.
    """

    tried: str
    stopped_by: str
    alarm: Rung | None = None


@dataclass(frozen=True, slots=True)
class DrillReport:
    """One drill, played.

    Attributes:
        stops: The attempts up to the first that was not as expected.
        problem: What was not as expected; empty where the drill passed.
        seconds: Wall-clock time, the copying of the machine and the proper change at the end included.
    """

    number: int
    title: str
    stops: tuple[Stop, ...]
    problem: str
    seconds: float

    @property
    def is_passed(self) -> bool:
        """Whether every attempt was stopped, alarms are in the log, and a proper change went live afterwards."""
        return not self.problem

    @property
    def alarms(self) -> tuple[Rung, ...]:
        """The alarms that the attempts left, in the order of the log."""
        rungs = {stop.alarm.index: stop.alarm for stop in self.stops if stop.alarm is not None}
        return tuple(rungs[index] for index in sorted(rungs))


def report_object(report: DrillReport) -> dict[str, Any]:
    """Return a drill as ``verax drill --json`` prints it."""
    first = report.stops[0] if report.stops else None
    return {
        "drill": report.number,
        "title": report.title,
        "passed": report.is_passed,
        "stopped_by": first.stopped_by if first else None,
        "alarm_index": report.alarms[0].index if report.alarms else None,
        "seconds": round(report.seconds, 1),
        "problem": report.problem,
        "attempts": [_attempt_object(stop) for stop in report.stops],
    }


def report_lines(report: DrillReport) -> Sequence[str]:
    """Return a drill as text: under its title what was tried, and under that what stopped it."""
    verdict = "passed" if report.is_passed else "FAILED"
    lines = [f"{report.number}  {verdict}  {report.seconds:5.1f} s  {report.title}"]
    for stop in report.stops:
        rung = "" if stop.alarm is None else f"  [alarm {stop.alarm.code}, entry {stop.alarm.index}]"
        lines += [f"   {stop.tried}", f"     {stop.stopped_by}{rung}"]
    return lines if report.is_passed else [*lines, f"   not as expected: {report.problem}"]


def _attempt_object(stop: Stop) -> dict[str, Any]:
    alarm = stop.alarm
    return {
        "tried": stop.tried,
        "stopped_by": stop.stopped_by,
        "alarm_code": None if alarm is None else alarm.code,
        "alarm_index": None if alarm is None else alarm.index,
    }
