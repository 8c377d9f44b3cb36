"""A consistent copy of a SQLite database that is in use, through SQLite's own backup.

One read transaction is held open over all steps: the copy is the database as it was at its
beginning, whoever writes meanwhile, in this process or another. Writers are not held up; their
log cannot be emptied until the copy is done (an erasure is then told to come back).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import apsw

from verax.kernel.errors import ConfigError, CorruptStore, StoreFull
from verax.store.database_sqlite import APPLICATION_ID, SqliteDriver
from verax.store.database_sqlite_errors import explain
from verax.store.database_types import DatabaseLimits, Row
from verax.store.disk import Disk, LocalDisk

__all__ = ["copy_database", "look_into"]

Progress = Callable[[int, int], object]
"""Called with pages copied and pages in all."""

_PAGES_A_STEP = 2_000
_SPARE_BYTES = 64 * 2**20


def copy_database(source: Path, target: Path, progress: Progress | None = None, disk: Disk | None = None) -> None:
    """Copy the database at `source` to the new file `target`, readable by its owner only.

    Raises:
        ConfigError: there is no database.
        StoreFull: there is no room for the copy.
        StorageError, CorruptStore: as their classes say.
    """
    if not source.is_file():
        raise ConfigError(f"{source}: no database there", hint='"verax up" makes an installation')
    room = (disk or LocalDisk()).free_bytes(target.parent)
    if room < source.stat().st_size + _SPARE_BYTES:
        raise StoreFull(f"{target.parent}: no room for a copy of the database", hint="free space on this disk")
    SqliteDriver(target, DatabaseLimits())  # makes the file with mode 0600
    reading = SqliteDriver(source, DatabaseLimits()).connect(readonly=True)
    try:
        reading.begin()
        reading.execute("SELECT count(*) FROM sqlite_schema")  # from here on the view stands still
        _copy(reading.raw, target, progress)
    finally:
        reading.rollback()
        reading.close()


def look_into(path: Path, sql: str) -> list[Row]:
    """Return the rows of one statement on a copy, which nobody else has open.

    Raises:
        CorruptStore: not a database of Verax, or a damaged one.
    """
    raw: apsw.Connection | None = None
    try:
        raw = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        if raw.execute("PRAGMA application_id").fetchall() != [(APPLICATION_ID,)]:
            raise CorruptStore(f"{path.name}: not a database of Verax", hint="take another copy of this file")
        return raw.execute(sql).fetchall()
    except apsw.Error as error:
        raise explain(error, path.name, raw) from error
    finally:
        if raw is not None:
            raw.close()


def _copy(source: apsw.Connection, target: Path, progress: Progress | None) -> None:
    written: apsw.Connection | None = None
    try:
        written = apsw.Connection(str(target))
        written.execute("PRAGMA synchronous=OFF")  # whoever keeps the copy syncs it
        with written.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step(_PAGES_A_STEP)
                if progress is not None:
                    progress(backup.page_count - backup.remaining, backup.page_count)
    except apsw.Error as error:
        raise explain(error, str(target), written) from error
    finally:
        if written is not None:
            written.close()
