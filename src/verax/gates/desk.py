"""The gates of one installation: runs are begun, gone on with, judged, signed, or cancelled here.

*Life of a run.* Refused if the change is closed, a result is in, or this candidate failed the suite before. Put in
line; one runs at a time. Its attempt is counted and written down; the plan is made from the log; the runner takes
samples, each noted durably; every turn is read back from its record and scored; the report is stored, signed with the
installation's gate key and appended, if the root demands the suite.

* A run that broke is no result: no statement is written, an alarm is, and it may be gone on with. Samples that were
  taken stay. After `MAX_ATTEMPTS` the result is written all the same: not passed, with what is missing.
* A run that was cut off by the end of the server is gone on with when the server starts. If the server crashed, the
  attempt counts; if it was stopped in order, it does not.
* Cancelling never makes a result, and never takes a sample back.
* Of several processes of an installation the one that leads runs gates. At the others runs are put in line and
  cancelled too: that one looks at the files of the runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from verax.gates.asked import AskedSample, asked_in
from verax.gates.changes import find_change
from verax.gates.evidence import Basis, Collected, TurnSource, collect, sample_of
from verax.gates.judge.client import Judge
from verax.gates.judging import Circumstances, make_report
from verax.gates.plan import Plan, Subject, asked_for_runtime, make_plan
from verax.gates.report import GateReport, JudgedMark
from verax.gates.running import GateBroken, Job, Ran, Runner
from verax.gates.runs import GateRun, RunFiles
from verax.gates.signing import GateSigner
from verax.gates.suite import Suite, load_suite
from verax.gates.verdict import needs_head
from verax.kernel import canonical
from verax.kernel.errors import ConflictError, IntegrityError, KernelError, ModelError, UnknownObject, VeraxError
from verax.kernel.fold import ChangeState, GateResult, State
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.statement import NONE
from verax.store.clock import Clock
from verax.turn.ports import RuntimeIdentity

__all__ = ["MAX_ATTEMPTS", "ChangeGates", "Gate", "GateDesk", "GateParts", "GovernanceLog"]

MAX_ATTEMPTS = 3
"""Runs that may break before a suite counts as not passed."""

_UNDER_WAY = frozenset({"waiting", "running"})
_UNFINISHED = frozenset({"waiting", "running", "broken", "cancelled"})

_log = logging.getLogger(__name__)


class GovernanceLog(Protocol):
    """The governance log as gates need it."""

    @property
    def state(self) -> State:
        """The adopted state."""
        ...

    def release(self, release_id: str) -> Release:
        """Return an admitted or proposed release."""
        ...

    def blob(self, digest: str) -> bytes:
        """Return a blob; raises `UnknownObject`."""
        ...

    async def submit(self, envelope: bytes, blobs: Mapping[str, bytes]) -> int:
        """Append a signed statement that has an effect."""
        ...

    async def alarm(self, code: str, channel: str, detail: Mapping[str, Any]) -> None:
        """Merge an alarm into the log."""
        ...


@dataclass(frozen=True, slots=True)
class GateParts:
    """What a desk is made of.

    Attributes:
        signer: The installation's gate key.
        runtime: The measured code of this process.
        judge: A model that judges replies beside the scorers, where one is connected.
        look_s: Time between two looks for what other processes put in line or cancelled; None where there are none.
    """

    governance: GovernanceLog
    turns: TurnSource
    runner: Runner
    files: RunFiles
    signer: GateSigner
    runtime: RuntimeIdentity
    clock: Clock
    judge: Judge | None = None
    look_s: float | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """One suite on one change: what is demanded, how far the run is, what the log says.

    Attributes:
        done: Samples taken so far.
        result: The result that counts, from the log.
    """

    suite: str
    is_required: bool
    floors: Mapping[str, str]
    run: GateRun | None
    done: int
    result: GateResult | None


@dataclass(frozen=True, slots=True)
class ChangeGates:
    """All gates of a change, in order of the suites."""

    change: ChangeState
    gates: tuple[Gate, ...]


class GateDesk:
    """Runs gates; used from one event loop."""

    def __init__(self, parts: GateParts) -> None:
        self._parts = parts
        self._line: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._waiting: set[tuple[str, str]] = set()
        self._running: tuple[str, str] | None = None
        self._work: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._current: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Take up work; what an earlier process left in the middle is put in line again."""
        if self._work is not None:
            return
        for run in self._parts.files.all():
            if run.state in _UNDER_WAY:
                self._put(run)
        self._work = asyncio.get_running_loop().create_task(self._serve(), name="gates")
        if self._parts.look_s is not None:
            self._looking = asyncio.get_running_loop().create_task(
                self._look(self._parts.look_s), name="gates of others"
            )

    async def close(self) -> None:
        """Stop in order: the run that is under way goes on at the next start, and its attempt does not count."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        if self._work is None:
            return
        self._work.cancel()
        await asyncio.gather(self._work, return_exceptions=True)
        self._work = None

    def begin(self, change_id: str, suites: Sequence[str] = ()) -> ChangeGates:
        """Put suites in line: those named, or every one that the root demands and that has no result.

        Raises:
            UnknownObject: no such change or suite.
            ConflictError: the change is closed, a named suite has its result, or failed this candidate before.
            ConfigError: the runner cannot work here.
        """
        change = self._open_change(change_id)
        required = self._floors(change)
        wanted = list(dict.fromkeys(suites)) or [name for name in sorted(required) if name not in change.gates]
        if not wanted:
            raise ConflictError(
                "gates: nothing to run: "
                + ("every demanded suite has its result" if required else "the root demands no suite on this channel"),
                hint="name a suite to try it without a signature",
                code="gates/nothing",
            )
        for name in wanted:
            self._check(change, load_suite(name), is_required=name in required)
        self._parts.runner.check()
        for name in wanted:
            if (change.id, name) in self._waiting or self._running == (change.id, name):
                continue
            known = self._parts.files.read(change.id, name)
            if self._work is None and known is not None and known.state in _UNDER_WAY:
                continue  # another process has it
            run = known if known is not None and known.state in _UNFINISHED else GateRun(change.id, name)
            run = self._parts.files.write(run, state="waiting", is_required=name in required, detail="")
            if self._work is not None:
                self._put(run)
        return self.gates(change.id)

    async def cancel(self, change_id: str) -> ChangeGates:
        """Take a change's suites out of the line and end the one that runs; samples that were taken stay."""
        change = self._change(change_id)
        for key in [key for key in self._waiting if key[0] == change.id]:
            self._waiting.discard(key)
            self._end(key, "cancelled", "it was cancelled")
        if self._running is not None and self._running[0] == change.id and self._current is not None:
            self._current.cancel()
            await asyncio.gather(self._current, return_exceptions=True)
        if self._work is None:
            for run in self._parts.files.of_change(change.id):
                if run.state in _UNDER_WAY:
                    self._end((run.change, run.suite), "cancelled", "it was cancelled")
        return self.gates(change.id)

    def gates(self, change_id: str) -> ChangeGates:
        """Return how far every suite of a change is."""
        change = self._change(change_id)
        required = self._floors(change)
        runs = {run.suite: run for run in self._parts.files.of_change(change.id)}
        return ChangeGates(
            change,
            tuple(
                Gate(
                    name,
                    name in required,
                    required.get(name, {}),
                    runs.get(name),
                    len(self._parts.files.taken(change.id, name)),
                    change.gates.get(name),
                )
                for name in sorted({*required, *runs, *change.gates})
            ),
        )

    def report(self, change_id: str, suite: str) -> bytes:
        """Return the report of a suite: the one that counts, else the one of the last run.

        Raises:
            UnknownObject: there is none.
        """
        change = self._change(change_id)
        result = change.gates.get(suite)
        data = self._parts.governance.blob(result.report) if result else self._parts.files.report(change.id, suite)
        if data is None:
            raise UnknownObject(f"gate {suite}: it has no report yet", hint='"verax gate run" makes one')
        return data

    def asked(self, change_id: str, suite: str) -> list[AskedSample]:
        """Return what the samples of a suite's report were asked.

        Raises:
            UnknownObject: there is no report.
            ConflictError: this version has another version of the suite.
        """
        report = GateReport.parse(self.report(change_id, suite))
        return asked_in(report, self._change(change_id), self._parts.governance.release)

    async def wait_idle(self) -> None:
        """Return when nothing runs and nothing waits."""
        await self._line.join()

    async def _look(self, every_s: float) -> None:
        """Take up what other processes put in line, and end what they cancelled."""
        while True:
            await asyncio.sleep(every_s)
            for seen in await asyncio.to_thread(lambda: list(self._parts.files.all())):
                key = (seen.change, seen.suite)
                run = self._parts.files.read(*key) if seen.state in ("waiting", "cancelled") else None
                if run is None:
                    continue
                if run.state == "waiting" and key not in self._waiting and key != self._running:
                    self._put(run)
                elif run.state == "cancelled":
                    self._waiting.discard(key)
                    if key == self._running and self._current is not None:
                        self._current.cancel()

    def _put(self, run: GateRun) -> None:
        self._waiting.add((run.change, run.suite))
        self._line.put_nowait((run.change, run.suite))

    async def _serve(self) -> None:
        while True:
            key = await self._line.get()
            try:
                if key in self._waiting:
                    self._waiting.discard(key)
                    await self._take(key)
            finally:
                self._line.task_done()

    async def _take(self, key: tuple[str, str]) -> None:
        """Run one suite as a task of its own, so that cancelling it leaves the line alone."""
        self._running = key
        self._current = asyncio.ensure_future(self._run(key))
        try:
            await asyncio.shield(self._current)
        except asyncio.CancelledError:
            if not self._current.done():
                # The desk closes: the run is put back as it was, and goes on at the next start.
                self._current.cancel()
                await asyncio.gather(self._current, return_exceptions=True)
                run = self._parts.files.read(*key)
                if run is not None:
                    self._parts.files.write(run, state="waiting", attempts=max(0, run.attempts - 1), detail="")
                raise
            self._end(key, "cancelled", "it was cancelled")
        finally:
            self._running = self._current = None

    async def _run(self, key: tuple[str, str]) -> None:
        try:
            await self._judge(key)
        except VeraxError as error:
            _log.warning("gate %s on change %s: %s", key[1], key[0][:12], error.message)
            self._end(key, "refused", error.message)
        except Exception:  # noqa: BLE001 - a run ends here; the reason is in the server's log
            _log.exception("gate %s on change %s ended by a defect", key[1], key[0][:12])
            self._end(key, "broken", "an internal error; the server's log has the details")

    async def _judge(self, key: tuple[str, str]) -> None:
        parts, files = self._parts, self._parts.files
        change = self._open_change(key[0])
        if key[1] in change.gates:
            self._end(key, "passed" if change.gates[key[1]].passed else "failed", "its result is in the log")
            return
        parts.runner.check()
        suite, floors = load_suite(key[1]), self._floors(change).get(key[1])
        self._check(change, suite, is_required=floors is not None)
        demanded = suite.floors["model"] if floors is None else floors
        plan = self._plan(change, suite, demanded)
        run = files.read(*key) or GateRun(*key)
        run = files.write(
            run,
            state="running",
            attempts=run.attempts + 1,
            total=len(plan.tasks),
            started_ms=run.started_ms or parts.clock.now_ms(),
            detail="",
        )
        basis = Basis(parts.runtime.digest, change.index + 1)
        ran, problem = await self._sample(run, plan, basis)
        collected = await collect(plan, files.taken(*key), basis, parts.turns)
        problem = problem or _first_loss(collected)
        judged: dict[str, JudgedMark] = {}
        if not problem:
            judged, problem = await self._ask_judge(plan, collected, demanded)
        if problem and run.attempts < MAX_ATTEMPTS:
            self._end(key, "broken", problem)
            await parts.governance.alarm("gate/broken", change.channel, {"change": change.id, "suite": suite.name})
            return
        about = Circumstances(
            runtime=parts.runtime.digest,
            root=parts.governance.state.root.version,
            attempts=run.attempts,
            engine=ran.engine,
            confinement=ran.confinement,
            started_ms=run.started_ms,
            ended_ms=parts.clock.now_ms(),
            floors=demanded,
            has_base=change.base != NONE,
            earlier=tuple(sorted(other.id for other in self._earlier(change, suite.name))),
            channel=change.channel,
            candidate=change.candidate,
            judge=parts.judge.name if parts.judge is not None and judged else "",
        )
        report = await asyncio.to_thread(make_report, plan, collected, about, judged)
        await self._settle(change, run, report)

    async def _sample(self, run: GateRun, plan: Plan, basis: Basis) -> tuple[Ran, str]:
        """Take what is left of a plan; returns how, and why it is not whole (empty when it is)."""
        files, key = self._parts.files, (run.change, run.suite)
        good = (await collect(plan, files.taken(*key), basis, self._parts.turns)).samples
        done = {sample: turns for sample, turns in files.taken(*key).items() if sample in good}

        def note(sample: str, turns: tuple[str, ...]) -> None:
            files.note(*key, sample, turns)

        try:
            return await self._parts.runner.run(Job(plan, done, files.folder_of(*key), note)), ""
        except GateBroken as error:
            return Ran("none", ()), str(error)

    async def _ask_judge(
        self, plan: Plan, collected: Collected, floors: Mapping[str, str]
    ) -> tuple[dict[str, JudgedMark], str]:
        """Ask the judge about the candidate's samples; returns its marks, and why a demanded one is missing."""
        judge, is_demanded = self._parts.judge, "judge_score" in floors
        if judge is None or not plan.suite.criterion:
            return {}, ""
        samples = [sample_of(plan, log) for log in collected.samples.values() if log.arm == "candidate"]
        try:
            return await judge.judge(plan.suite.criterion, samples, plan.seed), ""
        except ModelError as error:
            _log.warning("gate %s: %s", plan.suite.name, error.message)
            return {}, error.message if is_demanded else ""

    async def _settle(self, change: ChangeState, run: GateRun, report: GateReport) -> None:
        """Keep the report, sign it where the root demands the suite, and write down how the run ended."""
        data = report.to_bytes()
        self._parts.files.keep_report(change.id, run.suite, data)
        detail = _verdict_of(report)
        if run.is_required:
            envelope = self._parts.signer.sign(self._parts.governance.state, report, canonical.hex_digest(data))
            index = await self._parts.governance.submit(envelope, {canonical.hex_digest(data): data})
            detail += f"; entry {index} of the log"
        else:
            detail += "; not demanded by the root, so nothing was signed"
        state = "passed" if report.passed else "failed"
        self._end((change.id, run.suite), state, detail, report=canonical.hex_digest(data))

    def _plan(self, change: ChangeState, suite: Suite, floors: Mapping[str, str]) -> Plan:
        governance = self._parts.governance
        if change.channel == RUNTIME_CHANNEL:
            channel, head = asked_for_runtime(governance.state)
            return make_plan(suite, Subject(change.id, channel, change.seed), governance.release(head), None)
        wants_head = (suite.uses_head or needs_head(floors)) and change.base != NONE
        return make_plan(
            suite,
            Subject(change.id, change.channel, change.seed),
            governance.release(change.candidate),
            governance.release(change.base) if wants_head else None,
        )

    def _check(self, change: ChangeState, suite: Suite, *, is_required: bool) -> None:
        """Refuse what could give no result, or a second one."""
        if change.channel == RUNTIME_CHANNEL and change.candidate != self._parts.runtime.portable:
            raise ConflictError(
                f"change {change.id[:12]}: it proposes code {change.candidate[:12]}, "
                f"this server runs {self._parts.runtime.portable[:12]}",
                hint="install the proposed code and start the server with it; it answers previews only, until admitted",
                code="gates/other-code",
            )
        if suite.name in change.gates:
            raise ConflictError(
                f"suite {suite.name}: its result is in already, and the first one counts", code="gates/has-result"
            )
        if not is_required:
            return
        for other in self._earlier(change, suite.name):
            if not other.gates[suite.name].passed and self._is_binding(other.gates[suite.name], suite):
                raise ConflictError(
                    f"suite {suite.name}: this candidate failed it in change {other.id[:12]}",
                    hint="change the candidate; proposing it again does not give it another try",
                    code="gates/failed-before",
                )

    def _earlier(self, change: ChangeState, suite: str) -> list[ChangeState]:
        """Return other changes of this channel with the same candidate and a result of the suite."""
        others = self._parts.governance.state.changes.values()
        return [
            other
            for other in others
            if other.id != change.id
            and (other.candidate, other.channel) == (change.candidate, change.channel)
            and suite in other.gates
        ]

    def _is_binding(self, result: GateResult, suite: Suite) -> bool:
        """Say whether a failed result still stands: same floors, same suite, every sample taken; yes when in doubt."""
        try:
            report = GateReport.parse(self._parts.governance.blob(result.report))
        except (KernelError, UnknownObject, IntegrityError):
            return True
        same = report.root == self._parts.governance.state.root.version and report.digest == suite.digest
        return same and not report.lost

    def _floors(self, change: ChangeState) -> dict[str, Mapping[str, str]]:
        rules = self._parts.governance.state.root.channels.get(change.channel)
        return {} if rules is None else {gate.suite: gate.floors for gate in rules.gates}

    def _change(self, change_id: str) -> ChangeState:
        return find_change(self._parts.governance.state, change_id)

    def _open_change(self, change_id: str) -> ChangeState:
        change = self._change(change_id)
        status = self._parts.governance.state.status_of(change.id)
        if status != "open":
            raise ConflictError(f"change {change.id[:12]}: it is {status}; gates judge open changes only")
        return change

    def _end(self, key: tuple[str, str], state: Any, detail: str, *, report: str = "") -> None:
        run = self._parts.files.read(*key) or GateRun(*key)
        with contextlib.suppress(OSError):
            self._parts.files.write(
                run, state=state, detail=detail, report=report or run.report, ended_ms=self._parts.clock.now_ms()
            )


def _first_loss(collected: Collected) -> str:
    if not collected.lost:
        return ""
    return f"{len(collected.lost)} samples do not count; the first: {next(iter(collected.lost.values()))}"


def _verdict_of(report: GateReport) -> str:
    if report.lost:
        return f"not whole after {report.attempts} attempts, {len(report.lost)} samples are missing"
    if report.passed:
        return f"passed, score {report.metrics['score']}"
    first = report.shortfalls[0]
    return f"{first.metric} is {first.found or 'not measured'}, demanded at least {first.floor}"
