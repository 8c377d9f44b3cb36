"""Starting, finding and ending a server process, with a stand-in that only takes the lock."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from verax.kernel.errors import VeraxError
from verax.surfaces.cli.processes import SERVER_LOG, find_holder, start_in_background, stop_server

STAND_IN = """
import pathlib, signal, sys, threading
from verax.store.home import Home, lock_home
home = Home(pathlib.Path(sys.argv[1]))
done = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: done.set())
lock = lock_home(home)
print("taken", flush=True)
if sys.argv[2] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
(home.path / "ready").touch()
done.wait(60)
"""


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that the test started; each is ended for certain."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait(30)


def command(home: Path, manner: str = "polite") -> list[str]:
    return [sys.executable, "-c", STAND_IN, str(home), manner]


def start(home: Path, started: list[subprocess.Popen[bytes]], manner: str = "polite") -> int:
    process = start_in_background(command(home, manner), os.environ, home, (home / "ready").exists, wait_s=60)
    started.append(process)
    return process.pid


def test_a_started_server_is_found_by_its_lock_and_ends_when_asked(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    assert find_holder(tmp_path) is None
    pid = start(tmp_path, started)
    assert find_holder(tmp_path) == pid
    assert stop_server(tmp_path, 30) == pid
    assert find_holder(tmp_path) is None
    assert stop_server(tmp_path, 30) is None


def test_its_output_goes_to_a_private_log(tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    start(tmp_path, started)
    log = tmp_path / SERVER_LOG
    assert log.read_text() == "taken\n"
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_server_that_ends_at_once_shows_the_end_of_its_log(tmp_path: Path) -> None:
    (tmp_path / SERVER_LOG).write_text("an older line\n")
    failing = [sys.executable, "-c", "import sys; sys.exit('error: the disk is upside down')"]
    with pytest.raises(VeraxError) as caught:
        start_in_background(failing, os.environ, tmp_path, lambda: False, wait_s=60)
    assert caught.value.message.endswith("before it answered:\nerror: the disk is upside down")
    assert str(tmp_path / SERVER_LOG) in caught.value.hint


def test_a_server_that_never_answers_is_ended(tmp_path: Path) -> None:
    with pytest.raises(VeraxError, match="no answer in 0 s, so it was ended"):
        start_in_background(command(tmp_path), os.environ, tmp_path, lambda: False, wait_s=0)
    assert find_holder(tmp_path) is None


def test_a_server_that_does_not_end_is_reported_and_left_alone(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    pid = start(tmp_path, started, "stubborn")
    with pytest.raises(VeraxError, match=f"process {pid} did not end"):
        stop_server(tmp_path, 0.2)
    assert find_holder(tmp_path) == pid


def test_a_long_log_makes_room(tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    (tmp_path / SERVER_LOG).write_bytes(b"x" * (10 * 2**20 + 1))
    start(tmp_path, started)
    assert (tmp_path / SERVER_LOG).read_text() == "taken\n"
    assert (tmp_path / f"{SERVER_LOG}.1").stat().st_size > 10 * 2**20
