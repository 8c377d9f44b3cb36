"""``/v1/session``: signing in and out with a cookie that scripts cannot read."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import SESSION_COOKIE, Gate, caller_of, check_origin, session_token
from verax.surfaces.http.ports import Accounts
from verax.surfaces.http.validation import WireModel, validate
from verax.turn.request import Caller

__all__ = ["SessionEndpoints", "SignInRequest"]

_BODY_LIMIT_BYTES = 8192


class SignInRequest(WireModel):
    """Body of ``POST /v1/session``."""

    name: Annotated[str, Field(min_length=1, max_length=256)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class SessionEndpoints:
    """Sessions for people with a browser; programs use API keys."""

    def __init__(self, accounts: Accounts, gate: Gate, session_hours: int) -> None:
        self._accounts = accounts
        self._gate = gate
        self._max_age_s = session_hours * 3600

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/session", Endpoint(self.get_session), methods=["GET"]),
            Route("/v1/session", Endpoint(self.sign_in), methods=["POST"]),
            Route("/v1/session", Endpoint(self.sign_out), methods=["DELETE"]),
        ]

    async def get_session(self, exchange: Exchange) -> Response:
        """Say who is signed in."""
        exchange.query()
        return json_response(_who(await self._gate.caller(exchange.headers, exchange.method, exchange.address)))

    async def sign_in(self, exchange: Exchange) -> Response:
        """Check a password and set the cookie."""
        exchange.query()
        if b"origin" in exchange.headers:
            check_origin(exchange.headers, exchange.address)
        body = validate(SignInRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        client = str((exchange.scope.get("client") or ("", 0))[0])
        account = await self._accounts.authenticate(body.name, body.password, client)
        session = await self._accounts.create_session(account.user_id, client)
        response = json_response({**_who(caller_of(account)), "name": account.name})
        _set_cookie(response, exchange, session.token, self._max_age_s)
        return response

    async def sign_out(self, exchange: Exchange) -> Response:
        """End the session; ending none is no error."""
        exchange.query()
        token = session_token(exchange.headers)
        if token:
            check_origin(exchange.headers, exchange.address)
            await self._accounts.end_session(token)
        response = Response(status_code=204, headers={"cache-control": "no-store"})
        _set_cookie(response, exchange, "", 0)
        return response


def _set_cookie(response: Response, exchange: Exchange, token: str, max_age_s: int) -> None:
    is_https = exchange.address.base_url.startswith("https:")
    response.set_cookie(
        SESSION_COOKIE, token, max_age=max_age_s, path="/", httponly=True, samesite="strict", secure=is_https
    )


def _who(caller: Caller) -> dict[str, Any]:
    return {"user_id": caller.user_id, "roles": sorted(caller.roles)}
