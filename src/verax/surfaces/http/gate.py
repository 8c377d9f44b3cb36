"""Who is allowed in: host names, credentials, roles and the origin of browser requests.

* ``Host`` must be a name of this server: a foreign page that rebinds its own name to a
  loopback address gets nothing.
* A request presents an API key (``Authorization: Bearer vx-…``) or a session cookie. A
  presented credential that is wrong is refused even where none is needed.
* A session is good for writing only from pages of this server: ``Origin`` must be its own.
* Roles open calls; they carry no weight in governance (clause 5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from verax.config import Config, is_loopback
from verax.kernel.errors import AccessError, ForbiddenError, RequestError
from verax.store.accounts_types import Account
from verax.surfaces.http.ports import Accounts
from verax.turn.request import Caller

__all__ = [
    "SESSION_COOKIE",
    "Address",
    "Gate",
    "HostNames",
    "caller_of",
    "check_origin",
    "current_user",
    "forget_user",
    "require_role",
    "require_session",
    "session_token",
    "session_tokens",
]

SESSION_COOKIE = "verax_session"

_SAFE_METHODS = frozenset({"GET", "HEAD"})
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

_HOST = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?\Z")

Headers = Mapping[bytes, bytes]

_USER: ContextVar[str] = ContextVar("verax_user", default="")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request found this server.

    Attributes:
        base_url: What links in replies begin with, without a slash at the end.
        origins: What a browser calls the pages of this server.
    """

    base_url: str
    origins: frozenset[str]


@dataclass(frozen=True, slots=True)
class HostNames:
    """The names this server answers to; None for any, where it was opened to the network without a name."""

    names: frozenset[str] | None
    public_url: str | None = None

    @classmethod
    def from_config(cls, config: Config) -> HostNames:
        """Loopback names, the configured host, and the host of `public_url`."""
        names = set(_LOOPBACK_NAMES)
        if config.public_url is not None:
            names.add(_bracketed(urlsplit(config.public_url).hostname or ""))
        if not is_loopback(config.host):
            if config.public_url is None:
                return cls(None)
            names.add(_bracketed(config.host))
        return cls(frozenset(names), config.public_url)

    def check(self, headers: Headers, scheme: str) -> Address:
        """Return where the request found this server.

        Raises:
            RequestError: the ``Host`` header is missing, malformed or foreign.
        """
        try:
            host = headers.get(b"host", b"").decode("ascii").lower()
        except UnicodeDecodeError:
            host = ""
        name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
        if not _HOST.match(host) or (self.names is not None and name not in self.names):
            raise RequestError(
                "host: this server does not answer to the name in the Host header",
                hint="use the address that the server printed, or set public_url",
                code="request/host",
            )
        own = f"{scheme}://{host}"
        if self.public_url is None:
            return Address(own, frozenset({own}))
        public = urlsplit(self.public_url)
        return Address(self.public_url, frozenset({own, f"{public.scheme}://{public.netloc}"}))


class Gate:
    """Finds the caller of a request."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def caller(self, headers: Headers, method: str, address: Address) -> Caller:
        """Return who asks and take one request from their allowance.

        Raises:
            AccessError: no credential, or a wrong one.
            ForbiddenError: a session used for writing from a foreign page.
            BusyError: the allowance is used up.
        """
        return caller_of(await self.account(headers, method, address))

    async def account(self, headers: Headers, method: str, address: Address) -> Account:
        """Return the account of who asks, as `caller` does, with what is known of the credential."""
        account = await self._account(headers, method, address)
        if account is None:
            raise AccessError(
                "no credential: expected an API key",
                hint='send "Authorization: Bearer vx-…"; "verax key create NAME" prints a key',
            )
        self._accounts.spend(account)
        return account

    async def caller_or_none(self, headers: Headers, method: str, address: Address) -> Caller | None:
        """Return who asks, None without a credential; a wrong credential is still refused."""
        account = await self._account(headers, method, address)
        if account is None:
            return None
        self._accounts.spend(account)
        return caller_of(account)

    async def _account(self, headers: Headers, method: str, address: Address) -> Account | None:
        account = await self._resolve(headers, method, address)
        _USER.set("" if account is None else account.user_id)
        return account

    async def _resolve(self, headers: Headers, method: str, address: Address) -> Account | None:
        authorization = headers.get(b"authorization")
        if authorization is not None:
            return await self._accounts.resolve_key(_bearer(authorization))
        token = session_token(headers)
        if not token:
            return None
        if method not in _SAFE_METHODS:
            check_origin(headers, address)
        return await self._accounts.resolve_session(token)


def current_user() -> str:
    """Return who was let in for the request of this task, empty for nobody; for the server's log only."""
    return _USER.get()


def forget_user() -> None:
    """Begin a request: nobody was let in yet."""
    _USER.set("")


def caller_of(account: Account) -> Caller:
    """Return the account in the terms of the turn path."""
    return Caller(account.user_id, account.roles, account.key_id)


def require_role(caller: Caller | Account, roles: frozenset[str], what: str) -> None:
    """Refuse a caller who has none of `roles`.

    Raises:
        ForbiddenError: always then; the message names the roles that open the call.
    """
    if not caller.roles & roles:
        raise ForbiddenError(
            f"{what}: needs one of the roles {', '.join(sorted(roles))}", hint="ask the owner of this installation"
        )


def require_session(account: Account, what: str) -> None:
    """Refuse an API key where only a person in front of a browser may act.

    What changes the credentials of an account takes a session: a key that leaked can then
    neither make itself another one nor lock its owner out.

    Raises:
        ForbiddenError: the credential is a key.
    """
    if not account.session_id:
        raise ForbiddenError(
            f"{what}: needs a session, not an API key",
            hint='sign in with a browser; on the server\'s machine "verax user" and "verax key" do the same',
            code="access/session-needed",
        )


def check_origin(headers: Headers, address: Address) -> None:
    """Refuse a browser's write that does not come from a page of this server.

    Raises:
        ForbiddenError: ``Origin`` is missing or foreign.
    """
    if headers.get(b"origin", b"").decode("latin-1") not in address.origins:
        raise ForbiddenError(
            "origin: a session may write only from this server's own pages",
            hint="programs use an API key",
            code="access/origin",
        )


def session_token(headers: Headers) -> str:
    """Return the session token of the cookie header, empty without one."""
    raw = headers.get(b"cookie")
    if raw is None:
        return ""
    try:
        cookie = SimpleCookie(raw.decode("latin-1"))
    except CookieError:
        return ""
    morsel = cookie.get(SESSION_COOKIE)
    return "" if morsel is None else morsel.value


def session_tokens(headers: Headers) -> list[str]:
    """Return every value of the session cookie: a browser may send two of one name, and neither is overlooked."""
    pairs = (pair.strip().partition("=") for pair in headers.get(b"cookie", b"").decode("latin-1").split(";"))
    return [value.strip().strip('"') for name, _, value in pairs if name.strip() == SESSION_COOKIE]


def _bearer(authorization: bytes) -> str:
    scheme, _, key = authorization.partition(b" ")
    try:
        text = key.strip().decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if scheme.lower() != b"bearer" or not text:
        raise AccessError("authorization: expected a bearer key", hint='send "Authorization: Bearer vx-…"')
    return text


def _bracketed(host: str) -> str:
    host = host.lower()
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
