"""What can be looked at from inside a server without changing anything: room, erasures, backups.

Each look gives findings of three states: ``fine``, ``note`` (works, but worth knowing) and
``wrong`` (something fails, or soon will).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["BACKUP_FACT", "Finding", "look_at_backup", "look_at_disk", "look_at_erasures"]

BACKUP_FACT = "backup_ms"
"""Name of the fact that says when the newest backup was made."""

_LOW_DISK_BYTES = 1_000_000_000
_NO_DISK_BYTES = 200_000_000
_DAY_MS = 86_400_000
_OLD_BACKUP_DAYS = 7


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found; `hint` is one thing to do, empty where there is nothing to do."""

    name: str
    state: Literal["fine", "note", "wrong"]
    message: str
    hint: str = ""


def look_at_disk(folder: Path) -> Iterator[Finding]:
    """Is there room for logs and messages?"""
    place = folder
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB free"
    if free < _NO_DISK_BYTES:
        yield Finding("disk", "wrong", f"{text}: new turns will be refused", f"make room on the disk of {place}")
    elif free < _LOW_DISK_BYTES:
        yield Finding("disk", "note", text, f"make room on the disk of {place}")
    else:
        yield Finding("disk", "fine", text)


def look_at_erasures(waiting: int) -> Iterator[Finding]:
    """Is there something that people wanted erased and that is still there?"""
    if waiting:
        yield Finding("erasures", "note", f"{waiting} not finished yet", "they are tried again every minute")
    else:
        yield Finding("erasures", "fine", "none waits")


def look_at_backup(made_ms: int | None, now_ms: int) -> Iterator[Finding]:
    """Is there a backup, and is it recent?"""
    if made_ms is None:
        yield Finding("backup", "note", "none was made yet", "make one: verax backup create FILE")
        return
    days = max(0, now_ms - made_ms) // _DAY_MS
    text = "made today" if days == 0 else f"{days} days old"
    if days > _OLD_BACKUP_DAYS:
        yield Finding("backup", "note", text, "make a new one: verax backup create FILE")
    else:
        yield Finding("backup", "fine", text)
