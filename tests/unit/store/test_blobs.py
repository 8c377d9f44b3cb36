"""Blobs: named by their digest, checked on every read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from verax.kernel.errors import CorruptStore, StorageError, TooLarge, UnknownObject
from verax.store.blobs import MAX_BLOB_BYTES, Blobs
from verax.store.disk import LocalDisk


def test_a_blob_comes_back_under_its_digest(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"content")
    assert digest == hashlib.sha256(b"content").hexdigest()
    assert blobs.get(digest) == b"content"
    assert blobs.put(b"content") == digest


def test_an_unknown_blob_is_nothing(tmp_path: Path) -> None:
    assert Blobs(tmp_path).get("0" * 64) is None


@pytest.mark.parametrize("damage", [b"contenu", b"cont", b"", b"content and more"])
def test_a_damaged_blob_is_never_answered(tmp_path: Path, damage: bytes) -> None:
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"content")
    blobs.path_of(digest).write_bytes(damage)
    with pytest.raises(CorruptStore, match=f"blob {digest[:12]}") as caught:
        blobs.get(digest)
    assert "backup" in caught.value.hint
    assert blobs.put(b"content") == digest  # what the hint says mends it
    assert blobs.get(digest) == b"content"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 62 + "/."])
def test_only_digests_are_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownObject):
        Blobs(tmp_path).get(name)


def test_a_blob_has_a_largest_size(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        Blobs(tmp_path).put(bytes(MAX_BLOB_BYTES + 1))


def test_a_put_that_failed_at_the_last_sync_is_made_durable_by_the_next(tmp_path: Path) -> None:
    class _FailsOnce(LocalDisk):
        def __init__(self) -> None:
            self.failures = 1
            self.synced: list[str] = []

        def sync_folder(self, path: Path) -> None:
            if len(path.name) == 2 and self.failures:
                self.failures -= 1
                raise StorageError("the disk failed")
            super().sync_folder(path)
            self.synced.append(path.name)

    disk = _FailsOnce()
    blobs = Blobs(tmp_path, disk)
    with pytest.raises(StorageError):
        blobs.put(b"content")
    digest = blobs.put(b"content")
    assert disk.synced[-1] == digest[:2]
