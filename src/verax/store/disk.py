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
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from verax.kernel.errors import StorageError, StoreFull

__all__ = ["TEMPORARY_SUFFIX", "Disk", "LocalDisk", "publish", "temporary_path"]

TEMPORARY_SUFFIX = ".tmp"


class Disk(Protocol):
    """File operations; each raises `StoreFull` or `StorageError`, never `OSError`."""

    def read(self, path: Path) -> bytes | None:
        """Return the whole file, or None when there is none."""
        ...

    def write_synced(self, path: Path, data: bytes) -> None:
        """Create or replace the file and sync its content; its name is not durable yet."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Give the file another name in the same folder, replacing what is there."""
        ...

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder durable."""
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
    """A folder of this machine."""

    def read(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _explain(error, path) from error

    def write_synced(self, path: Path, data: bytes) -> None:
        with _explained(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
                _sync(descriptor)
            finally:
                os.close(descriptor)

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


def publish(disk: Disk, files: Mapping[Path, bytes]) -> None:
    """Write whole files durably under their names; see *Life of a published file*.

    Raises:
        StoreFull: no room; no name was changed unless all contents were durable.
        StorageError: the disk failed.
    """
    folders = sorted({path.parent for path in files})
    for folder in folders:
        disk.make_folder(folder)
    for path, data in files.items():
        disk.write_synced(temporary_path(path), data)
    for path in files:
        disk.rename(temporary_path(path), path)
    for folder in folders:
        disk.sync_folder(folder)


def temporary_path(path: Path) -> Path:
    """Return the name that the content of `path` has until it is whole."""
    return path.with_name(f".{path.name}{TEMPORARY_SUFFIX}")


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
