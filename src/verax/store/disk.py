"""The few file operations that the logs and blobs need, as one narrow interface.

Every byte of a tile, checkpoint or blob reaches the disk through a `Disk`, so that a test
can record the order of operations and replay every state that a crash may leave
(`verax.testing.disk`).

*Life of a published file.* `publish` writes the bytes to a temporary name in the same
folder and syncs them; renames it onto its name; syncs the folder. Several files share the
three phases: all are written and synced, then all renamed, then each folder is synced once.
A reader therefore sees the old file, no file, or the whole new one.

A sync that fails is never tried again on the same file: the kernel may have dropped the
dirty pages, and the second attempt would then succeed without them. The caller's next
attempt writes a new temporary file.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from verax.kernel.errors import StorageError, StoreFull

__all__ = ["TEMPORARY_SUFFIX", "Disk", "LocalDisk", "publish", "read_regular", "temporary_path"]

TEMPORARY_SUFFIX = ".tmp"

_SYNCS_AT_ONCE = 8

T = TypeVar("T")


class Disk(Protocol):
    """File operations; each raises `StoreFull` or `StorageError`, never `OSError`."""

    def read(self, path: Path) -> bytes | None:
        """Return the whole file, or None when there is none."""
        ...

    def write_synced(self, path: Path, data: bytes) -> None:
        """Create or replace the file and sync its content; its name is not durable yet."""
        ...

    def write_all_synced(self, files: Mapping[Path, bytes]) -> None:
        """`write_synced` for each file, in any order; all are synced on return."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Give the file another name in the same folder, replacing what is there."""
        ...

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder durable."""
        ...

    def sync_folders(self, paths: Sequence[Path]) -> None:
        """`sync_folder` for each, in any order; all are durable on return."""
        ...

    def make_folder(self, path: Path) -> None:
        """Make the folder and its parents durable; nothing happens when it is there."""
        ...

    def remove(self, path: Path) -> None:
        """Remove a file or an empty folder; nothing happens when it is not there."""
        ...

    def list_sizes(self, path: Path) -> dict[str, int]:
        """Return name and size in bytes of what lies in a folder, -1 for a folder; empty when there is none."""
        ...

    def free_bytes(self, path: Path) -> int:
        """Return the room left for this user on the disk that holds `path`."""
        ...


class LocalDisk:
    """A folder of this machine.

    Several syncs are asked for at once: a file system joins those that wait at the same time
    in one write of its journal, which is what most of them cost.
    """

    def read(self, path: Path) -> bytes | None:
        try:
            return read_regular(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _explain(error, path) from error

    def write_synced(self, path: Path, data: bytes) -> None:
        with _explained(path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe there would wait too
            descriptor = os.open(path, flags, 0o600)
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
                _sync(descriptor)
            finally:
                os.close(descriptor)

    def write_all_synced(self, files: Mapping[Path, bytes]) -> None:
        _side_by_side(lambda item: self.write_synced(*item), list(files.items()))

    def rename(self, source: Path, target: Path) -> None:
        with _explained(target):
            source.replace(target)

    def sync_folder(self, path: Path) -> None:
        with _explained(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def sync_folders(self, paths: Sequence[Path]) -> None:
        _side_by_side(self.sync_folder, paths)

    def make_folder(self, path: Path) -> None:
        if path.is_dir():
            return
        self.make_folder(path.parent)
        with _explained(path):
            path.mkdir(mode=0o700, exist_ok=True)
        try:
            self.sync_folder(path.parent)
        except StorageError:
            self.remove(path)  # else the next call would take a folder that may vanish for a durable one
            raise

    def remove(self, path: Path) -> None:
        with _explained(path), contextlib.suppress(FileNotFoundError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()

    def list_sizes(self, path: Path) -> dict[str, int]:
        try:
            with os.scandir(path) as found:
                return {item.name: -1 if item.is_dir() else item.stat().st_size for item in found}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _explain(error, path) from error

    def free_bytes(self, path: Path) -> int:
        with _explained(path):
            return shutil.disk_usage(path).free


def publish(disk: Disk, files: Mapping[Path, bytes], *, is_contested: bool = False) -> None:
    """Write whole files durably under their names; see *Life of a published file*.

    Args:
        is_contested: Another thread or process may write one of them at the same time.

    Raises:
        StoreFull: no room; no name was changed unless all contents were durable.
        StorageError: the disk failed.
    """
    folders = sorted({path.parent for path in files})
    for folder in folders:
        disk.make_folder(folder)
    writer = f".{secrets.token_hex(4)}" if is_contested else ""
    disk.write_all_synced({temporary_path(path, writer): data for path, data in files.items()})
    for path in files:
        disk.rename(temporary_path(path, writer), path)
    disk.sync_folders(folders)


def read_regular(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        OSError: it cannot be read, or something else is in its place: from a pipe a reader would wait for ever.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            code = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
            raise OSError(code, os.strerror(code), str(path))
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def temporary_path(path: Path, writer: str = "") -> Path:
    """Return the name that the content of `path` has until it is whole; one for each writer of several."""
    return path.with_name(f".{path.name}{writer}{TEMPORARY_SUFFIX}")


def _side_by_side(call: Callable[[T], None], items: Sequence[T]) -> None:
    """Run `call` for every item, a few at a time; the first error is raised when all have ended."""
    if len(items) < 2:
        for item in items:
            call(item)
        return
    with ThreadPoolExecutor(min(_SYNCS_AT_ONCE, len(items))) as threads:
        for done in [threads.submit(call, item) for item in items]:
            done.result()


def _sync(descriptor: int) -> None:
    full_sync = getattr(fcntl, "F_FULLFSYNC", None)
    if full_sync is not None:  # macOS: fsync alone leaves the data in the drive's cache
        fcntl.fcntl(descriptor, full_sync)
    else:
        os.fsync(descriptor)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _explain(error, path) from error


def _explain(error: OSError, path: Path) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(f"{path}: no room on the disk", hint="free space on this disk; nothing acknowledged was lost")
    return StorageError(f"{path}: {error.strerror}", hint="look at the disk and at who owns the data folder")
