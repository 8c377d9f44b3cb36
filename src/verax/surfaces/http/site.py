"""``/v1/site``: what a page needs to know before anybody signs in.

It is open, and says nothing that the public log does not say, except whether the first-run
screen was finished and whether the asker is signed in.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

import verax
from verax.kernel.errors import AccessError
from verax.surfaces.http.account_models import LANGUAGES
from verax.surfaces.http.channels import channel_names
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate, require_role, require_session
from verax.surfaces.http.ports import GovernanceDesk
from verax.surfaces.office import Office

__all__ = ["SET_UP_FACT", "SiteEndpoints"]

SET_UP_FACT = "set_up_ms"
"""Name of the fact that says when an owner finished the first-run screen."""

_OWNER = frozenset({"owner"})


class SiteEndpoints:
    """Says what this installation is."""

    def __init__(self, governance: GovernanceDesk, office: Office, gate: Gate) -> None:
        self._governance = governance
        self._office = office
        self._gate = gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/site", Endpoint(self.get_site), methods=["GET"]),
            Route("/v1/site/set-up", Endpoint(self.finish_set_up), methods=["POST"]),
        ]

    async def get_site(self, exchange: Exchange) -> Response:
        """Return what this installation is; a session that ended counts as none."""
        exchange.query()
        return await self._site(is_signed_in=await self._is_signed_in(exchange))

    async def finish_set_up(self, exchange: Exchange) -> Response:
        """Remember that an owner finished the first-run screen."""
        exchange.query()
        account = await self._gate.account(exchange.headers, exchange.method, exchange.address)
        require_session(account, "set-up")
        require_role(account, _OWNER, "set-up")
        if await self._office.facts.get(SET_UP_FACT) is None:
            await self._office.facts.put(SET_UP_FACT, str(self._office.clock.now_ms()))
        return await self._site(is_signed_in=True)

    async def _is_signed_in(self, exchange: Exchange) -> bool:
        try:
            caller = await self._gate.caller_or_none(exchange.headers, exchange.method, exchange.address)
        except AccessError:
            if b"authorization" in exchange.headers:
                raise
            return False
        return caller is not None

    async def _site(self, *, is_signed_in: bool) -> Response:
        state = self._governance.state
        rules = state.root.channels
        return json_response(
            {
                "name": state.root.name,
                "version": verax.__version__,
                "fingerprint": state.fingerprint,
                "solo": state.root.is_solo,
                "channels": [{"name": name, "is_public": rules[name].is_public} for name in channel_names(state)],
                "is_signed_in": is_signed_in,
                "set_up": await self._office.facts.get(SET_UP_FACT) is not None,
                "languages": list(LANGUAGES),
            }
        )
