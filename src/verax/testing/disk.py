"""A disk that writes down what is asked of it, for files and for SQLite alike.

`Trace` is one ordered list of operations: writes, truncations, syncs, creations, renames,
removals, folder syncs, and marks that a test puts between them (an acknowledgement, say).
`RecordingDisk` records what goes through `verax.store.disk.Disk`, `recording_vfs` what
SQLite does to its files; both also do it. `verax.testing.crash` turns a trace into every
state that a loss of power may leave.

``deaf_to`` names a kind of file whose syncs are not written down: a disk that says yes and
does nothing. Tests use it to show that the simulation would catch a missing sync.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

import apsw

from verax.store.disk import LocalDisk

__all__ = ["Operation", "RecordingDisk", "Trace", "UnsyncedDisk", "recording_vfs", "unsynced_vfs"]

Kind = Literal["create", "write", "truncate", "sync", "rename", "remove", "folder", "sync_folder", "mark"]
_JOURNALS = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL


@dataclass(frozen=True, slots=True)
class Operation:
    """One step.

    Attributes:
        path: Below the folder of the trace, with slashes; for a mark its name.
        offset: Of a write; the new length for a truncation.
        data: Of a write, and of a mark.
        target: Of a rename.
    """

    kind: Kind
    path: str
    offset: int = 0
    data: bytes = b""
    target: str = ""


@dataclass
class Trace:
    """Operations in the order in which they happened.

    Attributes:
        root: The folder that they are about.
        deaf_to: Says of which files and folders a sync is ignored.
    """

    root: Path
    deaf_to: Callable[[str], bool] = field(default=lambda _path: False)
    operations: list[Operation] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: Kind, path: Path, *, offset: int = 0, data: bytes = b"", target: Path | None = None) -> None:
        """Write down one operation; paths outside the folder are none of ours."""
        name = path.relative_to(self.root).as_posix()
        if kind in ("sync", "sync_folder") and self.deaf_to(name):
            return
        goal = "" if target is None else target.relative_to(self.root).as_posix()
        with self._lock:
            self.operations.append(Operation(kind, name, offset, data, goal))

    def mark(self, name: str, data: bytes = b"") -> None:
        """Write down that something was promised to somebody at this point."""
        with self._lock:
            self.operations.append(Operation("mark", name, 0, data))


class RecordingDisk(LocalDisk):
    """A real disk that records.

    A whole write is recorded as creation, write and sync, since a crash may fall between them.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def write_synced(self, path: Path, data: bytes) -> None:
        if path.exists():
            self._trace.add("truncate", path)
        else:
            self._trace.add("create", path)
        self._trace.add("write", path, data=data)
        path.write_bytes(data)
        self._trace.add("sync", path)

    def write_all_synced(self, files: Mapping[Path, bytes]) -> None:
        for path, data in files.items():  # one after the other, so that traces are the same in every run
            self.write_synced(path, data)

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        self._trace.add("rename", source, target=target)

    def sync_folder(self, path: Path) -> None:
        self._trace.add("sync_folder", path)

    def sync_folders(self, paths: Sequence[Path]) -> None:
        for path in paths:
            self.sync_folder(path)

    def make_folder(self, path: Path) -> None:
        if not path.is_dir():
            self.make_folder(path.parent)
            path.mkdir()
            self._trace.add("folder", path)
            self._trace.add("sync_folder", path.parent)

    def remove(self, path: Path) -> None:
        is_there = path.exists()
        super().remove(path)
        if is_there:
            self._trace.add("remove", path)


class UnsyncedDisk(LocalDisk):
    """A real disk without syncs, for replaying thousands of states quickly."""

    def write_synced(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)

    def write_all_synced(self, files: Mapping[Path, bytes]) -> None:
        for path, data in files.items():
            self.write_synced(path, data)

    def sync_folder(self, path: Path) -> None:
        """Leave the names to the page cache."""

    def sync_folders(self, paths: Sequence[Path]) -> None:
        """Leave the names to the page cache."""


@contextlib.contextmanager
def recording_vfs(trace: Trace) -> Iterator[str]:
    """Register a SQLite VFS that records every file below the folder of `trace`; yields its name."""
    name = f"verax-recording-{id(trace)}"
    vfs = _RecordingVfs(name, trace)
    try:
        yield name
    finally:
        vfs.unregister()


def unsynced_vfs() -> str:
    """Return the name of a SQLite VFS whose syncs do nothing, registered once a process."""
    return _unsynced().name


class _RecordingVfs(apsw.VFS):
    def __init__(self, name: str, trace: Trace) -> None:
        super().__init__(name, "")
        self._trace = trace

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _RecordingFile(self._trace, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        self._trace.add("remove", Path(filename))
        if syncdir:
            self._trace.add("sync_folder", Path(filename).parent)


class _RecordingFile(apsw.VFSFile):
    def __init__(self, trace: Trace, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._trace = trace
        self._path = Path(name.filename() if isinstance(name, apsw.URIFilename) else str(name))
        self._syncs_folder = False
        if flags[0] & apsw.SQLITE_OPEN_CREATE and not self._path.exists():
            trace.add("create", self._path)
            self._syncs_folder = bool(flags[0] & _JOURNALS)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._trace.add("write", self._path, offset=offset, data=bytes(data))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._trace.add("truncate", self._path, offset=newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802, ARG002
        # The disk itself is spared: only the order matters here.
        self._trace.add("sync", self._path)
        if self._syncs_folder:  # SQLite syncs the folder with the first sync of a new journal
            self._trace.add("sync_folder", self._path.parent)
            self._syncs_folder = False


class _UnsyncedVfs(apsw.VFS):
    def __init__(self, name: str) -> None:
        super().__init__(name, "")
        self.name = name

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _UnsyncedFile("", name, flags)


class _UnsyncedFile(apsw.VFSFile):
    def xSync(self, flags: int) -> None:  # noqa: N802
        """Leave the content to the page cache."""


@lru_cache(maxsize=1)
def _unsynced() -> _UnsyncedVfs:
    return _UnsyncedVfs("verax-unsynced")
