"""``/v1/junior`` for guardians: profiles, the PIN, sessions, use, alerts, the log.

* A guardian sees and changes their own profiles only, whatever roles they have.
* What makes a way in or out for a child takes a session, not an API key: the PIN, opening a child's
  session, and the readable log, which is for a person's eyes.
* Opening a child's session puts its token in the place of the guardian's in this browser.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from verax.guard.helplines import list_countries
from verax.kernel.errors import ConflictError
from verax.kernel.receipt import Receipt
from verax.products.junior.collection import TOPICS
from verax.store.accounts import Accounts
from verax.store.accounts_types import Account
from verax.store.junior.export import export_profile
from verax.store.junior.types import ANIMALS, BANDS, COLOURS, SESSION_HOURS, Profile, terms_of
from verax.surfaces.http.account import check_password
from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate, require_session, session_token
from verax.surfaces.http.junior_models import ClassroomCodeRequest, PinRequest, ProfileChange, ProfileRequest
from verax.surfaces.http.junior_views import helpline_object, profile_object, settings_from
from verax.surfaces.http.ports import Receipts
from verax.surfaces.http.session import set_cookie
from verax.surfaces.http.validation import validate
from verax.surfaces.junior_desk import JuniorDesk

__all__ = ["JuniorEndpoints"]

_BODY_LIMIT_BYTES = 16_384
_MAX_LINES = 200
_MAX_LOG_DAYS = 90


class JuniorEndpoints:
    """Serves guardians."""

    def __init__(self, desk: JuniorDesk, accounts: Accounts, gate: Gate, receipts: Receipts) -> None:
        self._desk = desk
        self._receipts = receipts
        self._accounts = accounts
        self._gate = gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        base, one = "/v1/junior", "/v1/junior/profiles/{id}"
        return [
            Route(f"{base}/choices", Endpoint(self.get_choices), methods=["GET"]),
            Route(f"{base}/pin", Endpoint(self.get_pin), methods=["GET"]),
            Route(f"{base}/pin", Endpoint(self.put_pin), methods=["PUT"]),
            Route(f"{base}/profiles", Endpoint(self.list_profiles), methods=["GET"]),
            Route(f"{base}/profiles", Endpoint(self.create), methods=["POST"]),
            Route(one, Endpoint(self.get_profile), methods=["GET"]),
            Route(one, Endpoint(self.change), methods=["PUT"]),
            Route(one, Endpoint(self.erase), methods=["DELETE"]),
            Route(f"{one}/export", Endpoint(self.export), methods=["GET"]),
            Route(f"{one}/sessions", Endpoint(self.list_sessions), methods=["GET"]),
            Route(f"{one}/sessions", Endpoint(self.open_session), methods=["POST"]),
            Route(f"{one}/sessions", Endpoint(self.end_sessions), methods=["DELETE"]),
            Route(f"{one}/use", Endpoint(self.get_use), methods=["GET"]),
            Route(f"{one}/log", Endpoint(self.get_log), methods=["GET"]),
            Route(f"{one}/log", Endpoint(self.clear_log), methods=["DELETE"]),
            Route(f"{one}/log/{{turn}}/receipt", Endpoint(self.get_receipt), methods=["GET"]),
            Route(f"{base}/classroom-codes", Endpoint(self.make_code), methods=["POST"]),
            Route(f"{base}/classroom-codes", Endpoint(self.end_code), methods=["DELETE"]),
            Route(f"{base}/alerts", Endpoint(self.list_alerts), methods=["GET"]),
            Route(f"{base}/alerts/{{id}}", Endpoint(self.dismiss_alert), methods=["DELETE"]),
        ]

    async def get_choices(self, exchange: Exchange) -> Response:
        """Return what a profile can be made of, and what is kept."""
        values = exchange.query("log_days")
        await self._account(exchange)
        days = exchange.number(values, "log_days", 1, 1, _MAX_LOG_DAYS) if "log_days" in values else None
        terms = [asdict(term) for term in terms_of(days)]
        helplines = [helpline_object(country) for country in list_countries()]
        looks = {"bands": BANDS, "colours": COLOURS, "animals": ANIMALS}
        return json_response({**looks, "topics": TOPICS, "helplines": helplines, "terms": terms})

    async def get_pin(self, exchange: Exchange) -> Response:
        """Return how the guardian's PIN stands."""
        exchange.query()
        account = await self._account(exchange)
        return json_response(asdict(await self._desk.pins.state(account.user_id)))

    async def put_pin(self, exchange: Exchange) -> Response:
        """Set the PIN; replacing one takes the password, where there is one."""
        account = await self._person(exchange, "PIN")
        body = validate(PinRequest, await self._json(exchange))
        is_set = (await self._desk.pins.state(account.user_id)).is_set
        if is_set and (await self._accounts.user(account.user_id)).has_password:
            await check_password(self._accounts, exchange, account, body.password)
        await self._desk.pins.put(account.user_id, body.pin)
        return json_response(asdict(await self._desk.pins.state(account.user_id)))

    async def list_profiles(self, exchange: Exchange) -> Response:
        """Return the guardian's profiles."""
        exchange.query()
        account = await self._account(exchange)
        found = await self._desk.profiles.listed(account.user_id)
        return json_response({"object": "list", "data": [await self._object(profile) for profile in found]})

    async def create(self, exchange: Exchange) -> Response:
        """Make a profile."""
        exchange.query()
        account = await self._account(exchange)
        body = validate(ProfileRequest, await self._json(exchange))
        made = await self._desk.profiles.create(account.user_id, settings_from(body), body.agreed)
        return json_response(await self._object(made), 201)

    async def get_profile(self, exchange: Exchange) -> Response:
        """Return a profile."""
        exchange.query()
        return json_response(await self._object(await self._profile(exchange)))

    async def change(self, exchange: Exchange) -> Response:
        """Replace the settings of a profile."""
        exchange.query()
        account = await self._account(exchange)
        body = validate(ProfileChange, await self._json(exchange))
        changed = await self._desk.profiles.change(
            exchange.path_value("id"), account.user_id, settings_from(body), body.agreed
        )
        return json_response(await self._object(changed))

    async def erase(self, exchange: Exchange) -> Response:
        """Erase a profile with all that is kept of it."""
        exchange.query()
        profile = await self._profile(exchange)
        erased = await self._desk.erase(profile)
        receipt = asdict(erased.receipt)
        del receipt["erasure_id"]
        return json_response({"id": profile.profile_id, "deleted": True, "is_done": erased.is_done, "receipt": receipt})

    async def export(self, exchange: Exchange) -> Response:
        """Return everything that is kept of a profile."""
        exchange.query()
        profile = await self._profile(exchange)
        data = [entry async for entry in export_profile(self._desk.database, profile)]
        headers = {"content-disposition": 'attachment; filename="junior-export.json"'}
        return json_response({"object": "list", "data": data}, headers=headers)

    async def list_sessions(self, exchange: Exchange) -> Response:
        """Return the open sessions of a profile."""
        exchange.query()
        profile = await self._profile(exchange)
        found = await self._desk.sessions.listed(profile.profile_id)
        data = [{"id": one.session_id, "created_ms": one.created_ms, "expires_ms": one.expires_ms} for one in found]
        return json_response({"object": "list", "data": data})

    async def open_session(self, exchange: Exchange) -> Response:
        """Hand this browser over to the child: the guardian's session ends, the child's begins."""
        account = await self._person(exchange, "child's session")
        profile = await self._desk.profiles.get(exchange.path_value("id"), account.user_id)
        if not (await self._desk.pins.state(account.user_id)).is_set:
            raise ConflictError("session: there is no PIN to leave it with", hint="set one first", code="junior/no-pin")
        opened = await self._desk.sessions.open(profile.profile_id)
        await self._accounts.end_session(session_token(exchange.headers))
        session = opened.session
        response = json_response(
            {"id": session.session_id, "created_ms": session.created_ms, "expires_ms": session.expires_ms}, 201
        )
        set_cookie(response, exchange, opened.token, SESSION_HOURS * 3600)
        return response

    async def end_sessions(self, exchange: Exchange) -> Response:
        """End every session of a profile, wherever it is open."""
        exchange.query()
        profile = await self._profile(exchange)
        return json_response({"ended": await self._desk.sessions.end_all(profile.profile_id)})

    async def make_code(self, exchange: Exchange) -> Response:
        """Make the code with which the children of a class join."""
        account = await self._person(exchange, "code of a class")
        body = validate(ClassroomCodeRequest, await self._json(exchange))
        if not (await self._desk.pins.state(account.user_id)).is_set:
            raise ConflictError("code: there is no PIN to leave with", hint="set one first", code="junior/no-pin")
        made = await self._desk.codes.make(account.user_id, body.minutes)
        return json_response({"code": made.code, "expires_ms": made.expires_ms})

    async def end_code(self, exchange: Exchange) -> Response:
        """End that code; the sessions that it opened go on."""
        account = await self._person(exchange, "code of a class")
        await self._desk.codes.end(account.user_id)
        return Response(status_code=204, headers={"cache-control": "no-store"})

    async def get_use(self, exchange: Exchange) -> Response:
        """Return the use of the last days."""
        exchange.query()
        days = await self._desk.records.days(await self._profile(exchange))
        return json_response({"object": "list", "data": [asdict(day) for day in days]})

    async def get_log(self, exchange: Exchange) -> Response:
        """Return a page of the log."""
        values = exchange.query("before", "limit")
        limit = exchange.number(values, "limit", 50, 1, _MAX_LINES)
        profile = await self._profile(exchange)
        found = await self._desk.records.lines(profile, before=values.get("before", ""), limit=limit + 1)
        data = [_renamed(asdict(line), "line_id") for line in found[:limit]]
        return json_response({"object": "list", "data": data, "has_more": len(found) > limit})

    async def clear_log(self, exchange: Exchange) -> Response:
        """Empty the log."""
        exchange.query()
        return json_response({"removed": await self._desk.records.clear_lines(await self._profile(exchange))})

    async def get_receipt(self, exchange: Exchange) -> Response:
        """Return the receipt of an answer that stands in the log, with the salt that opens the answer."""
        exchange.query()
        profile, turn_id = await self._profile(exchange), exchange.path_value("turn")
        salt = await self._desk.records.salt_of(profile, turn_id)
        status = await self._receipts.status(turn_id)
        if status.receipt is None:
            raise ConflictError(
                "receipt: the leaf is promised, but not integrated yet",
                hint="ask again in a second",
                code="receipt/not-integrated",
            )
        found = Receipt.parse(status.receipt)
        data = Receipt(found.record, found.proof, {"reply": salt}).to_bytes()
        headers = {"cache-control": "no-store", "x-verax-receipt-state": status.state}
        return Response(data, headers=headers, media_type="application/json")

    async def list_alerts(self, exchange: Exchange) -> Response:
        """Return alerts of all profiles."""
        exchange.query()
        account = await self._account(exchange)
        data = []
        for alert in await self._desk.records.alerts(account.user_id):
            fields = _renamed(asdict(alert), "alert_id")
            fields["profile"] = fields.pop("profile_id")
            data.append(fields)
        return json_response({"object": "list", "data": data})

    async def dismiss_alert(self, exchange: Exchange) -> Response:
        """Remove an alert that was read."""
        exchange.query()
        account = await self._account(exchange)
        await self._desk.records.dismiss(exchange.path_value("id"), account.user_id)
        return Response(status_code=204, headers={"cache-control": "no-store"})

    async def _profile(self, exchange: Exchange) -> Profile:
        account = await self._account(exchange)
        return await self._desk.profiles.get(exchange.path_value("id"), account.user_id)

    async def _object(self, profile: Profile) -> dict[str, Any]:
        return profile_object(profile, await self._desk.profiles.consents(profile.profile_id))

    async def _account(self, exchange: Exchange) -> Account:
        return await self._gate.account(exchange.headers, exchange.method, exchange.address)

    async def _person(self, exchange: Exchange, what: str) -> Account:
        exchange.query()
        account = await self._account(exchange)
        require_session(account, what)
        return account

    async def _json(self, exchange: Exchange) -> Any:
        return await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES)


def _renamed(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {"id": fields.pop(name), **fields}
