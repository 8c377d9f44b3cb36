"""Where the stores get the time from.

* `now_ms` is a claim, never a proof (clause 15): it stands in records and promises.
* Waiting and ageing use `monotonic_s`, so a wall clock that is set back or jumps forward
  neither stops the sequencer nor keeps a stale head alive.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Wall time for what is written down, monotonic time for what is waited for."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, never less than the last answer in this process."""
        ...

    def monotonic_s(self) -> float:
        """Seconds since some fixed moment; unaffected by changes of the wall clock."""
        ...


class SystemClock:
    """The clock of this machine."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ms = 0

    def now_ms(self) -> int:
        with self._lock:
            self._last_ms = max(self._last_ms, time.time_ns() // 1_000_000)
            return self._last_ms

    def monotonic_s(self) -> float:
        return time.monotonic()
