"""Digests of many files and the marks that show a change."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from verax.kernel.errors import RuntimeChanged
from verax.surfaces.launch.files import hash_files, mark_of, walk_files


def test_every_file_gets_the_digest_of_its_bytes(tmp_path: Path) -> None:
    contents = {tmp_path / f"{number}.py": os.urandom(number * 37) for number in range(50)}
    for path, data in contents.items():
        path.write_bytes(data)
    measured = hash_files(contents)
    assert {path: item.digest for path, item in measured.items()} == {
        path: hashlib.sha256(data).hexdigest() for path, data in contents.items()
    }


def test_the_mark_of_a_measured_file_is_the_mark_of_its_path(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    assert hash_files([path])[path].mark == mark_of(path)


def test_writing_the_same_size_with_the_old_modification_time_still_changes_the_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    before = path.stat()
    mark = mark_of(path)
    replacement = tmp_path / "b.py"
    replacement.write_text("x = 2\n")
    os.utime(replacement, ns=(before.st_atime_ns, before.st_mtime_ns))
    replacement.replace(path)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert mark_of(path) != mark


def test_a_file_that_is_not_there_has_no_mark(tmp_path: Path) -> None:
    assert mark_of(tmp_path / "none") is None


def test_a_file_that_vanished_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RuntimeChanged, match=r"gone\.py"):
        hash_files([tmp_path / "gone.py"])


def test_folders_of_cached_bytecode_are_left_out_and_hidden_files_are_not(tmp_path: Path) -> None:
    for name in ("a.py", "__pycache__/a.cpython-311.pyc", "deep/er/b.py", "deep/__pycache__/c.pyc", ".hidden", "d.pyc"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    found = {path.relative_to(tmp_path).as_posix() for path in walk_files(tmp_path)}
    assert found == {"a.py", "deep/er/b.py", ".hidden", "d.pyc"}
