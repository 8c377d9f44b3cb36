"""The server as a process: who holds a data folder, starting one in the background, ending it.

Locks in the data folder are the only register of processes: they are freed by the operating system
when their holders end, so there is no stale file of process ids. Servers on one PostgreSQL share the
folder, and each holds a file of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from verax.kernel.errors import StorageError, VeraxError
from verax.store.home import Home
from verax.store.membership import living_members

__all__ = ["SERVER_LOG", "find_holder", "start_in_background", "stop_server"]

SERVER_LOG = "server.log"

_POLL_S = 0.05
_MAX_LOG_BYTES = 10 * 2**20
_SHOWN_LOG_BYTES = 4000


def find_holder(home: Path) -> int | None:
    """Return the process that owns the data folder, or one of this machine that shares it; None where nobody does.

    Looks without taking: a shared lock is refused only while somebody owns the folder.
    """
    try:
        file = Home(home).lock_path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return None
    with file:
        for _ in range(10):
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = os.pread(file.fileno(), 64, 0).strip()
                if text.isdigit():
                    return int(text)
                time.sleep(_POLL_S)  # the holder has the lock and is about to write its name
            else:
                return next((member.pid for member in living_members(home) if member.is_here), None)
    raise StorageError(f"data folder {home}: held by a process that does not name itself", hint='run "verax doctor"')


def start_in_background(
    command: Sequence[str],
    environ: Mapping[str, str],
    home: Path,
    is_ready: Callable[[], bool],
    *,
    wait_s: float = 120.0,
) -> subprocess.Popen[bytes]:
    """Start a server that outlives this process, wait until it answers, and return it.

    Raises:
        VeraxError: it ended, or did not answer in time; the end of its log is in the message.
    """
    log = home / SERVER_LOG
    _make_room(log)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    start = os.fstat(descriptor).st_size
    try:
        process = subprocess.Popen(
            list(command),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    deadline = time.monotonic() + wait_s
    while not is_ready():
        code = process.poll()
        if code is not None:
            raise VeraxError(
                f"server: it ended with code {code} before it answered:\n{_tail(log, start)}",
                hint=f'mend what it says; "verax doctor" looks around; the whole log is {log}',
                code="server/not-started",
            )
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise VeraxError(
                f"server: no answer in {wait_s:.0f} s, so it was ended:\n{_tail(log, start)}",
                hint=f"the whole log is {log}",
                code="server/not-started",
            )
        time.sleep(_POLL_S)
    return process


def stop_server(home: Path, wait_s: float) -> int | None:
    """Ask the server of a data folder to end, wait until it has, and return its process id.

    None where there is none. Open turns are finished first.

    Raises:
        VeraxError: it may not be ended by this user, or is still there after `wait_s`.
    """
    pid = find_holder(home)
    if pid is None:
        return None
    try:
        os.kill(pid, signal.SIGTERM)
    except PermissionError:
        raise VeraxError(f"server: process {pid} belongs to another user", hint="stop it as that user") from None
    except ProcessLookupError:
        return pid
    deadline = time.monotonic() + wait_s
    while find_holder(home) == pid:
        if time.monotonic() > deadline:
            raise VeraxError(
                f"server: process {pid} did not end in {wait_s:.0f} s",
                hint=f"wait for its open turns, or end it: kill -9 {pid}",
            )
        time.sleep(_POLL_S)
    return pid


def _make_room(log: Path) -> None:
    """Keep one older log beside the present one."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > _MAX_LOG_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))


def _tail(log: Path, start: int) -> str:
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(start, size - _SHOWN_LOG_BYTES))
        return file.read().decode("utf-8", "replace").strip()
