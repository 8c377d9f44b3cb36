"""``/v1/session``: signing in and out with a cookie that scripts cannot read.

A password or a one-time link opens a session. Signing in always sets a fresh token and ends
the session that the browser brought along, so that nobody can plant one.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from verax.store.accounts_types import Account, NewSession, OpenedBy
from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import SESSION_COOKIE, Gate, check_origin, session_token
from verax.surfaces.http.ports import Accounts
from verax.surfaces.http.validation import WireModel, validate

__all__ = ["LinkRequest", "SessionEndpoints", "SignInRequest", "client_of", "open_session", "set_cookie"]

_BODY_LIMIT_BYTES = 8192

M = TypeVar("M", bound=WireModel)


class SignInRequest(WireModel):
    """Body of ``POST /v1/session``."""

    name: Annotated[str, Field(min_length=1, max_length=256)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class LinkRequest(WireModel):
    """Body of ``POST /v1/session/link``."""

    code: Annotated[str, Field(min_length=1, max_length=256)] = Field(
        description="What stands behind the # of a one-time link."
    )


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
            Route("/v1/session/link", Endpoint(self.sign_in_by_link), methods=["POST"]),
        ]

    async def get_session(self, exchange: Exchange) -> Response:
        """Say who is signed in."""
        exchange.query()
        account = await self._gate.account(exchange.headers, exchange.method, exchange.address)
        may_set_password = await self._accounts.may_set_password(account.session_id)
        return json_response(_who(account, account.expires_ms, may_set_password=may_set_password))

    async def sign_in(self, exchange: Exchange) -> Response:
        """Check a password and set the cookie."""
        body = await _read(exchange, SignInRequest)
        account = await self._accounts.authenticate(body.name, body.password, client_of(exchange))
        return await self._signed_in(exchange, account, "password")

    async def sign_in_by_link(self, exchange: Exchange) -> Response:
        """Use up a one-time link and set the cookie."""
        body = await _read(exchange, LinkRequest)
        account = await self._accounts.redeem_link(body.code, client_of(exchange))
        return await self._signed_in(exchange, account, "link")

    async def sign_out(self, exchange: Exchange) -> Response:
        """End the session; ending none is no error."""
        exchange.query()
        token = session_token(exchange.headers)
        if token:
            check_origin(exchange.headers, exchange.address)
            await self._accounts.end_session(token)
        response = Response(status_code=204, headers={"cache-control": "no-store"})
        set_cookie(response, exchange, "", 0)
        return response

    async def _signed_in(self, exchange: Exchange, account: Account, opened_by: OpenedBy) -> Response:
        session = await open_session(self._accounts, exchange, account.user_id, opened_by)
        response = json_response(_who(account, session.expires_ms, may_set_password=opened_by == "link"))
        set_cookie(response, exchange, session.token, self._max_age_s)
        return response


async def open_session(accounts: Accounts, exchange: Exchange, user_id: str, opened_by: OpenedBy) -> NewSession:
    """Open a session for whoever sent a request, and end the one that it came with."""
    brought = session_token(exchange.headers)
    if brought:
        await accounts.end_session(brought)
    agent = "".join(filter(str.isprintable, exchange.headers.get(b"user-agent", b"").decode("latin-1")))
    return await accounts.create_session(user_id, client_of(exchange), agent, opened_by)


def client_of(exchange: Exchange) -> str:
    """Return the address of whoever sent a request, empty where there is none."""
    return str((exchange.scope.get("client") or ("", 0))[0])


def set_cookie(response: Response, exchange: Exchange, token: str, max_age_s: int) -> None:
    """Set the session cookie; an empty token with no age removes it."""
    is_https = exchange.address.base_url.startswith("https:")
    response.set_cookie(
        SESSION_COOKIE, token, max_age=max_age_s, path="/", httponly=True, samesite="strict", secure=is_https
    )


async def _read(exchange: Exchange, model: type[M]) -> M:
    exchange.query()
    if b"origin" in exchange.headers:
        check_origin(exchange.headers, exchange.address)
    return validate(model, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))


def _who(account: Account, expires_ms: int | None, *, may_set_password: bool) -> dict[str, Any]:
    return {
        "user_id": account.user_id,
        "name": account.name,
        "roles": sorted(account.roles),
        "expires_ms": expires_ms,
        "may_set_password": may_set_password,
    }
