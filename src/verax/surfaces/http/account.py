"""``/v1/account``: what people may do with their own account.

* What changes a credential takes a session: an API key that leaked can neither make itself
  another one nor lock its owner out.
* A new password takes the old one, except for an hour after a one-time link. It ends every
  other session, and this one goes on under a fresh token.
* Erasing everything takes the password again, where there is one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from verax.config import Config
from verax.kernel.errors import AccessError, BusyError, ConflictError, ForbiddenError, RequestError
from verax.store.accounts import Accounts
from verax.store.accounts_types import Account, UserChange
from verax.store.erase import EraseReport
from verax.surfaces.http.account_models import AccountChange, AccountSettingsBody, EraseRequest, KeyRequest
from verax.surfaces.http.account_views import key_object, session_object, settings_of
from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate, require_session
from verax.surfaces.http.session import client_of, open_session, set_cookie
from verax.surfaces.http.validation import validate
from verax.surfaces.office import Office

__all__ = ["AccountEndpoints", "check_password", "erase_person"]

_BODY_LIMIT_BYTES = 8192
_MAX_KEYS = 100
"""Keys that work at the same time, for each account: enough for programs, too few to hide one in."""


class AccountEndpoints:
    """Serves people their own accounts."""

    def __init__(self, office: Office, gate: Gate, config: Config) -> None:
        self._office = office
        self._gate = gate
        self._config = config

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/account", Endpoint(self.get_account), methods=["GET"]),
            Route("/v1/account", Endpoint(self.change_account), methods=["PATCH"]),
            Route("/v1/account/settings", Endpoint(self.get_settings), methods=["GET"]),
            Route("/v1/account/settings", Endpoint(self.put_settings), methods=["PUT"]),
            Route("/v1/account/keys", Endpoint(self.list_keys), methods=["GET"]),
            Route("/v1/account/keys", Endpoint(self.make_key), methods=["POST"]),
            Route("/v1/account/keys/{id}", Endpoint(self.revoke_key), methods=["DELETE"]),
            Route("/v1/account/sessions", Endpoint(self.list_sessions), methods=["GET"]),
            Route("/v1/account/sessions", Endpoint(self.end_other_sessions), methods=["DELETE"]),
            Route("/v1/account/sessions/{id}", Endpoint(self.end_session), methods=["DELETE"]),
            Route("/v1/account/export", Endpoint(self.export), methods=["GET"]),
            Route("/v1/account/erase", Endpoint(self.erase), methods=["POST"]),
        ]

    async def get_account(self, exchange: Exchange) -> Response:
        """Return the account of whoever asks."""
        exchange.query()
        return json_response(await self._account_object(await self._account(exchange)))

    async def change_account(self, exchange: Exchange) -> Response:
        """Change name or password; with a new password the session goes on under a fresh token."""
        account = await self._person(exchange, "account")
        body = validate(AccountChange, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        new = None if body.password is None else body.password.new
        if body.password is not None:
            await self._check_old_password(exchange, account, body.password.old)
        await self._office.accounts.change_user(account.user_id, UserChange(name=body.name, password=new))
        response = json_response(await self._account_object(account))
        if new is not None:
            session = await open_session(self._office.accounts, exchange, account.user_id, "password")
            set_cookie(response, exchange, session.token, self._config.session_hours * 3600)
        return response

    async def get_settings(self, exchange: Exchange) -> Response:
        """Return how this person wants the web app."""
        exchange.query()
        account = await self._account(exchange)
        return json_response(settings_of(await self._office.settings.get(account.user_id)).model_dump())

    async def put_settings(self, exchange: Exchange) -> Response:
        """Replace the settings."""
        exchange.query()
        account = await self._account(exchange)
        raw = await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES)
        body = validate(AccountSettingsBody, raw)
        await self._office.settings.put(account.user_id, body.model_dump())
        return json_response(body.model_dump())

    async def list_keys(self, exchange: Exchange) -> Response:
        """Return the account's API keys, newest first."""
        exchange.query()
        account = await self._account(exchange)
        keys = await self._office.accounts.keys(account.user_id)
        data = [key_object(key, account.name) for key in keys]
        return json_response({"object": "list", "data": data, "has_more": False})

    async def make_key(self, exchange: Exchange) -> Response:
        """Make an API key; its plain text is in this answer and nowhere else."""
        account = await self._person(exchange, "API key")
        body = validate(KeyRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        limit = self._config.rate_per_minute
        if limit is not None and (body.requests_per_minute or 0) > limit:
            raise RequestError(
                f"requests_per_minute: expected at most {limit}, the limit of this installation",
                hint="leave it out, or ask an owner",
                param="requests_per_minute",
            )
        if sum(key.revoked_ms is None for key in await self._office.accounts.keys(account.user_id)) >= _MAX_KEYS:
            raise ConflictError(f"API key: the account has {_MAX_KEYS} already", hint="revoke one that is not used")
        made = await self._office.accounts.create_key(
            body.name,
            account.user_id,
            roles=body.roles,
            expires_ms=body.expires_ms,
            requests_per_minute=body.requests_per_minute,
        )
        return json_response({**key_object(made.key, account.name), "key": made.plain}, 201)

    async def revoke_key(self, exchange: Exchange) -> Response:
        """Revoke one of the account's keys for ever."""
        account = await self._person(exchange, "API key")
        await self._office.accounts.revoke_key(exchange.path_value("id"), account.user_id)
        return _nothing()

    async def list_sessions(self, exchange: Exchange) -> Response:
        """Return the account's open sessions, newest first."""
        exchange.query()
        account = await self._account(exchange)
        sessions = await self._office.accounts.sessions(account.user_id)
        return json_response(
            {"object": "list", "data": [session_object(session, account.session_id) for session in sessions]}
        )

    async def end_session(self, exchange: Exchange) -> Response:
        """End one of the account's sessions."""
        account = await self._person(exchange, "session")
        await self._office.accounts.end_session_of(account.user_id, exchange.path_value("id"))
        return _nothing()

    async def end_other_sessions(self, exchange: Exchange) -> Response:
        """End every session of the account but the one that asks."""
        account = await self._person(exchange, "session")
        ended = await self._office.accounts.end_other_sessions(account.user_id, account.session_id)
        return json_response({"ended": ended})

    async def export(self, exchange: Exchange) -> Response:
        """Stream everything that the account has here, one JSON object a line."""
        exchange.query()
        account = await self._account(exchange)
        headers = {"cache-control": "no-store", "content-disposition": 'attachment; filename="verax-export.jsonl"'}
        lines = self._office.export(account.user_id)
        return StreamingResponse(_encoded(lines), headers=headers, media_type="application/jsonl")

    async def erase(self, exchange: Exchange) -> Response:
        """Erase the account with all that it wrote."""
        account = await self._person(exchange, "erasure")
        body = validate(EraseRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        if (await self._office.accounts.user(account.user_id)).has_password:
            await check_password(self._office.accounts, exchange, account, body.password)
        response = json_response(await erase_person(self._office, account.user_id))
        set_cookie(response, exchange, "", 0)
        return response

    async def _account(self, exchange: Exchange) -> Account:
        return await self._gate.account(exchange.headers, exchange.method, exchange.address)

    async def _person(self, exchange: Exchange, what: str) -> Account:
        exchange.query()
        account = await self._account(exchange)
        require_session(account, what)
        return account

    async def _account_object(self, account: Account) -> dict[str, Any]:
        user = await self._office.accounts.user(account.user_id)
        return {
            "user_id": user.user_id,
            "name": user.name,
            "roles": sorted(account.roles & user.roles),
            "has_password": user.has_password,
            "may_set_password": await self._office.accounts.may_set_password(account.session_id),
            "requests_per_minute": user.requests_per_minute,
            "created_ms": user.created_ms,
        }

    async def _check_old_password(self, exchange: Exchange, account: Account, old: str | None) -> None:
        if not await self._office.accounts.may_set_password(account.session_id):
            await check_password(self._office.accounts, exchange, account, old)


async def check_password(accounts: Accounts, exchange: Exchange, account: Account, password: str | None) -> None:
    """Refuse a wrong password; counted and timed as a sign-in is.

    Raises:
        ForbiddenError: it is wrong, or missing.
        BusyError: too many tries.
    """
    try:
        await accounts.authenticate(account.name, password or "", client_of(exchange))
    except AccessError:
        raise ForbiddenError(
            "password: the present one was not given, or is wrong",
            hint="a one-time link from an owner replaces a forgotten one",
            param="password",
            code="access/password",
        ) from None


async def erase_person(office: Office, user_id: str) -> dict[str, Any]:
    """Erase an account in the running server, and say what is left for later.

    Raises:
        UnknownObject: no such account.
        ConflictError: it is the last owner.
    """
    try:
        report = await office.eraser.user(user_id)
    except BusyError:
        # A long read, a backup for instance, still holds deleted rows; the job is written down.
        report = EraseReport(is_done=False)
    return {
        "user_id": user_id,
        "is_done": report.is_done,
        "turns": report.turns,
        "messages": report.messages,
        "erasures": list(report.erasures),
    }


def _nothing() -> Response:
    return Response(status_code=204, headers={"cache-control": "no-store"})


async def _encoded(lines: AsyncIterator[str]) -> AsyncIterator[bytes]:
    async for line in lines:
        yield line.encode("utf-8") + b"\n"
