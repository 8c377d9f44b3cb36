"""The calls of Junior, as the OpenAPI document describes them."""

from __future__ import annotations

from verax.surfaces.http import junior_models as shapes
from verax.surfaces.http.operations import JSON, Operation, json_reply

__all__ = ["OPERATIONS"]

_ONE = "/v1/junior/profiles/{id}"
_CHILD = "/v1/junior/session"

_PROFILES: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/v1/junior/choices",
        "getJuniorChoices",
        "Return what a child's profile can be made of, and what is kept of a child, why and how long",
        json_reply(shapes.ChoicesBody),
        needs_key=True,
        query={"log_days": {"type": "integer", "minimum": 1, "maximum": 90}},
    ),
    Operation(
        "GET",
        "/v1/junior/profiles",
        "listProfiles",
        "List the children's profiles of whoever asks",
        json_reply(shapes.ProfileList),
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/junior/profiles",
        "createProfile",
        "Make a child's profile; `agreed` names exactly what is kept under its settings",
        json_reply(shapes.ProfileBody, 201),
        body=shapes.ProfileRequest,
        needs_key=True,
    ),
    Operation("GET", _ONE, "getProfile", "Return a profile", json_reply(shapes.ProfileBody), needs_key=True),
    Operation(
        "PUT",
        _ONE,
        "changeProfile",
        "Replace the settings of a profile; keeping more than before takes `agreed` again",
        json_reply(shapes.ProfileBody),
        body=shapes.ProfileChange,
        needs_key=True,
    ),
    Operation(
        "DELETE",
        _ONE,
        "eraseProfile",
        "Erase a profile with all that is kept of it, and return the receipt",
        json_reply(shapes.ProfileErased),
        needs_key=True,
    ),
    Operation(
        "GET",
        f"{_ONE}/export",
        "exportProfile",
        "Return everything that is kept of a profile",
        json_reply(shapes.ProfileExport),
        needs_key=True,
    ),
    Operation(
        "GET",
        f"{_ONE}/use",
        "getProfileUse",
        "Return how long Junior was used on each of the last days",
        json_reply(shapes.UseBody),
        needs_key=True,
    ),
    Operation(
        "GET",
        f"{_ONE}/log",
        "getProfileLog",
        "Return a page of the readable log, newest first",
        json_reply(shapes.LogBody),
        needs_key=True,
        query={"before": {"type": "string"}, "limit": {"type": "integer", "minimum": 1, "maximum": 200}},
    ),
    Operation(
        "GET",
        f"{_ONE}/log/{{turn}}/receipt",
        "getLoggedReceipt",
        "Return the receipt of an answer of the log, in which the answer is opened",
        {200: {JSON: None}},
        needs_key=True,
    ),
    Operation(
        "DELETE",
        f"{_ONE}/log",
        "clearProfileLog",
        "Empty the readable log",
        json_reply(shapes.LogCleared),
        needs_key=True,
    ),
)

_WAYS_IN: tuple[Operation, ...] = (
    Operation(
        "GET", "/v1/junior/pin", "getPin", "Say whether a PIN is set", json_reply(shapes.PinBody), needs_key=True
    ),
    Operation(
        "PUT",
        "/v1/junior/pin",
        "setPin",
        "Set the PIN that ends children's sessions; replacing one takes the account's password",
        json_reply(shapes.PinBody),
        body=shapes.PinRequest,
        needs_key=True,
    ),
    Operation(
        "GET",
        f"{_ONE}/sessions",
        "listChildSessions",
        "List the open sessions of a profile",
        json_reply(shapes.ChildSessionList),
        needs_key=True,
    ),
    Operation(
        "POST",
        f"{_ONE}/sessions",
        "openChildSession",
        "Hand this browser over to the child: the guardian's session in it ends, the child's begins",
        json_reply(shapes.ChildSessionInfo, 201),
        needs_key=True,
    ),
    Operation(
        "DELETE",
        f"{_ONE}/sessions",
        "endChildSessions",
        "End every session of a profile, on whatever device it is open",
        json_reply(shapes.ChildSessionsEnded),
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/junior/classroom-codes",
        "makeClassroomCode",
        "Make the code with which the children of a class join; it takes the place of the one before",
        json_reply(shapes.ClassroomCodeBody),
        body=shapes.ClassroomCodeRequest,
        needs_key=True,
    ),
    Operation(
        "DELETE",
        "/v1/junior/classroom-codes",
        "endClassroomCode",
        "End that code; the sessions that it opened go on",
        {204: {}},
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/junior/alerts",
        "listAlerts",
        "List alerts of all profiles of whoever asks, newest first",
        json_reply(shapes.AlertList),
        needs_key=True,
    ),
    Operation(
        "DELETE", "/v1/junior/alerts/{id}", "dismissAlert", "Remove an alert that was read", {204: {}}, needs_key=True
    ),
)

_CHILDS: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/v1/junior/join",
        "joinClassroom",
        "Open a child's session on a device without an account, for a code of a class, a colour and an animal",
        json_reply(shapes.ChildView),
        body=shapes.JoinRequest,
    ),
    Operation(
        "GET",
        _CHILD,
        "getChildSession",
        "Return how the child's session of this browser stands; uses no time up",
        json_reply(shapes.ChildView),
        needs_key=True,
    ),
    Operation(
        "POST",
        f"{_CHILD}/turns",
        "takeChildTurn",
        "Answer what a child said or tapped; 403 junior/not-now has `session`, 409 junior/stale the present `reply`",
        json_reply(shapes.ChildTurnBody),
        body=shapes.ChildTurnRequest,
        needs_key=True,
    ),
    Operation(
        "POST",
        f"{_CHILD}/beat",
        "beatChildSession",
        "Count the time since the last sign of life of the child's page, which sends one every 30 s while it is used",
        json_reply(shapes.ChildBody),
        needs_key=True,
    ),
    Operation(
        "POST",
        f"{_CHILD}/leave",
        "leaveChildSession",
        "End the child's session of this browser with the guardian's PIN or password; nobody is signed in then",
        {204: {}},
        body=shapes.LeaveRequest,
        needs_key=True,
    ),
)

OPERATIONS: tuple[Operation, ...] = (*_PROFILES, *_WAYS_IN, *_CHILDS)
