"""What an insider with the whole disk does to a machine, and how its owner puts it back afterwards."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw

from verax.store.home import Home
from verax.store.refusals import REFUSALS

__all__ = ["edited", "query", "replace_home"]

_BUSY_MS = 30_000


@contextlib.contextmanager
def edited(path: Path, edit: Callable[[bytes], bytes]) -> Iterator[None]:
    """Write a file anew, and put it back when the block ends.

    Raises:
        ValueError: `edit` changed nothing; such a drill would show nothing.
    """
    data = path.read_bytes()
    changed = edit(data)
    if changed == data:
        raise ValueError(f"{path}: the edit changes nothing")
    path.write_bytes(changed)
    try:
        yield
    finally:
        path.write_bytes(data)


def query(home: Home, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run one statement on the database, past the server; returns its rows."""
    with contextlib.closing(apsw.Connection(str(home.database_path))) as database:
        database.set_busy_timeout(_BUSY_MS)
        return list(database.execute(statement, values))


def replace_home(home: Home, other: Path) -> None:
    """Put another data folder in place of this one; the notes of refused starts stay where they are."""
    notes = home.path / REFUSALS
    kept = notes.read_bytes() if notes.exists() else None
    shutil.rmtree(home.path)
    shutil.copytree(other, home.path)
    if kept is not None:
        notes.write_bytes(kept)
