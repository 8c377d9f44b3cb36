"""From samples to a report: scored by the suite, measured, held against the floors. Pure, so anyone can do it again.

A report with a lost sample is not measured at all: it has no metrics, and so falls short of every floor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from verax.gates.evidence import Collected, SampleLog, sample_of
from verax.gates.items import Arm, Item, Mark, Sample
from verax.gates.judge.verdicts import read_verdict
from verax.gates.plan import Plan
from verax.gates.report import GateReport, JudgedMark, Marked
from verax.gates.verdict import decimal, judge, measure
from verax.kernel.statement import NONE

__all__ = ["Circumstances", "Scored", "judge_score", "make_report", "score_plan"]

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
    judge: str = ""


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


def judge_score(items: Sequence[Item], judged: Mapping[str, JudgedMark]) -> dict[str, str]:
    """Return the metric of a judge's words, read again; none unless every item was judged."""
    if not judged or set(judged) != {item.id for item in items}:
        return {}
    total = sum((read_verdict(mark.words) for mark in judged.values()), Fraction(0))
    return {"judge_score": decimal(total / len(judged))}


def make_report(
    plan: Plan, collected: Collected, about: Circumstances, judged: Mapping[str, JudgedMark] | None = None
) -> GateReport:
    """Return the report of a run.

    Args:
        judged: What a judge said of each item of the candidate, where one was asked.
    """
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
    metrics = {**scored.metrics, **judge_score(plan.items, judged or {})} if scored.metrics else {}
    short = judge(about.floors, metrics, has_head=about.has_base)
    return replace(
        draft,
        marks=scored.marks,
        metrics=metrics,
        judge=about.judge,
        judged=judged or {},
        shortfalls=tuple(short),
        passed=not short and not collected.lost,
    )


def _arm(plan: Plan, arm: Arm, samples: Mapping[str, SampleLog]) -> Sequence[Sample]:
    return [sample_of(plan, samples[f"{item.id}@{arm}"]) for item in plan.items]


def _marked(mark: Mark) -> Marked:
    reason = " ".join(mark.reason.split())[:_MAX_REASON_CHARS]
    return Marked(decimal(mark.value), reason)
