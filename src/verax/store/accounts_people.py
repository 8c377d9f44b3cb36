"""The people: adding, changing and removing accounts.

Whatever takes something away from an account raises the epoch in its own transaction, so
that no process goes on believing what it remembers (`verax.store.accounts_cache`), and is
refused when it would leave the installation without an enabled owner.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from verax.kernel.errors import ConflictError, RequestError, UnknownObject
from verax.store import accounts_rows as rows
from verax.store.accounts_cache import CredentialCache
from verax.store.accounts_credentials import Passwords, new_password
from verax.store.accounts_types import ROLES, NewOwner, User, UserChange, UserOverview, UserPage
from verax.store.clock import Clock
from verax.store.database import Database, Tx
from verax.store.identifiers import new_id

__all__ = ["People", "check_limit", "checked_roles"]

_NAME = re.compile(r"[\w.@+-]{1,64}")


class People:
    """The part of `verax.store.accounts.Accounts` that concerns accounts as a whole."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._cache = CredentialCache(database, clock)

    async def create_first_owner(self, name: str = "owner") -> NewOwner | None:
        """Make the owner of a new installation, or return None when any account exists."""
        if await self._database.read(rows.read_users):
            return None
        password = new_password()
        hashed = await self._passwords.hash(password, name)
        user_id, now_ms = new_id("user", self._clock.now_ms()), self._clock.now_ms()

        def make(tx: Tx) -> User | None:
            tx.lock("accounts")
            if rows.read_users(tx):
                return None
            rows.insert_user(tx, user_id, _folded(name), hashed, {"owner"}, now_ms)
            return rows.read_users(tx)[0]

        user = await self._database.write(make)
        return NewOwner(user, password) if user else None

    async def create_user(self, name: str, *, password: str | None = None, roles: Iterable[str] = ("member",)) -> User:
        """Add an account; without a password it can be used by key only.

        Raises:
            RequestError: the name, the password or a role is not acceptable.
            ConflictError: the name is taken.
        """
        folded, chosen = _folded(name), checked_roles(roles)
        hashed = await self._passwords.hash(password, folded) if password is not None else None
        user_id, now_ms = new_id("user", self._clock.now_ms()), self._clock.now_ms()
        await self._database.write(lambda tx: rows.insert_user(tx, user_id, folded, hashed, chosen, now_ms))
        return await self.user(user_id)

    async def users(self) -> list[User]:
        """Return all accounts in order of their names."""
        return await self._database.read(rows.read_users)

    async def user_page(self, part: str = "", after: str = "", limit: int = 50) -> UserPage:
        """Return accounts whose names hold `part`, behind the name `after`."""
        folded = unicodedata.normalize("NFKC", part).casefold()
        found, total = await self._database.read(lambda tx: rows.read_user_page(tx, folded, after, limit))
        return UserPage(found, total)

    async def overview(self, user_id: str) -> UserOverview:
        """Return one account as it stands in the list; raises `UnknownObject`."""
        found = await self._database.read(lambda tx: rows.read_overview(tx, user_id))
        if found is None:
            raise _no_such_user()
        return found

    async def names(self, user_ids: Iterable[str]) -> dict[str, str]:
        """Return names by id; ids of nobody are left out."""
        wanted = list(user_ids)
        return await self._database.read(lambda tx: rows.read_names(tx, wanted))

    async def user(self, name_or_id: str) -> User:
        """Return one account; raises `UnknownObject`."""
        name = unicodedata.normalize("NFKC", name_or_id).casefold()
        found = await self._database.read(lambda tx: rows.find_user(tx, name=name, user_id=name_or_id))
        if found is None:
            raise _no_such_user()
        return found[0]

    async def set_roles(self, user_id: str, roles: Iterable[str]) -> None:
        """Give an account exactly these roles.

        Raises:
            ConflictError: it is the last owner and would no longer be one.
        """
        await self.change_user(user_id, UserChange(roles=frozenset(roles)))

    async def set_disabled(self, user_id: str, is_disabled: bool) -> None:
        """Refuse an account's credentials, or honour them again; sessions end for good.

        Raises:
            ConflictError: it is the last owner.
        """
        await self.change_user(user_id, UserChange(is_disabled=is_disabled))

    async def set_password(self, user_id: str, password: str) -> None:
        """Replace a password, and end all sessions and links of the account."""
        await self.change_user(user_id, UserChange(password=password))

    async def set_limit(self, user_id: str, requests_per_minute: int | None) -> None:
        """Limit an account over all its credentials; None for no such limit."""
        await self.change_user(user_id, UserChange(sets_limit=True, requests_per_minute=requests_per_minute))

    async def change_user(self, user_id: str, change: UserChange, may: Callable[[User], None] = lambda _: None) -> User:
        """Change an account, all or nothing, and return it as it is then.

        Args:
            may: Called inside the transaction with the account as it was; raises where whoever
                asks may not change that one.

        Raises:
            ConflictError: the name is taken, or it is the last owner and would no longer be one.
            RequestError: a name, password, role or limit is not acceptable.
        """
        name = None if change.name is None else _folded(change.name)
        roles = None if change.roles is None else checked_roles(change.roles)
        check_limit(change.requests_per_minute)
        hashed = None
        if change.password is not None:
            hashed = await self._passwords.hash(change.password, name or (await self.user(user_id)).name)
        now_ms = self._clock.now_ms()

        def run(tx: Tx) -> None:
            found = rows.find_user(tx, user_id=user_id)
            if found is not None:
                may(found[0])
            if name is not None:
                rows.rename_user(tx, user_id, name)
            if roles is not None:
                rows.replace_roles(tx, user_id, roles)
            if change.sets_limit:
                rows.set_limit(tx, user_id, change.requests_per_minute)
            if hashed is not None:
                rows.set_password_hash(tx, user_id, hashed)
            if change.is_disabled is not None:
                rows.set_disabled(tx, user_id, now_ms if change.is_disabled else None)
            if hashed is not None or change.is_disabled is not None:
                rows.end_sessions(tx, user_id)

        await self._take_away(user_id, run)
        return await self.user(user_id)

    async def remove_user(self, user_id: str) -> None:
        """Remove an account and its credentials; what it wrote is erased by `verax.store.erase`.

        Raises:
            ConflictError: it is the last owner.
        """
        await self._take_away(user_id, lambda tx: rows.delete_user(tx, user_id))

    async def _take_away(self, user_id: str, change: Callable[[Tx], object]) -> None:
        """Change an account, keep an owner, and make every process look again."""

        def run(tx: Tx) -> int:
            tx.lock("accounts")
            if not tx.execute("SELECT 1 FROM users WHERE id = ?", (user_id,)):
                raise _no_such_user()
            owners = rows.count_owners(tx)
            change(tx)
            if owners and not rows.count_owners(tx):
                raise ConflictError(
                    "user: this is the last owner",
                    hint="make another account an owner first",
                    code="accounts/last-owner",
                )
            return rows.bump_epoch(tx)

        self._cache.saw(await self._database.write(run))


def _folded(name: str) -> str:
    """Return the name under which an account is found, however it is typed."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    if not _NAME.fullmatch(folded):
        raise RequestError(
            "user name: expected 1 to 64 letters, digits and . _ @ + -, found something else", param="name"
        )
    return folded


def checked_roles(roles: Iterable[str]) -> frozenset[str]:
    """Return the roles; raises `RequestError` for one that is none."""
    chosen = frozenset(roles)
    if unknown := sorted(chosen - set(ROLES)):
        raise RequestError(f"roles: expected some of {', '.join(ROLES)}, found {unknown[0]!r}", param="roles")
    return chosen


def check_limit(requests_per_minute: int | None) -> None:
    """Refuse a limit that would let nothing through; None is no limit."""
    if requests_per_minute is not None and requests_per_minute < 1:
        raise RequestError("requests_per_minute: expected 1 or more, or none", param="requests_per_minute")


def _no_such_user() -> UnknownObject:
    return UnknownObject("user: no such account", hint='list accounts with "verax user list"')
