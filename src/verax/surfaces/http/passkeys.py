"""``/v1/passkeys``: enrolling passkeys that may sign once the root document names them (protocol clause 3).

* The private key never leaves the authenticator; this server holds nothing that could sign.
* The relying party is the host that the page was opened at; an address of digits cannot be one.
* Enrolling gives no authority: a root change does, and it carries the signature of the new key.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from verax.kernel import canonical
from verax.kernel.enrolment import read_registration
from verax.kernel.errors import RequestError
from verax.kernel.root import RootDocument
from verax.kernel.root_drafts import key_id_of
from verax.kernel.short_code import short_code
from verax.store.signing import Passkey
from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate, require_role
from verax.surfaces.http.ports import GovernanceDesk, SigningDesk
from verax.surfaces.http.validation import WireModel, validate

__all__ = ["EnrolRequest", "PasskeyEndpoints"]

_OWNER = frozenset({"owner"})
_BODY_LIMIT_BYTES = 65_536
_B64URL = r"^[A-Za-z0-9_-]{1,4096}$"


class EnrolRequest(WireModel):
    """Body of ``POST /v1/passkeys``: what ``navigator.credentials.create`` returned."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    challenge: Annotated[str, Field(pattern=_B64URL)]
    client_data_json: Annotated[str, Field(pattern=_B64URL)]
    authenticator_data: Annotated[str, Field(pattern=_B64URL)]


class PasskeyEndpoints:
    """Enrols, lists and forgets passkeys."""

    def __init__(self, desk: SigningDesk, governance: GovernanceDesk, gate: Gate) -> None:
        self._desk = desk
        self._governance = governance
        self._gate = gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/passkeys", Endpoint(self.list_passkeys), methods=["GET"]),
            Route("/v1/passkeys", Endpoint(self.enrol), methods=["POST"]),
            Route("/v1/passkey-challenges", Endpoint(self.challenge), methods=["POST"]),
            Route("/v1/passkeys/{id}", Endpoint(self.remove_passkey), methods=["DELETE"]),
        ]

    async def list_passkeys(self, exchange: Exchange) -> Response:
        """Return one's own passkeys; an owner may ask for everybody's with ``?all=true``."""
        asked = exchange.query("all").get("all", "false")
        if asked not in ("true", "false"):
            raise RequestError("all: expected true or false", param="all")
        everybody = asked == "true"
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        if everybody:
            require_role(caller, _OWNER, "passkeys of everybody")
        found = await self._desk.passkeys(None if everybody else caller.user_id)
        root = self._governance.state.root
        return json_response({"object": "list", "data": [_passkey(item, root) for item in found]})

    async def challenge(self, exchange: Exchange) -> Response:
        """Return what a browser needs to make a passkey for this server."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        rp_id = _rp_id(exchange)
        challenge = secrets.token_urlsafe(32)
        await self._desk.keep_challenge(caller.user_id, challenge)
        known = [item.credential_id for item in await self._desk.passkeys(caller.user_id) if item.rp_id == rp_id]
        user = base64.urlsafe_b64encode(caller.user_id.encode("utf-8")).rstrip(b"=").decode("ascii")
        return json_response({"challenge": challenge, "rp_id": rp_id, "user_handle": user, "exclude": known}, 201)

    async def enrol(self, exchange: Exchange) -> Response:
        """Keep a new passkey; it signs for a person once the root document names it."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        body = validate(EnrolRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        await self._desk.take_challenge(caller.user_id, body.challenge)
        found = read_registration(
            _url_bytes(body.client_data_json),
            _url_bytes(body.authenticator_data),
            body.challenge,
            _rp_id(exchange),
            exchange.address.origins,
        )
        kept = await self._desk.enrol(caller.user_id, body.name, found, _rp_id(exchange), _origin(exchange))
        return json_response(_passkey(kept, self._governance.state.root), 201)

    async def remove_passkey(self, exchange: Exchange) -> Response:
        """Forget a passkey of one's own; the root document is not changed by it."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        await self._desk.remove_passkey(caller.user_id, exchange.path_value("id"))
        return Response(status_code=204)


def _passkey(passkey: Passkey, root: RootDocument) -> dict[str, Any]:
    record: dict[str, Any] = {"kind": "passkey", "material": canonical.b64_encode(passkey.material)}
    record |= {"rp_id": passkey.rp_id, "origins": [passkey.origin]}
    known = next((key for key in root.keys.values() if key.material == passkey.material), None)
    roles = [] if known is None else sorted(role for role, rule in root.roles.items() if known.id in rule.keys)
    return {
        "id": passkey.credential_id,
        "name": passkey.name,
        "key_id": key_id_of(record) if known is None else known.id,
        "code": short_code(canonical.hex_digest(passkey.material)),
        "record": record,
        "can_be_backed_up": passkey.can_be_backed_up,
        "person": None if known is None else known.person,
        "roles": roles,
        "created_ms": passkey.created_ms,
    }


def _rp_id(exchange: Exchange) -> str:
    host = urlsplit(_origin(exchange)).hostname or ""
    if not host or host.startswith("[") or ":" in host or host.replace(".", "").isdigit():
        raise RequestError(
            "passkey: this page was opened by an address of digits, which cannot hold passkeys",
            hint="open it as http://localhost with the same port, or set public_url to a name with TLS",
            code="passkey/address",
        )
    return host


def _origin(exchange: Exchange) -> str:
    origin = exchange.headers.get(b"origin", b"").decode("latin-1")
    return origin if origin in exchange.address.origins else exchange.address.base_url


def _url_bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise RequestError("passkey: expected base64url without padding") from None
