"""The calls of administration, described."""

from __future__ import annotations

from typing import Any

from verax.surfaces.http import admin_backups
from verax.surfaces.http import admin_shapes as shapes
from verax.surfaces.http.account_models import AccountErased
from verax.surfaces.http.operations import Operation, json_reply
from verax.surfaces.http.usage import GROUPINGS

__all__ = ["OPERATIONS"]

_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "integer", "minimum": 0}
_PAGE: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 200}
_LINES: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 2000}
_DAY: dict[str, Any] = {"type": "string", "format": "date"}
_USAGE = {"first": _DAY, "last": _DAY, "by": {"type": "string", "enum": list(GROUPINGS)}}
_LEVEL: dict[str, Any] = {"type": "string", "enum": ["debug", "info", "warning", "error"]}


def _read(path: str, name: str, summary: str, shape: Any, **query: dict[str, Any]) -> Operation:
    return Operation("GET", f"/v1/admin/{path}", name, summary, json_reply(shape), needs_key=True, query=query)


OPERATIONS: tuple[Operation, ...] = (
    _read("users", "listUsers", "List accounts", shapes.UserList, q=_TEXT, after=_TEXT, limit=_PAGE),
    Operation(
        "POST",
        "/v1/admin/users",
        "makeUser",
        "Make an account with a one-time link",
        json_reply(shapes.UserMade, 201),
        body=shapes.UserRequest,
        needs_key=True,
    ),
    _read("users/{id}", "getUser", "Return an account", shapes.UserBody),
    Operation(
        "PATCH",
        "/v1/admin/users/{id}",
        "changeUser",
        "Change an account",
        json_reply(shapes.UserBody),
        body=shapes.UserChangeRequest,
        needs_key=True,
    ),
    Operation(
        "DELETE",
        "/v1/admin/users/{id}",
        "eraseUser",
        "Erase an account with all that it wrote",
        json_reply(AccountErased),
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/admin/users/{id}/link",
        "makeUserLink",
        "Make a one-time link for an account",
        json_reply(shapes.LinkBody, 201),
        needs_key=True,
    ),
    _read("keys", "listAllKeys", "List API keys", shapes.AdminKeyList, user=_TEXT, after=_TEXT, limit=_PAGE),
    Operation("DELETE", "/v1/admin/keys/{id}", "revokeAnyKey", "Revoke an API key", {204: {}}, needs_key=True),
    _read("models", "listModelSources", "List models, servers, files and names of keys", shapes.ModelOverview),
    Operation(
        "POST",
        "/v1/admin/models/test",
        "testModelServer",
        "Look at a model server",
        json_reply(shapes.ModelTestResult),
        body=shapes.ModelTestRequest,
        needs_key=True,
    ),
    Operation(
        "PUT",
        "/v1/admin/models/keys/{name}",
        "putModelKey",
        "Keep the key of a remote model",
        {204: {}},
        body=shapes.ModelKeyRequest,
        needs_key=True,
    ),
    Operation(
        "DELETE",
        "/v1/admin/models/keys/{name}",
        "deleteModelKey",
        "Remove the key of a remote model",
        {204: {}},
        needs_key=True,
    ),
    _read("channels", "listChannels", "List channels with their rules", shapes.ChannelList),
    _read("settings", "listSettings", "List settings with where they came from", shapes.SettingList),
    _read("usage", "getUsage", "Return what turns used", shapes.UsageBody, **_USAGE),
    Operation(
        "GET",
        "/v1/account/usage",
        "getOwnUsage",
        "Return what one's own turns used",
        json_reply(shapes.UsageBody),
        needs_key=True,
        query=_USAGE,
    ),
    _read("health", "getAdminHealth", "Return everything that was looked at", shapes.AdminHealth),
    _read("alarms", "listAlarms", "List alarms in plain words", shapes.AlarmList, before=_NUMBER, limit=_PAGE),
    _read(
        "logs", "listLogLines", "List lines of the server", shapes.LogPage, after=_NUMBER, limit=_LINES, level=_LEVEL
    ),
    *admin_backups.OPERATIONS,
)
