"""Digests of many files, and the marks by which a later change of each is seen.

A file is opened once: its mark is taken from the open file before its bytes are read, and
taken again from the path when everything was measured. A file that changed in between has
another mark, since the change time of a file cannot be set by the programs that write it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from verax.kernel.errors import RuntimeChanged

__all__ = ["FileMark", "MeasuredFile", "hash_file", "hash_files", "mark_of", "walk_files"]

_THREADS = 4
_BATCHES = 32


@dataclass(frozen=True, slots=True)
class FileMark:
    """What a write to a file changes: device, inode, size, modification and change time."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """The SHA-256 of a file (hex) and its mark at that moment."""

    digest: str
    mark: FileMark


def mark_of(path: Path) -> FileMark | None:
    """Return the mark of the file that `path` leads to, None when there is none."""
    try:
        return _mark(path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return None


def hash_file(path: Path) -> MeasuredFile:
    """Hash one file.

    Raises:
        RuntimeChanged: it vanished or cannot be read.
    """
    try:
        with path.open("rb", buffering=0) as handle:
            mark = _mark(os.fstat(handle.fileno()))
            return MeasuredFile(hashlib.file_digest(handle, "sha256").hexdigest(), mark)
    except OSError as error:
        raise RuntimeChanged(
            f"{path}: expected a file of the installation that can be read, found: {error.strerror}",
            hint="install again: make clean, then make up",
        ) from None


def hash_files(paths: Iterable[Path]) -> dict[Path, MeasuredFile]:
    """Hash files on a few threads; hashing lets other threads run.

    Raises:
        RuntimeChanged: a file vanished or cannot be read.
    """
    ordered = list(paths)
    # One task a file would cost more than most of the files.
    batches = [ordered[start::_BATCHES] for start in range(_BATCHES)]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="verax-measure") as pool:
        hashed = pool.map(lambda batch: [(path, hash_file(path)) for path in batch], batches)
        return {path: measured for pairs in hashed for path, measured in pairs}


def walk_files(root: Path, skip: frozenset[str] = frozenset({"__pycache__"})) -> Iterator[Path]:
    """Yield every file below `root` except in folders named in `skip`, in no order.

    Links to folders are followed by the interpreter, so they are walked as well; a loop of
    links ends at the system's limit of path length.
    """
    folders = [str(root)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if not entry.is_dir():
                    yield Path(entry.path)
                elif entry.name not in skip:
                    folders.append(entry.path)


def _mark(status: os.stat_result) -> FileMark:
    return FileMark(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
