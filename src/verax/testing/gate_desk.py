"""A desk of gates over a simulated governance log and the real turn path, in one process.

>>> async with TurnWorld.open(folder, backend) as world:
...     change = demand_and_propose(world, "You answer kindly.", off_topic={"score": "0.98"})
...     desk = make_gate_desk(folder, world)
...     desk.start()
...     desk.begin(change)
...     await desk.wait_idle()
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verax.gates.desk import GateDesk, GateParts
from verax.gates.direct import DirectRunner
from verax.gates.running import Runner
from verax.gates.runs import RunFiles
from verax.gates.signing import GateSigner
from verax.kernel.errors import ConflictError, KernelError, UnknownObject
from verax.kernel.fold import State
from verax.kernel.release import Release
from verax.testing.governance import channel_rules, key_of
from verax.testing.releases import make_release
from verax.testing.turns import SimulatedGovernance, TurnWorld
from verax.turn.request import Caller

__all__ = ["GATE_CALLER", "SimulatedDesk", "demand_and_propose", "make_gate_desk"]

GATE_CALLER = Caller("gates", frozenset({"auditor"}))


class SimulatedDesk:
    """Takes statements into a simulated governance log."""

    def __init__(self, governance: SimulatedGovernance) -> None:
        self._governance = governance

    @property
    def state(self) -> State:
        """The adopted state."""
        return self._governance.state

    def release(self, release_id: str) -> Release:
        """Return a release."""
        return self._governance.release(release_id)

    def blob(self, digest: str) -> bytes:
        """Return a blob of the log."""
        data = self._governance.log.blobs.get(digest)
        if data is None:
            raise UnknownObject(f"blob {digest[:12]}: the log refers to none of that digest")
        return data

    async def entries(self) -> list[bytes]:
        """Return every entry of the log."""
        return list(self._governance.log.entries)

    async def submit(self, envelope: bytes, blobs: Mapping[str, bytes]) -> int:
        """Append a statement that has an effect."""
        log = self._governance.log
        for data in blobs.values():
            log.put(data)
        try:
            outcome = log.append_entry(envelope)
        except KernelError as error:
            raise ConflictError(error.message) from error
        if not outcome.effective:
            raise ConflictError(outcome.reason, code="governance/no-effect")
        self._governance.adopt()
        return outcome.index

    async def alarm(self, code: str, channel: str, detail: Mapping[str, Any]) -> None:
        """Remember an alarm."""
        await self._governance.alarm(code, channel, detail)


def make_gate_desk(
    folder: Path, world: TurnWorld, runner: Runner | None = None, *, look_s: float | None = None
) -> GateDesk:
    """Return a desk that keeps its runs in `folder` and asks the world's own turn path.

    Args:
        runner: What takes samples, where it is not that.
        look_s: Time between two looks for what another process did, where there is one.
    """
    counter = itertools.count(1)
    signer = GateSigner(*key_of("gate"), lambda size: next(counter).to_bytes(size, "big"), world.clock.now_ms)
    return GateDesk(
        GateParts(
            governance=SimulatedDesk(world.governance),
            turns=world.turns,
            runner=runner or DirectRunner(world.engine, GATE_CALLER),
            files=RunFiles(folder),
            signer=signer,
            runtime=world.runtime,
            clock=world.clock,
            look_s=look_s,
        )
    )


def demand_and_propose(world: TurnWorld, system: str, **floors: Mapping[str, str]) -> str:
    """Let the root demand suites on the channel ``assistant``, propose a release, and return the change's id."""
    log = world.governance.log
    rules = channel_rules("assistant", approvals=0, suites=())
    rules["gates"] = [{"suite": suite, "floors": dict(wanted)} for suite, wanted in sorted(floors.items())]
    log.change_root("ann", channels=[rules, channel_rules("runtime", approvals=0, suites=())])
    change = log.change("ann", "assistant", make_release(system))
    world.governance.adopt()
    return change.statement_id
