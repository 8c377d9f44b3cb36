"""Two releases under the same suites, in this process: what `verax gate compare` does.

A throw-away installation is founded in a temporary folder, so the whole path of a turn is walked, guard and records
included, and nothing of it reaches the real one: no log, no account, no message. Models are the real ones.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from verax.config import Config
from verax.gates.direct import DirectRunner
from verax.gates.evidence import Basis, collect
from verax.gates.judging import Circumstances, make_report
from verax.gates.plan import Plan, Subject, make_plan
from verax.gates.report import GateReport
from verax.gates.running import GateBroken, Job, Ran
from verax.gates.suite import Suite
from verax.kernel import canonical
from verax.kernel.errors import VeraxError
from verax.kernel.release import Release
from verax.kernel.runtime import InstanceManifest, PortableRuntime
from verax.models.registry import Backends
from verax.products.junior.backend import open_engine
from verax.products.junior.library import Library
from verax.store.clock import SystemClock
from verax.store.home import Home
from verax.store.model_keys import ModelKeys
from verax.surfaces.founding import DEFAULT_CHANNEL, found
from verax.surfaces.installation import Installation, Surroundings, backend_settings
from verax.turn.ports import BackendSource
from verax.turn.request import Caller

__all__ = ["Comparison", "compare"]

_CALLER = Caller("comparison", frozenset({"auditor"}))


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to compare.

    Attributes:
        candidate: The release whose marks count.
        head: The release beside it, None for the candidate alone.
        suites: What is asked; each may be one that ships with Verax, or a public set.
        seed: 64 hex digits, from which the items follow.
        items: Items of each suite, None for the suite's own number.
        advance: Called with the number of samples that were taken, as they are.
    """

    candidate: Release
    head: Release | None
    suites: Sequence[Suite]
    seed: str = field(default_factory=lambda: secrets.token_hex(32))
    items: int | None = None
    connections: int = 2
    advance: Callable[[int], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class _OpenRuntime:
    """The code of this process, unmeasured: what it runs is never admitted anywhere."""

    portable: str
    digest: str

    def check_sealed(self) -> None:
        """Hold nothing: this installation is thrown away."""

    def check_code(self, digests: Mapping[str, str]) -> None:
        """Hold nothing, as `check_sealed`."""


async def compare(config: Config, portable: PortableRuntime, wanted: Comparison) -> list[GateReport]:
    """Run every suite and return the reports, in order; none of them is signed.

    Args:
        config: Where weights and keys of models are found, and how models are run.
        portable: The installed code.

    Raises:
        VeraxError: a suite could not be run whole.
    """
    library = Library(config.junior_folder)
    keys = ModelKeys(Home(config.home).keys_dir)
    backends = Backends(backend_settings(config), keys.key_of, open_engine=partial(open_engine, library=library))
    try:
        return await compare_with(config, portable, wanted, backends)
    finally:
        await backends.close()


async def compare_with(
    config: Config, portable: PortableRuntime, wanted: Comparison, backends: BackendSource
) -> list[GateReport]:
    """Do the same with models that are at hand."""
    manifest = InstanceManifest(portable, "a comparison", "in this process", "00" * 32)
    around = Surroundings(_OpenRuntime(portable.digest, manifest.digest), backends)
    with tempfile.TemporaryDirectory(prefix="verax-compare-") as name:
        place = config.model_copy(
            update={
                "home": Path(name) / "home",
                "keyring": Path(name) / "keyring",
                "database_url": None,
                "notify_webhook": None,  # nobody is told of what is thrown away
                "notify_smtp": None,
                "notify_mail": None,
            }
        )
        first = wanted.head or wanted.candidate
        await found(place, portable.data, around, {DEFAULT_CHANNEL: first})
        installation = await Installation.open(place, around)
        try:
            await asyncio.to_thread(installation.blobs.put, wanted.candidate.data)
            return [await _run(installation, wanted, suite, Path(name)) for suite in wanted.suites]
        finally:
            await installation.close()


async def _run(installation: Installation, wanted: Comparison, suite: Suite, folder: Path) -> GateReport:
    both = wanted.candidate.id + (wanted.head.id if wanted.head is not None else "")
    subject = Subject(canonical.hex_digest(both.encode()), DEFAULT_CHANNEL, wanted.seed)
    plan = make_plan(suite, subject, wanted.candidate, wanted.head, wanted.items)
    taken: dict[str, tuple[str, ...]] = {}

    def note(key: str, turns: tuple[str, ...]) -> None:
        taken[key] = turns
        wanted.advance(1)

    runner = DirectRunner(installation.engine, _CALLER, wanted.connections)
    try:
        ran = await runner.run(Job(plan, {}, folder, note))
    except GateBroken as error:
        raise VeraxError(f"suite {suite.name}: it could not be run whole: {error}", code="gates/broken") from None
    return await _report(installation, plan, taken, ran, wanted)


async def _report(
    installation: Installation, plan: Plan, taken: dict[str, tuple[str, ...]], ran: Ran, wanted: Comparison
) -> GateReport:
    now_ms = SystemClock().now_ms()
    about = Circumstances(
        runtime=installation.runtime.digest,
        root=installation.governance.state.root.version,
        attempts=1,
        engine=ran.engine,
        confinement=ran.confinement,
        started_ms=now_ms,
        ended_ms=now_ms,
        floors=plan.suite.floors.get("model", {}),
        has_base=wanted.head is not None,
    )
    collected = await collect(plan, taken, Basis(about.runtime, 0), installation.turns)
    return await asyncio.to_thread(make_report, plan, collected, about)
