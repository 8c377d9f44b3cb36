"""The first start: an installation made in an empty data folder (protocol clause 4).

*Life of a founding*, under the lock of the data folder:

1. Keys are drawn and the first entries written, in memory (`verax.store.genesis`).
2. The machine's own keys are written durably.
3. Blobs, then all entries as one batch: whole or not there.
4. The owner's account, the command line's API key and a one-time sign-in link are made.

A crash before 3 leaves keys without entries: the next start founds anew with them. A log whose
keys or checkpoint are gone is never founded again over what is there. A crash between 3 and 4
leaves an installation without accounts; the next start makes them (`found` again), but the
owner's daily key was then never kept: `Founding.genesis` is None, and the command line says so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources

from verax.config import Config
from verax.guard.ready import read_release
from verax.kernel.errors import ConfigError
from verax.kernel.release import Release
from verax.products.junior.releases import shipped_channels
from verax.store.accounts import Accounts, NewOwner
from verax.store.genesis import Genesis, GenesisPlan, draft_genesis
from verax.store.home import Home, lock_home, open_home
from verax.store.keys import load_server_keys, save_server_keys
from verax.surfaces.installation import Surroundings
from verax.surfaces.log_opening import GovernanceRooms, open_database_of

__all__ = ["DEFAULT_CHANNEL", "Founding", "found", "is_founded", "shipped_releases"]

DEFAULT_CHANNEL = "assistant"
_CLI_KEY_NAME = "command line"


@dataclass(frozen=True, slots=True)
class Founding:
    """What a first start brought and must be kept outside the data folder or shown once.

    Attributes:
        genesis: Keys of the owner and the fingerprint; None where the log was there already.
        owner: The first account and its password.
        api_key: The command line's own key.
        link: A one-time link's code that signs the owner in, for an hour.
    """

    genesis: Genesis | None
    owner: NewOwner
    api_key: str = field(repr=False)
    link: str = field(repr=False)


def shipped_releases() -> Mapping[str, Release]:
    """Return the release that each channel of a new installation begins with."""
    text = resources.files("verax.products.assistant").joinpath("release.toml").read_text(encoding="utf-8")
    return {DEFAULT_CHANNEL: read_release(text), **shipped_channels()}


async def is_founded(config: Config) -> bool:
    """Say whether the data folder holds an installation with an account in it."""
    home = open_home(config.home)
    if load_server_keys(home.keys_dir) is None:
        return False
    database = open_database_of(config, home)
    try:
        return bool(await Accounts(database).users())
    finally:
        database.close()


async def found(
    config: Config, runtime: bytes, around: Surroundings, releases: Mapping[str, Release] | None = None
) -> Founding | None:
    """Make the installation of `config.home`; None when there is one already.

    Args:
        runtime: Canonical bytes whose digest is the portable digest of the running code.
        releases: First release of each channel; those that ship with Verax by default.

    Raises:
        StoreLocked: a server holds the data folder.
        StorageError, IntegrityError: disk or database.
    """
    async with contextlib.AsyncExitStack() as stack:
        home = open_home(config.home)
        stack.enter_context(lock_home(home))
        database = open_database_of(config, home)
        stack.callback(database.close)
        keys = load_server_keys(home.keys_dir)
        plan = GenesisPlan(
            releases or shipped_releases(), runtime, around.clock.now_ms(), around.random_bytes, server_keys=keys
        )
        genesis = None
        if keys is None:
            _refuse_lost_keys(home)
            genesis = draft_genesis(plan)
            keys = genesis.server_keys
            save_server_keys(keys, home.keys_dir)
        governance = await GovernanceRooms(home, database, keys, around.clock).open(stack)
        if genesis is None and governance.state.size == 0:
            genesis = draft_genesis(plan)
        if genesis is not None:
            await governance.begin(genesis.entries, genesis.blobs)
        accounts = Accounts(database, clock=around.clock)
        owner = await accounts.create_first_owner()
        if owner is None:
            return None
        made = await accounts.create_key(_CLI_KEY_NAME, owner.user.user_id)
        link = await accounts.create_link(owner.user.user_id)
        return Founding(genesis, owner, made.plain, link.code)


def _refuse_lost_keys(home: Home) -> None:
    if (home.governance_dir / "checkpoint").exists():
        raise ConfigError(
            f"data folder {home.path}: there is a log, and the keys that sign it are gone",
            hint=f"restore {home.keys_dir} from a backup",
            code="config/no-keys",
        )
