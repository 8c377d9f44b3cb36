"""``verax log repair``: the files of the logs made anew from their entries.

* Tiles and bundles that are missing or damaged are written again.
* A checkpoint file that is missing or unreadable is signed again, at exactly the tree that
  the database says was signed.
* The file of the newest adopted governance checkpoint is written again where it is gone.

What is not repaired: any mark that disagrees with the entries. An older database put in the
place of the newest one stays ``log/rolled-back``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from verax.config import Config
from verax.store.clock import Clock
from verax.store.home import lock_home, open_home
from verax.surfaces.log_opening import GovernanceRooms, open_database_of, open_replies, require_keys

__all__ = ["RepairedLog", "repair_logs"]


@dataclass(frozen=True, slots=True)
class RepairedLog:
    """A log whose files are whole again; `written` are the tiles and bundles that were not."""

    origin: str
    size: int
    written: tuple[str, ...]


async def repair_logs(config: Config, clock: Clock) -> Sequence[RepairedLog]:
    """Repair the logs of `config.home`, with the server stopped.

    Raises:
        StoreLocked: a server holds the data folder.
        ConfigError: there is no installation in it.
        RolledBack: a mark disagrees with the entries; nothing was changed.
        StoreFull, StorageError: as their classes say.
    """
    async with contextlib.AsyncExitStack() as stack:
        home = open_home(config.home)
        stack.enter_context(lock_home(home))
        keys = require_keys(home)
        database = open_database_of(config, home)
        stack.callback(database.close)
        rooms = GovernanceRooms(home, database, keys, clock, repair=True)
        await rooms.open(stack)
        replies = open_replies(config, home, keys, database, clock, repair=True)
        stack.push_async_callback(replies.live.close)
        logs = (rooms.live.log, replies.live.log)
        return [RepairedLog(log.origin, log.published.size, log.repaired) for log in logs]
