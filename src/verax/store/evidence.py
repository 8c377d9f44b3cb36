"""Split views of this installation's own logs, kept for whoever must explain them.

Each file is what `conformance/check_split_view.py` reads. A few prove as much as a thousand, so
the shelf takes no more than `MAX_KEPT`.
"""

from __future__ import annotations

from pathlib import Path

from verax.kernel.canonical import hex_digest
from verax.store.disk import Disk, LocalDisk, publish

__all__ = ["MAX_KEPT", "EvidenceShelf"]

MAX_KEPT = 64


class EvidenceShelf:
    """A folder of evidence, each file named by its digest.

    Args:
        folder: Made when the first is kept.
    """

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._folder = folder
        self._disk = disk or LocalDisk()

    def keep(self, data: bytes) -> str:
        """Keep evidence durably and return its digest; where the shelf is full it is dropped.

        Raises:
            StoreFull, StorageError: as their classes say.
        """
        digest = hex_digest(data)
        held = self._disk.list_sizes(self._folder)
        if f"{digest}.json" not in held and len(held) < MAX_KEPT:
            publish(self._disk, {self._folder / f"{digest}.json": data}, is_contested=True)
        return digest

    def get(self, digest: str) -> bytes | None:
        """Return evidence that is kept; None where there is none of that digest.

        Args:
            digest: 64 lower-case hex digits, which the caller has made sure of.
        """
        return self._disk.read(self._folder / f"{digest}.json")

    def list(self) -> list[str]:
        """Return the digests of what is kept, in order."""
        names = self._disk.list_sizes(self._folder)
        return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))
