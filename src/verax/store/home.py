"""The data folder, and the lock that lets one server have it.

::

    <home>/
      lock              held while a server or a command owns the folder, or servers share it; names its process
      leader            held by the one of several servers that leads (`verax.store.membership`)
      members/          one locked file for each server that shares the folder (PostgreSQL)
      verax.db          rows (SQLite); absent where PostgreSQL is used
      alarms.waiting    alarms that the log could not take yet
      governance.seen   newest governance checkpoint this server adopted (clause 6); beside it the lock of its writers
      log/governance/   tiles and checkpoint of the governance log
      log/replies/<k>/  tiles and checkpoint of a reply log
      blobs/            long content by digest (clause 3)
      gates/            runs of gates (`verax.gates.runs`); what counts is in the governance log
      keys/             keys of this machine: log, promise, recorder, monitor (clause 4)
      evidence/         split views of a log of ours, as `verax.kernel.split_view` writes them

Private keys of people never lie here (clause 4).
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from verax.kernel.errors import ConfigError, StoreLocked

__all__ = ["Home", "HomeLock", "lock_folder", "lock_home", "open_home", "share_home"]

_SHARE_WAIT_S = 10.0
_SHARE_LOOK_S = 0.05
_STOP_HINT = 'stop that server with "make down", or set VERAX_HOME to another folder'


@dataclass(frozen=True, slots=True)
class Home:
    """Names of the places in a data folder; nothing is created by naming it."""

    path: Path

    @property
    def blobs(self) -> Path:
        """Folder of the blobs."""
        return self.path / "blobs"

    @property
    def log_dir(self) -> Path:
        """Folder of all logs."""
        return self.path / "log"

    @property
    def governance_dir(self) -> Path:
        """Folder of the governance log."""
        return self.log_dir / "governance"

    @property
    def governance_mark(self) -> Path:
        """The newest governance checkpoint that this server adopted."""
        return self.path / "governance.seen"

    @property
    def waiting_alarms(self) -> Path:
        """Alarms that the log could not take yet."""
        return self.path / "alarms.waiting"

    def waiting_alarms_of(self, process_id: str) -> Path:
        """The same of one of several servers."""
        return self.path / f"{self.waiting_alarms.name}.{process_id}"

    def left_alarms(self) -> list[tuple[Path, str]]:
        """Return every file of such alarms with its process; empty where a command wrote it that owned the folder."""
        name = self.waiting_alarms.name
        return [(path, path.name[len(name) + 1 :]) for path in sorted(self.path.glob(f"{name}*"))]

    def replies_dir(self, number: int) -> Path:
        """Folder of reply log `number`."""
        return self.log_dir / "replies" / str(number)

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return self.path / "verax.db"

    @property
    def gates_dir(self) -> Path:
        """Folder of the runs of gates."""
        return self.path / "gates"

    @property
    def evidence_dir(self) -> Path:
        """Folder of split views: two histories that a log key of this installation signed."""
        return self.path / "evidence"

    @property
    def keys_dir(self) -> Path:
        """Folder of this machine's own keys."""
        return self.path / "keys"

    @property
    def members_dir(self) -> Path:
        """Folder of the locked files of servers that share this one."""
        return self.path / "members"

    @property
    def leader_path(self) -> Path:
        """The file whose lock means leading those."""
        return self.path / "leader"

    @property
    def lock_path(self) -> Path:
        """The file whose lock means owning the folder."""
        return self.path / "lock"


class HomeLock:
    """A lock on a data folder; the operating system frees it when the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @property
    def is_held(self) -> bool:
        """Whether this object still owns the folder."""
        return self._descriptor is not None

    def release(self) -> None:
        """Give the folder back; safe to call twice. The file stays, so that no two locks can exist."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def open_home(path: Path) -> Home:
    """Create the folder and its parts where missing, readable by its owner only.

    Raises:
        ConfigError: the path is a file, or cannot be made or written.
    """
    home = Home(path)
    try:
        for folder in (path, home.log_dir, home.blobs, home.keys_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        writable = os.access(path, os.W_OK | os.X_OK)
    except OSError as error:
        raise ConfigError(
            f"data folder {path}: cannot be made: {error.strerror}",
            hint="set VERAX_HOME to a folder that this user may write",
        ) from error
    if not writable:
        raise ConfigError(
            f"data folder {path}: expected a folder that can be written",
            hint="set VERAX_HOME to a folder that this user may write",
        )
    return home


def lock_home(home: Home) -> HomeLock:
    """Own the data folder, or say who does.

    Raises:
        StoreLocked: another process, or another server in this one, holds the folder.
    """
    return lock_folder(home.path, _STOP_HINT)


def share_home(home: Home, wait_s: float = _SHARE_WAIT_S) -> HomeLock:
    """Hold the data folder together with other servers on its database, so that nobody owns it meanwhile.

    A server that starts may own it for a moment, so this waits; it blocks the calling thread.

    Raises:
        StoreLocked: somebody owns it for all of `wait_s`.
    """
    deadline_s = time.monotonic() + wait_s
    while True:
        try:
            return lock_folder(home.path, _STOP_HINT, is_shared=True)
        except StoreLocked:
            if time.monotonic() > deadline_s:
                raise
        time.sleep(_SHARE_LOOK_S)


def lock_folder(folder: Path, hint: str, *, is_shared: bool = False) -> HomeLock:
    """Own a folder through the file ``lock`` in it.

    Args:
        hint: What to do where somebody else owns it.
        is_shared: Let others share it; nobody owns it then.

    Raises:
        StoreLocked: another process, or another owner in this one, holds the folder.
        ConfigError: its file system cannot lock.
    """
    descriptor = _open_lock(folder / "lock")
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 64, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise StoreLocked(f"data folder {folder}: held by process {holder or 'unknown'}", hint=hint) from None
    except OSError as error:
        os.close(descriptor)
        raise ConfigError(
            f"data folder {folder}: its file system cannot lock files: {error.strerror}",
            hint="put the data folder on a local disk",
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    return HomeLock(descriptor)


def _open_lock(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be opened: {error.strerror}", hint=f"remove {path}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ConfigError(f"{path}: expected a file, found something else", hint=f"remove {path}")
    return descriptor
