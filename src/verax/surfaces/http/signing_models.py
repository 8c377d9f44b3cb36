"""The shapes of what `passkeys` and `signing` answer, for the OpenAPI document and for tests."""

from __future__ import annotations

from typing import Any, Literal

from verax.surfaces.http.reply_models import ReplyModel

__all__ = ["DraftBody", "DraftList", "DraftSigned", "PasskeyBody", "PasskeyChallenge", "PasskeyList", "ReleaseBody"]


class PasskeyBody(ReplyModel):
    """One enrolled passkey; `person` and `roles` are those that the root document gives its key."""

    id: str
    name: str
    key_id: str
    code: str
    record: dict[str, Any]
    can_be_backed_up: bool
    person: str | None
    roles: list[str]
    created_ms: int


class PasskeyList(ReplyModel):
    """Passkeys, oldest first."""

    object: Literal["list"]
    data: list[PasskeyBody]


class PasskeyChallenge(ReplyModel):
    """What ``navigator.credentials.create`` is called with; all but `rp_id` base64url."""

    challenge: str
    rp_id: str
    user_handle: str
    exclude: list[str]


class MissingSignatures(ReplyModel):
    """Persons whose signature a root change still lacks, by the root that demands them."""

    by_old: int
    by_new: int
    may_sign: list[str]


class DraftBody(ReplyModel):
    """A statement that waits for signatures.

    `payload` is base64, `challenge` base64url of ``H(PAE)``; `contents` holds the blobs, base64 by
    digest, where one draft was asked for, and null in lists. Who made a draft, and owners, may discard it.
    """

    id: str
    code: str
    kind: str
    payload: str
    challenge: str
    blobs: list[str]
    contents: dict[str, str] | None
    signed_by: list[str]
    missing: MissingSignatures | None
    may_discard: bool
    created_ms: int
    expires_ms: int


class DraftList(ReplyModel):
    """Drafts, oldest first."""

    object: Literal["list"]
    data: list[DraftBody]


class DraftSigned(ReplyModel):
    """The statement stands in the log at `index`, or the draft waits for more signatures."""

    index: int | None
    draft: DraftBody | None


class ReleaseBody(ReplyModel):
    """A release: its manifest, and the same as TOML that a person can edit."""

    id: str
    manifest: dict[str, Any]
    toml: str
