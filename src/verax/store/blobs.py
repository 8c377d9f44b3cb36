"""Long content by its digest (protocol clause 3).

* A blob is named by the SHA-256 of its bytes, 64 hex digits, and never changes.
* It is durable before the log entry that names it is written.
* Every read is checked against the name: a damaged blob is an error, never an answer.

*Life of a blob.* Bytes to a temporary file, synced, renamed to ``<first two digits>/<digest>``,
folder synced; only then is the digest returned.
"""

from __future__ import annotations

from pathlib import Path

from verax.kernel import canonical
from verax.kernel.errors import CorruptStore, TooLarge, UnknownObject
from verax.store.disk import Disk, LocalDisk, publish

__all__ = ["MAX_BLOB_BYTES", "Blobs"]

MAX_BLOB_BYTES = 16 * 2**20
"""Largest blob; manifests, diffs and reports are far smaller."""


class Blobs:
    """A folder of blobs; safe to use from several threads.

    Args:
        folder: Where they lie; made when the first one is put.
        disk: How files are written.
    """

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._folder = folder
        self._disk = disk or LocalDisk()

    def put(self, data: bytes) -> str:
        """Keep `data` and return its digest; durable on return.

        Raises:
            TooLarge: over `MAX_BLOB_BYTES`.
            StoreFull, StorageError: as their classes say.
        """
        if len(data) > MAX_BLOB_BYTES:
            raise TooLarge(f"blob: expected at most {MAX_BLOB_BYTES} bytes, found {len(data)}")
        digest = canonical.hex_digest(data)
        path = self.path_of(digest)
        if self._disk.read(path) == data:
            self._disk.sync_folder(path.parent)  # an earlier put may have failed at exactly this step
        else:  # missing, or damaged: the whole file is written again
            publish(self._disk, {path: data}, is_contested=True)
        return digest

    def get(self, digest: str) -> bytes | None:
        """Return the bytes that hash to `digest`, or None when this store does not hold them.

        Raises:
            CorruptStore: the file of that name holds other bytes.
            UnknownObject: `digest` is not 64 lower-case hex digits.
        """
        data = self._disk.read(self.path_of(digest))
        if data is not None and canonical.hex_digest(data) != digest:
            raise CorruptStore(
                f"blob {digest[:12]}: its {len(data)} bytes do not hash to its name",
                hint=f"restore {self.path_of(digest)} from a backup, or put the same content again",
            )
        return data

    def path_of(self, digest: str) -> Path:
        """Return where the blob lies; the name is checked first, so no path can be smuggled in."""
        if not canonical.is_digest(digest):
            raise UnknownObject("blob: expected a name of 64 lower-case hex digits")
        return self._folder / digest[:2] / digest
