"""The shapes of replies about gates, for the OpenAPI document and for tests."""

from __future__ import annotations

from typing import Literal

from verax.surfaces.http.reply_models import ReplyModel

__all__ = ["ChangeGates", "GateQuestions", "GateReportBody"]


class GateResultShape(ReplyModel):
    """The result that counts, as the log has it."""

    passed: bool
    n: int
    index: int
    report: str


class GateShape(ReplyModel):
    """One suite on one change; `done` of `total` samples are taken."""

    suite: str
    required: bool
    floors: dict[str, str]
    state: str
    done: int
    total: int
    attempts: int
    detail: str
    started_ms: int | None
    ended_ms: int | None
    result: GateResultShape | None


class ChangeGates(ReplyModel):
    """Every suite of a change."""

    change: str
    channel: str
    candidate: str
    base: str
    seed: str
    gates: list[GateShape]


class AskedSample(ReplyModel):
    """One sample: its requests, call by call, each as the canonical JSON that its turn's record commits to."""

    item: str
    arm: Literal["candidate", "head"]
    requests: list[str]


class GateQuestions(ReplyModel):
    """What the samples of a report were asked."""

    suite: str
    samples: list[AskedSample]


class GateReportBody(ReplyModel, extra="allow"):
    """The report of a suite: the blob that its statement names; `verax.gates.report` describes the rest of it."""

    v: int
    suite: str
    change: str
    passed: bool
    metrics: dict[str, str]
