"""Weights that cannot change under a running model (protocol clause 13).

* ``sealed``: the file is copied into memory that the kernel lets nobody write, shrink or
  grow any more (a sealed memfd); elsewhere into an unlinked private file. It is hashed while
  it is copied, so what was hashed is what is loaded. Whatever happens to the file on the
  disk afterwards cannot reach the model.
* ``checked``: for weights too large to copy. The open file is hashed now and again later; a
  change is noticed, not prevented, and the record shows which of the two it was.
* A digest that differs from the one the release names is never loaded.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from verax.kernel.errors import DigestMismatch, ModelUnavailable

__all__ = [
    "DEFAULT_WEIGHTS_FILE",
    "HeldWeights",
    "SealKind",
    "WeightsShelf",
    "default_weights_folder",
    "hash_file",
    "hold_weights",
]

DEFAULT_WEIGHTS_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"

SealKind = Literal["sealed", "checked"]
Progress = Callable[[int, int], None]

_CHUNK_BYTES = 1 << 20
# Python 3.11 has no names for these on every platform; the numbers are Linux's UAPI (fcntl.h).
_F_ADD_SEALS = 1033
_ALL_SEALS = 0x1 | 0x2 | 0x4 | 0x8  # SEAL, SHRINK, GROW, WRITE


@dataclass(frozen=True, slots=True)
class _Mark:
    """What `fstat` says of an open file; any write changes it."""

    size_bytes: int
    modified_ns: int
    changed_ns: int


class HeldWeights:
    """Weights of one model, hashed and open.

    Attributes:
        digest: SHA-256 of the bytes, hex.
        size_bytes: Their number.
        seal: How they are held.
    """

    def __init__(self, fd: int, digest: str, size_bytes: int, seal: SealKind, name: str) -> None:
        self.digest = digest
        self.size_bytes = size_bytes
        self.seal = seal
        self._fd = fd
        self._name = name
        self._mark = _mark_of(fd)

    @property
    def path(self) -> str:
        """A path that opens these very bytes in this process, for as long as they are held."""
        folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
        return f"{folder}/{self._fd}"

    @property
    def is_touched(self) -> bool:
        """Whether the file was written since it was hashed; False for ever where it is sealed."""
        return self.seal == "checked" and _mark_of(self._fd) != self._mark

    def check(self) -> None:
        """Hash the bytes again.

        Raises:
            DigestMismatch: they are no longer what was loaded.
        """
        mark = _mark_of(self._fd)
        found = _hash_fd(self._fd)
        if found != self.digest:
            raise _mismatch(self._name, self.digest, found)
        self._mark = mark

    def close(self) -> None:
        """Let go of the bytes; safe to call twice. A mapping made before stays valid."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def hold_weights(
    source: Path, expected: str | None = None, seal: SealKind = "sealed", progress: Progress | None = None
) -> HeldWeights:
    """Open `source` so that a model can be loaded from exactly the bytes that were hashed.

    Args:
        expected: Digest that the release names; None takes whatever is there.
        progress: Called with the bytes done and the bytes in all.

    Raises:
        ModelUnavailable: the file cannot be read.
        DigestMismatch: the bytes have another digest.
    """
    try:
        with source.open("rb", buffering=0) as handle:
            size = os.fstat(handle.fileno()).st_size
            target = os.dup(handle.fileno()) if seal == "checked" else _private_file(source.name)
            try:
                digest = _copy_hashed(handle.fileno(), target if seal == "sealed" else None, size, progress)
                if expected is not None and digest != expected:
                    raise _mismatch(source.name, expected, digest)
                fd = _sealed(target) if seal == "sealed" else target
            except BaseException:
                os.close(target)
                raise
    except OSError as error:
        raise ModelUnavailable(
            f"weights {source.name}: cannot be loaded: {error.strerror}",
            hint='"verax doctor" shows where weights are looked for; "verax model pull" fetches them',
        ) from None
    return HeldWeights(fd, digest, os.fstat(fd).st_size, seal, source.name)


def hash_file(path: Path, progress: Progress | None = None) -> str:
    """Return the SHA-256 of a file, hex."""
    with path.open("rb", buffering=0) as handle:
        return _copy_hashed(handle.fileno(), None, os.fstat(handle.fileno()).st_size, progress)


def default_weights_folder(prefix: str = sys.prefix) -> Path:
    """Return the folder that set-up puts the embedded model into, inside the environment."""
    return Path(prefix) / "share" / "verax" / "weights"


class WeightsShelf:
    """Finds GGUF files by their digest.

    A file's digest is worked out once and remembered for as long as its size and times stay
    the same. That only says which file to try: `hold_weights` hashes again what it loads.
    """

    def __init__(self, places: Iterable[Path]) -> None:
        """`places` are folders or single files, first wins."""
        self._places = tuple(places)
        self._known: dict[tuple[Path, _Mark], str] = {}

    @property
    def places(self) -> tuple[Path, ...]:
        """Where weights are looked for."""
        return self._places

    def files(self) -> list[Path]:
        """Return every GGUF file there is, in the order they are tried."""
        found: list[Path] = []
        for place in self._places:
            found += sorted(place.glob("*.gguf")) if place.is_dir() else [place] if place.is_file() else []
        return list(dict.fromkeys(found))

    def digest(self, path: Path) -> str:
        """Return the digest of one file, from memory where the file was not touched since."""
        with path.open("rb", buffering=0) as handle:
            key = (path, _mark_of(handle.fileno()))
            if key not in self._known:
                self._known[key] = _hash_fd(handle.fileno())
        return self._known[key]

    def find(self, digest: str) -> Path:
        """Return the file with that digest; reads every file it has not seen yet.

        Raises:
            ModelUnavailable: there is none.
        """
        files = self.files()
        for path in files:
            if self.digest(path) == digest:
                return path
        raise ModelUnavailable(
            f"weights: expected a file with SHA-256 {digest[:12]}…, found {len(files)} other GGUF files",
            hint='"make up" installs the default model; "verax model pull" fetches another one',
            code="model/no-weights",
        )


def _private_file(name: str) -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name[:200], os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    fd, path = tempfile.mkstemp(prefix="verax-weights-")
    os.unlink(path)  # noqa: PTH108 - the descriptor is what we keep, the name must go at once
    return fd


def _sealed(fd: int) -> int:
    if hasattr(os, "memfd_create"):
        fcntl.fcntl(fd, _F_ADD_SEALS, _ALL_SEALS)
    return fd


def _copy_hashed(source: int, target: int | None, size: int, progress: Progress | None) -> str:
    digest = hashlib.sha256()
    buffer = bytearray(_CHUNK_BYTES)
    view = memoryview(buffer)
    offset = 0
    while count := os.preadv(source, [buffer], offset):
        digest.update(view[:count])
        if target is not None:
            _write_all(target, view[:count])
        offset += count
        if progress is not None:
            progress(offset, size)
    return digest.hexdigest()


def _hash_fd(fd: int) -> str:
    return _copy_hashed(fd, None, 0, None)


def _write_all(fd: int, data: memoryview) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _mark_of(fd: int) -> _Mark:
    status = os.fstat(fd)
    return _Mark(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _mismatch(name: str, expected: str, found: str) -> DigestMismatch:
    return DigestMismatch(
        f"weights {name}: expected SHA-256 {expected[:12]}…, found {found[:12]}…",
        hint="restore the file, or propose a release that names the new weights",
    )
