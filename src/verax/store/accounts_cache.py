"""Remembers who a credential stands for, for as long as that cannot have changed unseen.

* An entry counts only under the epoch that it was read in. Whatever takes a right away
  (revoking, disabling, other roles, a new password) raises the epoch in its own transaction.
* This process learns of its own changes at once, and of those of another process within
  `CHECK_EVERY_S`: then one caller reads the epoch, and all who come meanwhile wait for it.
* Without the database nobody is let in on memory alone for longer than that.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from verax.kernel.errors import AccessError
from verax.store.accounts_rows import FoundCredential, read_epoch
from verax.store.accounts_types import Account
from verax.store.clock import Clock
from verax.store.database import Database

__all__ = ["CHECK_EVERY_S", "CredentialCache"]

CHECK_EVERY_S = 0.8
_MAX_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class _Entry:
    epoch: int
    account: Account
    expires_ms: int | None


class CredentialCache:
    """Accounts by the digest of a credential."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._entries: dict[bytes, _Entry] = {}
        self._epoch = -1
        self._checked_s = float("-inf")
        self._checking: asyncio.Task[None] | None = None

    def get(self, digest: bytes) -> Account | None:
        """Return the account if memory is fresh enough to say so.

        Raises:
            AccessError: the credential has expired meanwhile.
        """
        entry = self._entries.get(digest)
        if entry is None or entry.epoch != self._epoch:
            return None
        if self._clock.monotonic_s() - self._checked_s > CHECK_EVERY_S:
            return None
        if entry.expires_ms is not None and self._clock.now_ms() >= entry.expires_ms:
            raise expired()
        return entry.account

    async def refresh(self) -> None:
        """Compare the epoch with the database's; many callers at once cost one read."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.ensure_future(self._check())
        await asyncio.shield(self._checking)

    def put(self, digest: bytes, found: FoundCredential) -> None:
        """Remember a credential that was just found valid."""
        if len(self._entries) >= _MAX_ENTRIES:
            self._entries.clear()
        self._entries[digest] = _Entry(found.epoch, found.account, found.expires_ms)

    def saw(self, epoch: int) -> None:
        """Learn of a change; the epoch never goes back."""
        self._epoch = max(self._epoch, epoch)

    async def _check(self) -> None:
        asked_s = self._clock.monotonic_s()
        self.saw(await self._database.read(read_epoch))
        self._checked_s = asked_s


def expired() -> AccessError:
    """Return the error for a credential past its time."""
    return AccessError("credential: it has expired", hint="sign in again, or make a new API key", code="access/expired")
