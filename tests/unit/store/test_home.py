"""The data folder and its lock."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from verax.kernel.errors import ConfigError, StoreLocked
from verax.store.home import Home, lock_home, open_home

_HOLDER = """
import sys
from pathlib import Path
from verax.store.home import lock_home, open_home
lock = lock_home(open_home(Path(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_new_data_folder_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    home = open_home(tmp_path / "deep" / "home")
    for folder in (home.path, home.log_dir, home.blobs, home.keys_dir):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_naming_a_folder_creates_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.replies_dir(3) == tmp_path / "home" / "log" / "replies" / "3"
    assert home.governance_dir.parent == home.log_dir
    assert home.governance_mark.parent == home.path
    assert home.database_path.parent == home.path
    assert not home.path.exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(ConfigError, match="cannot be made"):
        open_home(tmp_path / "home")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(ConfigError, match="can be written"):
        open_home(tmp_path)


def test_a_file_system_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    home = open_home(tmp_path)
    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(ConfigError, match="cannot lock files: No locks available"):
        lock_home(home)


def test_a_second_server_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreLocked, match=f"held by process {holder.pid}\n") as caught:
            lock_home(home)
        assert "VERAX_HOME" in caught.value.hint
        holder.kill()  # a killed server leaves no lock behind
        holder.wait(timeout=20)
        with lock_home(home) as lock:
            assert lock.is_held
            assert home.lock_path.read_text() == f"{os.getpid()}\n"
        assert not lock.is_held
    finally:
        holder.kill()
        holder.communicate(timeout=20)


def test_the_lock_excludes_a_second_holder_in_the_same_process(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    lock = lock_home(home)
    with pytest.raises(StoreLocked, match=f"held by process {os.getpid()}"):
        lock_home(home)
    lock.release()
    lock.release()
    lock_home(home).release()
