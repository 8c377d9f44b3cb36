"""What a drill found, as text and as JSON."""

from __future__ import annotations

from verax.drill.machine import Rung
from verax.drill.report import DrillReport, Stop, report_lines, report_object
from verax.surfaces.cli.shapes import SHAPES, find_mismatch

STOPS = (
    Stop("edits the file", "nothing is read again"),
    Stop("starts on it", "store/corrupt: a blob", Rung(9, "start/refused", {"code": "store/corrupt"})),
    Stop("starts again", "store/corrupt: a blob", Rung(9, "start/refused", {"code": "store/corrupt"})),
)


def test_a_passed_drill_names_its_first_alarm_and_what_stopped_the_first_attempt() -> None:
    found = report_object(DrillReport(4, "a file", STOPS, "", 12.34))
    assert {name: found[name] for name in ("drill", "passed", "stopped_by", "alarm_index", "seconds")} == {
        "drill": 4,
        "passed": True,
        "stopped_by": "nothing is read again",
        "alarm_index": 9,
        "seconds": 12.3,
    }
    assert [attempt["alarm_index"] for attempt in found["attempts"]] == [None, 9, 9]
    assert find_mismatch([found], SHAPES["drill"]) == ""


def test_a_drill_that_stopped_nothing_says_what_was_not_as_expected() -> None:
    report = DrillReport(1, "one approval only", (), "it was taken", 1.0)
    found = report_object(report)
    assert (found["passed"], found["stopped_by"], found["alarm_index"]) == (False, None, None)
    assert report_lines(report) == ["1  FAILED    1.0 s  one approval only", "   not as expected: it was taken"]


def test_an_alarm_that_two_attempts_share_is_counted_once() -> None:
    report = DrillReport(4, "a file", STOPS, "", 1.0)
    assert [rung.index for rung in report.alarms] == [9]
    assert report_lines(report)[4] == "     store/corrupt: a blob  [alarm start/refused, entry 9]"
