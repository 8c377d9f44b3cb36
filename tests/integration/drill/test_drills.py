"""Every drill passes, and fails where the defence that it is about was taken out of the code."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from pathlib import Path

import pytest

from verax.drill.build import Build
from verax.drill.founding import found_machine
from verax.drill.logs import ATTEMPTS, play_log
from verax.drill.machine import Machine
from verax.drill.playing import DRILLS, Drill, play_drill
from verax.drill.report import report_lines
from verax.surfaces.cli.main import run
from verax.surfaces.cli.output import DONE

pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).resolve().parents[3]
BY_NUMBER = {drill.number: drill for drill in DRILLS}
ALARMS = {
    1: ["attempt/refused"],
    2: ["attempt/refused"],
    3: ["attempt/refused", "attempt/refused"],
    4: ["start/refused"],
    6: ["store/corrupt", "log/no-effect", "start/refused"],
    7: ["runtime/changed", "runtime/not-admitted"],
}


def steady(text: str) -> str:
    """Leave out what differs between two runs: digests, numbers, and of which log the witness was heard first."""
    text = re.sub(
        r"log (?:governance|replies/0): witness elsewhere says [^\[]*\[", "the witness says otherwise [", text
    )
    text = re.sub(r"[0-9.]+", "0", re.sub(r"\b[0-9a-f]{12,64}\b", "<digest>", text))
    return " ".join(text.split())


def in_readme(text: str) -> bool:
    """Say whether the README shows this text."""
    return steady(text) in steady((ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", sorted(ALARMS))
def test_the_insider_is_stopped_leaves_an_alarm_and_a_proper_change_goes_live(
    founded: Machine, tmp_path: Path, number: int
) -> None:
    report = play_drill(BY_NUMBER[number], founded, tmp_path / "machine")
    assert report.problem == ""
    assert [rung.code for rung in report.alarms] == ALARMS[number]
    assert not (tmp_path / "machine").exists()
    assert in_readme("\n".join(report_lines(report)))


def test_the_command_founds_a_machine_plays_a_drill_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert run(["drill", "--only", "5"]) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("1 of 1 drills passed")
    assert in_readme("\n".join(lines[:-1]))
    assert list(tmp_path.iterdir()) == []


@dataclasses.dataclass(frozen=True)
class Weakness:
    """A defence that is taken out: the drill that is about it, the edits that take it out, and what the drill says.

    Attributes:
        edits: File of the package, its text, and what stands there instead.
        is_admitted: The machine is founded on the weaker code, since the drill needs turns before it fails.
        attempts: Names of the attempts of drill 6 that are made on the stopped server.
        patience_s: How long the drill waits for what never comes.
    """

    number: int
    problem: str
    edits: tuple[tuple[str, str, str], ...]
    is_admitted: bool = False
    attempts: tuple[str, ...] = ()
    patience_s: float = 180.0

    def weaken(self, build: Build) -> None:
        """Take the defence out of a copy of the code."""
        for place, old, new in self.edits:
            source = build.package / place
            text = source.read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{place}: the defence stands elsewhere now"
            source.write_text(text.replace(old, new), encoding="utf-8")

    def machine(self, founded: Machine, folder: Path) -> Machine:
        """Return a machine of the weaker code: founded on it, or a copy of `founded` whose code was changed."""
        if self.is_admitted:
            machine = found_machine(folder, founded.model, prepare=self.weaken)
        else:
            machine = founded.copy(folder)
            self.weaken(machine.build)
        machine.patience_s = self.patience_s
        return machine


_NO_APPROVALS = ("kernel/fold_change.py", "if len(counted) < rules.approvals:", "if False:")
WEAKNESSES = {
    "approvals are not counted": Weakness(
        1, "an operator admits a change that one reviewer approved: it was taken", (_NO_APPROVALS,), is_admitted=True
    ),
    "authors may review": Weakness(
        2,
        "the author signs the second approval: it was taken",
        (("kernel/fold_change.py", "if persons & change.signers and not root.is_solo:", "if False:"),),
        is_admitted=True,
    ),
    "thresholds are not counted": Weakness(
        3,
        "the owner alone signs a root that asks for nobody's approval: it was taken",
        (("kernel/fold_root.py", "if len(persons) < threshold:", "if False:"),),
        is_admitted=True,
    ),
    "digests of blobs are not compared": Weakness(
        4,
        "the server started",
        (
            ("store/blobs.py", "if data is not None and canonical.hex_digest(data) != digest:", "if False:"),
            ("kernel/fold_blobs.py", "if data is None or canonical.hex_digest(data) != digest:", "if data is None:"),
        ),
        is_admitted=True,
    ),
    "unknown variables are passed over": Weakness(
        5,
        "the server started",
        (
            (
                "config.py",
                'raise _unknown(f"environment: unknown variable {variable}", variable, list(known))',
                "continue",
            ),
        ),
    ),
    "an admission in the database needs no approvals": Weakness(
        6, "an admission that was planted in the database moved the head", (_NO_APPROVALS,), is_admitted=True
    ),
    "witnesses are not asked": Weakness(
        6,
        "puts back the data folder of yesterday: the server started",
        (("surfaces/installation.py", "await witnessing.survey()", "pass"),),
        is_admitted=True,
        attempts=("puts back the data folder of yesterday",),
    ),
    "nobody watches the code": Weakness(
        7,
        "turns go on",
        (
            (
                "surfaces/launch/seal.py",
                "elif mark != self._files[path].mark and not self._is_same(path, self._files[path]):",
                "elif False:",
            ),
        ),
        is_admitted=True,
        patience_s=15.0,
    ),
    "any code may answer": Weakness(
        7,
        "the model was told: ",
        (
            (
                "turn/resolve.py",
                "if admitted is None or admitted.head != runtime.portable or admitted.frozen:",
                "if False:",
            ),
        ),
    ),
    "gates that failed count": Weakness(
        8, "it was admitted", (("kernel/fold_change.py", "if not result.passed:", "if False:"),), is_admitted=True
    ),
    "nobody watches the canary": Weakness(
        8,
        "was not taken out",
        (("gates/rollout/watch.py", "trip = await self._count(watched)", "trip = None"),),
        is_admitted=True,
    ),
    "nothing stays banned": Weakness(
        9,
        "it was admitted",
        (("kernel/fold_change.py", "hits = ban_hits(", "hits = frozenset() and ban_hits("),),
        is_admitted=True,
    ),
}


@pytest.mark.parametrize("name", WEAKNESSES)
def test_a_drill_fails_where_its_defence_was_taken_out(founded: Machine, tmp_path: Path, name: str) -> None:
    weakness = WEAKNESSES[name]
    drill = BY_NUMBER[weakness.number]
    if weakness.number == 6:
        chosen = {what: ATTEMPTS[what] for what in weakness.attempts}
        drill = Drill(6, drill.title, lambda machine: play_log(machine, chosen))
    report = play_drill(drill, weakness.machine(founded, tmp_path / "weaker"), tmp_path / "machine")
    assert not report.is_passed
    assert weakness.problem in report.problem
