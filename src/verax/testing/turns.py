"""A turn engine over real stores, a simulated governance log and a scripted model.

>>> async def example(folder):
...     async with TurnWorld.open(folder) as world:
...         events = await world.say("Who wrote Hamlet?")
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verax.guard.echoes import Echoes
from verax.guard.guarding import Guarding
from verax.guard.tally import Tally
from verax.kernel.errors import RuntimeChanged, StaleError, UnknownObject
from verax.kernel.fold import State
from verax.kernel.release import Release
from verax.kernel.runtime import PortableRuntime
from verax.models.base import Backend
from verax.products.junior.backend import open_engine
from verax.store.collections import Collections
from verax.store.collections_vectors import CollectionVectors
from verax.store.database import Database, open_database
from verax.store.receipts import Receipts
from verax.store.replies import ReplyLog
from verax.store.tlog import TileLog
from verax.store.tlog_live import LiveLog, Pace
from verax.store.turns import TurnStore
from verax.testing.clock import VirtualClock
from verax.testing.governance import SimulatedHistory, root_document
from verax.testing.logs import NAME, reply_spec, signer
from verax.testing.releases import make_release
from verax.testing.scripted import ScriptedBackend
from verax.truth.knowledge.convert import Converter
from verax.truth.knowledge.library import Library
from verax.truth.knowledge.meaning import Meaning
from verax.truth.knowledge.shared import SharedCollections
from verax.truth.verdicts import Verifier
from verax.turn.events import TurnEvent
from verax.turn.judging import TruthParts
from verax.turn.path import EngineParts, TurnEngine
from verax.turn.ports import WebSource
from verax.turn.request import Caller, InputItem, TurnRequest

__all__ = ["FixedRuntime", "OneBackend", "SimulatedGovernance", "TurnWorld"]

RUNTIME = PortableRuntime("aa" * 32, "bb" * 32)
INSTANCE = "cc" * 32


class SimulatedGovernance:
    """Implements `verax.turn.ports.Governance` over a `SimulatedHistory`.

    Attributes:
        alarms: Every alarm raised: code, channel, detail.
        is_fresh: Whether governance counts as checked.
    """

    def __init__(self, log: SimulatedHistory) -> None:
        self.log = log
        self.alarms: list[tuple[str, str, Mapping[str, Any]]] = []
        self.is_fresh = True
        self._state = log.state

    @property
    def state(self) -> State:
        """The state after the entries that stood when it was adopted."""
        return self._state

    def adopt(self) -> None:
        """Take over what was appended since."""
        self._state = self.log.state

    def check_fresh(self, channel: str) -> None:
        """Refuse when a test says that no check succeeded."""
        if not self.is_fresh:
            raise StaleError(f"channel {channel}: governance was not checked recently enough")

    def release(self, release_id: str) -> Release:
        """Return a release from the log's blobs."""
        data = self.log.blobs.get(release_id)
        if data is None:
            raise UnknownObject(f"release {release_id[:12]}: this installation does not hold it")
        return Release.from_bytes(data)

    async def alarm(self, code: str, channel: str, detail: Mapping[str, Any]) -> None:
        """Remember the alarm."""
        self.alarms.append((code, channel, detail))


@dataclass
class FixedRuntime:
    """A measured runtime that changes only when a test says so."""

    portable: str = RUNTIME.digest
    digest: str = INSTANCE
    is_intact: bool = True

    def check_sealed(self) -> None:
        """Refuse when a test says that code changed."""
        if not self.is_intact:
            raise RuntimeChanged("runtime: a file changed after it was measured")

    def check_code(self, digests: Mapping[str, str]) -> None:  # noqa: ARG002 - the protocol's parameter
        """Take any code of another process while the runtime counts as intact."""
        self.check_sealed()


@dataclass
class OneBackend:
    """Gives the same backend to every release, and to one that names an engine of Junior that engine."""

    backend: Backend

    async def resolve(self, release: Release) -> Backend:
        """Return the backend."""
        return open_engine(release.model) if release.model.backend == "engine" else self.backend


@dataclass
class TurnWorld:
    """Everything a turn needs, opened in a folder."""

    engine: TurnEngine
    governance: SimulatedGovernance
    turns: TurnStore
    receipts: Receipts
    live: LiveLog
    database: Database
    clock: VirtualClock
    runtime: FixedRuntime
    backends: OneBackend
    release: Release
    library: Library
    verifier: Verifier | None = None
    tally: Tally = field(default_factory=Tally)
    echoes: Echoes = field(default_factory=Echoes)
    caller: Caller = field(default_factory=lambda: Caller("user-1"))

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        folder: Path,
        backend: Backend | None = None,
        release: Release | None = None,
        verifier: Verifier | None = None,
        guarding: Guarding | None = None,
        web: Callable[[Library], WebSource] | None = None,
    ) -> AsyncIterator[TurnWorld]:
        """Open a world whose channel ``assistant`` serves `release`.

        Args:
            verifier: Judges claims where the release's truth mode asks.
            guarding: Reads sentences for its guard policy; exact rules alone do without it.
            web: Makes what searches the web; None searches nothing.
        """
        release = release or make_release("You answer briefly.")
        log = SimulatedHistory(root_document(solo=True))
        log.release_now(RUNTIME, "runtime")
        log.release_now(release)
        clock = VirtualClock()
        database = open_database(folder / "verax.db")
        live = LiveLog(database, TileLog.open(database, reply_spec(folder / "log")), Pace(interval_s=0.001), clock)
        replies = ReplyLog(live, signer(f"{NAME}/promise"), clock)
        turns = TurnStore(database, replies, clock)
        governance, runtime = SimulatedGovernance(log), FixedRuntime()
        backends = OneBackend(backend or ScriptedBackend())
        library = Library(
            Collections(database, clock), Converter(runtime.check_code), Meaning(CollectionVectors(database))
        )
        counter = itertools.count(1)
        parts = EngineParts(
            governance,
            turns,
            backends,
            runtime,
            clock.now_ms,
            lambda size: next(counter).to_bytes(size, "big"),
            TruthParts(SharedCollections(library), verifier, None if web is None else web(library)),
            guarding or Guarding(),
        )
        engine = TurnEngine(parts)
        live.start()
        try:
            yield cls(
                engine,
                governance,
                turns,
                Receipts(turns, replies),
                live,
                database,
                clock,
                runtime,
                backends,
                release,
                library,
                verifier,
                parts.tally,
                parts.echoes,
            )
        finally:
            await engine.drain(5.0)
            await live.close()
            database.close()

    def request(self, *texts: str, **rest: Any) -> TurnRequest:
        """Return a request of user lines."""
        return TurnRequest("assistant", self.caller, tuple(InputItem("user", text) for text in texts), **rest)

    async def say(self, *texts: str, **rest: Any) -> list[TurnEvent]:
        """Run one turn to its end and return its events."""
        return [event async for event in self.engine.run(self.request(*texts, **rest))]
