"""Making and reading backups, for the command line and for the server.

A backup holds the server's own private keys and everybody's texts. So it is encrypted with a
passphrase (`verax.store.age`), or made with a flag that has ``unsafe`` in its name.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO

import verax
from verax.config import Config
from verax.kernel.errors import ConfigError, RequestError
from verax.store.age import MAGIC, AgeKey, Read, decrypt, encrypt
from verax.store.archive import write_archive
from verax.store.backup import BackupManifest, open_snapshot, unpack
from verax.store.database_copy import Progress
from verax.store.home import Home

__all__ = [
    "ROWS_ELSEWHERE",
    "check_passphrase",
    "is_encrypted",
    "open_backup",
    "read_backup",
    "write_backup",
]

ROWS_ELSEWHERE = (
    "The rows are in PostgreSQL and not in this file. Run pg_dump right after it; if a change was admitted in between, "
    "make both again."
)

_MIN_PASSPHRASE = 10
_PIECE_BYTES = 2**18


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is soon guessed by whoever holds the file.

    Raises:
        RequestError: it is short, or could not be typed again.
    """
    if len(passphrase) < _MIN_PASSPHRASE or not passphrase.isprintable():
        raise RequestError(
            f"passphrase: expected {_MIN_PASSPHRASE} printable characters or more",
            hint="a few words that do not belong together make a good one",
            param="passphrase",
        )


def write_backup(
    config: Config, now_ms: int, key: AgeKey | None, progress: Progress | None = None
) -> Generator[bytes, None, None]:
    """Yield a backup of the installation of `config.home`, running or not.

    Args:
        key: What it is encrypted under; None leaves it readable for everybody.

    Raises:
        ConfigError: there is no installation.
        StoreFull, StorageError, CorruptStore: as their classes say.
    """
    home, has_rows = Home(config.home), config.database_url is None
    with open_snapshot(home, verax.__version__, now_ms, has_rows=has_rows, progress=progress) as snapshot:
        archive = write_archive(snapshot.entries(), now_ms // 1000)
        yield from archive if key is None else encrypt(archive, key)


def is_encrypted(file: BinaryIO) -> bool:
    """Say whether a file begins as an encrypted one does; it is then at its beginning again."""
    head = file.read(len(MAGIC))
    file.seek(0)
    return head == MAGIC


def open_backup(path: Path) -> BinaryIO:
    """Open a backup for reading; raises `ConfigError`."""
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint="name a backup") from None


def read_backup(read: Read, passphrase: str | None, folder: Path | None = None) -> BackupManifest:
    """Read a whole backup, into `folder` where one is given, and return what it says of itself.

    Args:
        read: Returns up to so many bytes of the file.
        passphrase: None for a file that is not encrypted.

    Raises:
        AccessError: the passphrase is wrong.
        CorruptStore: cut off, changed, or no backup.
        StoreFull, StorageError: as their classes say.
    """
    pieces = _pieces_of(read) if passphrase is None else decrypt(read, passphrase)
    return unpack(pieces, folder)


def _pieces_of(read: Read) -> Iterator[bytes]:
    while piece := read(_PIECE_BYTES):
        yield piece
