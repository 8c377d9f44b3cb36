"""Restoring a backup as a data folder (`verax.store.backup` has the order)."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from verax.config import Config
from verax.kernel.errors import ConfigError, StorageError
from verax.store.age import Read
from verax.store.backup import BackupManifest
from verax.store.clock import Clock
from verax.store.disk import LocalDisk
from verax.surfaces.backups import read_backup
from verax.surfaces.repair import RepairedLog, repair_logs

__all__ = ["Restored", "restore_backup"]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored; `logs` is empty where the rows are elsewhere and still have to come."""

    manifest: BackupManifest
    logs: Sequence[RepairedLog]


async def restore_backup(read: Read, passphrase: str | None, config: Config, clock: Clock) -> Restored:
    """Restore a backup as the data folder `config.home`, which must not be there or be empty.

    Raises:
        ConfigError: something is there already.
        AccessError, CorruptStore, RolledBack, StoreFull, StorageError: nothing was left behind.
    """
    home = config.home
    _require_nothing(home)
    home.parent.mkdir(parents=True, exist_ok=True)
    work = home.with_name(f".{home.name}.restoring-{secrets.token_hex(8)}")
    work.mkdir(mode=0o700)
    try:
        manifest = read_backup(read, passphrase, work)
        logs: Sequence[RepairedLog] = ()
        if manifest.has_rows:
            logs = await repair_logs(config.model_copy(update={"home": work, "database_url": None}), clock)
        _put_in_place(work, home)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return Restored(manifest, logs)


def _require_nothing(home: Path) -> None:
    try:
        is_taken = home.exists() and (not home.is_dir() or any(home.iterdir()))
    except OSError as error:
        raise ConfigError(f"data folder {home}: cannot be looked at: {error.strerror}") from None
    if is_taken:
        raise ConfigError(
            f"data folder {home}: expected nothing there, found something",
            hint="move it away, or name another folder with --home",
            code="backup/folder-taken",
        )


def _put_in_place(work: Path, home: Path) -> None:
    try:
        if home.exists():
            home.rmdir()
        work.rename(home)
    except OSError as error:
        raise StorageError(f"data folder {home}: {error.strerror}", hint="look at who owns its parent") from error
    LocalDisk().sync_folder(home.parent)
