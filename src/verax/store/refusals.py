"""Starts that were refused, remembered until a start succeeds and the log can hold them.

A server that refuses to start cannot write into its log. It leaves a line in the data folder, and the next
start that succeeds turns the lines into alarms. Whoever can write the folder can remove them: what
cannot be removed is the refusal itself, and what a witness saw.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from verax.kernel.errors import VeraxError
from verax.store.disk import read_regular

__all__ = ["REFUSALS", "clear_refusals", "noting_refusals", "read_refusals"]

REFUSALS = "refused-starts"
_FAMILIES = frozenset({"config", "governance", "integrity", "kernel", "log", "runtime", "store", "weights"})
_NOT_ATTACKS = frozenset({"config/no-home", "store/locked"})
_DEFECT = "integrity/defect"
_LINE = re.compile(r"([0-9]{1,16}) ([a-z][a-z0-9-]{0,31}/[a-z][a-z0-9-]{0,63})\Z")
_MAX_BYTES = 65_536


@contextlib.contextmanager
def noting_refusals(home: Path) -> Iterator[None]:
    """Leave a line in the data folder when a start is refused for what was found there or set outside."""
    try:
        yield
    except VeraxError as error:
        code = error.reason_code
        if code.partition("/")[0] in _FAMILIES and code not in _NOT_ATTACKS and home.is_dir():
            with contextlib.suppress(OSError):
                _note(home / REFUSALS, code)
        raise
    except Exception:
        if home.is_dir():
            with contextlib.suppress(OSError):
                _note(home / REFUSALS, _DEFECT)
        raise


def read_refusals(home: Path) -> Mapping[str, int]:
    """Return how often a start was refused since the last that succeeded, by code."""
    try:
        text = read_regular(home / REFUSALS).decode("ascii", "replace")
    except OSError:
        return {}
    found = (_LINE.match(line) for line in text[:_MAX_BYTES].splitlines())
    return Counter(match[2] for match in found if match)


def clear_refusals(home: Path) -> None:
    """Forget them; called once the log holds the alarms."""
    with contextlib.suppress(OSError):
        (home / REFUSALS).unlink()


def _note(path: Path, code: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        if file.tell() < _MAX_BYTES:
            file.write(f"{time.time_ns() // 1_000_000} {code}\n".encode("ascii"))
