"""One copy of the installation, for one mutation."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.mutations.world import World
from verax.store.home import Home
from verax.store.keys import ServerKeys, load_server_keys

__all__ = ["Case", "Mutator", "Skip", "copy_tree", "read_tree"]


class Skip(Exception):
    """This mutation cannot be made here; another one is drawn."""


@dataclass
class Case:
    """Where a mutation is made.

    Attributes:
        folder: ``home`` and ``witness`` lie in it, fresh copies.
        rng: Decides everything that is left open; seeded by the mutation's number.
        environ: Variables that the start finds.
        is_running: The server is open while the mutation is made.
        is_cut_off: The witness cannot be reached from the server.
        package: A file below the package's folder that is other than it was admitted: new bytes, None for none.
    """

    folder: Path
    world: World
    rng: random.Random
    environ: dict[str, str] = field(default_factory=dict)
    is_running: bool = False
    is_cut_off: bool = False
    package: dict[str, bytes | None] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The data folder."""
        return self.folder / "home"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "verax.db"

    @property
    def governance(self) -> Path:
        """The folder of the governance log."""
        return self.home / "log" / "governance"

    def keys(self) -> ServerKeys:
        """Return the server's own keys: an insider reads them on the disk."""
        keys = load_server_keys(Home(self.world.home).keys_dir)
        if keys is None:
            raise Skip
        return keys

    def files(self, below: str = "") -> list[Path]:
        """Return every file of the data folder, or of a folder in it, in order."""
        return sorted(path for path in (self.home / below).rglob("*") if path.is_file() and not path.is_symlink())

    def choose(self, paths: Sequence[Path]) -> Path:
        """Return one of these."""
        if not paths:
            raise Skip
        return self.rng.choice(paths)

    def name(self, path: Path) -> str:
        """Return a file's name within the data folder; of blobs and temporary names only the kind."""
        return path.relative_to(self.home).as_posix()


Mutator = Callable[[Case], str]
"""Makes one mutation and returns it in words; raises `Skip` where it does not apply."""


def read_tree(folder: Path) -> list[tuple[str, int, bytes | None]]:
    """Return all that is below a folder with modes and bytes (None for a folder), folders before what is in them."""
    found: list[tuple[str, int, bytes | None]] = []
    for path in sorted(folder.rglob("*")):
        data = None if path.is_dir() else path.read_bytes()
        found.append((path.relative_to(folder).as_posix(), path.stat().st_mode & 0o777, data))
    return found


def copy_tree(items: list[tuple[str, int, bytes | None]], target: Path) -> None:
    """Write what `read_tree` found below another folder."""
    target.mkdir(parents=True)
    for name, mode, data in items:
        if data is None:
            (target / name).mkdir(mode=mode)
            continue
        descriptor = os.open(target / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        os.write(descriptor, data)
        os.close(descriptor)
