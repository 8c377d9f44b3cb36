"""Drills 8 and 9: lines that two careless people approved are stopped at the gate, caught as a canary, and kept out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from verax.drill.founding import found_machine, know_nothing
from verax.drill.model import ScriptedModel
from verax.drill.playing import DRILLS, Drill, play_drill
from verax.drill.report import DrillReport

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

INCIDENTS = {"may": 8, "july": 9}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DrillReport]:
    """Play both at once, each on a machine of its own: each waits for the minute in which alarms are merged."""
    folder = tmp_path_factory.mktemp("incidents")

    def play(name: str, drill: Drill) -> DrillReport:
        with ScriptedModel(know_nothing) as model:
            return play_drill(drill, found_machine(folder / f"{name}-founded", model), folder / name)

    drills = {drill.number: drill for drill in DRILLS}
    with ThreadPoolExecutor(len(INCIDENTS)) as threads:
        played = {name: threads.submit(play, name, drills[number]) for name, number in INCIDENTS.items()}
        return {name: report.result() for name, report in played.items()}


@pytest.mark.parametrize("name", INCIDENTS)
def test_the_line_is_stopped_at_the_gate_caught_as_a_canary_and_kept_out(
    name: str, reports: dict[str, DrillReport]
) -> None:
    report = reports[name]
    assert report.problem == ""
    gate, monitor, *again, paraphrase, named = report.stops
    assert "did not pass" in gate.stopped_by
    assert "the monitor found the canary" in monitor.stopped_by
    assert len(again) == 5
    assert all("rolled back" in stop.stopped_by for stop in again)
    assert "did not pass" in paraphrase.stopped_by
    assert named.alarm is None
    assert [rung.code for rung in report.alarms] == ["attempt/refused", "monitor/tripped", "attempt/refused"]
