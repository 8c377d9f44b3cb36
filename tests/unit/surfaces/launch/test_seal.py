"""Clause 13: later imports and file changes are seen, once each, and end new turns."""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from verax.kernel.errors import RuntimeChanged
from verax.kernel.runtime import InstanceManifest, PortableRuntime
from verax.surfaces.launch.files import hash_files, walk_files
from verax.surfaces.launch.measure import Places, RuntimeMeasurement
from verax.surfaces.launch.native import mapped_libraries
from verax.surfaces.launch.seal import Seal, Violation

WAIT_S = 20.0


class Watched:
    """A small installation under a seal."""

    def __init__(self, root: Path) -> None:
        self.package, self.site = root / "src" / "house", root / "site-packages"
        for path in (self.package / "__init__.py", self.package / "room.py", self.site / "lib" / "__init__.py"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"name = {path.stem!r}\n")
        places = Places(self.package, (), self.site, root / "stdlib", root)
        files = hash_files([*walk_files(root), *mapped_libraries()])
        manifest = InstanceManifest(PortableRuntime("0" * 64, "1" * 64), "python", "platform", "2" * 64)
        self.seen: list[Violation] = []
        self.event = threading.Event()
        self.seal = Seal(RuntimeMeasurement(manifest, files, places), self.note, interval_s=0.05)

    def note(self, violation: Violation) -> None:
        self.seen.append(violation)
        self.event.set()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    house = Watched(tmp_path)
    yield house
    house.seal.stop()


def test_an_untouched_installation_stays_sealed(watched: Watched) -> None:
    assert watched.seal.check_now() == ()
    watched.seal.check_sealed()


def test_another_process_of_ours_may_run_what_was_measured_and_nothing_else(watched: Watched, tmp_path: Path) -> None:
    room = watched.package / "room.py"
    digest = hashlib.sha256(room.read_bytes()).hexdigest()
    watched.seal.check_code({str(room.resolve()): digest})
    assert watched.seen == []
    with pytest.raises(RuntimeChanged, match=r"room.py: a process ran another content"):
        watched.seal.check_code({str(room.resolve()): "0" * 64})
    assert [violation.path for violation in watched.seen] == [str(room.resolve())]
    with pytest.raises(RuntimeChanged):
        watched.seal.check_code({})


def test_a_process_that_ran_an_unknown_file_ends_new_turns(watched: Watched, tmp_path: Path) -> None:
    with pytest.raises(RuntimeChanged, match="a process ran what was not measured"):
        watched.seal.check_code({str(tmp_path / "elsewhere.py"): "0" * 64})
    with pytest.raises(RuntimeChanged):
        watched.seal.check_sealed()


def test_the_seal_names_the_runtime_it_holds(watched: Watched) -> None:
    assert watched.seal.portable == PortableRuntime("0" * 64, "1" * 64).digest
    assert len(watched.seal.digest) == 64


def test_a_changed_source_line_ends_new_turns(watched: Watched) -> None:
    (watched.package / "room.py").write_text("name = 'other'\n")
    watched.seal.check_now()
    with pytest.raises(RuntimeChanged, match=r"room\.py: its content changed"):
        watched.seal.check_sealed()


def test_a_change_that_is_undone_still_ends_new_turns(watched: Watched) -> None:
    room = watched.package / "room.py"
    before = room.read_bytes()
    room.write_text("name = 'other'\n")
    watched.seal.check_now()
    room.write_bytes(before)
    watched.seal.check_now()
    with pytest.raises(RuntimeChanged):
        watched.seal.check_sealed()


def test_touching_a_file_without_changing_it_is_no_violation(watched: Watched) -> None:
    os.utime(watched.package / "room.py")
    assert watched.seal.check_now() == ()


def test_a_vanished_file_is_a_violation(watched: Watched) -> None:
    (watched.site / "lib" / "__init__.py").unlink()
    assert [item.detail for item in watched.seal.check_now()] == ["the file vanished"]


@pytest.mark.parametrize("name", ["site-packages/evil.pth", "site-packages/lib/new.py", "src/house/new.pyc"])
def test_a_file_that_appears_is_a_violation(watched: Watched, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("import os\n")
    [violation] = watched.seal.check_now()
    assert (violation.kind, violation.path) == ("file", str(tmp_path / name))


def test_a_file_that_appeared_between_measurement_and_seal_is_a_violation(tmp_path: Path) -> None:
    house = Watched(tmp_path)
    (house.site / "evil.pth").write_text("import os\n")
    late = Seal(house.seal._measurement, house.note)
    assert [item.path for item in late.check_now()] == [str(house.site / "evil.pth")]


def test_cached_bytecode_that_an_ordinary_python_writes_is_no_violation(watched: Watched) -> None:
    (watched.package / "__pycache__").mkdir()
    (watched.package / "__pycache__" / "room.cpython-311.pyc").write_bytes(b"")
    assert watched.seal.check_now() == ()


def test_each_path_is_reported_once(watched: Watched) -> None:
    (watched.package / "room.py").write_text("name = 1\n")
    watched.seal.check_now()
    (watched.package / "room.py").write_text("name = 2\n")
    watched.seal.check_now()
    assert len(watched.seen) == 1


def test_the_watching_thread_sees_a_change_without_being_asked(watched: Watched) -> None:
    watched.seal.start()
    (watched.package / "room.py").write_text("name = 'other'\n")
    assert watched.event.wait(WAIT_S)
    assert watched.seen[0].path == str(watched.package / "room.py")


def test_native_code_that_was_not_measured_is_a_violation(tmp_path: Path) -> None:
    house = Watched(tmp_path)
    library = next(iter(mapped_libraries()))
    house.seal._files.pop(library)
    assert [(item.kind, item.path) for item in house.seal.check_now()] == [("native", str(library))]


@pytest.fixture
def on_path(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.syspath_prepend(str(watched.package.parent))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    watched.seal.start()
    yield watched
    for name in [name for name in sys.modules if name.split(".")[0] in ("house", "late")]:
        del sys.modules[name]


def test_a_measured_module_may_be_imported_late(on_path: Watched) -> None:
    assert importlib.import_module("house.room").name == "room"
    on_path.seal.check_sealed()


def test_a_late_import_of_an_unmeasured_file_fails_and_is_a_violation(on_path: Watched) -> None:
    (on_path.package.parent / "late.py").write_text("name = 'late'\n")
    importlib.invalidate_caches()
    with pytest.raises(ModuleNotFoundError, match="did not measure"):
        importlib.import_module("late")
    assert ("import", "late") in [(item.kind, item.path) for item in on_path.seen]
    with pytest.raises(RuntimeChanged):
        on_path.seal.check_sealed()


def test_a_measured_module_that_changed_is_not_imported(on_path: Watched) -> None:
    (on_path.package / "room.py").write_text("name = 'poison'\n")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("house.room")
    assert "house.room" not in sys.modules


class Intruder:
    """A finder that someone puts before the seal's."""

    def find_spec(self, *_: object) -> None:
        return None


@pytest.fixture
def intruder(on_path: Watched) -> Iterator[Intruder]:
    found = Intruder()
    sys.meta_path.insert(0, found)  # type: ignore[arg-type]
    yield found
    sys.meta_path.remove(found)  # type: ignore[arg-type]


@pytest.mark.usefixtures("intruder")
def test_an_import_behind_another_finder_is_a_violation(on_path: Watched) -> None:
    __import__("house.room")
    assert ("import", "sys.meta_path") in [(item.kind, item.path) for item in on_path.seen]


@pytest.mark.usefixtures("intruder")
def test_another_finder_is_found_before_it_imports_anything(on_path: Watched) -> None:
    assert ("import", "sys.meta_path") in [(item.kind, item.path) for item in on_path.seal.check_now()]


def test_a_stopped_seal_lets_imports_pass(watched: Watched) -> None:
    watched.seal.start()
    watched.seal.stop()
    watched.seal.stop()
    assert all(type(finder).__name__ != "_ImportGuard" for finder in sys.meta_path)
