"""``POST /v1/embeddings``: vectors by the model of a channel's head."""

from __future__ import annotations

import array
import base64
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.parameters import HINT
from verax.surfaces.http.ports import Embeddings, Engine
from verax.surfaces.http.validation import WireModel, validate

__all__ = ["MAX_TEXTS", "EmbeddingEndpoints", "EmbeddingRequest", "embeddings_body"]

MAX_TEXTS = 2048

_Text = Annotated[str, Field(min_length=1)]


class EmbeddingRequest(WireModel):
    """Body of ``POST /v1/embeddings``."""

    model: str = Field(description="Name of a channel.")
    input: _Text | Annotated[list[_Text], Field(min_length=1, max_length=MAX_TEXTS)] = Field(
        description="Text, or up to 2048 texts; lists of token numbers are refused."
    )
    encoding_format: Literal["float", "base64"] | None = Field(default=None, description="`float` or `base64`.")
    user: str | None = Field(default=None, description="A label of the caller's own.", json_schema_extra=HINT)


class EmbeddingEndpoints:
    """Answers embeddings in OpenAI's shape."""

    def __init__(self, engine: Engine, gate: Gate, body_limit_bytes: int) -> None:
        self._engine = engine
        self._gate = gate
        self._body_limit_bytes = body_limit_bytes

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/v1/embeddings", Endpoint(self.create), methods=["POST"])]

    async def create(self, exchange: Exchange) -> Response:
        """Return one vector a text, in order."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        raw = await read_json(exchange.headers, exchange.receive, self._body_limit_bytes)
        body = validate(EmbeddingRequest, raw)
        texts = [body.input] if isinstance(body.input, str) else body.input
        found = await self._engine.embed(body.model, caller, texts)
        return json_response(embeddings_body(body.model, found, body.encoding_format or "float"))


def embeddings_body(channel: str, found: Embeddings, encoding: str) -> dict[str, Any]:
    """Return the body; ``base64`` is of little-endian 32-bit floats, as OpenAI's clients read it."""
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _packed(vector) if encoding == "base64" else list(vector),
        }
        for index, vector in enumerate(found.vectors)
    ]
    tokens = found.prompt_tokens or 0
    return {
        "object": "list",
        "data": data,
        "model": channel,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        "verax": {"release": found.release, "runtime": found.runtime, "channel": channel, "mode": found.mode},
    }


def _packed(vector: Sequence[float]) -> str:
    numbers = array.array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode("ascii")
