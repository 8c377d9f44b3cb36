"""``/v1/releases/{id}``: a release as its manifest, and as TOML to edit."""

from __future__ import annotations

import re

from starlette.responses import Response
from starlette.routing import Route

from verax.kernel.errors import UnknownObject
from verax.kernel.release_toml import release_toml
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.ports import GovernanceDesk

__all__ = ["ReleaseEndpoints"]

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class ReleaseEndpoints:
    """Serves releases that the installation holds, to whoever has an account."""

    def __init__(self, governance: GovernanceDesk, gate: Gate) -> None:
        self._governance = governance
        self._gate = gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/v1/releases/{id}", Endpoint(self.get_release), methods=["GET"])]

    async def get_release(self, exchange: Exchange) -> Response:
        """Return one release."""
        exchange.query()
        await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        release_id = exchange.path_value("id")
        if not _DIGEST.match(release_id):
            raise UnknownObject("release: ids are 64 hex digits", hint="GET /v1/governance/state names the heads")
        release = self._governance.release(release_id)
        return json_response({"id": release.id, "manifest": dict(release.manifest), "toml": release_toml(release)})
