"""When a child may use Junior, by the server's clock; pure.

* Use is counted from one sign of life to the next, at most `IDLE_MS` of it: a tablet that was put
  aside uses nothing up. It is counted for the profile, so two tabs or two devices share one budget.
* `BREAK_MS` without use end a sitting. While a child may not use Junior nothing is counted, so asking again
  neither uses time up nor puts the end of a break off.
* A day is a date in the zone of the profile. What the device's own clock says is never asked.
* A zone that this machine does not know is an error: without it nobody can say that it is not bedtime.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from verax.kernel.errors import ConfigError
from verax.store.junior.types import Bedtime, ProfileSettings

__all__ = ["BREAK_MS", "IDLE_MS", "Standing", "StandingName", "Use", "count_use", "day_of", "standing_of", "zone_of"]

IDLE_MS = 60_000
BREAK_MS = 15 * 60_000

StandingName = Literal["open", "bedtime", "day_used_up", "break"]

_ZONE = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}")
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Use:
    """What was used so far.

    Attributes:
        day: The date that `used_ms` belongs to.
        used_ms: Use on that date.
        sitting_ms: Use since the last break.
        last_ms: When use was counted last, None before the first.
    """

    day: str
    used_ms: int = 0
    sitting_ms: int = 0
    last_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a child may use Junior now.

    Attributes:
        left_ms: How long from now, at most; None for no limit, 0 where the answer is no.
        opens_ms: When it may be used again; None where it may be used now.
    """

    name: StandingName
    left_ms: int | None
    opens_ms: int | None

    @property
    def is_open(self) -> bool:
        """Whether it may be used now."""
        return self.name == "open"


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone; raises `ConfigError` for one that this machine does not know."""
    try:
        if _ZONE.fullmatch(name):
            return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        pass
    raise ConfigError(
        "time zone: this machine knows no zone of that name", hint="use an IANA name such as Europe/Berlin"
    )


def day_of(settings: ProfileSettings, now_ms: int) -> str:
    """Return the date where the child lives."""
    return _local(settings, now_ms).date().isoformat()


def count_use(settings: ProfileSettings, use: Use, now_ms: int) -> Use:
    """Return the use after a sign of life at `now_ms`."""
    use = _on_day(settings, use, now_ms)
    if not standing_of(settings, use, now_ms).is_open:
        return use
    gap_ms = BREAK_MS if use.last_ms is None else max(0, now_ms - use.last_ms)
    if gap_ms >= BREAK_MS:
        return replace(use, sitting_ms=0, last_ms=now_ms)
    spent_ms = min(gap_ms, IDLE_MS)
    return replace(use, used_ms=use.used_ms + spent_ms, sitting_ms=use.sitting_ms + spent_ms, last_ms=now_ms)


def standing_of(settings: ProfileSettings, use: Use, now_ms: int) -> Standing:
    """Say whether a child may use Junior at `now_ms`."""
    use = _on_day(settings, use, now_ms)
    local = _local(settings, now_ms)
    if settings.bedtime is not None and _is_in(settings.bedtime, local):
        return Standing("bedtime", 0, _opening(settings, local))
    daily_ms = None if settings.daily_minutes is None else settings.daily_minutes * _MINUTE_MS
    if daily_ms is not None and use.used_ms >= daily_ms:
        tomorrow = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return Standing("day_used_up", 0, _opening(settings, tomorrow))
    sitting_ms = _sitting_left(settings, use, now_ms)
    if sitting_ms == 0:
        rested_ms = (use.last_ms or 0) + BREAK_MS
        return Standing("break", 0, _opening(settings, _local(settings, rested_ms)))
    left = (None if daily_ms is None else daily_ms - use.used_ms, sitting_ms, _until_bedtime(settings, local))
    return Standing("open", min((ms for ms in left if ms is not None), default=None), None)


def _sitting_left(settings: ProfileSettings, use: Use, now_ms: int) -> int | None:
    if settings.session_minutes is None:
        return None
    is_rested = use.last_ms is None or now_ms - use.last_ms >= BREAK_MS
    return max(0, settings.session_minutes * _MINUTE_MS - (0 if is_rested else use.sitting_ms))


def _on_day(settings: ProfileSettings, use: Use, now_ms: int) -> Use:
    """Begin a day with nothing used; a sitting goes on over midnight."""
    day = day_of(settings, now_ms)
    return use if use.day == day else replace(use, day=day, used_ms=0)


def _local(settings: ProfileSettings, now_ms: int) -> datetime:
    return datetime.fromtimestamp(now_ms / 1000, zone_of(settings.time_zone))


def _is_in(bedtime: Bedtime, local: datetime) -> bool:
    minute = local.hour * 60 + local.minute
    if bedtime.start < bedtime.end:
        return bedtime.start <= minute < bedtime.end
    return minute >= bedtime.start or minute < bedtime.end


def _next(local: datetime, minute: int) -> datetime:
    """Return the next moment at that minute of a day."""
    found = local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    return found if found > local else found + timedelta(days=1)


def _opening(settings: ProfileSettings, local: datetime) -> int:
    """Return `local`, or the end of the bedtime that it lies in, in milliseconds since 1970."""
    if settings.bedtime is not None and _is_in(settings.bedtime, local):
        local = _next(local, settings.bedtime.end)
    return round(local.timestamp() * 1000)


def _until_bedtime(settings: ProfileSettings, local: datetime) -> int | None:
    if settings.bedtime is None:
        return None
    return round((_next(local, settings.bedtime.start).timestamp() - local.timestamp()) * 1000)
