"""The database and both logs of an installation, opened: what every server and some commands begin with.

* With SQLite whoever opens them owns the data folder. With PostgreSQL servers share it, and one of
  them leads (`verax.store.membership`); the others follow both logs.
* Commands that found or repair own the folder with either database.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path

from verax.config import Config
from verax.kernel.errors import ConfigError, UnknownObject
from verax.store.backup import remove_leftovers
from verax.store.blobs import Blobs
from verax.store.clock import Clock
from verax.store.database import Database, open_database
from verax.store.governance import MAX_ENTRY_BYTES, GovernanceParts, GovernanceStore, Recorder
from verax.store.home import Home, HomeLock, lock_home, open_home, share_home
from verax.store.keys import ServerKeys, load_server_keys
from verax.store.membership import Membership
from verax.store.replies import ReplyLimits, ReplyLog
from verax.store.tlog import LogSpec, TileLog
from verax.store.tlog_live import LiveLog, Pace
from verax.store.turns import TurnStore

__all__ = ["GovernanceRooms", "OpenedLogs", "open_database_of", "open_logs", "open_replies", "require_keys"]

_GOVERNANCE_LOG, _FIRST_REPLY_LOG = 0, 1
_GOVERNANCE_PACE_S = 0.05
_REPLIES_LOOK_S = 0.1
_FIRST_CHECKPOINT_S = 30.0
_FOLLOW_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class OpenedLogs:
    """What a server begins with.

    Attributes:
        recovered: Turns of dead processes that were recorded as failed.
    """

    home: Home
    keys: ServerKeys
    database: Database
    membership: Membership
    governance: GovernanceStore
    replies: ReplyLog
    turns: TurnStore
    recovered: int


async def open_logs(config: Config, clock: Clock, stack: contextlib.AsyncExitStack) -> OpenedLogs:
    """Open the installation of `config.home` as far as its logs; `stack` closes it.

    Raises:
        StoreLocked: another server owns the data folder.
        ConfigError: there is no installation in it.
        IntegrityError: what is stored is not what was signed.
        StorageError: disk or database.
    """
    home = open_home(config.home)
    stack.enter_context(await _hold_home(config, home))
    keys = require_keys(home)
    database = open_database_of(config, home)
    stack.callback(database.close)
    membership = await _join(home, database, keys, clock, stack)
    governance = await GovernanceRooms(home, database, keys, clock, membership).open(stack)
    if governance.state.size == 0:
        raise _no_installation(home)
    replies = open_replies(config, home, keys, database, clock, membership)
    turns = TurnStore(database, replies, clock, membership.process_id)
    recovered = await turns.recover(membership.is_alive) if membership.is_leading else 0
    replies.live.start()
    stack.push_async_callback(replies.live.close)
    return OpenedLogs(home, keys, database, membership, governance, replies, turns, recovered)


@dataclass(slots=True)
class GovernanceRooms:
    """Opens the governance log of a data folder; also used to found an installation, and to repair one.

    Attributes:
        membership: This process among several servers; None where it owns the data folder.
    """

    home: Home
    database: Database
    keys: ServerKeys
    clock: Clock
    membership: Membership | None = None
    repair: bool = False
    live: LiveLog = field(init=False)

    async def open(self, stack: contextlib.AsyncExitStack) -> GovernanceStore:
        """Open log and store, and start the log's sequencer; `stack` closes both."""
        spec = LogSpec(
            log_id=_GOVERNANCE_LOG,
            origin=self.keys.governance_origin,
            folder=self.home.governance_dir,
            signers=(self.keys.governance_signer(),),
            max_entry_bytes=MAX_ENTRY_BYTES,
        )
        log = await asyncio.to_thread(_open_log, self.database, spec, self.membership, repair=self.repair)
        is_shared = self.membership is not None and self.membership.is_shared
        pace = Pace(interval_s=_GOVERNANCE_PACE_S, poll_s=_GOVERNANCE_PACE_S if is_shared else None)
        self.live = LiveLog(self.database, log, pace, self.clock)
        self.live.start()
        stack.push_async_callback(self.live.close)
        recorder = Recorder("recorder", self.keys.seeds["recorder"])
        parts = GovernanceParts(
            live=self.live,
            blobs=Blobs(self.home.blobs),
            mark=self.home.governance_mark,
            recorder=recorder,
            clock=self.clock,
            waiting=self._waiting_alarms(),
            is_shared=is_shared,
        )
        store = await GovernanceStore.open(parts, repair=self.repair)
        stack.push_async_callback(store.close)
        return store

    def _waiting_alarms(self) -> Path:
        if self.membership is None or not self.membership.is_shared:
            return self.home.waiting_alarms
        return self.home.waiting_alarms_of(self.membership.process_id)


async def _hold_home(config: Config, home: Home) -> HomeLock:
    """Own the data folder; share it with other servers where the database takes several."""
    return lock_home(home) if config.database_url is None else await asyncio.to_thread(share_home, home)


async def _join(
    home: Home, database: Database, keys: ServerKeys, clock: Clock, stack: contextlib.AsyncExitStack
) -> Membership:
    """Take part in the installation, and lead if nobody else does; `stack` ends it."""
    membership = Membership.join(home, database, keys.governance_origin)
    stack.callback(membership.leave)
    if await asyncio.to_thread(membership.try_lead):
        remove_leftovers(home, clock.now_ms())
    return membership


def _open_log(database: Database, spec: LogSpec, membership: Membership | None, *, repair: bool = False) -> TileLog:
    """Open a log to integrate it; follow it where another process leads, once that has published something."""
    deadline_s = time.monotonic() + _FIRST_CHECKPOINT_S
    while membership is not None and not membership.try_lead():
        try:
            return TileLog.follow(database, spec)
        except UnknownObject:
            if time.monotonic() > deadline_s:
                raise
        time.sleep(_FOLLOW_LOOK_S)
    return TileLog.open(database, spec, repair=repair)


def open_database_of(config: Config, home: Home) -> Database:
    """Open the configured database: PostgreSQL by URL, else SQLite in the data folder."""
    return open_database(config.database_url or home.database_path)


def open_replies(
    config: Config,
    home: Home,
    keys: ServerKeys,
    database: Database,
    clock: Clock,
    membership: Membership | None = None,
    *,
    repair: bool = False,
) -> ReplyLog:
    """Open the reply log of new turns; whoever opens it starts and closes its `live`.

    Args:
        membership: This process among several servers; None where it owns the data folder.
    """
    spec = LogSpec(
        log_id=_FIRST_REPLY_LOG,
        origin=keys.replies_origin,
        folder=home.replies_dir(0),
        signers=(keys.replies_signer(),),
    )
    log = _open_log(database, spec, membership, repair=repair)
    is_shared = membership is not None and membership.is_shared
    pace = Pace(interval_s=config.log_interval_ms / 1000, poll_s=_REPLIES_LOOK_S if is_shared else None)
    live = LiveLog(database, log, pace, clock)
    limits = ReplyLimits(deadline_ms=config.promise_deadline_ms)
    return ReplyLog(live, keys.promise_signer(), clock, limits=limits)


def require_keys(home: Home) -> ServerKeys:
    keys = load_server_keys(home.keys_dir)
    if keys is None:
        raise _no_installation(home)
    return keys


def _no_installation(home: Home) -> ConfigError:
    return ConfigError(
        f"data folder {home.path}: no installation there yet", hint='"verax up" makes one', code="config/no-home"
    )
