"""A backup: everything of a data folder that cannot be made anew, consistent while the server runs.

*Order of a backup.* The marks first (checkpoints, newest adopted governance checkpoint); then the
database in one read transaction; then tiles, blobs, keys and everything else. So no mark in it
is ahead of its rows, and every blob that its entries name is in it (clauses 2 and 3).

*Order of a restore.* Into a new folder beside the place; every file compared with the sums and
the database with itself; tiles that were unfinished made anew from the entries, and every mark
compared (`verax.surfaces.repair`); only then it gets its name. A backup that was changed or
cut off leaves nothing behind.

What is not in it: people's keys, which never lie in the data folder; weights, which releases
name by digest; the server's own log lines; and, with PostgreSQL, the rows.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verax.kernel.errors import ConfigError, CorruptStore, StorageError
from verax.kernel.tiles import TILE_WIDTH, tiles_between
from verax.store.archive import Entry, read_archive
from verax.store.database_copy import Progress, copy_database, look_into
from verax.store.disk import LocalDisk
from verax.store.home import Home
from verax.store.keys import load_server_keys
from verax.store.refusals import REFUSALS

__all__ = ["BackedUpLog", "BackupManifest", "Snapshot", "open_snapshot", "remove_leftovers", "unpack"]

MANIFEST = "backup.json"

_DATABASE = "verax.db"
_TEMPORARY = ".backup-"
_LEFT_OUT = frozenset({"lock", "leader", "members", "weights", "governance.seen", "log", REFUSALS})
_LEFT_OUT_STARTS = ("verax.db", "governance.seen.", "server.log", _TEMPORARY)
_PIECE_BYTES = 2**18
_WHOLE_BYTES = 64 * 2**20
_KILLED_AFTER_MS = 3_600_000
_LOGS = "SELECT origin, size, root FROM logs ORDER BY id"


@dataclass(frozen=True, slots=True)
class BackedUpLog:
    """A log as the rows of a backup have it; `root` is hex."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What a backup says of itself.

    Attributes:
        name: Name of the installation.
        version: Version of Verax that made it.
        has_rows: Whether the database is in it; it is not with PostgreSQL.
    """

    name: str
    made_ms: int
    version: str
    has_rows: bool
    logs: tuple[BackedUpLog, ...]

    def to_bytes(self) -> bytes:
        """Return the file ``backup.json``."""
        logs = [{"origin": log.origin, "size": log.size, "root": log.root} for log in self.logs]
        value = {"v": 1, "installation": self.name, "made_ms": self.made_ms, "verax": self.version}
        return json.dumps(value | {"rows": self.has_rows, "logs": logs}, indent=1).encode("utf-8") + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> BackupManifest:
        """Read the file.

        Raises:
            CorruptStore: it is none, or one of a later form.
        """
        try:
            value: dict[str, Any] = json.loads(data)
            logs = tuple(BackedUpLog(str(log["origin"]), int(log["size"]), str(log["root"])) for log in value["logs"])
            found = cls(
                str(value["installation"]), int(value["made_ms"]), str(value["verax"]), bool(value["rows"]), logs
            )
            is_known = value["v"] == 1
        except (ValueError, KeyError, TypeError):
            raise _not_a_backup() from None
        if not is_known:
            raise CorruptStore("backup: made by a later version of Verax", hint="restore it with that version")
        return found


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A data folder as it was at one moment; made by `open_snapshot`."""

    home: Home
    folder: Path
    manifest: BackupManifest
    marks: dict[str, bytes]

    def entries(self) -> Iterator[Entry]:
        """Yield every file of the backup.

        Raises:
            StorageError: the disk failed, or a large file was changed meanwhile.
        """
        yield Entry.of(MANIFEST, self.manifest.to_bytes())
        for name, data in self.marks.items():
            yield Entry.of(name, data)
        if self.manifest.has_rows:
            copy = self.folder / _DATABASE
            yield Entry(_DATABASE, copy.stat().st_size, _pieces_of(copy))
        for log in self.manifest.logs:
            yield from self._tiles(log)
        yield from self._others(self.home.path, "")

    def _tiles(self, log: BackedUpLog) -> Iterator[Entry]:
        """Yield the full tiles of a log; they never change, and unfinished ones are made anew."""
        folder = _folder_of(log.origin, self.manifest.name)
        for address in tiles_between(0, log.size):
            path = self.home.path / folder / address.path
            if address.width == TILE_WIDTH and path.is_file():
                yield Entry.of(f"{folder}/{address.path}", path.read_bytes())

    def _others(self, folder: Path, prefix: str) -> Iterator[Entry]:
        for item in sorted(os.scandir(folder), key=lambda found: found.name):
            name = prefix + item.name
            if name in _LEFT_OUT or name.startswith(_LEFT_OUT_STARTS) or item.name.endswith(".tmp"):
                continue
            if item.is_dir(follow_symlinks=False):
                yield from self._others(Path(item.path), f"{name}/")
            elif item.is_file(follow_symlinks=False):
                yield from _file(Path(item.path), name)


@contextlib.contextmanager
def open_snapshot(
    home: Home, version: str, now_ms: int, *, has_rows: bool, progress: Progress | None = None
) -> Iterator[Snapshot]:
    """Take a snapshot of a data folder, whether its server runs or not.

    Args:
        has_rows: Whether its rows lie in the folder.

    Raises:
        ConfigError: there is no installation.
        StoreFull: there is no room for the copy of the database.
        StorageError, CorruptStore: as their classes say.
    """
    keys = load_server_keys(home.keys_dir)
    if keys is None:
        raise ConfigError(f"data folder {home.path}: no installation there", hint="set VERAX_HOME to its folder")
    marks = _marks(home)
    folder = home.path / f"{_TEMPORARY}{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    try:
        logs: tuple[BackedUpLog, ...] = ()
        if has_rows:
            copy = folder / _DATABASE
            copy_database(home.database_path, copy, progress)
            logs = tuple(BackedUpLog(origin, size, root.hex()) for origin, size, root in look_into(copy, _LOGS))
        yield Snapshot(home, folder, BackupManifest(keys.name, now_ms, version, has_rows, logs), marks)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unpack(pieces: Iterator[bytes], folder: Path | None) -> BackupManifest:
    """Read a whole backup into a new folder, or only check it, and return what it says of itself.

    Args:
        folder: Empty; None to write nothing. Not to be used unless this returns.

    Raises:
        CorruptStore: cut off, changed, or no backup.
        StoreFull, StorageError: as their classes say.
    """
    held: dict[str, _Memory] = {}

    def place(name: str, size: int) -> _Memory | _File | None:
        if name == MANIFEST and size <= _PIECE_BYTES:
            return held.setdefault(name, _Memory())
        return None if folder is None else _File(folder, name)

    received = read_archive(pieces, place)
    if MANIFEST not in held:
        raise _not_a_backup()
    manifest = BackupManifest.parse(bytes(held[MANIFEST].data))
    if manifest.has_rows != (_DATABASE in received.digests) or "keys/server.json" not in received.digests:
        raise _not_a_backup()
    if folder is not None:
        _sync_folders(folder)
        if manifest.has_rows:
            _check_rows(folder / _DATABASE, manifest)
    return manifest


def remove_leftovers(home: Home, now_ms: int) -> None:
    """Remove what a backup that was killed left in the data folder; one that may still run is left alone."""
    for path in home.path.glob(f"{_TEMPORARY}*"):
        with contextlib.suppress(FileNotFoundError):
            if now_ms - path.stat().st_mtime * 1000 > _KILLED_AFTER_MS:
                shutil.rmtree(path, ignore_errors=True)


def _marks(home: Home) -> dict[str, bytes]:
    """Return the checkpoints of all logs, witnessed ones too, and the newest adopted one, by their names."""
    places = [*sorted(home.log_dir.glob("*/checkpoint*")), *sorted(home.log_dir.glob("*/*/checkpoint*"))]
    found = {path.relative_to(home.path).as_posix(): LocalDisk().read(path) for path in [home.governance_mark, *places]}
    return {name: data for name, data in found.items() if data is not None}


def _folder_of(origin: str, name: str) -> str:
    return f"log/{origin.removeprefix(name).strip('/')}"


def _file(path: Path, name: str) -> Iterator[Entry]:
    """Yield a file as it is now: a small one whole, a large one as long as it keeps its size."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= _WHOLE_BYTES else None
    except FileNotFoundError:
        return  # removed since the folder was listed
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", hint="look at the disk") from error
    yield Entry(name, size, _pieces_of(path)) if data is None else Entry.of(name, data)


def _pieces_of(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", hint="look at the disk") from error


def _check_rows(path: Path, manifest: BackupManifest) -> None:
    found = tuple(BackedUpLog(origin, size, root.hex()) for origin, size, root in look_into(path, _LOGS))
    if found != manifest.logs or look_into(path, "PRAGMA quick_check(1)") != [("ok",)]:
        raise CorruptStore("backup: its database is not the one that was copied", hint="take another copy of this file")


def _sync_folders(folder: Path) -> None:
    disk = LocalDisk()
    disk.sync_folders([folder, *(path for path in folder.rglob("*") if path.is_dir())])


class _Memory:
    """Takes a small file into memory."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, piece: bytes) -> None:
        self.data += piece

    def close(self) -> None:
        """Nothing to do."""


class _File:
    """Takes a file onto the disk, readable by its owner only, synced when it is closed."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / name
        LocalDisk().make_folder(self._path.parent)
        try:
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._failed(error) from error

    def write(self, piece: bytes) -> None:
        view = memoryview(piece)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise self._failed(error) from error
        finally:
            os.close(self._descriptor)

    def _failed(self, error: OSError) -> StorageError:
        return StorageError(f"{self._path}: {error.strerror}", hint="look at the disk and at who owns the folder")


def _not_a_backup() -> CorruptStore:
    return CorruptStore(
        "backup: this archive is none of an installation of Verax", hint="name a file that verax backup create made"
    )
