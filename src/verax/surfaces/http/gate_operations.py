"""The calls of `gates`, described for the OpenAPI document."""

from __future__ import annotations

from verax.surfaces.http import gate_models
from verax.surfaces.http.gates import GateRunRequest
from verax.surfaces.http.operations import Operation, json_reply

__all__ = ["OPERATIONS"]

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/v1/changes/{id}/gates",
        "getGates",
        "Say how far the gates of a change are",
        json_reply(gate_models.ChangeGates),
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/changes/{id}/gates/run",
        "runGates",
        "Run gates on a change",
        json_reply(gate_models.ChangeGates, 202),
        body=GateRunRequest,
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/changes/{id}/gates/cancel",
        "cancelGates",
        "End the gates of a change that run or wait",
        json_reply(gate_models.ChangeGates),
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/changes/{id}/gates/{suite}/report",
        "getGateReport",
        "Return the report of a gate",
        json_reply(gate_models.GateReportBody),
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/changes/{id}/gates/{suite}/questions",
        "getGateQuestions",
        "Return what the samples of a gate's report were asked",
        json_reply(gate_models.GateQuestions),
        needs_key=True,
    ),
)
