"""How the command line speaks: data to stdout, everything else to stderr, four exit codes.

* 0 done, 1 failed, 2 bad usage, 3 refused or not verified.
* ``NO_COLOR`` and a pipe switch colour off.
* JSON is indented by two spaces, in the documented order of keys, with a newline at its end.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Self

import click

from verax.kernel.errors import (
    AccessError,
    ConfigError,
    IntegrityError,
    KernelError,
    RefusedError,
    VeraxError,
)

__all__ = [
    "DONE",
    "FAILED",
    "REFUSED",
    "USAGE",
    "Progress",
    "confirm",
    "exit_code_of",
    "moment",
    "print_json",
    "print_rows",
    "print_text",
    "say",
    "say_error",
    "shorten",
]

DONE = 0
FAILED = 1
USAGE = 2
REFUSED = 3

_PROGRESS_AFTER_S = 2.0
_REDRAW_EVERY_S = 0.1
_BAR_WIDTH = 24
_GAP = "  "


def print_json(value: object) -> None:
    """Write `value` to stdout as JSON."""
    print_text(json.dumps(value, ensure_ascii=False, indent=2))


def print_text(text: str) -> None:
    """Write one line or block of data to stdout."""
    click.echo(text)


def print_rows(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write `rows` to stdout in aligned columns with a heading; nothing at all for no rows."""
    if not rows:
        return
    cells = [[column.upper() for column in columns]]
    cells += [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    for line in cells:
        click.echo(_GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def say(text: str = "", *, style: str | None = None) -> None:
    """Write a line for people to stderr; `style` is a colour name."""
    click.echo(click.style(text, fg=style) if style else text, err=True)


def say_error(error: VeraxError) -> None:
    """Write an error and its hint to stderr."""
    say(f"error: {error.message}", style="red")
    if error.hint:
        say(f"hint: {error.hint}")


def exit_code_of(error: VeraxError) -> int:
    """Return the exit code for an error: who must act decides."""
    if isinstance(error, ConfigError):
        return USAGE
    if isinstance(error, (RefusedError, IntegrityError, KernelError, AccessError)):
        return REFUSED
    return FAILED


def confirm(question: str, *, is_given: bool) -> None:
    """Ask before something is signed or removed; `is_given` says that --yes was given.

    Raises:
        click.Abort: the answer was no.
        click.UsageError: there is nobody to ask.
    """
    if is_given:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is there to ask; give --yes to go on")
    click.confirm(question, abort=True, err=True)


def moment(time_ms: int | None) -> str | None:
    """Return milliseconds since 1970 as ISO 8601 in UTC to the second, None as it is."""
    return None if time_ms is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_ms // 1000))


def shorten(digest: str) -> str:
    """Return the first 12 hex digits of a digest, enough to tell releases apart at a glance."""
    return digest[:12]


class Progress:
    """A progress bar on stderr, for work of over two seconds, on a terminal only.

    Args:
        label: What is being done.
        total: Units of the whole work; None when unknown.
        unit: Name of a unit, or ``bytes`` to show sizes.
    """

    def __init__(self, label: str, total: int | None = None, unit: str = "") -> None:
        self._label = label
        self._total = total
        self._unit = unit
        self._done = 0
        self._started = time.monotonic()
        self._drawn_at = 0.0
        self._visible = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn_at:
            click.echo("\r\x1b[K", nl=False, err=True)

    def advance(self, count: int) -> None:
        """Count `count` more units and draw the bar where it is due."""
        self._done += count
        now = time.monotonic()
        if not self._visible or now - self._started < _PROGRESS_AFTER_S or now - self._drawn_at < _REDRAW_EVERY_S:
            return
        self._drawn_at = now
        click.echo("\r\x1b[K" + self.line(), nl=False, err=True)

    def reach(self, done: int, total: int | None) -> None:
        """Set how much is done, for work that counts by itself."""
        self._total = total
        self.advance(done - self._done)

    def line(self) -> str:
        """Return the bar as text."""
        if not self._total:
            return f"{self._label}  {self._amount(self._done)}"
        share = min(1.0, self._done / self._total)
        filled = int(share * _BAR_WIDTH)
        bar = "█" * filled + "░" * (_BAR_WIDTH - filled)
        return f"{self._label}  {bar} {share:4.0%}  {self._amount(self._done)} of {self._amount(self._total)}"

    def _amount(self, count: int) -> str:
        if self._unit == "bytes":
            return f"{count / 1e6:,.1f} MB"
        return f"{count:,} {self._unit}".rstrip()


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple, frozenset, set)):
        return ", ".join(sorted(str(item) for item in value)) or "-"
    return str(value)
