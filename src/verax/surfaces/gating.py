"""The gates of an installation, put together: desk, worker, and the token that a worker asks with.

The account `ACCOUNT` is a machine's: it has no password and the one role that opens previews, its keys live as long as
a worker, and it owns the turns of gates.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

from verax.config import Config
from verax.gates.desk import GateDesk, GateParts
from verax.gates.judge.client import Judge, JudgeSettings
from verax.gates.process import WorkerParts, WorkerRunner
from verax.gates.relay import Address
from verax.gates.runs import RunFiles
from verax.gates.signing import GateSigner
from verax.kernel.errors import ConfigError, UnknownObject
from verax.store.accounts import Accounts
from verax.store.clock import Clock
from verax.store.governance import GovernanceStore
from verax.store.home import Home
from verax.store.keys import ServerKeys
from verax.store.model_keys import ModelKeys
from verax.store.turns import TurnStore
from verax.turn.ports import RuntimeIdentity

__all__ = ["ACCOUNT", "GatePlaces", "gate_environment", "open_desk", "open_judge", "preview_token"]

ACCOUNT = "machine.gates"
"""Name of the account that gates ask as."""

_ROLE = "auditor"
_KEY_ID = "gate"
_TOKEN_HOURS = 4
_LOOK_S = 1.0
_REQUESTS_PER_MINUTE = 1_000_000


class GatePlaces(Protocol):
    """What an open installation hands over."""

    @property
    def home(self) -> Home: ...
    @property
    def governance(self) -> GovernanceStore: ...
    @property
    def turns(self) -> TurnStore: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def runtime(self) -> RuntimeIdentity: ...


def open_desk(
    config: Config,
    places: GatePlaces,
    keys: ServerKeys,
    around: tuple[Clock, Callable[[int], bytes]],
    address: Callable[[], Address],
) -> GateDesk:
    """Return the desk of an installation; the caller starts and closes it.

    Args:
        around: The clock, and a cryptographic source.
        address: Where this server listens, once it does.
    """
    clock, random_bytes = around
    worker = WorkerParts(
        python=gate_environment(config) / "bin" / "python",
        address=address,
        token=lambda: preview_token(places.accounts, clock),
        connections=config.gates_connections,
    )
    return GateDesk(
        GateParts(
            governance=places.governance,
            turns=places.turns,
            runner=WorkerRunner(worker),
            files=RunFiles(places.home.gates_dir),
            signer=GateSigner(_KEY_ID, keys.seeds["gate"], random_bytes, clock.now_ms),
            runtime=places.runtime,
            judge=open_judge(config, ModelKeys(places.home.keys_dir)),
            clock=clock,
            look_s=None if config.database_url is None else _LOOK_S,
        )
    )


def open_judge(config: Config, keys: ModelKeys) -> Judge | None:
    """Return the configured judge, None where there is none.

    Raises:
        ConfigError: an address without a model's name.
        ModelUnavailable: no key is stored under the configured name.
    """
    if config.gates_judge_url is None:
        return None
    if not config.gates_judge_model:
        raise ConfigError("setting gates_judge_model: a judge has an address and no model", hint="set both, or neither")
    key = keys.key_of(config.gates_judge_key) if config.gates_judge_key else ""
    return Judge(JudgeSettings(config.gates_judge_url, config.gates_judge_model, key))


def gate_environment(config: Config) -> Path:
    """Return the environment that has the evaluation engine: the configured one, else the one of ``make gates``."""
    return config.gates_environment or Path(sys.prefix).parent / ".venv-gates"


@contextlib.asynccontextmanager
async def preview_token(accounts: Accounts, clock: Clock) -> AsyncIterator[str]:
    """Make an API key that opens previews and nothing that a person's key opens; revoked when the block ends.

    Raises:
        ConfigError: an account of that name is somebody's.
    """
    try:
        user = await accounts.user(ACCOUNT)
    except UnknownObject:
        user = await accounts.create_user(ACCOUNT, roles=(_ROLE,))
    if user.has_password or user.roles != {_ROLE} or user.disabled_ms is not None:
        raise ConfigError(
            f"account {ACCOUNT}: gates ask as this machine account, and it is somebody's",
            hint=f'"verax user remove {ACCOUNT}" frees the name',
            code="gates/account",
        )
    made = await accounts.create_key(
        "a gate's worker",
        user.user_id,
        expires_ms=clock.now_ms() + _TOKEN_HOURS * 3_600_000,
        requests_per_minute=_REQUESTS_PER_MINUTE,
    )
    try:
        yield made.plain
    finally:
        await accounts.revoke_key(made.key.key_id)
