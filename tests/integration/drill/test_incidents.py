"""Drills 8 and 9: lines that two careless people approved are stopped at the gate, caught as a canary, and kept out."""

from __future__ import annotations

from pathlib import Path

import pytest

from verax.drill.machine import Machine
from verax.drill.playing import DRILLS, Drill, play_drill

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize("drill", [drill for drill in DRILLS if drill.number in (8, 9)], ids=["may", "july"])
def test_the_line_is_stopped_at_the_gate_caught_as_a_canary_and_kept_out(
    drill: Drill, founded: Machine, tmp_path: Path
) -> None:
    report = play_drill(drill, founded, tmp_path / "machine")
    assert report.problem == ""
    gate, monitor, *again, paraphrase, named = report.stops
    assert "did not pass" in gate.stopped_by
    assert "the monitor found the canary" in monitor.stopped_by
    assert len(again) == 5
    assert all("rolled back" in stop.stopped_by for stop in again)
    assert "did not pass" in paraphrase.stopped_by
    assert named.alarm is None
    assert [rung.code for rung in report.alarms] == ["attempt/refused", "monitor/tripped", "attempt/refused"]
