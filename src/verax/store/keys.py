"""The machine's own keys: log, promise, recorder, monitor, gate and operator (clause 4).

They lie in ``keys/server.json`` of the data folder, readable by its owner only, because the
server signs with them while nobody is there. None of them can move a head forward: that
takes the keys of people, which never lie here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from verax.kernel.errors import ConfigError
from verax.kernel.note import NoteSigner
from verax.store.disk import Disk, LocalDisk, publish, read_regular

__all__ = ["SEED_BYTES", "ServerKeys", "load_server_keys", "make_server_keys", "save_server_keys"]

SEED_BYTES = 32
_FILE = "server.json"
_NAMES = ("governance", "replies_0", "promise", "recorder", "monitor", "gate", "operator")


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """Ed25519 seeds of one installation's machine keys; never printed.

    Attributes:
        name: Name of the installation; origins and key names begin with it.
    """

    name: str
    seeds: dict[str, bytes]

    def __repr__(self) -> str:
        return f"ServerKeys(name={self.name!r})"

    @property
    def governance_origin(self) -> str:
        """Origin of the governance log."""
        return f"{self.name}/governance"

    @property
    def replies_origin(self) -> str:
        """Origin of the reply log that new turns go to."""
        return f"{self.name}/replies/0"

    def governance_signer(self) -> NoteSigner:
        """Return the signer of governance checkpoints."""
        return NoteSigner(self.governance_origin, self.seeds["governance"])

    def replies_signer(self) -> NoteSigner:
        """Return the signer of reply checkpoints."""
        return NoteSigner(self.replies_origin, self.seeds["replies_0"])

    def promise_signer(self) -> NoteSigner:
        """Return the signer of promises (clause 10)."""
        return NoteSigner(f"{self.name}/promise", self.seeds["promise"])


def make_server_keys(name: str, random_bytes: Callable[[int], bytes]) -> ServerKeys:
    """Draw fresh keys for the installation `name`."""
    return ServerKeys(name, {purpose: random_bytes(SEED_BYTES) for purpose in _NAMES})


def save_server_keys(keys: ServerKeys, folder: Path, disk: Disk | None = None) -> None:
    """Write the keys durably; files of a `Disk` are readable by their owner only."""
    data = {"name": keys.name, "seeds": {purpose: seed.hex() for purpose, seed in keys.seeds.items()}}
    path = folder / _FILE
    publish(disk or LocalDisk(), {path: json.dumps(data, indent=1).encode("ascii") + b"\n"})


def load_server_keys(folder: Path) -> ServerKeys | None:
    """Read the keys; None where there are none yet.

    Raises:
        ConfigError: the file is damaged, or others can read it.
    """
    path = folder / _FILE
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"{path}: other users can read the server's keys", hint=f"chmod 600 {path}")
        data = json.loads(read_regular(path))
        seeds = {purpose: bytes.fromhex(data["seeds"][purpose]) for purpose in _NAMES}
        keys = ServerKeys(str(data["name"]), seeds)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint="restore it from a backup") from None
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"{path}: not a key file of this server", hint="restore it from a backup") from None
    if any(len(seed) != SEED_BYTES for seed in keys.seeds.values()):
        raise ConfigError(f"{path}: expected seeds of {SEED_BYTES} bytes", hint="restore it from a backup")
    return keys
