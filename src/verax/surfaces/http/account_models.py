"""What the calls of accounts and the site take and answer with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from verax.surfaces.http.reply_models import ReplyModel
from verax.surfaces.http.validation import WireModel

__all__ = [
    "LANGUAGES",
    "AccountBody",
    "AccountChange",
    "AccountErased",
    "AccountSettingsBody",
    "EraseRequest",
    "KeyBody",
    "KeyList",
    "KeyMade",
    "KeyRequest",
    "SessionInfo",
    "SessionList",
    "SessionsEnded",
    "SiteBody",
    "SiteChannel",
]

LANGUAGES = ("en", "zh")
"""Languages that the web app speaks; a person's setting may name one of them."""

Name = Annotated[str, Field(min_length=1, max_length=256)]
Password = Annotated[str, Field(min_length=1, max_length=1024)]
Milliseconds = Annotated[int, Field(ge=0, le=2**53 - 1)]
PerMinute = Annotated[int, Field(ge=1, le=1_000_000)]
RoleName = Literal["owner", "author", "reviewer", "operator", "auditor", "guardian", "member"]


class SiteChannel(ReplyModel):
    """A channel, and whether its blobs are served to everybody."""

    name: str
    is_public: bool


class SiteBody(ReplyModel):
    """Reply of ``GET /v1/site``: what a page needs before anybody signs in."""

    name: str
    version: str
    fingerprint: str
    solo: bool
    channels: list[SiteChannel]
    is_signed_in: bool
    set_up: bool
    languages: list[str]


class PasswordChange(WireModel):
    """A new password, and the old one unless a one-time link opened the session."""

    old: Password | None = None
    new: Password


class AccountChange(WireModel):
    """Body of ``PATCH /v1/account``."""

    name: Name | None = None
    password: PasswordChange | None = None


class AccountBody(ReplyModel):
    """The account of whoever asks."""

    user_id: str
    name: str
    roles: list[str]
    has_password: bool
    may_set_password: bool
    requests_per_minute: int | None
    created_ms: int


class AccountSettingsBody(WireModel):
    """How a person wants the web app; no setting changes what a model reads.

    The same in both directions: ``PUT`` replaces all of it, what is left out is as at first.
    """

    language: Literal["", "en", "zh"] = Field(default="", description="Empty: as the browser asks.")
    theme: Literal["system", "light", "dark"] = "system"
    channel: Annotated[str, Field(max_length=80)] = Field(default="", description="Where a new conversation begins.")
    send_key: Literal["enter", "mod_enter"] = Field(default="enter", description="What sends a message.")


class KeyRequest(WireModel):
    """Body of ``POST /v1/account/keys``."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    roles: Annotated[list[RoleName], Field(max_length=7)] | None = Field(
        default=None, description="At most those of the account, which are the default."
    )
    expires_ms: Milliseconds | None = None
    requests_per_minute: PerMinute | None = Field(
        default=None, description="At most the installation's limit, which is the default."
    )


class KeyBody(ReplyModel):
    """One API key; `shown` is its first characters."""

    id: str
    name: str
    user_id: str
    user_name: str
    shown: str
    roles: list[str]
    requests_per_minute: int | None
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None
    last_used_ms: int | None


class KeyMade(KeyBody):
    """A new key with its plain text, which is in this answer and nowhere else."""

    key: str


class KeyList(ReplyModel):
    """API keys, newest first."""

    object: Literal["list"]
    data: list[KeyBody]
    has_more: bool


class SessionInfo(ReplyModel):
    """One open session of the account."""

    id: str
    client: str
    agent: str
    opened_by: Literal["password", "link"]
    created_ms: int
    expires_ms: int
    last_seen_ms: int
    is_current: bool


class SessionList(ReplyModel):
    """Open sessions, newest first."""

    object: Literal["list"]
    data: list[SessionInfo]


class SessionsEnded(ReplyModel):
    """How many sessions were ended."""

    ended: int


class EraseRequest(WireModel):
    """Body of ``POST /v1/account/erase``."""

    password: Password | None = Field(default=None, description="Needed where the account has one.")


class AccountErased(ReplyModel):
    """What an erasure did; `is_done` is false while a turn of the account still runs."""

    user_id: str
    is_done: bool
    turns: int
    messages: int
    erasures: list[str]
