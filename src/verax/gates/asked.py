"""What the samples of a report were asked: made again from suite, seed and the replies that the report holds.

A report names no question: they follow from the log. Whoever shows one beside a reply can compare it with the
commitment in that turn's record, since the report holds the salt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verax.gates.items import Arm
from verax.gates.plan import Plan, Subject, make_plan, task_key
from verax.gates.report import GateReport
from verax.gates.suite import list_suites, load_suite
from verax.gates.verdict import needs_head
from verax.kernel.errors import ConflictError
from verax.kernel.fold import ChangeState
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.statement import NONE
from verax.turn.record import request_bytes
from verax.turn.request import Caller

__all__ = ["AskedSample", "asked_in", "plan_of_report", "suite_problem"]


@dataclass(frozen=True, slots=True)
class AskedSample:
    """One sample's requests, call by call, each as the bytes that its turn's record commits to."""

    item_id: str
    arm: Arm
    requests: tuple[bytes, ...]


def asked_in(report: GateReport, change: ChangeState, release: Callable[[str], Release]) -> list[AskedSample]:
    """Return what every sample of a report was asked.

    Args:
        release: Finds a release by its id; raises `UnknownObject`.

    Raises:
        ConflictError: this version has no such suite, or another version of it.
        UnknownObject: a release that the report names is not held here.
    """
    problem = suite_problem(report)
    if problem:
        raise ConflictError(f"suite {report.suite}: {problem}", code="gates/other-suite")
    plan = plan_of_report(report, change, release)
    items = {task_key(arm, item): item for arm, item in plan.tasks}
    asked = []
    for sample in report.samples:
        if sample.key in items:
            item = items[sample.key]
            answers = [call.answer for call in sample.calls]
            requests = [plan.request(sample.arm, item, answers[:at], Caller("")) for at in range(len(answers))]
            asked.append(AskedSample(item.id, sample.arm, tuple(map(request_bytes, requests))))
    return asked


def plan_of_report(report: GateReport, change: ChangeState, release: Callable[[str], Release]) -> Plan:
    """Make the plan again that a run on a change had."""
    suite = load_suite(report.suite)
    if change.channel == RUNTIME_CHANNEL:
        return make_plan(suite, Subject(change.id, report.asked_channel, change.seed), release(report.asked), None)
    wants_head = (suite.uses_head or needs_head(report.floors)) and change.base != NONE
    return make_plan(
        suite,
        Subject(change.id, change.channel, change.seed),
        release(change.candidate),
        release(change.base) if wants_head else None,
    )


def suite_problem(report: GateReport) -> str:
    """Say why this version cannot make a report's items again; empty when it can."""
    if report.suite not in list_suites():
        return "this version has no suite of that name"
    found = load_suite(report.suite).digest
    if found == report.digest:
        return ""
    return f"this version has {found[:12]}, the report was made with {report.digest[:12]}"
