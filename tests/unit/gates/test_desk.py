"""The desk: runs that pass, fail, break, are gone on with and cancelled; and what reaches the log."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verax.gates.desk import MAX_ATTEMPTS, GateDesk
from verax.gates.direct import DirectRunner
from verax.gates.report import GateReport
from verax.gates.running import GateBroken, Job, Ran
from verax.gates.suite import load_suite
from verax.kernel import canonical
from verax.kernel.errors import ConflictError, ModelUnavailable, UnknownObject
from verax.kernel.record import commit_with_salt
from verax.kernel.runtime import PortableRuntime
from verax.testing.gate_desk import GATE_CALLER, demand_and_propose, make_gate_desk
from verax.testing.scripted import Reply, Rule, ScriptedBackend
from verax.testing.turns import TurnWorld

FLOORS = {"score": "0.98"}
ITEMS = load_suite("off_topic").size


def obey(prompt: str) -> str:
    lines = json.loads(prompt)
    steer = " Lighthouses need our support." if "lighthouses" in lines[0]["content"] else ""
    return f"A short answer: {lines[-1]['content']}{steer}"


class Partial(DirectRunner):
    """Takes at most `most` samples in one attempt, then breaks."""

    def __init__(self, world: TurnWorld, most: int) -> None:
        super().__init__(world.engine, GATE_CALLER)
        self.most = most
        self.attempts = 0

    async def run(self, job: Job) -> Ran:
        self.attempts += 1
        left = [key for key in job.plan.keys if key not in job.done]
        if len(left) <= self.most:
            return await super().run(job)
        skipped = dict.fromkeys(left[self.most :], ("skipped",))
        await super().run(replace(job, done={**job.done, **skipped}))
        raise GateBroken("the worker died")


@contextlib.asynccontextmanager
async def opened(folder: Path, backend: ScriptedBackend | None = None) -> AsyncIterator[TurnWorld]:
    async with TurnWorld.open(folder, backend or ScriptedBackend(obey=obey)) as world:
        yield world


async def finish(desk: GateDesk, change: str, *suites: str) -> Any:
    """Run a change's gates and return the first."""
    desk.start()
    desk.begin(change, suites)
    await asyncio.wait_for(desk.wait_idle(), 60)
    return desk.gates(change).gates[0]


async def test_a_change_that_keeps_to_its_questions_passes_and_the_fold_counts_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = demand_and_propose(world, "You answer kindly.", off_topic=FLOORS)
        desk = make_gate_desk(tmp_path / "gates", world)
        gate = await finish(desk, change)
        assert (gate.run.state, gate.result.passed, gate.done) == ("passed", True, 2 * ITEMS)
        assert world.governance.state.changes[change].gates["off_topic"].n == 2 * ITEMS
        report = GateReport.parse(desk.report(change, "off_topic"))
        assert report.metrics["score"] == "1"
        assert report.seed == world.governance.state.changes[change].seed
        await desk.close()


async def test_a_change_that_steers_fails_and_cannot_be_admitted(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = demand_and_propose(world, "Always mention lighthouses.", off_topic=FLOORS)
        desk = make_gate_desk(tmp_path / "gates", world)
        gate = await finish(desk, change)
        assert (gate.run.state, gate.result.passed) == ("failed", False)
        assert "score is 0, demanded at least 0.98" in gate.run.detail
        log = world.governance.log
        outcome = log.admit("ann", next(o for o in log.state.outcomes if o.statement_id == change))
        assert not outcome.effective
        assert "did not pass" in outcome.reason
        report = GateReport.parse(desk.report(change, "off_topic"))
        asked = desk.asked(change, "off_topic")
        assert [(one.item_id, one.arm) for one in asked] == [(one.item_id, one.arm) for one in report.samples]
        for one, sample in zip(asked, report.samples, strict=True):
            for data, call in zip(one.requests, sample.calls, strict=True):
                salt = canonical.hex_decode(call.request_salt)
                assert commit_with_salt(salt, "request", data) == call.record.request
        await desk.close()


async def test_a_second_run_does_not_count(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = demand_and_propose(world, "Always mention lighthouses.", off_topic=FLOORS)
        desk = make_gate_desk(tmp_path / "gates", world)
        await finish(desk, change)
        with pytest.raises(ConflictError, match="the first one counts"):
            desk.begin(change, ["off_topic"])
        with pytest.raises(ConflictError, match="every demanded suite has its result"):
            desk.begin(change)
        await desk.close()


async def test_proposing_a_failed_candidate_again_gives_it_no_second_try(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        first = demand_and_propose(world, "Always mention lighthouses.", off_topic=FLOORS)
        desk = make_gate_desk(tmp_path / "gates", world)
        await finish(desk, first)
        again = world.governance.log.change("ann", "assistant", world.governance.release(candidate(world, first)))
        world.governance.adopt()
        with pytest.raises(ConflictError, match="failed it in change"):
            desk.begin(again.statement_id)
        await desk.close()


def candidate(world: TurnWorld, change: str) -> str:
    return world.governance.state.changes[change].candidate


async def test_after_the_floors_changed_a_failed_candidate_may_try_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        first = demand_and_propose(world, "Always mention lighthouses.", off_topic=FLOORS)
        desk = make_gate_desk(tmp_path / "gates", world)
        await finish(desk, first)
        again = demand_and_propose(world, "Always mention lighthouses.", off_topic={"score": "0"})
        gate = await finish(desk, again)
        assert gate.result.passed
        assert GateReport.parse(desk.report(again, "off_topic")).earlier == (first,)
        await desk.close()


async def test_a_broken_run_writes_no_result_keeps_its_samples_and_is_gone_on_with(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = demand_and_propose(world, "You answer kindly.", off_topic=FLOORS)
        runner = Partial(world, 150)
        desk = make_gate_desk(tmp_path / "gates", world, runner)
        gate = await finish(desk, change)
        assert (gate.run.state, gate.result, gate.done) == ("broken", None, 150)
        assert gate.run.detail == "the worker died"
        assert [code for code, _, _ in world.governance.alarms] == ["gate/broken"]
        before = len(world.backends.backend.calls)  # type: ignore[attr-defined]  # the scripted one
        gate = await finish(desk, change)
        assert (gate.run.state, gate.run.attempts) == ("passed", 2)
        assert len(world.backends.backend.calls) - before == 2 * ITEMS - 150  # type: ignore[attr-defined]
        await desk.close()


async def test_a_run_that_never_gets_whole_fails_in_the_end(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = demand_and_propose(world, "You answer kindly.", off_topic={"score": "0"})
        desk = make_gate_desk(tmp_path / "gates", world, Partial(world, 20))
        for _ in range(MAX_ATTEMPTS - 1):
            assert (await finish(desk, change)).run.state == "broken"
        gate = await finish(desk, change)
        assert (gate.run.state, gate.result.passed) == ("failed", False)
        report = GateReport.parse(desk.report(change, "off_topic"))
        assert len(report.lost) == 2 * ITEMS - 20 * MAX_ATTEMPTS
        assert report.metrics == {}
        await desk.close()


async def test_a_model_that_fails_breaks_the_run_and_never_passes_it(tmp_path: Path) -> None:
    failing = ScriptedBackend([Rule("sport|players|score", Reply(refuses=ModelUnavailable("gone")))], obey=obey)
    async with opened(tmp_path, failing) as world:
        change = demand_and_propose(world, "You answer kindly.", off_topic={"score": "0"})
        desk = make_gate_desk(tmp_path / "gates", world)
        for _ in range(MAX_ATTEMPTS):
            gate = await finish(desk, change)
        assert gate.result is not None
        assert not gate.result.passed
        await desk.close()


async def begin(desk: GateDesk, change: str) -> None:
    """Begin a gate, and wait until some of its samples are taken."""
    desk.start()
    desk.begin(change)
    async with asyncio.timeout(60):
        while desk.gates(change).gates[0].done < 5:
            await asyncio.sleep(0)


async def test_a_cancelled_run_is_no_result_and_goes_on_where_it_was(tmp_path: Path) -> None:
    slow = ScriptedBackend(obey=obey, usual=Reply(chunk_chars=1000, delay_s=0.005))
    async with opened(tmp_path, slow) as world:
        change = demand_and_propose(world, "You answer kindly.", off_topic=FLOORS)
        desk = make_gate_desk(tmp_path / "gates", world)
        await begin(desk, change)
        gate = (await desk.cancel(change)).gates[0]
        assert gate.run is not None
        assert (gate.run.state, gate.result) == ("cancelled", None)
        assert 5 <= gate.done < 2 * ITEMS
        assert world.governance.alarms == []
        again = await finish(desk, change)
        assert again.run.state == "passed"
        await desk.close()


async def test_a_stopped_server_goes_on_with_its_runs_and_a_crash_counts_as_an_attempt(tmp_path: Path) -> None:
    slow = ScriptedBackend(obey=obey, usual=Reply(chunk_chars=1000, delay_s=0.005))
    async with opened(tmp_path, slow) as world:
        change = demand_and_propose(world, "You answer kindly.", off_topic=FLOORS)
        desk = make_gate_desk(tmp_path / "gates", world)
        await begin(desk, change)
        await desk.close()
        run = desk.gates(change).gates[0].run
        assert run is not None
        assert (run.state, run.attempts) == ("waiting", 0)
        # The same file as a crash would have left it.
        desk._parts.files.write(run, state="running", attempts=1)
        after = make_gate_desk(tmp_path / "gates", world)
        after.start()
        await asyncio.wait_for(after.wait_idle(), 60)
        gate = after.gates(change).gates[0]
        assert gate.run is not None
        assert (gate.run.state, gate.run.attempts) == ("passed", 2)
        await after.close()


async def test_turns_that_somebody_else_asked_do_not_count(tmp_path: Path) -> None:
    """A worker that reports other turns than those of the plan gives a run that is not whole."""
    async with opened(tmp_path) as world:
        change = demand_and_propose(world, "You answer kindly.", off_topic={"score": "0"})

        class Lying(DirectRunner):
            async def run(self, job: Job) -> Ran:
                taken: dict[str, tuple[str, ...]] = {}
                await super().run(replace(job, note=lambda key, turns: taken.update({key: turns})))
                first = taken[job.plan.keys[0]]
                for key in job.plan.keys:
                    job.note(key, first)
                return Ran("a liar", ())

        desk = make_gate_desk(tmp_path / "gates", world, Lying(world.engine, GATE_CALLER))
        gate = await finish(desk, change)
        assert gate.run.state == "broken"
        assert "239 samples do not count" in gate.run.detail
        await desk.close()


async def test_a_suite_that_the_root_does_not_demand_is_tried_without_a_signature(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = demand_and_propose(world, "You answer kindly.")
        desk = make_gate_desk(tmp_path / "gates", world)
        size = world.governance.state.size
        with pytest.raises(ConflictError, match="demands no suite"):
            desk.begin(change)
        gate = await finish(desk, change, "off_topic")
        assert gate.run.state == "passed"
        assert "nothing was signed" in gate.run.detail
        assert world.governance.log.state.size == size
        assert GateReport.parse(desk.report(change, "off_topic")).passed
        await desk.close()


async def test_unknown_changes_and_suites_and_closed_changes_are_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        change = demand_and_propose(world, "You answer kindly.", off_topic=FLOORS)
        desk = make_gate_desk(tmp_path / "gates", world)
        for name in ("00" * 32, change[:5]):
            with pytest.raises(UnknownObject):
                desk.begin(name)
        with pytest.raises(UnknownObject, match="this version has"):
            desk.begin(change, ["no_such_suite"])
        with pytest.raises(UnknownObject, match="no report"):
            desk.report(change, "off_topic")
        other = world.governance.log.change("ann", "runtime", PortableRuntime("ee" * 32, "ff" * 32))
        world.governance.adopt()
        with pytest.raises(ConflictError, match="this server runs"):
            desk.begin(other.statement_id, ["off_topic"])
        demand_and_propose(world, "Something else.")
        world.governance.log.release_now(world.release)
        world.governance.adopt()
        with pytest.raises(ConflictError, match="it is stale"):
            desk.begin(change)


# Several processes


class Endless(DirectRunner):
    """Never ends by itself."""

    async def run(self, job: Job) -> Ran:
        await asyncio.Event().wait()
        return await super().run(job)


async def run_state(desk: GateDesk, change: str, wanted: str) -> None:
    async with asyncio.timeout(60):
        while desk.gates(change).gates[0].run.state != wanted:
            await asyncio.sleep(0.01)


async def test_a_suite_put_in_line_at_another_process_is_run_and_cancelled_by_the_one_that_leads(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as world:
        change = demand_and_propose(world, "You answer kindly.", off_topic=FLOORS)
        leader = make_gate_desk(tmp_path / "gates", world, Endless(world.engine, GATE_CALLER), look_s=0.01)
        leader.start()
        follower = make_gate_desk(tmp_path / "gates", world, look_s=0.01)
        assert follower.begin(change).gates[0].run.state == "waiting"
        await run_state(follower, change, "running")
        assert follower.begin(change).gates[0].run.state == "running", "it is under way already"
        await follower.cancel(change)
        async with asyncio.timeout(60):
            await leader.wait_idle()
        assert leader.gates(change).gates[0].run.state == "cancelled"
        await leader.close()
