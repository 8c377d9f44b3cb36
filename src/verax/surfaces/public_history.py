"""The governance log told, and which of its blobs are for everybody (protocol clauses 3 and 4).

* A blob belongs to the channels of the entries whose content it is. It is closed when it
  belongs to a channel and no effective entry of a public one names it; what is public stands
  in the root in force, and a channel that it no longer names is not.
* The same holds for the timeline that an alarm's detail names: it quotes what was taken back.
* Everything else stays open: entries, tiles, checkpoints, root documents, and blobs that no
  entry names, such as the manifest of a runtime that receipts refer to. So witnesses and
  checkers need no account.
* Read once and kept; new entries are read when somebody asks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from verax.kernel import canonical
from verax.kernel.errors import CanonicalError, CorruptStore
from verax.kernel.fold import State
from verax.kernel.history import HistoryEntry, HistoryReader

__all__ = ["PublicHistory"]

_TIMELINE = "timeline"

ReadEntries = Callable[[int, int], Sequence[bytes]]
"""Returns the entries from one index up to another, blocking."""


class PublicHistory:
    """Tells the log that a state was folded from.

    Args:
        state: Returns the adopted state.
        read: Returns entries of that log.
        blobs: Returns the bytes of a digest, or None.
    """

    def __init__(self, state: Callable[[], State], read: ReadEntries, blobs: Callable[[str], bytes | None]) -> None:
        self._state = state
        self._read = read
        self._blobs = blobs
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
            for digest in self._content(told) if told.channel else ():
                self._owned.setdefault(digest, set()).update({told.channel} if told.is_effective else ())
            self._entries.append(told)

    def _content(self, entry: HistoryEntry) -> set[str]:
        """Return the blobs that an entry brings along, and the document that an alarm's detail names."""
        content = set(entry.content)
        if entry.kind == "alarm":
            with contextlib.suppress(CorruptStore, CanonicalError):
                detail = canonical.decode(self._blobs(entry.digests["detail"]) or b"{}")
                named = detail.get(_TIMELINE) if isinstance(detail, dict) else None
                content |= {named} if isinstance(named, str) and canonical.is_digest(named) else set()
        return content
