"""Where a log is read from: a server's public tiles, or the files of a data folder.

Both are the same tree of files (C2SP tlog-tiles), so an audit does not know which it reads.
Tiles never change and the checkpoint is replaced whole, so a folder can be read while its
server runs, and without its lock.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from verax.kernel.canonical import hex_digest
from verax.kernel.errors import AccessError, CorruptStore, UnknownObject
from verax.store.home import Home
from verax.surfaces.cli.client import Client

__all__ = ["BLOB_NOT_PUBLIC", "FolderSource", "LogSource", "ServerSource", "is_not_public", "read_blob"]

BLOB_NOT_PUBLIC = "access/blob-not-public"
"""What a server answers that serves a blob to its own people only."""


class LogSource(Protocol):
    """Read access to the public files of an installation's logs."""

    @property
    def name(self) -> str:
        """Where this is, for people."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return the file at `path`, ``log/checkpoint`` for instance; None where there is none.

        Raises:
            AccessError: a blob that is not public; see `is_not_public`.
        """
        ...


class ServerSource:
    """The logs of a running server."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The server's address."""
        return self._client.url

    def read(self, path: str) -> bytes | None:
        """Return the file, None on 404."""
        try:
            return self._client.get_bytes(f"/{path}")
        except UnknownObject:
            return None


class FolderSource:
    """The logs in a data folder; nothing is opened for writing."""

    def __init__(self, folder: Path) -> None:
        self._home = Home(folder)

    @property
    def name(self) -> str:
        """The folder."""
        return str(self._home.path)

    def read(self, path: str) -> bytes | None:
        """Return the file, None where there is none."""
        try:
            return self._place(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _place(self, path: str) -> Path:
        first, _, rest = path.partition("/")
        if first == "replies":
            number, _, rest = rest.partition("/")
            return self._home.replies_dir(int(number)) / rest
        if rest.startswith("blob/"):
            digest = rest.removeprefix("blob/")
            return self._home.blobs / digest[:2] / digest
        return self._home.governance_dir / rest


def is_not_public(error: AccessError) -> bool:
    """Say whether an error means that a blob is for people with an account only."""
    return error.reason_code == BLOB_NOT_PUBLIC


def read_blob(source: LogSource, digest: str) -> bytes | None:
    """Return the blob of that digest, checked against it; None where the source lacks it.

    Raises:
        CorruptStore: the bytes have another digest.
    """
    data = source.read(f"log/blob/{digest}")
    if data is not None and hex_digest(data) != digest:
        raise CorruptStore(
            f"blob {digest[:12]} at {source.name}: its bytes have another digest",
            hint="its operator must restore it; trust nothing that rests on it",
        )
    return data
