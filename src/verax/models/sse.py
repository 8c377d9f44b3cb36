"""Server-sent events, the part that chat completions use.

Source: WHATWG HTML, section 9.2.6 (event stream interpretation). Only ``data`` fields matter
here; a line ends with LF or CRLF (a lone CR, which no such server sends, is not a line end).
"""

from __future__ import annotations

from verax.kernel.errors import ModelError

__all__ = ["MAX_EVENT_BYTES", "EventParser"]

MAX_EVENT_BYTES = 4 * 2**20


class EventParser:
    """Cuts a stream of bytes into the data of its events.

    >>> parser = EventParser()
    >>> parser.feed(b"data: one\\n\\nda"), parser.feed(b"ta: two\\n\\n")
    ([b'one'], [b'two'])
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._held = 0

    def feed(self, piece: bytes) -> list[bytes]:
        """Take more bytes and return the data of every event that is now complete.

        Raises:
            ModelError: one event has over `MAX_EVENT_BYTES`.
        """
        lines = (self._rest + piece if self._rest else piece).split(b"\n")
        self._rest = lines.pop()
        events: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:].strip())
                self._held += len(line)
            elif line in (b"", b"\r") and self._data:
                events.append(self._take())
        if self._held + len(self._rest) > MAX_EVENT_BYTES:
            raise ModelError(f"model server: one event has over {MAX_EVENT_BYTES} bytes", code="model/protocol")
        return events

    def finish(self) -> list[bytes]:
        """Return an event that the end of the stream completed; servers may leave out the last blank line."""
        events = self.feed(b"\n\n") if self._rest or self._data else []
        self._rest = b""
        return events

    def _take(self) -> bytes:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        self._data, self._held = [], 0
        return data
