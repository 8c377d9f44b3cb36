"""Accounts: who may sign in, with which roles, keys and sessions, and how often.

Example::

    accounts = Accounts(database)
    first = await accounts.create_first_owner()          # None when there is an account already
    made = await accounts.create_key("laptop", first.user.user_id)
    account = await accounts.resolve_key(made.plain)     # on every request; cached

Rules:

* Roles open pages and calls and carry no weight in governance (clause 5).
* Of every credential only a digest is stored (`verax.store.accounts_credentials`).
* A revoked key is refused by this process at once and by any other within a second
  (`verax.store.accounts_cache`).
* An installation always keeps one enabled owner.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Iterable

from verax.kernel.errors import AccessError, BusyError, ForbiddenError, RequestError, StorageError, UnknownObject
from verax.store import accounts_rows as rows
from verax.store.accounts_cache import expired
from verax.store.accounts_credentials import Passwords, check_key_form, digest_of, new_key
from verax.store.accounts_limits import RateLimits
from verax.store.accounts_links import SignInLinks
from verax.store.accounts_people import check_limit, checked_roles
from verax.store.accounts_types import ROLES, Account, ApiKey, NewKey, NewLink, NewOwner, NewSession, Session, User
from verax.store.clock import Clock, SystemClock
from verax.store.database import Database, Tx
from verax.store.identifiers import new_id

__all__ = [
    "ROLES",
    "Account",
    "Accounts",
    "ApiKey",
    "NewKey",
    "NewLink",
    "NewOwner",
    "NewSession",
    "Session",
    "User",
]

_FLUSH_EVERY_S = 60.0
_HOUR_MS = 3_600_000

_log = logging.getLogger(__name__)


class Accounts(SignInLinks):
    """All accounts of an installation.

    Args:
        database: Where they are kept.
        clock: Wall time for expiry, monotonic time for limits and caches.
        passwords: Settings of argon2id.
        session_hours: Life of a session.
        rate_per_minute: Requests a minute for each credential; None for no limit.
        rate_burst: Requests that one credential may send at once.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock | None = None,
        passwords: Passwords | None = None,
        session_hours: int = 720,
        rate_per_minute: int | None = 600,
        rate_burst: int = 120,
    ) -> None:
        super().__init__(database, clock or SystemClock(), passwords or Passwords(), session_hours * _HOUR_MS)
        self._limits = RateLimits(self._clock, rate_per_minute, rate_burst)
        self._used_ms: dict[str, int] = {}
        self._seen_ms: dict[str, int] = {}
        self._flushed_s = self._clock.monotonic_s()

    async def authenticate(self, name: str, password: str, client: str = "") -> Account:
        """Check a name and password; as slow for an unknown name as for a wrong password.

        Args:
            client: Address of the caller, for the throttle; empty where there is none.

        Raises:
            AccessError: wrong, without saying which of the two.
            BusyError: too many tries.
        """
        folded = unicodedata.normalize("NFKC", name).casefold()[:256]
        self._throttle.before(folded, client)
        found = await self._database.read(lambda tx: rows.find_user(tx, name=folded))
        user, stored = found or (None, None)
        is_right = await self._passwords.matches(stored, password)
        if not is_right or user is None or stored is None or user.disabled_ms is not None:
            raise AccessError("sign-in: name and password do not match an account", hint="check both and try again")
        self._throttle.after_success(folded, client)
        if self._passwords.is_outdated(stored):
            await self._rehash(user, stored, password)
        return Account(user.user_id, user.name, user.roles, account_requests_per_minute=user.requests_per_minute)

    async def resolve_session(self, token: str) -> Account:
        """Return the account of a session; raises `AccessError`."""
        digest = digest_of(token)
        account = self._cache.get(digest)
        if account is None:
            account = await self._look_up(digest, rows.find_session, "session")
            await self._flush_when_due()
        self._seen_ms[account.session_id] = self._clock.now_ms()
        return account

    async def create_key(
        self,
        name: str,
        user_id: str,
        *,
        roles: Iterable[str] | None = None,
        expires_ms: int | None = None,
        requests_per_minute: int | None = None,
    ) -> NewKey:
        """Make an API key; its plain text is in the answer and nowhere else.

        Args:
            name: What the key is for, 1 to 64 characters.
            roles: At most those of the account, which are the default.
            expires_ms: When it stops working, None for never.
            requests_per_minute: A limit of its own, None for the installation's.

        Raises:
            ForbiddenError: a role that the account does not have.
        """
        if not 1 <= len(name) <= 64 or not name.isprintable():
            raise RequestError("key name: expected 1 to 64 printable characters", param="name")
        check_limit(requests_per_minute)
        user, now_ms = await self.user(user_id), self._clock.now_ms()
        if expires_ms is not None and expires_ms <= now_ms:
            raise RequestError("key: expected a time of expiry in the future", param="expires_ms")
        chosen = user.roles if roles is None else checked_roles(roles)
        if not chosen <= user.roles:
            missing = ", ".join(sorted(chosen - user.roles))
            raise ForbiddenError(f"key: the account lacks the role {missing}", hint="ask an owner for the role first")
        plain = new_key()
        key = ApiKey(
            new_id("key", now_ms),
            user.user_id,
            name,
            plain[:7],
            chosen,
            requests_per_minute,
            now_ms,
            expires_ms,
            revoked_ms=None,
            last_used_ms=None,
        )
        await self._database.write(lambda tx: rows.insert_key(tx, key, digest_of(plain)))
        return NewKey(plain, key)

    async def keys(self, user_id: str | None = None) -> list[ApiKey]:
        """Return the keys of an account, or of all, newest first."""
        return await self._database.read(lambda tx: rows.read_keys(tx, user_id))

    async def key_page(self, user_id: str | None = None, before: str = "", limit: int = 50) -> list[ApiKey]:
        """Return keys of an account, or of all, that were made before the key `before`; newest first."""
        return await self._database.read(lambda tx: rows.read_key_page(tx, user_id, before, limit))

    async def key(self, key_id: str) -> ApiKey:
        """Return one key; raises `UnknownObject`."""
        found = await self._database.read(lambda tx: rows.find_key_by_id(tx, key_id))
        if found is None:
            raise UnknownObject("API key: no such key", hint='list keys with "verax key list"')
        return found

    async def revoke_key(self, key_id: str, user_id: str | None = None) -> None:
        """Revoke a key for ever, if given only one of that account; raises `UnknownObject`."""
        now_ms = self._clock.now_ms()

        def revoke(tx: Tx) -> int:
            rows.revoke_key(tx, key_id, user_id, now_ms)
            return rows.bump_epoch(tx)

        self._cache.saw(await self._database.write(revoke))

    async def resolve_key(self, key: str) -> Account:
        """Return the account of an API key; from memory when that is under a second old.

        Raises:
            AccessError: malformed, unknown, expired or revoked, or its account is disabled.
        """
        digest = digest_of(key)
        account = self._cache.get(digest)
        if account is None:
            check_key_form(key)
            account = await self._look_up(digest, rows.find_key, "API key")
            await self._flush_when_due()
        self._used_ms[account.key_id] = self._clock.now_ms()
        return account

    def spend(self, account: Account) -> None:
        """Take one request from the allowance; raises `BusyError` that says when to come back."""
        self._limits.spend(
            account.key_id or account.user_id,
            account.requests_per_minute,
            account.user_id,
            account.account_requests_per_minute,
        )

    async def flush(self) -> None:
        """Write down when keys and sessions were last used; the server calls it before it closes the database."""
        used, self._used_ms = sorted(self._used_ms.items()), {}
        seen, self._seen_ms = sorted(self._seen_ms.items()), {}
        self._flushed_s = self._clock.monotonic_s()

        def write(tx: Tx) -> None:
            for sql, moments in (
                ("UPDATE api_keys SET last_used_ms = ? WHERE id = ?", used),
                ("UPDATE sessions SET last_seen_ms = ? WHERE id = ?", seen),
            ):
                tx.execute_many(sql, [(moment_ms, row_id) for row_id, moment_ms in moments])

        if used or seen:
            await self._database.write(write)

    async def _look_up(
        self, digest: bytes, find: Callable[[Tx, bytes], rows.FoundCredential | None], what: str
    ) -> Account:
        await self._cache.refresh()
        account = self._cache.get(digest)
        if account is not None:
            return account
        found = await self._database.read(lambda tx: find(tx, digest))
        if found is None:
            raise AccessError(f"{what}: not known here", hint="sign in, or make a new API key")
        if found.revoked_ms is not None:
            raise AccessError(f"{what}: it was revoked", hint="make a new API key", code="access/revoked")
        if found.disabled_ms is not None:
            raise AccessError("account: it is disabled", hint="ask an owner", code="access/disabled")
        if found.expires_ms is not None and self._clock.now_ms() >= found.expires_ms:
            raise expired()
        self._cache.put(digest, found)
        return found.account

    async def _rehash(self, user: User, stored: str, password: str) -> None:
        """Store the password under today's settings, unless it was changed meanwhile."""
        hashed = await self._passwords.hash(password, user.name)
        sql = "UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?"
        await self._database.write(lambda tx: tx.execute(sql, (hashed, user.user_id, stored)))

    async def _flush_when_due(self) -> None:
        if self._clock.monotonic_s() - self._flushed_s < _FLUSH_EVERY_S:
            return
        try:
            await self.flush()
        except (StorageError, BusyError) as error:
            # When something was last used is worth less than the request that is waiting here.
            _log.warning("last use of keys and sessions not written: %s", error.message)
