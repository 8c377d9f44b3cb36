"""File operations: their order, their errors."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from verax.kernel.errors import StorageError, StoreFull
from verax.store.disk import LocalDisk, publish, temporary_path


class _TracingDisk(LocalDisk):
    """A real disk that also writes down what it was asked to do."""

    def __init__(self) -> None:
        self.trace: list[tuple[str, str]] = []

    def write_synced(self, path: Path, data: bytes) -> None:
        self.trace.append(("write", path.name))
        super().write_synced(path, data)

    def rename(self, source: Path, target: Path) -> None:
        self.trace.append(("rename", target.name))
        super().rename(source, target)

    def sync_folder(self, path: Path) -> None:
        self.trace.append(("sync", path.name))
        super().sync_folder(path)


def test_files_are_written_and_synced_then_renamed_then_the_folder_is_synced(tmp_path: Path) -> None:
    disk = _TracingDisk()
    publish(disk, {tmp_path / "a": b"1", tmp_path / "b": b"2"})
    assert sorted(disk.trace[:2]) == [("write", ".a.tmp"), ("write", ".b.tmp")]
    assert disk.trace[2:] == [
        ("rename", "a"),
        ("rename", "b"),
        ("sync", tmp_path.name),
    ]
    assert (tmp_path / "a").read_bytes() == b"1"


def test_the_parent_of_a_new_folder_is_synced_before_anything_lies_in_it(tmp_path: Path) -> None:
    disk = _TracingDisk()
    publish(disk, {tmp_path / "x" / "y" / "a": b"1"})
    assert disk.trace[:2] == [("sync", tmp_path.name), ("sync", "x")]


def test_a_folder_whose_name_could_not_be_made_durable_is_not_left_behind(tmp_path: Path) -> None:
    class _FailingSync(LocalDisk):
        def sync_folder(self, path: Path) -> None:
            raise StorageError("the disk failed")

    with pytest.raises(StorageError):
        _FailingSync().make_folder(tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_sync_reaches_through_the_drives_cache_where_there_is_a_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda descriptor, command: asked.append(command))
    LocalDisk().write_synced(tmp_path / "a", b"data")
    assert asked == [51]


def test_missing_files_and_folders_read_as_nothing(tmp_path: Path) -> None:
    disk = LocalDisk()
    assert disk.read(tmp_path / "none") is None
    assert disk.list_sizes(tmp_path / "none") == {}
    disk.remove(tmp_path / "none")


def test_a_folder_lists_its_files_with_sizes_and_marks_folders(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"abc")
    disk = LocalDisk()
    assert disk.list_sizes(tmp_path) == {"folder": -1, "file": 3}
    disk.remove(tmp_path / "folder")
    disk.remove(tmp_path / "file")
    assert disk.list_sizes(tmp_path) == {}


def test_a_full_disk_is_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StoreFull, match="no room on the disk"):
        LocalDisk().write_synced(tmp_path / "a", b"data")


def test_a_full_disk_leaves_the_published_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = LocalDisk()
    publish(disk, {tmp_path / "a": b"old"})
    real_write = os.write

    def half(descriptor: int, data: bytes) -> int:
        if len(data) < 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(descriptor, data[:1])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(StoreFull):
        publish(disk, {tmp_path / "a": b"new"})
    monkeypatch.undo()
    assert disk.read(tmp_path / "a") == b"old"
    publish(disk, {tmp_path / "a": b"newer"})  # the torn temporary file is replaced
    assert disk.read(tmp_path / "a") == b"newer"


def test_other_failures_name_the_file(tmp_path: Path) -> None:
    disk = LocalDisk()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="Not a directory"):
        disk.write_synced(tmp_path / "file" / "a", b"")
    with pytest.raises(StorageError, match="Is a directory"):
        disk.read(tmp_path)
    with pytest.raises(StorageError, match="Not a directory"):
        disk.list_sizes(tmp_path / "file")
    with pytest.raises(StorageError):
        disk.rename(tmp_path / "none", tmp_path / "a")


def test_the_room_left_is_a_number_of_bytes(tmp_path: Path) -> None:
    assert LocalDisk().free_bytes(tmp_path) > 0


def test_the_temporary_name_lies_in_the_same_folder(tmp_path: Path) -> None:
    assert temporary_path(tmp_path / "checkpoint") == tmp_path / ".checkpoint.tmp"
