"""Cut the index of the write-ahead log off under a server of this process, which does not outlive it.

``python -m bench.mutations.index FOLDER WORLD`` opens the installation below `FOLDER`, cuts the file, and puts the
questions of `bench.mutations.behaviour` until the kernel ends the process with SIGBUS.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from bench.mutations.behaviour import observe
from bench.mutations.world import World, opened, scripted_model

__all__ = ["INDEX"]

INDEX = "verax.db-shm"
"""Name of the file, in the data folder."""


async def _cut(folder: Path, world: World) -> None:
    model = scripted_model()
    async with opened(folder, model) as installation:
        os.truncate(folder / "home" / INDEX, 0)
        await observe(installation, model, world)


if __name__ == "__main__":
    asyncio.run(_cut(Path(sys.argv[1]), World.load(Path(sys.argv[2]))))
