"""``/v1/governance``: the state that the log folds to, and the way in for signed statements.

Accounts and roles open the door only; what a statement may do is decided by the fold from
its signatures (clause 5).
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from verax.kernel import canonical
from verax.kernel.errors import RequestError
from verax.kernel.fold import State
from verax.surfaces.http.body import read_json
from verax.surfaces.http.channels import channel_names, channel_object
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate, require_role
from verax.surfaces.http.ports import GovernanceDesk
from verax.surfaces.http.validation import WireModel, validate

__all__ = ["ENTRY_ROLES", "EntryRequest", "GovernanceEndpoints"]

ENTRY_ROLES = frozenset({"owner", "author", "reviewer", "operator", "guardian"})

_RUNTIME = "runtime"
_Base64 = Annotated[str, Field(pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$")]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class EntryRequest(WireModel):
    """Body of ``POST /v1/governance/entries``."""

    envelope: _Base64 = Field(description="The exact bytes of the DSSE envelope, base64.")
    blobs: dict[_Digest, _Base64] = Field(
        default_factory=dict,
        description="Blobs that the statement refers to, base64 by their SHA-256.",
        json_schema_extra={"additionalProperties": False},
    )


class GovernanceEndpoints:
    """Serves the governance state and takes statements."""

    def __init__(self, governance: GovernanceDesk, gate: Gate, body_limit_bytes: int) -> None:
        self._governance = governance
        self._gate = gate
        self._body_limit_bytes = body_limit_bytes

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/governance/state", Endpoint(self.get_state), methods=["GET"]),
            Route("/v1/governance/entries", Endpoint(self.post_entry), methods=["POST"]),
        ]

    async def get_state(self, exchange: Exchange) -> Response:
        """Return what the public log folds to."""
        exchange.query()
        return json_response(_state(self._governance.state))

    async def post_entry(self, exchange: Exchange) -> Response:
        """Append a signed statement that has an effect."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        require_role(caller, ENTRY_ROLES, "governance")
        raw = await read_json(exchange.headers, exchange.receive, self._body_limit_bytes)
        body = validate(EntryRequest, raw)
        blobs = {digest: _decode(text, "blobs") for digest, text in body.blobs.items()}
        for digest, data in blobs.items():
            if canonical.hex_digest(data) != digest:
                raise RequestError(
                    "blobs: a blob does not have the digest it is filed under", hint="send it again", param="blobs"
                )
        index = await self._governance.submit(_decode(body.envelope, "envelope"), blobs)
        return json_response({"index": index, "state": _state(self._governance.state)}, 201)


def _decode(text: str, param: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise RequestError(f"{param}: expected padded base64", param=param) from None
    return data


def _state(state: State) -> dict[str, Any]:
    runtime = state.channels.get(_RUNTIME)
    return {
        "size": state.size,
        "root_hash": state.tree_root.hex(),
        "name": state.root.name,
        "root_version": state.root.version,
        "fingerprint": state.fingerprint,
        "solo": state.root.is_solo,
        "runtime": None if runtime is None else runtime.head,
        "channels": {name: channel_object(state.channels[name]) for name in channel_names(state)},
    }
