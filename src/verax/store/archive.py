"""A stream of files as a tar archive that says itself whether it is whole.

* POSIX tar (ustar with PAX headers where a name or size asks for them), so ``tar -x`` opens it.
* The last file is ``SHA256SUMS``, in the format of ``sha256sum``: it names every file before
  it. An archive without it, with a file that it does not name, or with another content was
  changed or cut off.
* Reading takes regular files with plain relative names only. No link, no device, no absolute
  path and no ``..`` is ever followed or made.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Protocol, cast

from verax.kernel.errors import CorruptStore, StorageError

__all__ = ["SUMS", "Entry", "Received", "is_plain_name", "read_archive", "write_archive"]

SUMS = "SHA256SUMS"

_MAX_NAME = 1000
_BLOCK = 512
_PIECE_BYTES = 2**18
_SUM = re.compile(r"([0-9a-f]{64})  (\S.*)\Z")
_MAX_SUMS_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file to be written: its name, its size, and its content in pieces."""

    name: str
    size: int
    pieces: Iterable[bytes]

    @classmethod
    def of(cls, name: str, data: bytes) -> Entry:
        """Return a file whose content is there already."""
        return cls(name, len(data), [data])


class Receiver(Protocol):
    """Takes the content of one file."""

    def write(self, piece: bytes, /) -> object: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Received:
    """What a whole archive held: the SHA-256 of each file by its name."""

    digests: Mapping[str, str]


def is_plain_name(name: str) -> bool:
    """Say whether a name is relative and leads nowhere else."""
    is_readable = len(name) <= _MAX_NAME and name.isprintable() and "\\" not in name
    return is_readable and all(part == part.strip() and part not in ("", ".", "..") for part in name.split("/"))


def write_archive(entries: Iterable[Entry], mtime_s: int) -> Iterator[bytes]:
    """Yield the archive of `entries` and of their sums.

    Raises:
        StorageError: a file did not have as many bytes as it said.
    """
    sums: dict[str, str] = {}
    for entry in entries:
        if not is_plain_name(entry.name) or entry.name in sums or entry.name == SUMS:
            raise StorageError(f"archive: {entry.name!r} is a name that cannot be restored, or stands twice")
        digest = hashlib.sha256()
        yield _header(entry.name, entry.size, mtime_s)
        written = 0
        for piece in entry.pieces:
            digest.update(piece)
            written += len(piece)
            yield piece
        if written != entry.size:
            raise StorageError(
                f"archive: {entry.name} has {written} bytes, expected {entry.size}: it was changed meanwhile"
            )
        yield bytes(-entry.size % _BLOCK)
        sums[entry.name] = digest.hexdigest()
    text = "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode("utf-8")
    yield _header(SUMS, len(text), mtime_s)
    yield text + bytes(-len(text) % _BLOCK)
    yield bytes(2 * _BLOCK)


def read_archive(pieces: Iterator[bytes], place: Callable[[str, int], Receiver | None]) -> Received:
    """Read a whole archive; nothing of it counts before this returns.

    Args:
        place: Called with name and size of each file; takes its content, or None to pass over it.

    Raises:
        CorruptStore: cut off, changed, or not such an archive.
    """
    source = _Source(pieces)
    found: dict[str, str] = {}
    sums: bytes | None = None
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r|", bufsize=_PIECE_BYTES) as archive:
            for member in archive:
                if sums is not None or not member.isreg() or not is_plain_name(member.name) or member.name in found:
                    raise _damaged("a file stands in it that no backup holds")
                file = archive.extractfile(member)
                if file is None:
                    raise _damaged("a file of it has no content")
                if member.name == SUMS:
                    sums = _read_sums(file, member.size)
                else:
                    found[member.name] = _receive(file, member, place)
            end = archive.offset
    except tarfile.TarError as error:
        raise _damaged("it is cut off, or no archive") from error
    source.drain(end)
    if sums is None:
        raise _damaged("its end is missing")
    if _parse_sums(sums) != found:
        raise _damaged("a file has another content than it had when the backup was made")
    return Received(found)


def _receive(file: IO[bytes], member: tarfile.TarInfo, place: Callable[[str, int], Receiver | None]) -> str:
    digest, size = hashlib.sha256(), 0
    target = place(member.name, member.size)
    try:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
            if target is not None:
                target.write(piece)
    finally:
        if target is not None:
            target.close()
    if size != member.size:
        raise _damaged(f"{member.name} is cut off")
    return digest.hexdigest()


def _read_sums(file: IO[bytes], size: int) -> bytes:
    if size > _MAX_SUMS_BYTES:
        raise _damaged("its list of files is too long")
    data = file.read(size)
    if len(data) != size:
        raise _damaged("its end is missing")
    return data


def _parse_sums(data: bytes) -> dict[str, str]:
    try:
        lines = data.decode("utf-8").split("\n")[:-1]
    except UnicodeDecodeError:
        raise _damaged("its list of files is not readable") from None
    matches = [_SUM.match(line) for line in lines]
    return {match[2]: match[1] for match in matches if match is not None} if all(matches) else {}


def _header(name: str, size: int, mtime_s: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, mtime_s, 0o600
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def _damaged(problem: str) -> CorruptStore:
    return CorruptStore(
        f"backup: {problem}", hint="take another copy of this file; nothing of it was used", code="backup/damaged"
    )


class _Source:
    """A file that is read from pieces, forwards only; `tarfile` reads a little ahead of what it uses."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""
        self._recent = b""
        self._position = 0

    def read(self, size: int) -> bytes:
        parts = [self._held]
        length = len(self._held)
        while length < size and (piece := next(self._pieces, None)) is not None:
            parts.append(piece)
            length += len(piece)
        whole = b"".join(parts)
        data, self._held = whole[:size], whole[size:]
        self._position += len(data)
        # Read ahead is at most one read; the one before it counts too, as the last may be empty.
        self._recent = self._recent[-size:] + data
        return data

    def drain(self, end: int) -> None:
        """Read on behind the end of the archive: only then everything is known to be authentic.

        Raises:
            CorruptStore: something else than zeros stands there.
        """
        ahead = self._position - end
        is_empty = not self._recent[-ahead:].strip(b"\0") if ahead else True
        is_empty = is_empty and not self._held.strip(b"\0")
        for piece in self._pieces:
            is_empty = is_empty and not piece.strip(b"\0")
        if not is_empty or ahead > len(self._recent):
            raise _damaged("something stands behind its end")
