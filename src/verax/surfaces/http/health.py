"""``/health`` and ``/metrics``: for load balancers and operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from starlette.responses import Response
from starlette.routing import Route

from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate, require_role
from verax.surfaces.http.metrics import CONTENT_TYPE, Metrics
from verax.surfaces.http.ports import HealthDetail

__all__ = ["METRICS_ROLES", "HealthEndpoints"]

METRICS_ROLES = frozenset({"owner", "operator", "auditor"})


class HealthEndpoints:
    """Says whether this server lives, whether it can answer, and what it has counted."""

    def __init__(
        self,
        health: Callable[[], Sequence[HealthDetail]],
        metrics: Metrics,
        gate: Gate,
        metrics_auth: Literal["key", "none"],
    ) -> None:
        self._health = health
        self._metrics = metrics
        self._gate = gate
        self._metrics_auth = metrics_auth

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/health", Endpoint(self.get_health), methods=["GET"]),
            Route("/health/live", Endpoint(self.get_live), methods=["GET"]),
            Route("/metrics", Endpoint(self.get_metrics), methods=["GET"]),
        ]

    async def get_live(self, exchange: Exchange) -> Response:
        """Answer as long as the process answers at all."""
        exchange.query()
        return json_response({"status": "live"})

    async def get_health(self, exchange: Exchange) -> Response:
        """Answer 200 when turns can be answered, else 503; each detail says why."""
        exchange.query()
        details = self._health()
        is_ready = all(detail.is_ready for detail in details)
        checks = [{"name": d.name, "ready": d.is_ready, "detail": d.detail} for d in details]
        return json_response(
            {"status": "ready" if is_ready else "not_ready", "checks": checks}, 200 if is_ready else 503
        )

    async def get_metrics(self, exchange: Exchange) -> Response:
        """Return the metrics; who may read them is a setting."""
        exchange.query()
        if self._metrics_auth == "key":
            caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
            require_role(caller, METRICS_ROLES, "metrics")
        return Response(self._metrics.render(), headers={"cache-control": "no-store", "content-type": CONTENT_TYPE})
