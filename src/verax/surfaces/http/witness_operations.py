"""The calls of `witnesses`, described for the OpenAPI document."""

from __future__ import annotations

from verax.surfaces.http.operations import JSON, Operation, json_reply
from verax.surfaces.http.reply_models import ReplyModel
from verax.surfaces.http.witnesses import EvidenceReport

__all__ = ["OPERATIONS", "EvidenceTaken", "WitnessesBody"]


class WitnessedLog(ReplyModel):
    """A log, its newest tree, and the newest that carried the quorum."""

    log: str
    size: int
    witnessed_size: int | None


class WitnessStanding(ReplyModel):
    """How a witness stands with one log: the newest tree that it cosigned for this process, and what is wrong."""

    log: str
    size: int
    time_s: int | None
    problem: str


class WitnessBody(ReplyModel):
    """A witness of the root document."""

    name: str
    key: str
    address: str | None
    logs: list[WitnessStanding]


class WitnessesBody(ReplyModel):
    """Witnesses, logs, channels whose forward moves wait, and digests of evidence that is kept."""

    quorum: str
    waiting: list[str]
    logs: list[WitnessedLog]
    witnesses: list[WitnessBody]
    evidence: list[str]


class EvidenceTaken(ReplyModel):
    """Evidence that is kept, by its digest."""

    digest: str


OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/v1/witnesses", "getWitnesses", "Say how the witnesses stand", json_reply(WitnessesBody)),
    Operation(
        "POST",
        "/v1/witnesses/evidence",
        "reportEvidence",
        "Report two histories of a log",
        json_reply(EvidenceTaken, 201),
        body=EvidenceReport,
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/witnesses/evidence/{digest}",
        "getEvidence",
        "Return evidence of two histories",
        {200: {JSON: None}},
    ),
)
