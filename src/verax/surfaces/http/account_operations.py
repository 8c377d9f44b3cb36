"""The calls of the site, of sessions and of accounts, described."""

from __future__ import annotations

from verax.surfaces.http import account_models as models
from verax.surfaces.http import reply_models as replies
from verax.surfaces.http.operations import Operation, json_reply
from verax.surfaces.http.session import LinkRequest, SignInRequest

__all__ = ["OPERATIONS"]

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/v1/site", "getSite", "Say what this installation is", json_reply(models.SiteBody)),
    Operation(
        "POST",
        "/v1/site/set-up",
        "finishSetUp",
        "Remember that an owner finished the first-run screen",
        json_reply(models.SiteBody),
        needs_key=True,
    ),
    Operation("GET", "/v1/session", "getSession", "Say who is signed in", json_reply(replies.Session), needs_key=True),
    Operation("POST", "/v1/session", "signIn", "Sign in", json_reply(replies.Session), body=SignInRequest),
    Operation("DELETE", "/v1/session", "signOut", "Sign out", {204: {}}),
    Operation(
        "POST",
        "/v1/session/link",
        "signInByLink",
        "Sign in by a one-time link",
        json_reply(replies.Session),
        body=LinkRequest,
    ),
    Operation(
        "GET", "/v1/account", "getAccount", "Return one's account", json_reply(models.AccountBody), needs_key=True
    ),
    Operation(
        "PATCH",
        "/v1/account",
        "changeAccount",
        "Change one's name or password",
        json_reply(models.AccountBody),
        body=models.AccountChange,
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/account/settings",
        "getAccountSettings",
        "Return one's settings of the web app",
        json_reply(models.AccountSettingsBody),
        needs_key=True,
    ),
    Operation(
        "PUT",
        "/v1/account/settings",
        "putAccountSettings",
        "Replace one's settings of the web app",
        json_reply(models.AccountSettingsBody),
        body=models.AccountSettingsBody,
        needs_key=True,
    ),
    Operation("GET", "/v1/account/keys", "listKeys", "List one's API keys", json_reply(models.KeyList), needs_key=True),
    Operation(
        "POST",
        "/v1/account/keys",
        "makeKey",
        "Make an API key",
        json_reply(models.KeyMade, 201),
        body=models.KeyRequest,
        needs_key=True,
    ),
    Operation(
        "DELETE", "/v1/account/keys/{id}", "revokeKey", "Revoke one's API key for ever", {204: {}}, needs_key=True
    ),
    Operation(
        "GET",
        "/v1/account/sessions",
        "listSessions",
        "List one's open sessions",
        json_reply(models.SessionList),
        needs_key=True,
    ),
    Operation(
        "DELETE",
        "/v1/account/sessions",
        "endOtherSessions",
        "End one's other sessions",
        json_reply(models.SessionsEnded),
        needs_key=True,
    ),
    Operation(
        "DELETE", "/v1/account/sessions/{id}", "endSession", "End one of one's sessions", {204: {}}, needs_key=True
    ),
    Operation(
        "GET",
        "/v1/account/export",
        "exportAccount",
        "Return everything that one has here, one JSON object a line",
        {200: {"application/jsonl": None}},
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/account/erase",
        "eraseAccount",
        "Erase one's account with all that one wrote",
        json_reply(models.AccountErased),
        body=models.EraseRequest,
        needs_key=True,
    ),
)
