"""Everything a person has here: exported as JSON lines, or erased (protocol clause 14).

An erasure is an entry of the reply log, which one process writes: a running server is asked to do
it, with the owner's API key of the keyring; without one it is done here. An export needs the data
folder for itself, so stop the server first.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeVar
from urllib.parse import quote

from verax.kernel.errors import ConfigError, UnknownObject, VeraxError
from verax.store.accounts import Accounts
from verax.store.clock import SystemClock
from verax.store.database import Database
from verax.store.erase import Eraser, EraseReport
from verax.store.home import Home, lock_home
from verax.store.keys import load_server_keys
from verax.store.messages_export import export_user
from verax.store.turns import TurnStore
from verax.surfaces.cli.processes import find_holder
from verax.surfaces.cli.session import Session
from verax.surfaces.log_opening import open_database_of, open_replies

__all__ = ["erase_person", "export_person"]

_ERASE_LIMIT_S = 600.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Rooms:
    database: Database
    turns: TurnStore
    accounts: Accounts
    clock: SystemClock


def export_person(session: Session, name: str, target: Path) -> int:
    """Write everything the account `name` has to a new file, and return the number of lines.

    Raises:
        UnknownObject: no such account.
        VeraxError: the file exists, or cannot be made.
    """

    async def work(rooms: _Rooms) -> int:
        user = await rooms.accounts.user(name)
        count = 0
        with _create(target) as file:
            async for line in export_user(
                rooms.database, rooms.turns, rooms.accounts, user.user_id, rooms.clock.now_ms()
            ):
                file.write(line + "\n")
                count += 1
        return count

    return _with_rooms(session, work)


def erase_person(session: Session, name: str) -> EraseReport:
    """Erase the account `name` with all that it wrote; the opaque leaves stay.

    Raises:
        UnknownObject: no such account.
        ConflictError: it is the last owner.
    """
    if not session.config.url and find_holder(session.config.home) is not None:
        return _erase_in_server(session, name)

    async def work(rooms: _Rooms) -> EraseReport:
        user = await rooms.accounts.user(name)
        return await Eraser(rooms.database, rooms.turns, rooms.accounts, rooms.clock).user(user.user_id)

    return _with_rooms(session, work)


def _erase_in_server(session: Session, name: str) -> EraseReport:
    """Ask the server that holds the data folder.

    Raises:
        VeraxError: another installation answers at the address of this one.
    """
    client = session.signed_in_client(timeout_s=_ERASE_LIMIT_S)
    keys = load_server_keys(Home(session.config.home).keys_dir)
    if keys is None or client.get_json("/v1/site")["name"] != keys.name:
        raise VeraxError(
            f"server: another installation answers at {client.url}, not that of {session.config.home}",
            hint="set VERAX_PORT to the port of this one, or stop it first",
        )
    folded = unicodedata.normalize("NFKC", name).casefold()
    listed = client.get_json(f"/v1/admin/users?q={quote(folded, safe='')}&limit=200")["data"]
    found = next((user["id"] for user in listed if folded == user["name"] or name == user["id"]), None)
    if found is None:
        raise UnknownObject("user: no such account", hint='list accounts with "verax user list"')
    report = client.delete(f"/v1/admin/users/{found}")
    return EraseReport(report["turns"], report["messages"], tuple(report["erasures"]), report["is_done"])


def _with_rooms(session: Session, work: Callable[[_Rooms], Awaitable[T]]) -> T:
    config = session.config
    home = Home(config.home)
    keys = load_server_keys(home.keys_dir) if Path(config.home).is_dir() else None
    if config.url or keys is None:
        raise ConfigError(
            f"data folder {config.home}: no installation there", hint="run this on the machine of the server"
        )

    async def run() -> T:
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(lock_home(home))
            database = open_database_of(config, home)
            stack.callback(database.close)
            clock = SystemClock()
            replies = open_replies(config, home, keys, database, clock)
            replies.live.start()
            stack.push_async_callback(replies.live.close)
            return await work(_Rooms(database, TurnStore(database, replies, clock), Accounts(database), clock))

    return asyncio.run(run())


def _create(path: Path) -> TextIO:
    """Create a new file that only this user can read.

    Raises:
        VeraxError: it exists, or cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise VeraxError(
            f"{path}: cannot be made: {error.strerror}", hint="name a file that is not there yet"
        ) from None
    return os.fdopen(descriptor, "w", encoding="utf-8")
