"""The governance log told, and which of its blobs are for everybody (protocol clauses 3 and 4).

* A blob belongs to the channels of the entries whose content it is. It is closed when it
  belongs to a channel and no effective entry of a public one names it; what is public stands
  in the root in force, and a channel that it no longer names is not.
* Everything else stays open: entries, tiles, checkpoints, root documents, and blobs that no
  entry names, such as the manifest of a runtime that receipts refer to. So witnesses and
  checkers need no account.
* Read once and kept; new entries are read when somebody asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from verax.kernel.fold import State
from verax.kernel.history import HistoryEntry, HistoryReader

__all__ = ["PublicHistory"]

ReadEntries = Callable[[int, int], Sequence[bytes]]
"""Returns the entries from one index up to another, blocking."""


class PublicHistory:
    """Tells the log that a state was folded from.

    Args:
        state: Returns the adopted state.
        read: Returns entries of that log.
    """

    def __init__(self, state: Callable[[], State], read: ReadEntries) -> None:
        self._state = state
        self._read = read
        self._reader = HistoryReader()
        self._entries: list[HistoryEntry] = []
        self._owned: dict[str, set[str]] = {}
        self._turn = asyncio.Lock()

    async def entries(self) -> Sequence[HistoryEntry]:
        """Return every entry of the adopted log, oldest first; not to be changed."""
        if len(self._entries) < self._state().size:
            async with self._turn:
                await asyncio.to_thread(self._catch_up, self._state())
        return self._entries

    async def is_closed(self, digest: str) -> bool:
        """Say whether a blob is for signed-in people only."""
        await self.entries()
        owners = self._owned.get(digest)
        root = self._state().root_in_force
        if owners is None or root is None:
            return owners is not None
        return not any(root.channels[name].is_public for name in owners & root.channels.keys())

    def _catch_up(self, state: State) -> None:
        first = len(self._entries)
        entries = self._read(first, state.size) if first < state.size else ()
        for entry, outcome in zip(entries, state.outcomes[first : state.size], strict=True):
            told = self._reader.read(entry, outcome)
            for digest in told.content if told.channel else ():
                self._owned.setdefault(digest, set()).update({told.channel} if told.is_effective else ())
            self._entries.append(told)
