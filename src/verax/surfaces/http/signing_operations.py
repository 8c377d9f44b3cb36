"""The calls of `passkeys`, `signing` and `releases`, described for the OpenAPI document."""

from __future__ import annotations

from verax.surfaces.http import signing_models as signing
from verax.surfaces.http.draft_requests import DraftRequest
from verax.surfaces.http.operations import Operation, json_reply
from verax.surfaces.http.passkeys import EnrolRequest
from verax.surfaces.http.signing import SignatureRequest

__all__ = ["OPERATIONS"]

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/v1/releases/{id}",
        "getRelease",
        "Return a release, as its manifest and as TOML",
        json_reply(signing.ReleaseBody),
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/governance/drafts",
        "listDrafts",
        "List statements that wait for signatures",
        json_reply(signing.DraftList),
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/governance/drafts",
        "makeDraft",
        "Write a statement to be signed",
        json_reply(signing.DraftBody, 201),
        body=DraftRequest,
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/governance/drafts/{id}",
        "getDraft",
        "Return a statement that waits for signatures",
        json_reply(signing.DraftBody),
        needs_key=True,
    ),
    Operation("DELETE", "/v1/governance/drafts/{id}", "discardDraft", "Discard a draft", {204: {}}, needs_key=True),
    Operation(
        "POST",
        "/v1/governance/drafts/{id}/signatures",
        "signDraft",
        "Add a signature; the log takes the statement once it has what it needs",
        {**json_reply(signing.DraftSigned, 201), **json_reply(signing.DraftSigned, 202)},
        body=SignatureRequest,
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/passkeys",
        "listPasskeys",
        "List one's own passkeys",
        json_reply(signing.PasskeyList),
        needs_key=True,
        query={"all": {"type": "string", "enum": ["true", "false"]}},
    ),
    Operation(
        "POST",
        "/v1/passkey-challenges",
        "makePasskeyChallenge",
        "Begin to enrol a passkey",
        json_reply(signing.PasskeyChallenge, 201),
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/passkeys",
        "enrolPasskey",
        "Enrol a passkey",
        json_reply(signing.PasskeyBody, 201),
        body=EnrolRequest,
        needs_key=True,
    ),
    Operation("DELETE", "/v1/passkeys/{id}", "removePasskey", "Forget a passkey", {204: {}}, needs_key=True),
)
