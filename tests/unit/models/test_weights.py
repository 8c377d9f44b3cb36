from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

from verax.kernel.errors import DigestMismatch, ModelUnavailable
from verax.models.weights import HeldWeights, WeightsShelf, default_weights_folder, hash_file, hold_weights

BYTES = b"GGUF" + bytes(range(256)) * 9000  # over two chunks of a megabyte
DIGEST = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(BYTES)
    return path


def read(held: HeldWeights) -> bytes:
    return Path(held.path).read_bytes()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


def test_sealed_weights_are_the_bytes_that_were_hashed_whatever_happens_to_the_file(file: Path) -> None:
    held = hold_weights(file, DIGEST)
    with file.open("r+b") as handle:
        handle.write(b"EVIL")
    assert read(held) == BYTES
    file.unlink()
    assert read(held) == BYTES
    assert (held.digest, held.size_bytes, held.seal, held.is_touched) == (DIGEST, len(BYTES), "sealed", False)
    held.check()
    held.close()
    held.close()


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no sealed memory")
def test_nobody_can_write_shrink_or_grow_sealed_weights_not_even_this_process(file: Path) -> None:
    held = hold_weights(file)
    fd = int(held.path.rpartition("/")[2])
    for attack in (
        lambda: os.write(fd, b"EVIL"),
        lambda: os.pwrite(fd, b"EVIL", 0),
        lambda: os.ftruncate(fd, 10),
        lambda: os.ftruncate(fd, len(BYTES) + 1),
        lambda: os.write(os.open(held.path, os.O_RDWR), b"EVIL"),
    ):
        with pytest.raises(OSError):  # noqa: PT011 - EPERM here, EBADF or EACCES elsewhere
            attack()
    assert read(held) == BYTES
    held.close()


def test_without_sealed_memory_a_private_copy_without_a_name_is_used(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    held = hold_weights(file, DIGEST)
    assert sorted(tmp_path.iterdir()) == [file]
    file.write_bytes(b"EVIL")
    assert read(held) == BYTES
    held.close()


@pytest.mark.parametrize("seal", ["sealed", "checked"])
def test_weights_with_another_digest_are_never_held(file: Path, seal: str) -> None:
    before = open_files()
    with pytest.raises(DigestMismatch, match=f"expected SHA-256 {'0' * 12}…, found {DIGEST[:12]}"):
        hold_weights(file, "0" * 64, "checked" if seal == "checked" else "sealed")
    assert open_files() == before


def test_a_missing_file_says_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="verax doctor"):
        hold_weights(tmp_path / "none.gguf")


def test_a_write_to_checked_weights_is_noticed(file: Path) -> None:
    held = hold_weights(file, DIGEST, "checked")
    assert not held.is_touched
    held.check()
    with file.open("r+b") as handle:
        handle.seek(1000)
        handle.write(b"EVIL")
    assert held.is_touched
    with pytest.raises(DigestMismatch):
        held.check()
    assert held.is_touched
    held.close()


def test_checked_weights_with_new_times_and_the_same_bytes_are_accepted_again(file: Path) -> None:
    held = hold_weights(file, DIGEST, "checked")
    os.utime(file, ns=(1, 1))
    assert held.is_touched
    held.check()
    assert not held.is_touched
    held.close()


def test_replacing_a_checked_file_by_another_leaves_the_open_one(file: Path) -> None:
    held = hold_weights(file, DIGEST, "checked")
    other = file.with_suffix(".new")
    other.write_bytes(b"EVIL")
    other.replace(file)
    held.check()
    held.close()


def test_progress_counts_to_the_size_of_the_file(file: Path) -> None:
    seen: list[tuple[int, int]] = []
    hold_weights(file, progress=lambda done, total: seen.append((done, total))).close()
    assert seen[-1] == (len(BYTES), len(BYTES))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert hash_file(file) == DIGEST


def test_a_shelf_finds_a_file_by_its_digest_first_place_first(file: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    (second / "same.gguf").write_bytes(BYTES)
    (second / "other.gguf").write_bytes(b"GGUF other")
    (second / "note.txt").write_text("not a model")
    shelf = WeightsShelf([file, tmp_path / "missing", second])
    assert shelf.find(DIGEST) == file
    assert shelf.files() == [file, second / "other.gguf", second / "same.gguf"]
    assert shelf.find(hashlib.sha256(b"GGUF other").hexdigest()) == second / "other.gguf"


def test_a_shelf_reads_a_changed_file_again(file: Path) -> None:
    shelf = WeightsShelf([file])
    assert shelf.find(DIGEST) == file
    file.write_bytes(b"GGUF changed")
    with pytest.raises(ModelUnavailable, match="found 1 other GGUF files"):
        shelf.find(DIGEST)


def test_set_up_puts_the_default_model_into_the_environment() -> None:
    assert default_weights_folder("/venv") == Path("/venv/share/verax/weights")
