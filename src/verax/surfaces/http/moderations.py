"""``POST /v1/moderations``: any text judged by the ready-made policy of an audience."""

from __future__ import annotations

import secrets

from starlette.responses import Response
from starlette.routing import Route

from verax.guard.audience import Audience
from verax.guard.judges import ScoreBook
from verax.guard.moderation import moderate
from verax.guard.moderation_object import moderation_object
from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.moderation_models import ModerationRequest
from verax.surfaces.http.validation import validate

__all__ = ["ModerationEndpoints"]


class ModerationEndpoints:
    """Serves judgements of the guard in OpenAI's shape."""

    def __init__(self, book: ScoreBook, gate: Gate, limit_bytes: int) -> None:
        self._book = book
        self._gate = gate
        self._limit_bytes = limit_bytes

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/v1/moderations", Endpoint(self.create), methods=["POST"])]

    async def create(self, exchange: Exchange) -> Response:
        """Judge each text of the body."""
        exchange.query()
        await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        body = validate(ModerationRequest, await read_json(exchange.headers, exchange.receive, self._limit_bytes))
        texts = [body.input] if isinstance(body.input, str) else body.input
        audience = Audience(body.audience)
        results = await moderate(texts, audience, body.direction, self._book)
        answer_id = f"modr-{secrets.token_hex(12)}"
        return json_response(moderation_object(answer_id, results, audience, body.direction, self._book.identities))
