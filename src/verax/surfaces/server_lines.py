"""The last lines of the server's log, kept in memory for administrators.

* A line holds what our own messages say, which is no secret and no text of a user; anything
  that looks like a credential is masked all the same.
* Of other packages only name and level are kept: their messages may quote what they were given.
  Of an exception only its type and the place in our code are kept, never its message.
* `CAPACITY` lines are kept; a reader goes on behind the number of the last line it saw.
"""

from __future__ import annotations

import logging
import re
import secrets
import traceback
from collections import deque
from dataclasses import dataclass
from pathlib import PurePath
from types import TracebackType

__all__ = ["CAPACITY", "LogLine", "LogLines"]

CAPACITY = 2000

_MAX_MESSAGE = 2000
_CREDENTIAL = re.compile(r"vx-[0-9A-Za-z]{6,}|(?i:bearer)\s+\S+|/welcome#\S+|://[^\s/:@]+:[^\s/@]+@")
_MASK = "********"
_OURS = "verax"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line.

    Attributes:
        number: Counts from 1 in each run of the server.
        level: ``debug``, ``info``, ``warning``, ``error`` or ``critical``.
        place: Where an exception came from, empty without one.
    """

    number: int
    time_ms: int
    level: str
    logger: str
    message: str
    place: str = ""


class LogLines(logging.Handler):
    """Keeps lines; a handler of the root logger while a server runs.

    Attributes:
        run: Names this run: a reader that sees another one starts again.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        super().__init__()
        self.run = secrets.token_hex(8)
        self._lines: deque[LogLine] = deque(maxlen=capacity)
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record; called under the handler's lock."""
        self._count += 1
        self._lines.append(
            LogLine(
                self._count,
                int(record.created * 1000),
                record.levelname.lower(),
                record.name[:100],
                _message(record),
                _place(record),
            )
        )

    def after(self, number: int, limit: int, least: int = logging.DEBUG) -> list[LogLine]:
        """Return lines behind a number, oldest first; of those that are kept, the first `limit`.

        Args:
            least: Least important level, as `logging` numbers them.
        """
        self.acquire()
        try:
            lines = list(self._lines)
        finally:
            self.release()
        levels = logging.getLevelNamesMapping()
        chosen = [line for line in lines if line.number > number and levels.get(line.level.upper(), 0) >= least]
        return chosen[:limit]

    @property
    def last(self) -> int:
        """Number of the newest line, 0 before the first."""
        return self._count


def _message(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] != _OURS:
        return "a message of another package; the server's log file has it"
    try:
        text = record.getMessage()
    except (TypeError, ValueError):
        text = "a message that could not be formatted"
    return _CREDENTIAL.sub(_MASK, text)[:_MAX_MESSAGE]


def _place(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    kind, _, trace = record.exc_info
    return f"{kind.__name__}{_innermost(trace)}"


def _innermost(trace: TracebackType | None) -> str:
    """Return file and line of the innermost frame that is ours."""
    for frame in reversed(traceback.extract_tb(trace)):
        parts = PurePath(frame.filename).parts
        if _OURS in parts:
            return f" at {'/'.join(parts[parts.index(_OURS) :])}:{frame.lineno}"
    return ""
