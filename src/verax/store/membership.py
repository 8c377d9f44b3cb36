"""The server processes of one installation: who lives, and which one leads.

* With SQLite there is one process. It owns the data folder (`verax.store.home.lock_home`) and leads.
* With PostgreSQL there may be several on one data folder, which they share (`share_home`). One of
  them leads: it integrates the logs and does whatever must be done once.
* Leading means to hold two locks: a file of the data folder, first, and an advisory lock of the
  database, on a session of its own. The file makes sure that a leader which lost its session is
  not followed by a second one while it lives; the advisory lock, that no two lead where the file
  system's locks do not reach from one machine to another.
* A process lives while it holds the lock on its own file. The operating system frees it at once
  when the process ends, however it ends, so nothing here waits for a lease or believes a clock.

Nobody steps down: a leader leads until its process ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from verax.kernel.errors import StorageError
from verax.store.database import Database, HeldLock
from verax.store.database_lock import FileLock
from verax.store.home import Home

__all__ = ["Member", "Membership", "living_members"]

_ID = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class Member:
    """A process that lives: its id, and where it runs."""

    process_id: str
    pid: int
    host: str

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine."""
        return self.host == socket.gethostname()


class Membership:
    """This process among those of its installation; made by `join`.

    Attributes:
        process_id: 32 hex digits, drawn anew by every process.
        is_shared: Whether there may be other processes.
    """

    def __init__(self, home: Home, database: Database, name: str) -> None:
        self.process_id = secrets.token_hex(16)
        self.is_shared = database.dialect == "postgres"
        self._lock_name = f"leader of {name}"
        self._home = home
        self._database = database
        self._own: FileLock | None = None
        self._file: FileLock | None = None
        self._session: HeldLock | None = None

    @classmethod
    def join(cls, home: Home, database: Database, name: str) -> Membership:
        """Take part; whoever calls this holds the data folder, or shares it.

        Args:
            name: The installation's, since the locks of a database server know no schemas.

        Raises:
            StorageError: the data folder cannot be written.
        """
        membership = cls(home, database, name)
        if membership.is_shared:
            membership._own = _announce(home.members_dir, membership.process_id)
        return membership

    @property
    def is_leading(self) -> bool:
        """Whether this process leads."""
        return self._file is not None or not self.is_shared

    def try_lead(self) -> bool:
        """Lead if nobody else does; blocks for one round trip.

        Raises:
            StorageError: the database cannot be reached.
        """
        if self.is_leading:
            return True
        file = FileLock.take(self._home.leader_path)
        if file is None:
            return False
        try:
            self._session = self._database.try_lock(self._lock_name)
        except BaseException:
            file.release()
            raise
        if self._session is None:
            file.release()
            return False
        self._file = file
        return True

    def keep_lead(self) -> bool:
        """Take the advisory lock again where its session was lost; say whether it is held. Blocks."""
        if not self.is_shared:
            return True
        if self._session is not None and self._session.is_held():
            return True
        self._session = self._database.try_lock(self._lock_name)
        return self._session is not None

    def duty(self) -> HeldLock | None:
        """Return a lock that is held while this process leads, None where it does not."""
        return _Lead(self) if self.is_leading else None

    def _resign(self) -> None:
        if self._session is not None:
            self._session.release()
            self._session = None
        if self._file is not None:
            self._file.release()
            self._file = None

    def is_alive(self, process_id: str) -> bool:
        """Say whether a process that answered turns still lives; false for what is no id."""
        if process_id == self.process_id:
            return True
        return self.is_shared and _ID.match(process_id) is not None and _is_held(self._home.members_dir / process_id)

    def leave(self) -> None:
        """End taking part. Safe to call twice."""
        self._resign()
        if self._own is not None:
            with contextlib.suppress(FileNotFoundError):
                (self._home.members_dir / self.process_id).unlink()
            self._own.release()
            self._own = None


class _Lead:
    """The lead as a lock for work that is done once."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership

    def is_held(self) -> bool:
        return self._membership.is_leading

    def release(self) -> None:
        """Nothing: the lead outlasts the work."""


def living_members(home: Path) -> Iterator[Member]:
    """Yield the processes that share a data folder now, and remove what dead ones left."""
    for path in sorted(Home(home).members_dir.glob("*")):
        if not _ID.match(path.name):
            continue
        if not _is_held(path):
            with contextlib.suppress(OSError):
                path.unlink()
            continue
        with contextlib.suppress(OSError, ValueError):
            pid, host = path.read_text(encoding="utf-8").split()
            yield Member(path.name, int(pid), host)


def _announce(folder: Path, process_id: str) -> FileLock:
    """Lock a file of one's own, then give it its name: nobody ever sees it without the lock."""
    unnamed = folder / f".{process_id}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = FileLock.take(unnamed)
        unnamed.write_text(f"{os.getpid()} {socket.gethostname()}\n", encoding="utf-8")
        unnamed.rename(folder / process_id)
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}", hint="look at the disk and at who owns the folder") from error
    if lock is None:
        raise StorageError(f"{unnamed}: locked by another process", hint="remove the file")
    return lock


def _is_held(path: Path) -> bool:
    """Look without taking: a shared lock is refused only while the process of that file lives."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # not known to be dead
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
