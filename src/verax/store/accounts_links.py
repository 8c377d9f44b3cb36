"""One-time links: how a person gets in who has no password yet, or forgot it.

* A code of 192 random bits stands in the fragment of an address, which no browser sends and
  no server log holds. Only its digest is stored.
* It works once, for an hour. A newer link of the same account replaces it, and so does a new
  password.
* Used, expired and never made are one answer, and tries are counted with those of passwords.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from verax.kernel.errors import AccessError, ConflictError, UnknownObject
from verax.store import accounts_rows as rows
from verax.store.accounts_credentials import Passwords, digest_of
from verax.store.accounts_limits import PasswordThrottle
from verax.store.accounts_sessions import Sessions
from verax.store.accounts_types import Account, NewLink, User
from verax.store.clock import Clock
from verax.store.database import Database, Tx

__all__ = ["LINK_LIFE_MS", "SignInLinks", "link_path"]

LINK_LIFE_MS = 3_600_000
_CODE_BYTES = 24


def link_path(code: str) -> str:
    """Return the path of a one-time link below a server's address."""
    return f"/welcome#{code}"


class SignInLinks(Sessions):
    """The part of `verax.store.accounts.Accounts` that concerns one-time links."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords, session_ms: int) -> None:
        super().__init__(database, clock, passwords, session_ms)
        self._throttle = PasswordThrottle(clock)

    async def create_link(self, user_id: str, may: Callable[[User], None] = lambda _: None) -> NewLink:
        """Make the one link of an account; an older one stops working.

        Args:
            may: Called inside the transaction with the account; raises where whoever asks may not.

        Raises:
            UnknownObject: no such account.
            ConflictError: it is disabled.
        """
        code, now_ms = secrets.token_urlsafe(_CODE_BYTES), self._clock.now_ms()

        def make(tx: Tx) -> None:
            found = rows.find_user(tx, user_id=user_id)
            if found is None:
                raise UnknownObject("user: no such account", hint='list accounts with "verax user list"')
            may(found[0])
            if found[0].disabled_ms is not None:
                raise ConflictError("user: a disabled account gets no link", hint="enable it first")
            tx.execute("DELETE FROM sign_in_links WHERE user_id = ? OR expires_ms <= ?", (user_id, now_ms))
            tx.execute(
                "INSERT INTO sign_in_links (digest, user_id, expires_ms) VALUES (?, ?, ?)",
                (digest_of(code), user_id, now_ms + LINK_LIFE_MS),
            )

        await self._database.write(make)
        return NewLink(code, now_ms + LINK_LIFE_MS)

    async def redeem_link(self, code: str, client: str = "") -> Account:
        """Use up a link and return its account.

        Args:
            client: Address of the caller, for the throttle; empty where there is none.

        Raises:
            AccessError: used, expired or never made, without saying which.
            BusyError: too many tries.
        """
        self._throttle.before_code(client)
        digest, now_ms = digest_of(code), self._clock.now_ms()

        def use(tx: Tx) -> Account | None:
            sql = "DELETE FROM sign_in_links WHERE digest = ? AND expires_ms > ? RETURNING user_id"
            used = tx.execute(sql, (digest, now_ms))
            found = rows.find_user(tx, user_id=used[0][0]) if used else None
            if found is None or found[0].disabled_ms is not None:
                return None
            user = found[0]
            return Account(user.user_id, user.name, user.roles, account_requests_per_minute=user.requests_per_minute)

        account = await self._database.write(use)
        if account is None:
            raise AccessError(
                "link: it was used before, has expired, or was never made",
                hint='"verax user link NAME" on the server makes a new one',
                code="access/link",
            )
        self._throttle.after_code(client)
        return account
