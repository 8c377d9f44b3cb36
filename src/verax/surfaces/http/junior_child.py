"""A child's own session over HTTP: what it may call, and the way out.

* Default deny. A child's token is known by its form (`verax.store.junior.sessions.CHILD_PREFIX`), in the cookie
  or as a bearer key. The edge of the server refuses it for every call and page that `CHILD_CALLS` does not
  name, before anything else is asked; what needs no credential is refused to it as well. A browser that
  opens another page is led back to Junior's. A test enumerates all routes.
* The token lies in the cookie of sessions: opening a child's session on a device takes the guardian's
  place there, so the browser holds nothing that could do more.
* A device of a class has no guardian on it: a code, a colour and an animal open a child's session there
  (`verax.store.junior.joining`), and nothing else.
* The way out takes the guardian's PIN, or the password of their account. It ends the session and opens
  no other: the browser is signed out then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from verax.kernel.errors import AccessError, ForbiddenError, RequestError, VeraxError
from verax.products.junior.session import Said
from verax.store.accounts import Accounts
from verax.store.accounts_types import Account
from verax.store.junior.sessions import Child, is_child_token
from verax.store.junior.types import SESSION_HOURS
from verax.surfaces.http.account import check_password
from verax.surfaces.http.body import read_json
from verax.surfaces.http.conversation import TurnFailed
from verax.surfaces.http.exchange import Endpoint, Exchange, Handler, json_response
from verax.surfaces.http.faults import fault_of_error, fault_of_event
from verax.surfaces.http.gate import check_origin, session_token, session_tokens
from verax.surfaces.http.junior_models import ChildTurnRequest, JoinRequest, LeaveRequest
from verax.surfaces.http.junior_views import bedtime_object
from verax.surfaces.http.pages import JUNIOR_FILES, JUNIOR_PATHS
from verax.surfaces.http.session import set_cookie
from verax.surfaces.http.validation import validate
from verax.surfaces.junior_desk import JuniorDesk
from verax.surfaces.junior_turns import ChildTurnFailed, NotNow, StaleReply, present_reply

__all__ = ["CHILD_CALLS", "CHILD_FILES", "ChildEndpoints", "child_token", "is_closed_to_child", "lead_back"]

CHILD_CALLS = frozenset(
    {
        *(("GET", path) for path in (*JUNIOR_PATHS, *JUNIOR_FILES)),
        ("GET", "/v1/junior/session"),
        ("POST", "/v1/junior/session/beat"),
        ("POST", "/v1/junior/session/leave"),
        ("POST", "/v1/junior/session/turns"),
    }
)
"""Everything that a child's token may call."""

CHILD_FILES = "/assets/"
"""Below this lie the built files of the web app, the same for everybody."""

_BODY_LIMIT_BYTES = 8192
_ENDED = "junior/ended"
_TURN_LIMIT_BYTES = 262_144  # a page that was pasted is read in part, and answered

Headers = Mapping[bytes, bytes]


def child_token(headers: Headers) -> str:
    """Return the child's token of a request, empty without one; one anywhere makes the whole request a child's."""
    bearer = headers.get(b"authorization", b"").partition(b" ")[2].strip().decode("latin-1")
    return next((token for token in (*session_tokens(headers), bearer) if is_child_token(token)), "")


def is_closed_to_child(headers: Headers, method: str, path: str) -> bool:
    """Say whether a request carries a child's token and asks for what that does not open; see the module."""
    if not child_token(headers) or (method, path) in CHILD_CALLS:
        return False
    return method != "GET" or not path.startswith(CHILD_FILES)


def lead_back(headers: Headers, method: str) -> Response:
    """Return the way back to Junior for a browser that was sent elsewhere, by a bookmark for instance.

    Raises:
        ForbiddenError: anything else than a browser that opens a page.
    """
    if method == "GET" and headers.get(b"sec-fetch-mode") == b"navigate":
        return RedirectResponse("/junior", 303, headers={"cache-control": "no-store"})
    raise ForbiddenError(
        "junior: a child's session does not open this",
        hint="a grown-up leaves it with the PIN first",
        code="junior/not-allowed",
    )


class ChildEndpoints:
    """Serves a child's own session."""

    def __init__(self, desk: JuniorDesk, accounts: Accounts) -> None:
        self._desk = desk
        self._accounts = accounts

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/junior/session", Endpoint(_freeing(self.get_session)), methods=["GET"]),
            Route("/v1/junior/session/beat", Endpoint(_freeing(self.beat)), methods=["POST"]),
            Route("/v1/junior/session/leave", Endpoint(self.leave), methods=["POST"]),
            Route("/v1/junior/join", Endpoint(self.join), methods=["POST"]),
            Route("/v1/junior/session/turns", Endpoint(_freeing(self.take_turn)), methods=["POST"]),
        ]

    async def get_session(self, exchange: Exchange) -> Response:
        """Return how the session stands; uses no time up."""
        exchange.query()
        child = await self._desk.sessions.find(_token(exchange))
        return json_response({**self._body(child), "reply": present_reply(child.state)})

    async def beat(self, exchange: Exchange) -> Response:
        """Count the time since the last sign of life, and return how the session stands."""
        exchange.query()
        return json_response(self._body(await self._desk.sessions.count(_token(exchange))))

    async def leave(self, exchange: Exchange) -> Response:
        """End the session for whoever knows the PIN or the password of the guardian."""
        exchange.query()
        child = await self._desk.sessions.find(_token(exchange))
        body = validate(LeaveRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        if (body.pin is None) == (body.password is None):
            raise RequestError("leave: expected either pin or password", param="pin")
        if body.pin is not None:
            await self._desk.pins.check(child.user_id, body.pin)
        else:
            user = await self._accounts.user(child.user_id)
            guardian = Account(user.user_id, user.name, user.roles)
            await check_password(self._accounts, exchange, guardian, body.password)
        await self._desk.sessions.end(child.session.session_id)
        response = Response(status_code=204, headers={"cache-control": "no-store"})
        set_cookie(response, exchange, "", 0)
        return response

    async def join(self, exchange: Exchange) -> Response:
        """Open a child's session on a device that nobody has signed in on, for a code, a colour and an animal."""
        exchange.query()
        check_origin(exchange.headers, exchange.address)
        body = validate(JoinRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        profile_id = await self._desk.codes.join(body.code, body.colour, body.animal)
        opened = await self._desk.sessions.open(profile_id)
        await self._accounts.end_session(session_token(exchange.headers))
        child = await self._desk.sessions.find(opened.token)
        response = json_response({**self._body(child), "reply": None})
        set_cookie(response, exchange, opened.token, SESSION_HOURS * 3600)
        return response

    async def take_turn(self, exchange: Exchange) -> Response:
        """Answer what the child said or tapped, by a turn that is recorded."""
        exchange.query()
        token = _token(exchange)
        body = validate(ChildTurnRequest, await read_json(exchange.headers, exchange.receive, _TURN_LIMIT_BYTES))
        if body.text is not None and body.tap is not None:
            raise RequestError("turn: expected either text or tap, or neither to begin", param="text")
        is_hello = body.text is None and body.tap is None
        said = None if is_hello else Said(body.text or "", body.tap or "")
        try:
            told = await self._desk.turns.take(token, said, body.after)
        except NotNow as error:
            return _refusal(error, session=self._body(error.child))
        except StaleReply as error:
            return _refusal(error, reply=error.present)
        except ChildTurnFailed as error:
            raise TurnFailed(fault_of_event(error.event)) from error
        return json_response({**told.reply, "session": self._body(told.child)})

    def _body(self, child: Child) -> dict[str, Any]:
        settings, standing = child.settings, child.standing
        return {
            "band": settings.band,
            "colour": settings.colour,
            "animal": settings.animal,
            "place": settings.place,
            "country": settings.country,
            "daily_minutes": settings.daily_minutes,
            "session_minutes": settings.session_minutes,
            "bedtime": bedtime_object(settings.bedtime),
            "is_log_kept": settings.log_days is not None,
            "log_days": settings.log_days,
            "used_today_ms": child.use.used_ms,
            "standing": {"name": standing.name, "left_ms": standing.left_ms, "opens_ms": standing.opens_ms},
            "expires_ms": child.session.expires_ms,
            "now_ms": self._desk.clock.now_ms(),
        }


def _freeing(handler: Handler) -> Handler:
    """Let a browser go whose child's session has ended: with its cookie it could not even sign in again."""

    async def handle(exchange: Exchange) -> Response | None:
        try:
            return await handler(exchange)
        except AccessError as error:
            if error.reason_code != _ENDED or not child_token(exchange.headers):
                raise
            response = _refusal(error)
            set_cookie(response, exchange, "", 0)
            return response

    return handle


def _refusal(error: VeraxError, **more: Any) -> Response:
    """Return an error with what the page goes on from."""
    return json_response({**fault_of_error(error).to_dict(), **more}, error.status)


def _token(exchange: Exchange) -> str:
    """Return the child's token, from a page of this server where it is used for writing.

    Raises:
        AccessError: there is none.
        ForbiddenError: a foreign page sent it.
    """
    token = child_token(exchange.headers)
    if not token:
        raise AccessError("session: this is no child's session", hint="a guardian opens one", code=_ENDED)
    if exchange.method != "GET":
        check_origin(exchange.headers, exchange.address)
    return token
