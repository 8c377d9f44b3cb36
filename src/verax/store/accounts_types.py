"""What is known of an account, a key and a session; never a credential."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "ROLES",
    "Account",
    "ApiKey",
    "NewKey",
    "NewLink",
    "NewOwner",
    "NewSession",
    "OpenedBy",
    "Session",
    "User",
    "UserChange",
    "UserOverview",
    "UserPage",
]

OpenedBy = Literal["password", "link"]

ROLES = ("owner", "author", "reviewer", "operator", "auditor", "guardian", "member")


@dataclass(frozen=True, slots=True)
class Account:
    """Who a credential stands for.

    Attributes:
        roles: Roles of the account, narrowed to those of the key. They open pages and calls;
            they carry no weight in governance (clause 5).
        key_id: The API key that was shown, empty for a session.
        requests_per_minute: The key's own limit, None for the installation's.
        account_requests_per_minute: A limit over all credentials of the account, None for none.
        session_id: The session that was shown, empty for a key.
        expires_ms: When the credential stops working, None for never.
    """

    user_id: str
    name: str
    roles: frozenset[str]
    key_id: str = ""
    requests_per_minute: int | None = None
    account_requests_per_minute: int | None = None
    session_id: str = ""
    expires_ms: int | None = None


@dataclass(frozen=True, slots=True)
class User:
    """One account as an owner sees it."""

    user_id: str
    name: str
    roles: frozenset[str]
    has_password: bool
    requests_per_minute: int | None
    created_ms: int
    disabled_ms: int | None


@dataclass(frozen=True, slots=True)
class UserOverview:
    """One account in a list.

    Attributes:
        sessions: Open sessions, expired ones that were not swept yet included.
        keys: API keys that were not revoked.
        last_seen_ms: Last use of any credential, None before the first; up to a minute late.
    """

    user: User
    sessions: int
    keys: int
    last_seen_ms: int | None


@dataclass(frozen=True, slots=True)
class UserPage:
    """Accounts in order of their names; `total` counts all that were asked for."""

    users: list[UserOverview]
    total: int


@dataclass(frozen=True, slots=True)
class UserChange:
    """What shall become different about an account; None keeps what is.

    Attributes:
        password: A new one ends all sessions and links of the account.
        requests_per_minute: The new limit where `sets_limit` says so; None for no limit.
    """

    name: str | None = None
    password: str | None = field(default=None, repr=False)
    roles: frozenset[str] | None = None
    is_disabled: bool | None = None
    sets_limit: bool = False
    requests_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One open session as its account sees it; never its token.

    Attributes:
        client: Address of whoever signed in.
        agent: What the browser called itself.
        last_seen_ms: Up to a minute late.
    """

    session_id: str
    client: str
    agent: str
    opened_by: OpenedBy
    created_ms: int
    expires_ms: int
    last_seen_ms: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One API key as its account sees it; `shown` is its first characters.

    Attributes:
        roles: What the key may be used for, at most what its account may do.
        last_used_ms: Up to a minute late.
    """

    key_id: str
    user_id: str
    name: str
    shown: str
    roles: frozenset[str]
    requests_per_minute: int | None
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None
    last_used_ms: int | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made; `plain` is shown once and stored nowhere."""

    plain: str
    key: ApiKey


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that was just opened; `token` goes into a cookie and is stored nowhere."""

    token: str = field(repr=False)
    expires_ms: int


@dataclass(frozen=True, slots=True)
class NewLink:
    """A one-time link that was just made; `code` is shown once and stored nowhere."""

    code: str = field(repr=False)
    expires_ms: int


@dataclass(frozen=True, slots=True)
class NewOwner:
    """The first account; `password` is printed once and stored nowhere."""

    user: User
    password: str
