"""Archives that say themselves whether they are whole."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verax.kernel.errors import CorruptStore, StorageError
from verax.store.archive import SUMS, Entry, is_plain_name, read_archive, write_archive

FILES = {
    "backup.json": b"{}\n",
    "empty": b"",
    "log/governance/tile/0/000": bytes(8192),
    "blobs/ab/" + "ab" * 32: b"x" * 700,
    "notes/名字 with spaces.txt": b"text",
    "deep/" + "/".join(["folder"] * 30) + "/file": b"y" * 513,
}


def make(files: dict[str, bytes]) -> bytes:
    return b"".join(write_archive((Entry.of(name, data) for name, data in files.items()), 1_800_000_000))


class Memory:
    """Takes files into memory."""

    def __init__(self) -> None:
        self.files: dict[str, bytearray] = {}
        self.open = 0

    def place(self, name: str, size: int) -> File:
        self.open += 1
        return File(self, self.files.setdefault(name, bytearray()))


class File:
    def __init__(self, memory: Memory, data: bytearray) -> None:
        self._memory, self._data = memory, data

    def write(self, piece: bytes) -> None:
        self._data += piece

    def close(self) -> None:
        self._memory.open -= 1


def read(data: bytes, step: int = 1000) -> dict[str, bytes]:
    memory = Memory()
    pieces = (data[start : start + step] for start in range(0, len(data), step))
    received = read_archive(pieces, memory.place)
    assert memory.open == 0
    found = {name: bytes(content) for name, content in memory.files.items()}
    assert received.digests == {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}
    return found


@pytest.mark.parametrize("step", [1, 511, 512, 100_000])
def test_what_was_written_is_read(step: int) -> None:
    assert read(make(FILES), step) == FILES


def test_tar_and_sha256sum_read_it(tmp_path: Path) -> None:
    (tmp_path / "all.tar").write_bytes(make(FILES))
    subprocess.run(["tar", "-xf", "all.tar"], cwd=tmp_path, check=True, timeout=60)
    for name, data in FILES.items():
        assert (tmp_path / name).read_bytes() == data
    done = subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_files_can_be_passed_over() -> None:
    received = read_archive(iter([make(FILES)]), lambda name, size: None)
    assert received.digests.keys() == FILES.keys()


def test_an_archive_that_is_cut_off_anywhere_is_refused() -> None:
    whole = make(FILES)
    for end in [*range(0, len(whole) - 1024, 97), *range(0, len(whole) - 1024, 512)]:
        with pytest.raises(CorruptStore):
            read(whole[:end])


@given(place=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
@settings(max_examples=200, deadline=None)
def test_a_flipped_bit_changes_nothing_or_is_found(place: int, bit: int) -> None:
    """A bit of a header that says nothing (a name of an owner, padding) may be another one."""
    whole = bytearray(_WHOLE)
    whole[place % len(whole)] ^= 1 << bit
    try:
        found = read(bytes(whole))
    except CorruptStore:
        return
    assert found == FILES


@pytest.mark.parametrize("addition", [b"x", bytes(512) + b"x", make({"more": b"1"})])
def test_something_behind_the_end_is_refused(addition: bytes) -> None:
    with pytest.raises(CorruptStore, match="behind its end"):
        read(make(FILES) + addition)


def test_another_program_may_have_padded_the_end() -> None:
    assert read(make(FILES) + bytes(10_240)) == FILES


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    "info",
    [
        member("../outside"),
        member("a/../../outside"),
        member("/etc/passwd"),
        member("a//b"),
        member("./a"),
        member("a/."),
        member("a\nb"),
        member("a\\b"),
        member("link", tarfile.SYMTYPE, "/etc/passwd"),
        member("link", tarfile.LNKTYPE, "backup.json"),
        member("device", tarfile.CHRTYPE),
        member("pipe", tarfile.FIFOTYPE),
        member("folder", tarfile.DIRTYPE),
    ],
)
def test_what_could_reach_outside_is_refused(info: tarfile.TarInfo) -> None:
    memory = Memory()
    with pytest.raises(CorruptStore):
        read_archive(iter([tar_of((info, b""))]), memory.place)
    assert memory.files == {}


def sums(files: dict[str, bytes]) -> bytes:
    return b"".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode() for name, data in files.items())


@pytest.mark.parametrize(
    "members",
    [
        [("a", b"1")],
        [("a", b"1"), (SUMS, b"")],
        [("a", b"1"), (SUMS, sums({"a": b"2"}))],
        [("a", b"1"), (SUMS, sums({"a": b"1", "b": b"2"}))],
        [("a", b"1"), ("b", b"2"), (SUMS, sums({"a": b"1"}))],
        [("a", b"1"), (SUMS, sums({"a": b"1"})), ("b", b"2")],
        [(SUMS, sums({"a": b"1"})), ("a", b"1")],
        [("a", b"1"), ("a", b"1"), (SUMS, sums({"a": b"1"}))],
        [("a", b"1"), (SUMS, b"nonsense\n")],
        [("a", b"1"), (SUMS, b"\xff\n")],
    ],
)
def test_sums_that_do_not_fit_are_refused(members: list[tuple[str, bytes]]) -> None:
    with pytest.raises(CorruptStore):
        read(tar_of(*((member(name), data) for name, data in members)))


@pytest.mark.parametrize("name", ["", "/", "a/", "/a", "..", "a/../b", " a", "a ", "a\tb", "a\x00b", "x" * 1001, SUMS])
def test_a_name_that_could_not_be_restored_is_not_written(name: str) -> None:
    with pytest.raises(StorageError):
        make({name: b""})


@pytest.mark.parametrize("name", ["a", ".known", "a b", "x/y.z", "名字", "a..b", "-x"])
def test_plain_names_are_plain(name: str) -> None:
    assert is_plain_name(name)


def test_a_file_that_changed_while_it_was_read_is_an_error() -> None:
    for pieces in ([b"12"], [b"1234"]):
        with pytest.raises(StorageError, match="changed meanwhile"):
            list(write_archive([Entry("a", 3, pieces)], 0))


def test_an_error_of_a_receiver_closes_it() -> None:
    closed = []

    class Full:
        def write(self, piece: bytes) -> None:
            raise StorageError("no room")

        def close(self) -> None:
            closed.append(True)

    with pytest.raises(StorageError, match="no room"):
        read_archive(iter([make({"a": b"1"})]), lambda name, size: Full())
    assert closed == [True]


def test_large_files_are_read_in_pieces() -> None:
    largest = 0

    class Watcher:
        def write(self, piece: bytes) -> None:
            nonlocal largest
            largest = max(largest, len(piece))

        def close(self) -> None:
            pass

    def pieces() -> Iterator[bytes]:
        yield from write_archive([Entry("a", 4 * 2**20, [bytes(2**16)] * 64)], 0)

    read_archive(pieces(), lambda name, size: Watcher())
    assert 0 < largest <= 2**18


_WHOLE = make(FILES)
