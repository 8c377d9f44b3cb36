"""``/v1/changes/{id}/gates``: the gates of a change: begin, watch, cancel, read a report.

Accounts and roles open the door only. What a result is worth is decided by the fold from its signature, and by
whoever checks its report.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from verax.gates.desk import ChangeGates
from verax.gates.desk import Gate as ChangeGate
from verax.surfaces.http.body import read_json
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate, require_role
from verax.surfaces.http.ports import Gates
from verax.surfaces.http.validation import WireModel, validate

__all__ = ["RUN_ROLES", "VIEW_ROLES", "GateEndpoints", "GateRunRequest"]

RUN_ROLES = frozenset({"owner", "author", "reviewer", "operator"})
VIEW_ROLES = RUN_ROLES | {"auditor"}

_BODY_LIMIT_BYTES = 8192
_SuiteName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,63}$")]


class GateRunRequest(WireModel):
    """Body of ``POST /v1/changes/{id}/gates/run``."""

    suites: Annotated[list[_SuiteName], Field(max_length=64)] = Field(
        default_factory=list,
        description="Suites to run; by default those that the root demands and that have no result yet.",
    )


class GateEndpoints:
    """Serves the gates of changes."""

    def __init__(self, gates: Gates, gate: Gate) -> None:
        self._gates = gates
        self._gate = gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        base = "/v1/changes/{id}/gates"
        return [
            Route(base, Endpoint(self.get_gates), methods=["GET"]),
            Route(f"{base}/run", Endpoint(self.run), methods=["POST"]),
            Route(f"{base}/cancel", Endpoint(self.cancel), methods=["POST"]),
            Route(base + "/{suite}/report", Endpoint(self.get_report), methods=["GET"]),
            Route(base + "/{suite}/questions", Endpoint(self.get_questions), methods=["GET"]),
        ]

    async def get_gates(self, exchange: Exchange) -> Response:
        """Say how far every suite of a change is."""
        exchange.query()
        await self._admit(exchange, VIEW_ROLES)
        return json_response(_shown(self._gates.gates(exchange.path_value("id"))))

    async def run(self, exchange: Exchange) -> Response:
        """Put suites in line."""
        exchange.query()
        await self._admit(exchange, RUN_ROLES)
        body = validate(GateRunRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        return json_response(_shown(self._gates.begin(exchange.path_value("id"), body.suites)), 202)

    async def cancel(self, exchange: Exchange) -> Response:
        """Take a change's suites out of the line, and end the one that runs."""
        exchange.query()
        await self._admit(exchange, RUN_ROLES)
        return json_response(_shown(await self._gates.cancel(exchange.path_value("id"))))

    async def get_report(self, exchange: Exchange) -> Response:
        """Return the report of a suite, to the byte that its digest covers."""
        exchange.query()
        await self._admit(exchange, VIEW_ROLES)
        data = self._gates.report(exchange.path_value("id"), exchange.path_value("suite"))
        return Response(data, media_type="application/json", headers={"cache-control": "no-store"})

    async def get_questions(self, exchange: Exchange) -> Response:
        """Return what the samples of a suite's report were asked, to the byte that their records commit to."""
        exchange.query()
        await self._admit(exchange, VIEW_ROLES)
        change, suite = exchange.path_value("id"), exchange.path_value("suite")
        asked = await asyncio.to_thread(self._gates.asked, change, suite)
        samples = [
            {"item": sample.item_id, "arm": sample.arm, "requests": [data.decode("utf-8") for data in sample.requests]}
            for sample in asked
        ]
        return json_response({"suite": suite, "samples": samples})

    async def _admit(self, exchange: Exchange, roles: frozenset[str]) -> None:
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        require_role(caller, roles, "gates")


def _shown(found: ChangeGates) -> dict[str, Any]:
    change = found.change
    return {
        "change": change.id,
        "channel": change.channel,
        "candidate": change.candidate,
        "base": change.base,
        "seed": change.seed,
        "gates": [_gate_object(gate) for gate in found.gates],
    }


def _gate_object(gate: ChangeGate) -> dict[str, Any]:
    """Return one suite; `state` is the log's word where it has one, else how far the run is."""
    run, result = gate.run, gate.result
    state = "not_run" if run is None else run.state
    if result is not None:
        state = "passed" if result.passed else "failed"
    return {
        "suite": gate.suite,
        "required": gate.is_required,
        "floors": dict(gate.floors),
        "state": state,
        "done": gate.done,
        "total": 0 if run is None else run.total,
        "attempts": 0 if run is None else run.attempts,
        "detail": "" if run is None else run.detail,
        "started_ms": None if run is None or not run.started_ms else run.started_ms,
        "ended_ms": None if run is None or not run.ended_ms else run.ended_ms,
        "result": None
        if result is None
        else {"passed": result.passed, "n": result.n, "index": result.index, "report": result.report},
    }
