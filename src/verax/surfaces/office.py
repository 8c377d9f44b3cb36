"""What the calls of accounts and administration stand on: one object, made by the installation.

The turn path needs nothing of it, and nothing in it can move a head or change what a model
reads (invariant 2).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from verax.config import Setting
from verax.kernel.history import HistoryEntry
from verax.store.accounts import Accounts
from verax.store.accounts_settings import AccountSettings, SiteFacts
from verax.store.clock import Clock
from verax.store.erase import EraseReport
from verax.store.meter import Meter
from verax.store.model_keys import ModelKeys
from verax.surfaces.neighbours import ModelServer, find_model_servers
from verax.surfaces.server_lines import LogLines

__all__ = ["History", "Office", "PersonEraser"]


class PersonEraser(Protocol):
    """Erases people."""

    async def user(self, user_id: str) -> EraseReport:
        """Erase an account with all that it wrote; raises `UnknownObject`, `ConflictError`."""
        ...

    async def waiting(self) -> int:
        """Return the number of erasures that were begun and have not ended."""
        ...


class History(Protocol):
    """The governance log told (`verax.surfaces.public_history`)."""

    async def entries(self) -> Sequence[HistoryEntry]:
        """Return every entry of the adopted log, oldest first; not to be changed."""
        ...

    async def is_closed(self, digest: str) -> bool:
        """Say whether a blob is for signed-in people only."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """See the module.

    Attributes:
        export: Yields the lines of one account's export (`verax.store.messages_export`).
        shown_settings: Every setting with where it came from, secrets masked.
        home: The data folder.
        find_servers: Looks for model servers on this machine; blocks for up to two seconds.
        weight_files: Lists files of weights; blocks.
    """

    accounts: Accounts
    settings: AccountSettings
    facts: SiteFacts
    meter: Meter
    eraser: PersonEraser
    export: Callable[[str], AsyncIterator[str]]
    history: History
    model_keys: ModelKeys
    lines: LogLines
    shown_settings: Sequence[Setting]
    home: Path
    clock: Clock
    find_servers: Callable[[], Sequence[ModelServer]] = find_model_servers
    weight_files: Callable[[], Sequence[Path]] = tuple
