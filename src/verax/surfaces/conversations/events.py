"""The events of one run, numbered from 1, for any number of readers.

* An event is added once and never changed; a reader says the number of the last one it has.
* Readers hold nothing: one that is slow, or comes back, takes all the text that it has not
  seen as one event with the number of the last piece. So what is read after any number is
  what an uninterrupted reader reads, and a burst costs one event.
* How much there can be is bounded by the release's ``max_tokens`` and by the adapter's limit
  of a reply.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verax.surfaces.conversations.wire import text_event

__all__ = ["EventBuffer", "RunEvent"]

_MAX_MERGED_CHARS = 65_536


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One event as it is sent; `number` is that of the last piece in it."""

    number: int
    data: Mapping[str, Any]


class EventBuffer:
    """Events that are still coming, or all of a run that has ended.

    Attributes:
        chars: Characters of text in it.
        is_closed: Whether the last event is there.
    """

    def __init__(self) -> None:
        self.chars = 0
        self.is_closed = False
        self._events: list[str | Mapping[str, Any]] = []
        self._more = asyncio.Event()

    @property
    def last(self) -> int:
        """Number of the newest event, 0 while there is none."""
        return len(self._events)

    def add_text(self, text: str) -> None:
        """Add a piece of text."""
        self.chars += len(text)
        self._add(text)

    def add(self, data: Mapping[str, Any]) -> None:
        """Add an event that is no text."""
        self._add(data)

    def close(self) -> None:
        """Say that nothing follows."""
        self.is_closed = True
        self._wake()

    def after(self, number: int) -> list[RunEvent]:
        """Return what came after the event of this number, neighbouring pieces of text joined."""
        found: list[RunEvent] = []
        pieces: list[str] = []
        size = 0
        for index in range(number, len(self._events)):
            event = self._events[index]
            if isinstance(event, str) and size < _MAX_MERGED_CHARS:
                pieces.append(event)
                size += len(event)
                continue
            _flush(found, pieces, index)
            pieces, size = ([event], len(event)) if isinstance(event, str) else ([], 0)
            if not isinstance(event, str):
                found.append(RunEvent(index + 1, event))
        _flush(found, pieces, len(self._events))
        return found

    async def read(self, number: int) -> list[RunEvent]:
        """Wait for what comes after the event of this number; empty when nothing will."""
        while self.last <= number and not self.is_closed:
            await self._more.wait()
        return self.after(number)

    def _add(self, event: str | Mapping[str, Any]) -> None:
        self._events.append(event)
        self._wake()

    def _wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()


def _flush(found: list[RunEvent], pieces: list[str], number: int) -> None:
    if pieces:
        found.append(RunEvent(number, text_event("".join(pieces))))
