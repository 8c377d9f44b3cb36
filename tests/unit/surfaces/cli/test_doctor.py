"""``verax doctor``: each thing that can be wrong is found, with something to do about it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.runtime import PortableRuntime
from verax.surfaces import house_checks
from verax.surfaces.cli import checks, runtimes
from verax.surfaces.neighbours import PortHolder

Verax = Callable[..., Any]


@pytest.fixture(autouse=True)
def _no_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "find_model_servers", list)
    monkeypatch.setattr(checks, "is_port_free", lambda host, port: True)


@pytest.fixture
def admitted_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the installed code be the one that the test's genesis admitted."""
    portable = PortableRuntime("22" * 32, "11" * 32)
    monkeypatch.setattr(runtimes, "measure_code", lambda: runtimes.PortableCode(portable, b""))


def findings(ran: Any) -> dict[str, dict[str, str]]:
    return {item["name"]: item for item in json.loads(ran.out)["findings"]}


def test_a_sound_installation_has_nothing_wrong(founded: Any, verax: Verax, admitted_code: None) -> None:
    ran = verax("doctor", "--json")
    assert [item for item in findings(ran).values() if item["state"] == "wrong"] == []
    assert ran.code == 0
    assert findings(ran)["governance log"]["state"] == "fine"
    assert findings(ran)["runtime"]["state"] == "fine"
    assert "nothing is wrong" in verax("doctor").err


def test_before_the_first_start_nothing_is_wrong(home: Path, verax: Verax) -> None:
    home.rmdir()
    ran = verax("doctor", "--json")
    assert ran.code == 0
    assert findings(ran)["data folder"] == {
        "name": "data folder",
        "state": "note",
        "message": f"{home} does not exist yet",
        "hint": '"verax up" makes it',
    }


def test_code_that_nobody_admitted_is_found(founded: Any, verax: Verax) -> None:
    ran = verax("doctor", "--json")
    assert ran.code == 1
    assert findings(ran)["runtime"]["state"] == "wrong"
    assert "runtime admit" in findings(ran)["runtime"]["hint"]


def test_a_damaged_log_is_found_and_the_other_checks_still_speak(
    founded: Any, verax: Verax, admitted_code: None
) -> None:
    (founded.home / "log/governance/checkpoint").write_bytes(b"nonsense")
    ran = verax("doctor", "--json")
    assert ran.code == 1
    assert findings(ran)["governance"]["state"] == "wrong"
    assert findings(ran)["python"]["state"] == "fine"


def test_a_key_that_others_can_read_is_found(founded: Any, verax: Verax) -> None:
    (founded.identity.folder / "daily.key").chmod(0o644)
    found = findings(verax("doctor", "--json"))["keyring"]
    assert found["state"] == "wrong"
    assert found["hint"] == f"chmod 600 {founded.identity.folder / 'daily.key'}"


def test_an_open_data_folder_is_found(founded: Any, verax: Verax) -> None:
    founded.home.chmod(0o755)
    assert findings(verax("doctor", "--json"))["data folder"]["hint"] == f"chmod 700 {founded.home}"


def test_a_full_disk_is_found(founded: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 50_000_000

    monkeypatch.setattr(house_checks.shutil, "disk_usage", lambda path: Usage)
    assert findings(verax("doctor", "--json"))["disk"]["state"] == "wrong"


def test_a_clock_behind_the_log_is_found(founded: Any, verax: Verax) -> None:
    file = founded.home / "log/governance/checkpoint"
    os.utime(file, (4_000_000_000, 4_000_000_000))
    found = findings(verax("doctor", "--json"))["clock"]
    assert found["state"] == "wrong"
    assert "NTP" in found["hint"]


def test_as_many_threads_as_cores_is_noted(founded: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.os, "sched_getaffinity", lambda pid: {0, 1})
    ran = verax("--set", "threads=2", "doctor", "--json")
    assert findings(ran)["threads"]["hint"] == "set threads to 1"


def test_a_port_in_use_is_named_with_its_holder(founded: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "is_port_free", lambda host, port: False)
    monkeypatch.setattr(checks, "find_port_holder", lambda port: PortHolder(42, "nginx"))
    found = findings(verax("doctor", "--json"))["port"]
    assert found["message"] == "1 is held by process 42 (nginx)"


def test_an_old_python_is_found(founded: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_OLDEST_PYTHON", (9, 0))
    assert findings(verax("doctor", "--json"))["python"]["state"] == "wrong"


def test_a_table_of_findings_has_a_hint_below_each(founded: Any, verax: Verax) -> None:
    text = verax("doctor").out
    assert "BAD" in text
    assert "→" in text
