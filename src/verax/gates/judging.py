"""From samples to a report: scored by the suite, measured, held against the floors. Pure, so anyone can do it again.

A report with a lost sample is not measured at all: it has no metrics, and so falls short of every floor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from verax.gates.evidence import Collected, SampleLog, sample_of
from verax.gates.items import Arm, Mark, Sample
from verax.gates.plan import Plan
from verax.gates.report import GateReport, Marked
from verax.gates.verdict import decimal, judge, measure
from verax.kernel.statement import NONE

__all__ = ["Circumstances", "Scored", "make_report", "score_plan"]

_MAX_REASON_CHARS = 400


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a report says beside its samples; see `GateReport` for each.

    Attributes:
        has_base: Whether the channel serves something that the candidate could fall behind.
        channel: The change's channel, where it is not the one that was asked.
        candidate: The change's candidate, where it is not what was asked.
    """

    runtime: str
    root: int
    attempts: int
    engine: str
    confinement: tuple[str, ...]
    started_ms: int
    ended_ms: int
    floors: Mapping[str, str]
    has_base: bool
    earlier: tuple[str, ...] = ()
    channel: str = ""
    candidate: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """Marks and metrics of whole samples."""

    marks: Mapping[str, Marked]
    metrics: Mapping[str, str]


def score_plan(plan: Plan, samples: Mapping[str, SampleLog]) -> Scored:
    """Score the samples of a plan, which are all there."""
    candidate = _arm(plan, "candidate", samples)
    head = _arm(plan, "head", samples) if "head" in plan.releases else None
    marks = plan.suite.score(candidate, head)
    head_marks = None if head is None else plan.suite.score(head, head)
    return Scored(
        {item.id: _marked(mark) for item, mark in zip(plan.items, marks, strict=True)},
        measure(plan.items, marks, head_marks, plan.seed),
    )


def make_report(plan: Plan, collected: Collected, about: Circumstances) -> GateReport:
    """Return the report of a run."""
    draft = GateReport(
        suite=plan.suite.name,
        digest=plan.suite.digest,
        change=plan.change,
        channel=about.channel or plan.channel,
        candidate=about.candidate or plan.releases["candidate"],
        asked_channel=plan.channel,
        asked=plan.releases["candidate"],
        head=plan.releases.get("head", NONE),
        seed=plan.seed,
        runtime=about.runtime,
        root=about.root,
        attempts=about.attempts,
        engine=about.engine,
        confinement=about.confinement,
        started_ms=about.started_ms,
        ended_ms=about.ended_ms,
        floors=dict(about.floors),
        metrics={},
        shortfalls=(),
        passed=False,
        samples=tuple(collected.samples.values()),
        lost={key: reason[:_MAX_REASON_CHARS] for key, reason in collected.lost.items()},
        earlier=about.earlier,
    )
    scored = Scored({}, {}) if collected.lost else score_plan(plan, collected.samples)
    short = judge(about.floors, scored.metrics, has_head=about.has_base)
    return replace(
        draft,
        marks=scored.marks,
        metrics=scored.metrics,
        shortfalls=tuple(short),
        passed=not short and not collected.lost,
    )


def _arm(plan: Plan, arm: Arm, samples: Mapping[str, SampleLog]) -> Sequence[Sample]:
    return [sample_of(plan, samples[f"{item.id}@{arm}"]) for item in plan.items]


def _marked(mark: Mark) -> Marked:
    reason = " ".join(mark.reason.split())[:_MAX_REASON_CHARS]
    return Marked(decimal(mark.value), reason)
