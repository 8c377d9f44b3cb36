"""The governance bundle of a turn, gathered from the log as everyone can read it (clause 11).

It depends on the tree and the runtime that the record names, not on the turn; the newest one
is kept, so that many askers cost one gathering.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from verax.kernel.bundle import make_bundle
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.merkle import leaf_hash, node_hash
from verax.kernel.note import parse_note
from verax.kernel.record import Record
from verax.kernel.tiles import TILE_WIDTH, entries_path, parse_bundle
from verax.surfaces.http.ports import BlobSource, LogReader

__all__ = ["GovernanceBundles"]


class GovernanceBundles:
    """Gathers bundles from one governance log."""

    def __init__(self, log: LogReader, blobs: BlobSource) -> None:
        self._log = log
        self._blobs = blobs
        self._newest: tuple[tuple[int, str, bytes], bytes] | None = None

    async def bundle(self, record: Record) -> bytes:
        """Return the bundle file for a record.

        Raises:
            ReceiptError: the published log is shorter than the record says, or the manifest of
                its runtime is not there.
        """
        checkpoint = self._log.checkpoint()
        wanted = (record.governance.size, record.runtime, checkpoint)
        if self._newest is not None and self._newest[0] == wanted:
            return self._newest[1]
        entries = await self._entries(Checkpoint.parse(parse_note(checkpoint).text).size)
        data = await asyncio.to_thread(self._make, record, entries, checkpoint)
        self._newest = (wanted, data)
        return data

    async def _entries(self, size: int) -> list[bytes]:
        entries: list[bytes] = []
        for first in range(0, size, TILE_WIDTH):
            width = min(TILE_WIDTH, size - first)
            entries += parse_bundle(await self._log.tile(entries_path(first // TILE_WIDTH, width)), width)
        return entries

    def _make(self, record: Record, entries: Sequence[bytes], checkpoint: bytes) -> bytes:
        levels = _full_subtrees(entries)
        return make_bundle(
            record, entries, checkpoint, lambda level, index: levels[level][index], self._blobs.get
        ).to_bytes()


def _full_subtrees(entries: Sequence[bytes]) -> list[list[bytes]]:
    """Return the roots of all full subtrees, by level and place."""
    levels = [[leaf_hash(entry) for entry in entries]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return levels
