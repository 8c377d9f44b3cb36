"""What SQLite's errors mean here: which file, and the one thing to do."""

from __future__ import annotations

import errno

import apsw

from verax.kernel.errors import (
    BusyError,
    ConflictError,
    CorruptStore,
    RequestError,
    StorageError,
    StoreFull,
    VeraxError,
)

__all__ = ["explain"]


def explain(error: apsw.Error | UnicodeError, label: str, raw: apsw.Connection | None) -> VeraxError:
    """Return the error of Verax's tree; SQLite's own words hold names of tables and columns, no values.

    Args:
        error: What apsw raised, or Python when it met a lone surrogate, or a stored text that is none.
        label: The database file.
        raw: The connection, which remembers the operating system's error number; None when
            opening it failed.
    """
    if isinstance(error, UnicodeEncodeError):
        return RequestError(
            "text: expected Unicode scalar values, found a lone surrogate", hint="send well-formed Unicode"
        )
    if isinstance(error, UnicodeError):
        return CorruptStore(
            f"{label}: the database is damaged: a text in it is not UTF-8", hint="stop Verax, and restore a backup"
        )
    is_out_of_space = isinstance(error, apsw.IOError) and raw is not None and raw.system_errno == errno.ENOSPC
    if is_out_of_space or isinstance(error, apsw.FullError):
        return StoreFull(f"{label}: the disk is full", hint="free space on this disk; nothing acknowledged was lost")
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return CorruptStore(
            f"{label}: the database is damaged: {error}",
            hint=f'stop Verax, copy the file aside, then restore a backup or run: sqlite3 "{label}" .recover',
        )
    if isinstance(error, apsw.ConstraintError):
        return ConflictError(f"the database refused the row: {error}")
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return BusyError(f"{label}: another process is writing", retry_after_s=1, hint="try again in a moment")
    if isinstance(error, apsw.IOError):
        return StorageError(f"{label}: the disk failed: {error}", hint="look at the disk, then start Verax again")
    if isinstance(error, apsw.ReadOnlyError | apsw.CantOpenError | apsw.PermissionsError):
        return StorageError(f"{label}: the database cannot be written: {error}", hint="check who owns the data folder")
    return StorageError(f"{label}: {error}", hint="this is a defect of Verax: please report it")
