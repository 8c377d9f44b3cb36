"""Keys of remote models: in a file of the data folder, by name, never in a release.

A release says under which name the installation keeps the key (`key_name`); whoever changes the
key changes who pays, not what is asked. The file is readable by its owner only and is read
again when it changes, so a running server needs no restart.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from verax.kernel.errors import ConfigError, ModelUnavailable
from verax.store.disk import Disk, LocalDisk, publish

__all__ = ["ModelKeys"]

_FILE = "model-keys.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}\Z")
_KEY = re.compile(r"[!-~]{1,4096}\Z")


class ModelKeys:
    """The stored keys of remote models.

    Args:
        folder: The data folder's ``keys``.
    """

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._path = folder / _FILE
        self._disk = disk or LocalDisk()

    def __repr__(self) -> str:
        return f"ModelKeys({str(self._path)!r})"

    def key_of(self, name: str) -> str:
        """Return the key stored under `name`.

        Raises:
            ModelUnavailable: none is stored under that name.
        """
        key = self._read().get(name)
        if key is None:
            raise ModelUnavailable(
                f"model: no key is stored under the name {name!r}",
                hint=f'store one with "verax model add … --key-name {name}"',
                code="model/no-key",
            )
        return key

    def names(self) -> list[str]:
        """Return the names under which keys are stored."""
        return sorted(self._read())

    def keep(self, name: str, key: str) -> None:
        """Store `key` under `name`, replacing an older one.

        Raises:
            ConfigError: a name or key that could never be sent.
        """
        if not _NAME.match(name) or not _KEY.match(key):
            raise ConfigError("model key: expected a short name, and a key of printable ASCII without spaces")
        self._write(self._read() | {name: key})

    def forget(self, name: str) -> bool:
        """Remove a key; say whether there was one."""
        keys = self._read()
        if keys.pop(name, None) is None:
            return False
        self._write(keys)
        return True

    def _read(self) -> dict[str, str]:
        data = self._disk.read(self._path)
        if data is None:
            return {}
        try:
            keys = json.loads(data)
        except ValueError:
            keys = None
        if not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys.values()):
            raise ConfigError(
                f"{self._path}: not a file of model keys", hint="restore it, or remove it and add them anew"
            )
        return keys

    def _write(self, keys: dict[str, str]) -> None:
        data = json.dumps(keys, indent=1, sort_keys=True).encode("ascii") + b"\n"
        publish(self._disk, {self._path: data}, is_contested=True)
