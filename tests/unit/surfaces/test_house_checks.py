"""What a server can see of itself, and what alarms mean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import verax
from verax.kernel import errors
from verax.surfaces.alarm_meanings import ALARM_MEANINGS, meaning_of
from verax.surfaces.house_checks import look_at_backup, look_at_disk, look_at_erasures

DAY_MS = 86_400_000
SOURCE = Path(verax.__file__).parent


@pytest.mark.parametrize(
    ("made_ms", "now_ms", "state", "message"),
    [
        (None, 5, "note", "none was made yet"),
        (0, DAY_MS - 1, "fine", "made today"),
        (0, 7 * DAY_MS, "fine", "7 days old"),
        (0, 8 * DAY_MS, "note", "8 days old"),
        (DAY_MS, 0, "fine", "made today"),
    ],
)
def test_a_backup_is_recent_or_worth_a_note(made_ms: int | None, now_ms: int, state: str, message: str) -> None:
    [finding] = look_at_backup(made_ms, now_ms)
    assert (finding.state, finding.message) == (state, message)
    assert bool(finding.hint) is (state == "note")


def test_erasures_that_wait_are_worth_a_note() -> None:
    assert [finding.state for finding in look_at_erasures(0)] == ["fine"]
    [finding] = look_at_erasures(3)
    assert (finding.state, finding.message) == ("note", "3 not finished yet")


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_its_parent(tmp_path: Path) -> None:
    [finding] = look_at_disk(tmp_path / "not" / "there")
    assert "GB free" in finding.message


def codes_in_source() -> set[str]:
    """Return every alarm code that the source raises, and those that a check of governance may raise."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'\.alarm\(\s*"([a-z-]+/[a-z-]+)"', text))
        found |= set(re.findall(r'_ALARM = "([a-z-]+/[a-z-]+)"', text))
    kinds = [errors.IntegrityError, *errors.IntegrityError.__subclasses__()]
    return found | {kind.code for kind in kinds}


def test_every_alarm_that_can_be_raised_is_explained() -> None:
    codes = codes_in_source()
    assert {"prompt/differs", "runtime/changed", "log/rolled-back"} <= codes
    assert codes - ALARM_MEANINGS.keys() == set()


def test_an_unknown_alarm_gets_a_general_answer() -> None:
    told = meaning_of("later/added")
    assert told.meaning
    assert told.next_step
    assert told not in ALARM_MEANINGS.values()
