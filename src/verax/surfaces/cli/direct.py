"""Work on the accounts and messages of this machine's installation, beside its server or without it.

The database is made for several processes, so no lock of the data folder is needed: a running
server sees a revoked key within a second (`verax.store.accounts_cache`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from verax.kernel.errors import ConfigError, RequestError
from verax.store.accounts import Accounts, User
from verax.store.database import Database, open_database
from verax.store.home import Home
from verax.store.keys import load_server_keys
from verax.surfaces.cli.session import Session

__all__ = ["choose_user", "is_founded", "with_accounts", "with_database"]

T = TypeVar("T")


def is_founded(session: Session) -> bool:
    """Say whether the data folder holds an installation with an account; makes nothing."""
    home = Home(session.config.home)
    if not (home.governance_dir / "checkpoint").exists() or load_server_keys(home.keys_dir) is None:
        return False

    async def has_account(accounts: Accounts) -> bool:
        return bool(await accounts.users())

    return with_accounts(session, has_account)


def with_database(session: Session, work: Callable[[Database], Awaitable[T]]) -> T:
    """Open the installation's database, run `work`, and close it.

    Raises:
        ConfigError: there is no installation on this machine, or the command line is set to
            another machine's server.
    """
    config = session.config
    if config.url:
        raise ConfigError(
            f"accounts: those of {config.url} are changed on the machine of that server",
            hint="run this command there, without VERAX_URL",
        )
    path = Home(config.home).database_path
    if config.database_url is None and not path.is_file():
        raise ConfigError(
            f"data folder {config.home}: no installation there yet", hint='"verax up" makes one', code="config/no-home"
        )

    async def run() -> T:
        database = open_database(config.database_url or path)
        try:
            return await work(database)
        finally:
            database.close()

    return asyncio.run(run())


def with_accounts(session: Session, work: Callable[[Accounts], Awaitable[T]]) -> T:
    """Run `work` on the installation's accounts."""
    config = session.config
    return with_database(session, lambda database: work(Accounts(database, session_hours=config.session_hours)))


async def choose_user(accounts: Accounts, name: str | None) -> User:
    """Return the account called `name`; without a name the only owner.

    Raises:
        UnknownObject: no account has that name.
        RequestError: no name was given and there are several owners.
    """
    if name is not None:
        return await accounts.user(name)
    owners = [user for user in await accounts.users() if "owner" in user.roles and user.disabled_ms is None]
    if len(owners) != 1:
        raise RequestError(
            f"user: expected one owner to act for, found {len(owners)}", hint="name the account with --user"
        )
    return owners[0]
