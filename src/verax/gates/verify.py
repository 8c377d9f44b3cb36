"""Judging a gate's report again, from the report and the log alone.

1. *report*: its bytes have the digest that the statement names, and it is well formed.
2. *subject*: change, candidate, base, seed, runtime and root are those of the log; its floors are the root's. For a
   runtime, what was asked was the head of its channel.
3. *runtime*: the code that ran was the admitted one, or for a runtime the candidate.
4. *suite*: this version has the suite, with the same digest. Where it has another, steps 5 to 7 are not checked.
5. *items*: the items follow from the seed; each was asked under each arm, once, in the words of the plan; each turn
   is a preview of that release, made after the change, and its record commits to question and reply.
6. *marks*: scoring the replies again gives the same marks.
7. *verdict*: metrics and floors give the statement's verdict and its n. A judge's words are read again; that it said
   them is believed.
8. *turns*: every turn's record is a leaf of the reply log, where one is at hand.

What is not shown by any of it: that the model which answered was the one that the release names (clause 15).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from verax.gates.asked import plan_of_report, suite_problem
from verax.gates.evidence import Basis, find_problem
from verax.gates.judging import judge_score, score_plan
from verax.gates.plan import Plan, asked_for_runtime
from verax.gates.report import GateReport
from verax.gates.verdict import judge
from verax.kernel import canonical
from verax.kernel.errors import KernelError, VeraxError
from verax.kernel.fold import ChangeState, GateResult, State
from verax.kernel.record import entry_of
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.statement import NONE

__all__ = ["Finding", "Logged", "verify_report"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One step and what came of it."""

    name: str
    state: Literal["verified", "not checked", "failed"]
    detail: str


@dataclass(frozen=True, slots=True)
class Logged:
    """What the governance log says of one result.

    Attributes:
        state: What the log folded to when the result was appended.
        portable: Returns the portable digest of an instance manifest, empty where that is not kept.
        release: Reads a release by its id.
        has_entry: Says whether the reply log holds an entry of 32 bytes; None where no reply log is at hand.
    """

    change: ChangeState
    suite: str
    result: GateResult
    state: State
    portable: Callable[[str], str]
    release: Callable[[str], Release]
    has_entry: Callable[[bytes], bool] | None = None


def verify_report(data: bytes, logged: Logged) -> list[Finding]:
    """Judge a report again; a step after one that failed is left out where it rests on it."""
    try:
        if canonical.hex_digest(data) != logged.result.report:
            return [Finding("report", "failed", "its bytes do not have the digest that the statement names")]
        report = GateReport.parse(data)
    except KernelError as error:
        return [Finding("report", "failed", error.message)]
    findings = [Finding("report", "verified", f"{len(report.samples)} samples, {len(data)} bytes")]
    findings.append(
        _step("subject", _subject_problem(report, logged), "change, candidate, seed and floors are the log's")
    )
    findings.append(_runtime(logged))
    if findings[-2].state == "verified":
        findings += _judge_again(report, logged)
    findings.append(_turns(report, logged))
    return findings


def _judge_again(report: GateReport, logged: Logged) -> Iterator[Finding]:
    problem = suite_problem(report)
    if problem:
        yield Finding("suite", "not checked", problem)
        return
    yield Finding("suite", "verified", f"{report.suite} {report.digest[:12]}")
    try:
        plan = plan_of_report(report, logged.change, logged.release)
        items = _items_problem(report, plan, logged)
        yield _step(
            "items", items, f"{len(plan.items)} items follow from the seed, each turn committed to its question"
        )
        if items:
            return
        if report.lost:
            yield _step("verdict", _lost_problem(report, logged), f"not passed: {len(report.lost)} samples were lost")
            return
        scored = score_plan(plan, {sample.key: sample for sample in report.samples})
        marks = "" if scored.marks == report.marks else "scoring the replies again gives other marks"
        yield _step("marks", marks, "scoring the replies again gives the same marks")
        metrics = {**scored.metrics, **judge_score(plan.items, report.judged)}
        short = tuple(judge(report.floors, metrics, has_head=logged.change.base != NONE))
        same = (metrics, short, not short) == (report.metrics, report.shortfalls, logged.result.passed)
        verdict = "" if same and report.n == logged.result.n else "metrics and floors give another verdict"
        yield _step(
            "verdict", verdict, "passed" if report.passed else f"not passed: {short[0].metric if short else ''}"
        )
    except VeraxError as error:
        yield Finding("items", "failed", error.message)


def _subject_problem(report: GateReport, logged: Logged) -> str:
    change, result = logged.change, logged.result
    root = logged.state.root
    rules = {gate.suite: dict(gate.floors) for gate in root.channels[change.channel].gates}
    is_runtime = change.channel == RUNTIME_CHANNEL
    asked = asked_for_runtime(logged.state) if is_runtime else (change.channel, change.candidate)
    expected: Mapping[str, object] = {
        "suite": logged.suite,
        "change": change.id,
        "channel": change.channel,
        "candidate": change.candidate,
        "seed": change.seed,
        "runtime": result.runtime,
        "root": root.version,
        "asked_channel": asked[0],
        "asked": asked[1],
        "floors": rules.get(logged.suite, {}),
        "passed": result.passed,
    }
    wrong = [name for name, value in expected.items() if getattr(report, name) != value]
    if report.head not in (NONE, change.base):
        wrong.append("head")
    return f"{wrong[0]} is not what the log says" if wrong else ""


def _runtime(logged: Logged) -> Finding:
    change, found = logged.change, logged.portable(logged.result.runtime)
    if not found:
        return Finding("runtime", "not checked", "the manifest of the code that ran is not kept")
    is_runtime = change.channel == RUNTIME_CHANNEL
    wanted = change.candidate if is_runtime else logged.state.channels[RUNTIME_CHANNEL].head
    problem = (
        "" if found == wanted else f"code {found[:12]} ran, which was not {'proposed' if is_runtime else 'admitted'}"
    )
    return _step("runtime", problem, f"code {found[:12]}")


def _items_problem(report: GateReport, plan: Plan, logged: Logged) -> str:
    taken = [sample.key for sample in report.samples]
    if taken != [key for key in plan.keys if key not in report.lost] or not set(report.lost) <= set(plan.keys):
        return "the samples are not those of the plan"
    basis = Basis(report.runtime, logged.change.index + 1)
    used: set[str] = set()
    for sample in report.samples:
        problem = find_problem(plan, sample, basis, used)
        if problem:
            return f"{sample.key}: {problem}"
    return ""


def _lost_problem(report: GateReport, logged: Logged) -> str:
    if logged.result.passed:
        return "samples were lost, and the statement says that it passed"
    return "" if report.n == logged.result.n else "the statement counts other samples"


def _turns(report: GateReport, logged: Logged) -> Finding:
    if logged.has_entry is None:
        return Finding("turns", "not checked", "no reply log at hand")
    entries = [entry_of(call.record) for sample in report.samples for call in sample.calls]
    missing = sum(not logged.has_entry(entry) for entry in entries)
    return _step(
        "turns",
        f"{missing} of {len(entries)} turns are not in the reply log" if missing else "",
        f"all {len(entries)} turns are leaves of the reply log",
    )


def _step(name: str, problem: str, good: str) -> Finding:
    return Finding(name, "failed", problem) if problem else Finding(name, "verified", good)
