"""``/v1/channels/…/rollout``, live signals for operators, and votes on one's own turns.

Facts are public: they stand in the governance log. Signals are sums
over users, and only owners and operators read them. A vote is the turn
owner's; it is shown and triggers nothing.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from verax.kernel.errors import RequestError, UnknownObject
from verax.surfaces.http.admin_gate import AdminGate
from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.validation import WireModel, validate
from verax.surfaces.rollouts import RolloutDesk

__all__ = ["RolloutEndpoints", "VoteRequest"]

_TURN_ID = re.compile(r"[0-9a-f]{32}\Z")
_INDEX = re.compile(r"(?:0|[1-9][0-9]{0,15})\Z")


class VoteRequest(WireModel):
    """Body of ``POST /v1/turns/{id}/vote``."""

    vote: Literal["up", "down"] = Field(description="The newest vote of a turn's owner counts.")


class RolloutEndpoints:
    """Serves facts, signals and votes."""

    def __init__(self, desk: RolloutDesk, gate: Gate, body_limit_bytes: int) -> None:
        self._desk = desk
        self._gate = gate
        self._admin = AdminGate(gate)
        self._body_limit_bytes = body_limit_bytes

    def routes(self) -> list[Route]:
        """Return the routes."""
        admin = "/v1/admin/channels/{name:path}"
        return [
            Route("/v1/channels/{name:path}/rollout", Endpoint(self.get_rollout), methods=["GET"]),
            Route(f"{admin}/signals", Endpoint(self.get_signals), methods=["GET"]),
            Route(f"{admin}/affected", Endpoint(self.get_affected), methods=["GET"]),
            Route("/v1/turns/{id}/vote", Endpoint(self.vote), methods=["POST"]),
            Route("/v1/turns/{id}/vote", Endpoint(self.withdraw_vote), methods=["DELETE"]),
        ]

    async def get_rollout(self, exchange: Exchange) -> Response:
        """Return how a channel's canary came about and goes on."""
        exchange.query()
        return json_response(await self._desk.facts(exchange.path_value("name")))

    async def get_signals(self, exchange: Exchange) -> Response:
        """Return the signals of a channel's newest rollout over time."""
        exchange.query()
        await self._admin.administrator(exchange)
        return json_response(await self._desk.signals(exchange.path_value("name")))

    async def get_affected(self, exchange: Exchange) -> Response:
        """Return the ids of the turns that a rollback's timeline names."""
        await self._admin.administrator(exchange)
        move = exchange.query("move").get("move", "")
        if not _INDEX.match(move):
            raise RequestError("move: expected the index of a rollback in the governance log", param="move")
        return json_response(await self._desk.affected(exchange.path_value("name"), int(move)))

    async def vote(self, exchange: Exchange) -> Response:
        """Keep the caller's vote on a turn of theirs."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        body = validate(VoteRequest, await read_json(exchange.headers, exchange.receive, self._body_limit_bytes))
        await self._desk.votes.vote(_turn_id(exchange), caller.user_id, is_up=body.vote == "up")
        return Response(status_code=204)

    async def withdraw_vote(self, exchange: Exchange) -> Response:
        """Take the caller's vote back."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        await self._desk.votes.withdraw(_turn_id(exchange), caller.user_id)
        return Response(status_code=204)


def _turn_id(exchange: Exchange) -> str:
    turn_id = exchange.path_value("id")
    if not _TURN_ID.match(turn_id):
        raise UnknownObject("turn: no turn has this id", hint="ids are 32 hex digits: verax.id of a reply")
    return turn_id
