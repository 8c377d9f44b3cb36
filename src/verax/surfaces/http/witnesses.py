"""``/v1/witnesses``: how the witnesses of the root stand, and evidence of two histories.

* The standing of witnesses is open to everybody, as the root that names them is.
* Evidence (`verax.kernel.split_view`) proves itself by our own log's signatures, so anybody with an
  account may bring it; it is kept, and an alarm enters the governance log. What proves nothing is
  refused.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from verax.kernel import canonical
from verax.kernel.errors import KernelError, RequestError, UnknownObject
from verax.kernel.split_view import SplitView
from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.ports import WitnessDesk
from verax.surfaces.http.validation import WireModel, validate

__all__ = ["EvidenceReport", "WitnessEndpoints"]

_MAX_BASE64 = 350_000
_Evidence = Annotated[
    str,
    Field(max_length=_MAX_BASE64, pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"),
]


class EvidenceReport(WireModel):
    """Body of ``POST /v1/witnesses/evidence``."""

    evidence: _Evidence = Field(description="The exact bytes of a file that shows two histories, base64.")


class WitnessEndpoints:
    """Serves the standing of witnesses, takes and serves evidence."""

    def __init__(self, witnesses: WitnessDesk, gate: Gate, body_limit_bytes: int) -> None:
        self._witnesses = witnesses
        self._gate = gate
        self._body_limit_bytes = body_limit_bytes

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/witnesses", Endpoint(self.get_witnesses), methods=["GET"]),
            Route("/v1/witnesses/evidence", Endpoint(self.post_evidence), methods=["POST"]),
            Route("/v1/witnesses/evidence/{digest}", Endpoint(self.get_evidence), methods=["GET"]),
        ]

    async def get_witnesses(self, exchange: Exchange) -> Response:
        """Return how every witness stands with every log."""
        exchange.query()
        return json_response(self._witnesses.describe())

    async def post_evidence(self, exchange: Exchange) -> Response:
        """Take evidence that a log of ours showed two histories."""
        exchange.query()
        await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        raw = await read_json(exchange.headers, exchange.receive, self._body_limit_bytes)
        body = validate(EvidenceReport, raw)
        try:
            view = SplitView.parse(canonical.b64_decode(body.evidence))
        except KernelError as error:
            raise RequestError(f"evidence: {error.message}", param="evidence") from None
        return json_response({"digest": await self._witnesses.take_evidence(view)}, 201)

    async def get_evidence(self, exchange: Exchange) -> Response:
        """Return evidence by its digest, byte for byte."""
        exchange.query()
        digest = exchange.path_value("digest")
        data = self._witnesses.evidence(digest) if canonical.is_digest(digest) else None
        if data is None:
            raise UnknownObject("evidence: none has this digest", code="witness/no-such-evidence")
        return Response(data, headers={"cache-control": "no-cache"}, media_type="application/json")
