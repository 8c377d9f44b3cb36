"""``/v1/admin/users`` and ``/v1/admin/keys``: accounts and credentials of other people."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from verax.store.accounts_links import link_path
from verax.store.accounts_types import Account, NewLink, User, UserChange, UserOverview
from verax.surfaces.http.account import erase_person
from verax.surfaces.http.account_views import key_object
from verax.surfaces.http.admin_gate import AdminGate, may_manage, note_change
from verax.surfaces.http.admin_shapes import UserChangeRequest, UserRequest
from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.validation import validate
from verax.surfaces.office import Office

__all__ = ["MAX_PAGE", "AdminUserEndpoints"]

MAX_PAGE = 200
_PAGE = 50
_BODY_LIMIT_BYTES = 8192


class AdminUserEndpoints:
    """Serves owners and operators the accounts that they manage."""

    def __init__(self, office: Office, gate: AdminGate) -> None:
        self._office = office
        self._gate = gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/admin/users", Endpoint(self.list_users), methods=["GET"]),
            Route("/v1/admin/users", Endpoint(self.make_user), methods=["POST"]),
            Route("/v1/admin/users/{id}", Endpoint(self.get_user), methods=["GET"]),
            Route("/v1/admin/users/{id}", Endpoint(self.change_user), methods=["PATCH"]),
            Route("/v1/admin/users/{id}", Endpoint(self.erase_user), methods=["DELETE"]),
            Route("/v1/admin/users/{id}/link", Endpoint(self.make_link), methods=["POST"]),
            Route("/v1/admin/keys", Endpoint(self.list_keys), methods=["GET"]),
            Route("/v1/admin/keys/{id}", Endpoint(self.revoke_key), methods=["DELETE"]),
        ]

    async def list_users(self, exchange: Exchange) -> Response:
        """Return accounts in order of their names, those whose name holds ``q`` where it is given."""
        await self._gate.administrator(exchange)
        values = exchange.query("q", "after", "limit")
        limit = exchange.number(values, "limit", _PAGE, 1, MAX_PAGE)
        page = await self._office.accounts.user_page(values.get("q", ""), values.get("after", ""), limit + 1)
        data = [_user_object(item) for item in page.users[:limit]]
        return json_response({"object": "list", "data": data, "has_more": len(page.users) > limit, "total": page.total})

    async def get_user(self, exchange: Exchange) -> Response:
        """Return one account."""
        await self._gate.administrator(exchange)
        exchange.query()
        return json_response(await self._shown(exchange.path_value("id")))

    async def make_user(self, exchange: Exchange) -> Response:
        """Make an account without a password, and the one-time link that its person begins with."""
        actor = await self._gate.administrator(exchange)
        exchange.query()
        body = validate(UserRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        may_manage(actor, None, body.roles)
        accounts = self._office.accounts
        user = await accounts.create_user(body.name, roles=body.roles)
        if body.requests_per_minute is not None:
            await accounts.set_limit(user.user_id, body.requests_per_minute)
        link = await accounts.create_link(user.user_id)
        note_change(actor, "account made", user.user_id)
        return json_response({**await self._shown(user.user_id), "link": _link_object(exchange, link)}, 201)

    async def change_user(self, exchange: Exchange) -> Response:
        """Change name, roles, limit, or whether credentials are honoured; all or nothing."""
        actor = await self._gate.administrator(exchange)
        exchange.query()
        body = validate(UserChangeRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        user_id = exchange.path_value("id")
        change = UserChange(
            name=body.name,
            roles=None if body.roles is None else frozenset(body.roles),
            is_disabled=body.is_disabled,
            sets_limit="requests_per_minute" in body.model_fields_set,
            requests_per_minute=body.requests_per_minute,
        )
        await self._office.accounts.change_user(user_id, change, lambda user: may_manage(actor, user, body.roles or ()))
        note_change(actor, f"account changed ({', '.join(sorted(body.model_fields_set))})", user_id)
        return json_response(await self._shown(user_id))

    async def make_link(self, exchange: Exchange) -> Response:
        """Make a one-time link for an account; older ones stop working, the password stays."""
        actor = await self._gate.administrator(exchange)
        exchange.query()
        user_id = exchange.path_value("id")
        link = await self._office.accounts.create_link(user_id, lambda user: may_manage(actor, user))
        note_change(actor, "sign-in link made for", user_id)
        return json_response(_link_object(exchange, link), 201)

    async def erase_user(self, exchange: Exchange) -> Response:
        """Erase an account with all that it wrote; disabling it keeps both."""
        actor = await self._gate.administrator(exchange)
        exchange.query()
        user_id = exchange.path_value("id")
        disable = UserChange(is_disabled=True)
        await self._office.accounts.change_user(user_id, disable, lambda user: may_manage(actor, user))
        note_change(actor, "account erased", user_id)
        return json_response(await erase_person(self._office, user_id))

    async def list_keys(self, exchange: Exchange) -> Response:
        """Return API keys of all accounts or of one, newest first."""
        await self._gate.administrator(exchange)
        values = exchange.query("user", "after", "limit")
        limit = exchange.number(values, "limit", _PAGE, 1, MAX_PAGE)
        accounts = self._office.accounts
        keys = await accounts.key_page(values.get("user"), values.get("after", ""), limit + 1)
        names = await accounts.names(key.user_id for key in keys)
        data = [key_object(key, names.get(key.user_id, "")) for key in keys[:limit]]
        return json_response({"object": "list", "data": data, "has_more": len(keys) > limit})

    async def revoke_key(self, exchange: Exchange) -> Response:
        """Revoke an API key for ever."""
        actor = await self._gate.administrator(exchange)
        exchange.query()
        key = await self._office.accounts.key(exchange.path_value("id"))
        may_manage(actor, await self._owner_of(key.user_id, actor))
        await self._office.accounts.revoke_key(key.key_id)
        note_change(actor, "API key revoked", key.key_id)
        return Response(status_code=204, headers={"cache-control": "no-store"})

    async def _owner_of(self, user_id: str, actor: Account) -> User | None:
        """Return the account of a key; None for the actor's own, which may always be revoked."""
        return None if user_id == actor.user_id else await self._office.accounts.user(user_id)

    async def _shown(self, user_id: str) -> dict[str, Any]:
        return _user_object(await self._office.accounts.overview(user_id))


def _user_object(item: UserOverview) -> dict[str, Any]:
    user = item.user
    return {
        "id": user.user_id,
        "name": user.name,
        "roles": sorted(user.roles),
        "has_password": user.has_password,
        "requests_per_minute": user.requests_per_minute,
        "created_ms": user.created_ms,
        "disabled_ms": user.disabled_ms,
        "sessions": item.sessions,
        "keys": item.keys,
        "last_seen_ms": item.last_seen_ms,
    }


def _link_object(exchange: Exchange, link: NewLink) -> dict[str, Any]:
    return {"url": f"{exchange.address.base_url}{link_path(link.code)}", "expires_ms": link.expires_ms}
