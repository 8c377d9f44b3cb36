"""A gate machine outside of the server: it asks every item over HTTP, scores what came back, and signs the result.

The server's own gate key lies on its disk, where the insider reads it. The root of a drill names this machine's key
instead, and the suites run as `verax gate bulk` runs them: each turn is held against its record.
"""

from __future__ import annotations

import time

from verax.gates.bulk import Target, ThreadSpread, bulk_collect
from verax.gates.judging import Circumstances, make_report
from verax.gates.plan import Plan, Subject, asked_for_runtime, make_plan
from verax.gates.report import GateReport
from verax.gates.suite import load_suite
from verax.gates.verdict import needs_head
from verax.kernel.canonical import hex_digest
from verax.kernel.drafting import Draft
from verax.kernel.fold import ChangeState
from verax.kernel.root import RUNTIME_CHANNEL, GateRule
from verax.kernel.statement import NONE, Gate, payload_of
from verax.surfaces.cli.govern import Author
from verax.surfaces.cli.history import History

__all__ = ["run_gates"]

_WORKERS = 4
_ENGINE = "in-process, over HTTP"
"""What a report names as its engine: the evaluation engine needs an environment that a fresh installation lacks."""


def run_gates(author: Author, change_id: str) -> list[GateReport]:
    """Run every suite that the root demands on a change, sign each result, and return the reports.

    Raises:
        GateBroken: a suite could not be run whole.
    """
    change = author.history.state.changes[change_id]
    rules = author.history.state.root.channels[change.channel]
    return [_run(author, change, rule) for rule in rules.gates]


def _run(author: Author, change: ChangeState, rule: GateRule) -> GateReport:
    plan = _plan(author.history, change, rule)
    started_ms = _now_ms()
    target = Target(author.client.url, author.identity.credentials.api_key)
    collected, basis = bulk_collect(plan, target, ThreadSpread(_WORKERS), -(-len(plan.keys) // _WORKERS))
    about = Circumstances(
        runtime=basis.runtime,
        root=author.history.state.root.version,
        attempts=1,
        engine=_ENGINE,
        confinement=(),
        started_ms=started_ms,
        ended_ms=_now_ms(),
        floors=rule.floors,
        has_base=change.base != NONE,
        channel=change.channel,
        candidate=change.candidate,
    )
    report = make_report(plan, collected, about)
    data = report.to_bytes()
    digest = hex_digest(data)
    statement = Gate(
        author.basis(), change.id, report.suite, report.seed, report.runtime, report.n, report.passed, digest
    )
    author.submit(Draft(statement, payload_of(statement), {digest: data}))
    return report


def _plan(history: History, change: ChangeState, rule: GateRule) -> Plan:
    """Return the plan that the server's own desk would make."""
    suite = load_suite(rule.suite)
    if change.channel == RUNTIME_CHANNEL:
        channel, head = asked_for_runtime(history.state)
        return make_plan(suite, Subject(change.id, channel, change.seed), history.release(head), None)
    wants_head = (suite.uses_head or needs_head(rule.floors)) and change.base != NONE
    head_release = history.release(change.base) if wants_head else None
    subject = Subject(change.id, change.channel, change.seed)
    return make_plan(suite, subject, history.release(change.candidate), head_release)


def _now_ms() -> int:
    return int(time.time() * 1000)
