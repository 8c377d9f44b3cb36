"""Clause 13: what a measurement refuses, and what it writes down."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import pytest

import verax
from verax.kernel.errors import RuntimeChanged
from verax.surfaces.launch import sources
from verax.surfaces.launch.files import hash_files
from verax.surfaces.launch.inventory import Finding
from verax.surfaces.launch.launcher import NO_BYTECODE, is_isolated, isolated_command, relaunch
from verax.surfaces.launch.measure import (
    Places,
    _check_executed,
    _check_path,
    _check_unmoved,
    _module_names,
    _refuse,
    _shown,
    find_places,
    measure_runtime,
)
from verax.surfaces.launch.native import mapped_libraries


def test_the_places_of_this_process_are_its_own_package_lock_and_packages() -> None:
    places = find_places()
    assert places.package == Path(verax.__file__).resolve().parent
    assert places.locks[0].read_bytes().startswith(b"aiohappyeyeballs==")
    assert {"core.lock", "dev.lock", "postgres.lock"} <= {lock.name for lock in places.locks}
    assert places.site_packages == Path(sysconfig.get_path("purelib")).resolve()
    assert (places.stdlib / "os.py").is_file()


def test_every_module_is_imported_but_the_boot_file_the_fakes_and_the_commands() -> None:
    names = set(_module_names(Path(verax.__file__).resolve().parent))
    assert {"verax", "verax.kernel", "verax.kernel.fold", "verax.surfaces.launch.measure"} <= names
    assert not [
        name for name in names if name.startswith(("verax.testing", "verax.surfaces.cli.")) or name.endswith(".boot")
    ]


def test_a_module_path_that_leads_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    places = find_places()
    clean = [str(places.package.parent), str(places.site_packages), str(places.stdlib)]
    monkeypatch.setattr(sys, "path", clean)
    _check_path(places)
    monkeypatch.setattr(sys, "path", [*clean, str(tmp_path)])
    with pytest.raises(RuntimeChanged, match="module path") as caught:
        _check_path(places)
    assert caught.value.reason_code == "runtime/injected"


def test_a_measurement_begins_with_the_module_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(RuntimeChanged, match="module path"):
        measure_runtime()


def test_a_file_that_changes_while_the_server_starts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    files = hash_files([path])
    _check_unmoved(files)
    path.write_text("x = 22\n")
    with pytest.raises(RuntimeChanged, match=r"a\.py"):
        _check_unmoved(files)


def test_a_source_that_ran_with_other_content_than_was_measured_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    files = hash_files([path])
    monkeypatch.setattr(sources, "_executed", {str(path): files[path].digest})
    _check_executed(files)
    monkeypatch.setattr(sources, "_executed", {str(path): "0" * 64})
    with pytest.raises(RuntimeChanged, match="other content"):
        _check_executed(files)


def test_a_source_that_ran_from_a_place_that_is_not_measured_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sources, "_executed", {str(tmp_path / "elsewhere.py"): "0" * 64})
    with pytest.raises(RuntimeChanged, match="no file"):
        _check_executed({})


def test_findings_are_listed_up_to_five(tmp_path: Path) -> None:
    _refuse([], tmp_path)
    with pytest.raises(RuntimeChanged) as caught:
        _refuse([Finding(f"{number}.py", "no package installed it") for number in range(7)], tmp_path)
    assert "found 7 differences" in caught.value.message
    assert caught.value.message.endswith("and 2 more")


def test_paths_of_native_code_do_not_name_the_folders_of_one_machine() -> None:
    home = Path("/home/ann")
    places = Places(home / "src" / "verax", (), home / "env" / "site", home / "py" / "lib", home / "py")
    assert _shown(home / "env" / "site" / "x" / "a.so", places) == "site-packages:x/a.so"
    assert _shown(home / "py" / "bin" / "python3", places) == "python:bin/python3"
    assert _shown(Path("/lib/libc.so.6"), places) == "/lib/libc.so.6"


def test_the_mapped_libraries_of_this_process_are_files_that_exist() -> None:
    found = mapped_libraries()
    assert found
    assert all(path.is_file() for path in found)


def test_the_isolated_command_reads_no_variables_no_path_files_and_no_bytecode() -> None:
    command = isolated_command(["up", "--detach"])
    assert command[0] == sys.executable
    assert {"-I", "-S", "-B"} <= set(command)
    assert f"pycache_prefix={NO_BYTECODE}" in command
    assert command[-2:] == ["up", "--detach"]
    assert Path(command[-3]).name == "boot.py"


def test_an_ordinary_process_is_not_isolated() -> None:
    assert not is_isolated()


def test_a_variable_that_injects_code_stops_a_relaunch_before_it_happens() -> None:
    with pytest.raises(RuntimeChanged):
        relaunch(["up"], {**os.environ, "LD_PRELOAD": "/tmp/x.so"})
