"""Alarms, merged before they reach the log (protocol clause 3).

* Alarms of one code on one channel are merged: the first is written at once, later ones are
  counted and written together, at most once every `merge_s`.
* At most `per_hour` reach the log in any hour; the rest waits, counted. Of those, refused
  attempts of people (`attempt/…`) take `attempts_per_hour` at most, so that nobody can crowd out
  what the machines have to say.
* What waits can be written down (`AlarmDesk.to_bytes`) and taken up by the next process: an
  alarm about a broken log cannot stand in it before it is mended.
* A detail holds no text from outside: values are integers, booleans and short tokens.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from verax.kernel import canonical
from verax.kernel.dsse import sign_envelope
from verax.kernel.errors import CanonicalError, StatementError
from verax.kernel.statement import Alarm, Basis, payload_of
from verax.store.clock import Clock

__all__ = ["AlarmDesk", "AlarmLimits", "PendingAlarm", "Recorder"]

_HOUR_S = 3600.0
_MAX_RESTORED = 256
_TOKEN = re.compile(r"[A-Za-z0-9_.,:/+-]{0,128}\Z")


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """How often alarms are written; `per_hour` is the protocol's."""

    merge_s: float = 60.0
    per_hour: int = 60
    attempts_per_hour: int = 20


@dataclass(frozen=True, slots=True)
class Recorder:
    """The machine key that signs alarms: its id in the root document, and its seed."""

    key_id: str
    seed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PendingAlarm:
    """Alarms of one code on one channel that the log does not hold yet; `detail` is the first one's."""

    code: str
    channel: str
    detail: bytes
    count: int
    first_ms: int
    last_ms: int
    is_single: bool = False

    @property
    def is_attempt(self) -> bool:
        """Whether a person tried something that was refused; everything else comes from machines."""
        return self.code.startswith("attempt/")

    @property
    def key(self) -> tuple[str, str, bytes]:
        """What it is merged by."""
        return self.code, self.channel, self.detail if self.is_single else b""

    def sign(self, basis: Basis, recorder: Recorder) -> tuple[bytes, dict[str, bytes]]:
        """Return the envelope of the alarm, and its detail as the blob it names."""
        digest = canonical.hex_digest(self.detail)
        statement = Alarm(basis, self.code, self.channel, digest, self.count, self.first_ms, self.last_ms)
        envelope = sign_envelope(payload_of(statement), [(recorder.key_id, recorder.seed)])
        return envelope, {digest: self.detail}


class AlarmDesk:
    """Collects alarms and says which may be written now.

    Args:
        clock: Wall time for what is written, monotonic time for the limits.
    """

    def __init__(self, clock: Clock, limits: AlarmLimits | None = None) -> None:
        self._clock = clock
        self._limits = limits or AlarmLimits()
        self._pending: dict[tuple[str, str, bytes], PendingAlarm] = {}
        self._written_s: dict[tuple[str, str, bytes], float] = {}
        self._recent: deque[tuple[float, bool]] = deque()

    def note(self, code: str, channel: str, detail: Mapping[str, canonical.Json], *, is_single: bool = False) -> None:
        """Count one alarm; a single one is written by itself.

        Raises:
            StatementError: the detail might hold text from outside.
        """
        for name, value in detail.items():
            is_token = isinstance(value, str) and _TOKEN.match(value)
            if not is_token and not isinstance(value, int):
                raise StatementError(f"alarm {code}: detail {name!r}: expected a number or a short token")
        now_ms = self._clock.now_ms()
        data = canonical.encode(detail)
        key = (code, channel, data if is_single else b"")
        found = self._pending.get(key) or PendingAlarm(code, channel, data, 0, now_ms, now_ms, is_single)
        self._pending[key] = replace(found, count=found.count + 1, last_ms=now_ms)

    def due(self) -> list[PendingAlarm]:
        """Return what may be written now, oldest first."""
        now_s = self._clock.monotonic_s()
        while self._recent and now_s - self._recent[0][0] >= _HOUR_S:
            self._recent.popleft()
        limits = self._limits
        self._written_s = {key: at_s for key, at_s in self._written_s.items() if now_s - at_s < limits.merge_s}
        room = limits.per_hour - len(self._recent)
        attempts = limits.attempts_per_hour - sum(is_attempt for _, is_attempt in self._recent)
        ready = [alarm for key, alarm in self._pending.items() if key not in self._written_s]
        ordered = sorted(ready, key=lambda alarm: (alarm.is_attempt, alarm.first_ms))
        machines = sum(not alarm.is_attempt for alarm in ordered)
        return ordered[: max(0, min(room, machines + max(0, attempts)))]

    def to_bytes(self) -> bytes:
        """Return what waits, for `restore` in a later process; empty where nothing does."""
        waiting: list[canonical.Json] = [
            {
                "code": alarm.code,
                "channel": alarm.channel,
                "detail": alarm.detail.decode("utf-8"),
                "count": alarm.count,
                "first_ms": alarm.first_ms,
                "last_ms": alarm.last_ms,
                "is_single": alarm.is_single,
            }
            for alarm in self._pending.values()
        ]
        return canonical.encode(waiting) if waiting else b""

    def restore(self, data: bytes) -> None:
        """Take up what an earlier process left; bytes that are no such thing are left alone.

        Whoever can write the file can only add alarms, or take away some that no log held yet.
        """
        try:
            waiting: Any = canonical.decode(data)
            found = [PendingAlarm(**{**item, "detail": item["detail"].encode("utf-8")}) for item in waiting]
        except (CanonicalError, TypeError, KeyError, AttributeError):
            return
        for alarm in filter(_is_well_formed, found[:_MAX_RESTORED]):
            self._pending.setdefault(alarm.key, alarm)

    def written_elsewhere(self, code: str, channel: str) -> None:
        """Say that another process of this installation wrote an alarm: the limits are those of the log."""
        now_s = self._clock.monotonic_s()
        self._written_s[code, channel, b""] = now_s
        self._recent.append((now_s, code.startswith("attempt/")))

    def written(self, alarm: PendingAlarm) -> None:
        """Say that `alarm`, as `due` gave it, is in the log; what was counted since stays."""
        key = alarm.key
        now_s = self._clock.monotonic_s()
        self._written_s[key] = now_s
        self._recent.append((now_s, alarm.is_attempt))
        left = self._pending[key].count - alarm.count
        if left:
            self._pending[key] = replace(self._pending[key], count=left, first_ms=alarm.last_ms)
        else:
            del self._pending[key]


def _is_well_formed(alarm: PendingAlarm) -> bool:
    numbers = (alarm.count, alarm.first_ms, alarm.last_ms)
    texts = (alarm.code, alarm.channel)
    return all(type(number) is int for number in numbers) and all(isinstance(text, str) for text in texts)
