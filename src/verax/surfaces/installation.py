"""One installation, put together: the only place that knows every room.

*Life of an installation in a process:*

1. The data folder is locked; a second server is refused. With PostgreSQL servers share it, and one of
   them leads (`verax.store.membership`).
2. The database is opened and migrated, the machine's own keys are read.
3. The governance log is rebuilt, compared with every mark and folded; then the reply log. What
   witnesses have seen of both is compared too.
4. Starts that were refused since the last that succeeded become alarms; code that nobody admitted is one.
5. The one that leads records turns that dead processes left open as failed, and ends erasures that they left.
6. The logs' sequencers, the check of governance and the monitor of rollouts start; from here on
   turns run. One that does not lead follows both logs, and waits to take over (`verax.surfaces.succession`).
7. `Installation.close` lets turns in flight finish, integrates what is queued, and gives the
   folder back.

`verax.surfaces.founding` makes an installation in an empty data folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from verax.config import Config, Setting, settings_of
from verax.gates.desk import GateDesk
from verax.gates.relay import Address
from verax.gates.rollout.seen import off_topic_share
from verax.guard.guarding import Guarding
from verax.guard.tally import Tally
from verax.kernel.errors import RefusedError, VeraxError
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.statement import NONE
from verax.models.embedded import EmbeddedSettings
from verax.models.registry import Backends, BackendSettings
from verax.models.remote import RemoteSettings
from verax.models.weights import WeightsShelf, default_weights_folder
from verax.products.junior.backend import open_engine as open_engine_of_junior
from verax.products.junior.hearing import Hearing
from verax.products.junior.library import Library as JuniorLibrary
from verax.store.accounts import Accounts
from verax.store.accounts_settings import AccountSettings, SiteFacts
from verax.store.attachments import AttachmentLimits, Attachments
from verax.store.blobs import Blobs
from verax.store.clock import Clock, SystemClock
from verax.store.collections import Collections
from verax.store.collections_types import CollectionLimits
from verax.store.collections_vectors import CollectionVectors
from verax.store.cosigning import WitnessLink
from verax.store.database import Database
from verax.store.erase import Eraser
from verax.store.evidence import EvidenceShelf
from verax.store.governance import GovernanceStore
from verax.store.home import Home
from verax.store.messages import Messages
from verax.store.messages_export import export_user
from verax.store.meter import Meter
from verax.store.model_keys import ModelKeys
from verax.store.receipts import Receipts
from verax.store.refusals import clear_refusals, read_refusals
from verax.store.replies import ReplyLog
from verax.store.responses import Responses
from verax.store.signing import SigningDesk
from verax.store.tlog_live import LiveLog
from verax.store.turns import TurnStore
from verax.surfaces.alarm_bell import AlarmBell
from verax.surfaces.conversations.history import Sources
from verax.surfaces.conversations.run import RunParts
from verax.surfaces.conversations.runs import RunLimits, Runs
from verax.surfaces.gating import open_desk
from verax.surfaces.guarding import local_judge, open_guarding
from verax.surfaces.http.ports import Embeddings, HealthDetail
from verax.surfaces.junior_desk import Erasing, JuniorDesk, open_junior
from verax.surfaces.log_opening import open_logs
from verax.surfaces.model_loading import ModelLoading
from verax.surfaces.office import Office
from verax.surfaces.public_history import PublicHistory
from verax.surfaces.rollouts import RolloutDesk
from verax.surfaces.server_lines import LogLines
from verax.surfaces.succession import Succession, SuccessionParts
from verax.surfaces.watching import Watched, Watchers, open_watchers
from verax.surfaces.witness.link import HttpWitnessLink
from verax.surfaces.witnessing import Witnessing, WitnessingParts
from verax.truth.knowledge.convert import Converter
from verax.truth.knowledge.library import Library
from verax.truth.knowledge.meaning import Meaning
from verax.truth.knowledge.shared import SharedCollections
from verax.truth.pdf import PdfReader
from verax.truth.verdicts import Verifier
from verax.truth.verifier import LocalVerifier
from verax.truth.web.engines import EngineSettings, open_engine
from verax.truth.web.fetch import Fetcher, FetchRules
from verax.truth.web.search import WebSearch
from verax.turn.embed import embed
from verax.turn.events import TurnEvent
from verax.turn.judging import TruthParts
from verax.turn.path import EngineParts, RunningTurn, TurnEngine
from verax.turn.ports import BackendSource, RuntimeIdentity
from verax.turn.request import Caller, TurnRequest
from verax.turn.resolve import check_runtime

__all__ = [
    "ADDED_WEIGHTS",
    "Engine",
    "Installation",
    "Surroundings",
    "backend_settings",
    "weights_places",
]

ADDED_WEIGHTS = "weights"
"""Folder below the data folder for weights that were pulled, and links to files that were added."""

_DRAIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What comes from outside the data folder; tests hand in their own.

    Attributes:
        runtime: The measured code of this process.
        backends: Where models come from; None for the real ones.
        clock: Wall and monotonic time.
        random_bytes: A cryptographic source.
        settings: Every setting with where it came from, to be shown.
        witnesses: The way to witnesses; None for the real one.
        verifier: What judges claims; None for the one that ships.
        fetcher: The way to the web; None for the one of the configuration.
    """

    runtime: RuntimeIdentity
    backends: BackendSource | None = None
    clock: Clock = field(default_factory=SystemClock)
    random_bytes: Callable[[int], bytes] = os.urandom
    settings: Sequence[Setting] = ()
    witnesses: WitnessLink | None = None
    verifier: Verifier | None = None
    fetcher: Fetcher | None = None


class Engine:
    """The turn path and the embeddings beside it, as surfaces see them."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._turns = TurnEngine(parts)

    @property
    def running(self) -> int:
        """Number of turns in flight."""
        return self._turns.running

    @property
    def guarding(self) -> Guarding:
        """What reads sentences for the guard."""
        return self._parts.guarding

    @property
    def tally(self) -> Tally:
        """What the guard found so far."""
        return self._parts.tally

    def run(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        """Run one turn; see `verax.turn.path`."""
        return self._turns.run(request)

    def start(self, request: TurnRequest) -> RunningTurn:
        """Start one turn; see `verax.turn.path`."""
        return self._turns.start(request)

    async def embed(self, channel: str, caller: Caller, texts: Sequence[str]) -> Embeddings:
        """Embed texts by the model of the channel's head; see `verax.turn.embed`."""
        parts = self._parts
        found = await embed((channel, caller, texts), parts.governance, parts.runtime, parts.backends, parts.guarding)
        return Embeddings(found.vectors, found.release, found.runtime, found.mode)

    async def drain(self, timeout_s: float) -> None:
        """Let turns in flight finish, then cancel what is left."""
        await self._turns.drain(timeout_s)


@dataclass(slots=True)
class Installation:
    """An open installation; made by `Installation.open`."""

    config: Config
    home: Home
    database: Database
    accounts: Accounts
    messages: Messages
    runs: Runs
    attachments: Attachments
    pdf: PdfReader
    library: Library
    verifier: Verifier
    responses: Responses
    eraser: Eraser
    office: Office
    junior: JuniorDesk
    blobs: Blobs
    governance: GovernanceStore
    signing: SigningDesk
    governance_log: LiveLog
    replies: ReplyLog
    witnessing: Witnessing
    turns: TurnStore
    receipts: Receipts
    model_keys: ModelKeys
    engine: Engine
    models: ModelLoading
    watchers: Watchers
    runtime: RuntimeIdentity
    succession: Succession
    recovered: int
    _stack: contextlib.AsyncExitStack
    _gates: GateDesk = field(init=False)
    _address: Address | None = None

    @classmethod
    async def open(cls, config: Config, around: Surroundings) -> Installation:
        """Open the installation of `config.home`; see the module's docstring.

        Raises:
            StoreLocked: another server holds the data folder.
            ConfigError: there is no installation in it.
            IntegrityError: what is stored is not what was signed.
            StorageError: disk or database.
        """
        async with contextlib.AsyncExitStack() as stack:
            logs = await open_logs(config, around.clock, stack)
            home, keys, database, membership = logs.home, logs.keys, logs.database, logs.membership
            governance, replies, turns = logs.governance, logs.replies, logs.turns
            parts = SuccessionParts(home, membership, governance, (governance.live, replies.live), turns)
            succession = Succession(parts)
            witnessing = await _open_witnessing(config, home, governance, replies, around, stack)
            if not membership.is_leading:
                witnessing.follow()
            succession.add(witnessing)
            governance.start()
            await _tell_findings(governance, home, around.runtime)
            model_keys, can_say = ModelKeys(home.keys_dir), JuniorLibrary(config.junior_folder)
            backends = around.backends or _open_backends(config, model_keys, can_say, stack)
            library, verifier = _open_library(config, database, around, stack), _open_verifier(around, stack)
            web = _open_web_search(config, library, model_keys, governance)
            engine_parts = _engine_parts(around, governance, turns, backends, _truth_parts(library, verifier, web))
            engine = Engine(replace(engine_parts, guarding=open_guarding(model_keys, stack), off_topic=off_topic_share))
            stack.push_async_callback(engine.drain, _DRAIN_S)
            models = _started(ModelLoading(governance, backends), stack)
            accounts = _open_accounts(config, database, around.clock)
            stack.push_async_callback(accounts.flush)
            eraser = Eraser(database, turns, accounts, around.clock)
            if membership.is_leading:
                await eraser.resume()
            succession.add(eraser)
            stack.push_async_callback(eraser.close)
            stores = _Stores(database, accounts, governance, turns, eraser)
            messages, attachments = _open_talk(config, database, around.clock)
            sources = Sources(messages, attachments, governance)
            runs = Runs(RunParts(engine, sources, eraser), around.clock, RunLimits(running=config.max_runs))
            stack.push_async_callback(runs.close, _DRAIN_S)
            watched = Watched(home, database, keys, around.clock, governance, replies, membership)
            watchers = _started(open_watchers(config, watched), stack)
            opened = cls(
                config=config,
                home=home,
                database=database,
                accounts=accounts,
                messages=messages,
                runs=runs,
                attachments=attachments,
                pdf=PdfReader(around.runtime.check_code),
                library=library,
                verifier=verifier,
                responses=Responses(database, around.clock),
                eraser=eraser,
                office=_open_office(config, around, stores, model_keys, stack),
                junior=_open_family(database, around, Erasing(eraser, turns), engine, can_say, library),
                blobs=Blobs(home.blobs),
                governance=governance,
                signing=SigningDesk(database, around.clock),
                governance_log=governance.live,
                replies=replies,
                turns=turns,
                witnessing=witnessing,
                receipts=Receipts(turns, replies, witnessing.is_witnessed),
                model_keys=model_keys,
                engine=engine,
                models=models,
                watchers=watchers,
                runtime=around.runtime,
                succession=succession,
                recovered=logs.recovered,
                _stack=stack,
            )
            opened._gates = open_desk(config, opened, keys, (around.clock, around.random_bytes), opened._own_address)
            stack.push_async_callback(opened._gates.close)
            _started(succession, stack)
            opened._stack = stack.pop_all()
            return opened

    @property
    def web_search(self) -> WebSearch:
        """The way to search engines; nothing of it lasts from one search to the next."""
        return _open_web_search(self.config, self.library, self.model_keys, self.governance)

    @property
    def rollouts(self) -> RolloutDesk:
        """Facts, signals and votes."""
        return self.watchers.rollouts

    @property
    def process_id(self) -> str:
        """This process among those of the installation; it owns the turns that it opens."""
        return self.succession.process_id

    @property
    def bell(self) -> AlarmBell:
        """Rung by surfaces for what was tried and refused."""
        return self.watchers.bell

    @property
    def gates(self) -> GateDesk:
        """The desk that runs gates; it takes up work once this server listens."""
        return self._gates

    def listens_at(self, host: str, port: int) -> None:
        """Say where this server is reached from this machine; gates that wait begin now, where this process leads."""
        self._address = Address(host, port)
        self.succession.add(self._gates)

    def _own_address(self) -> Address:
        if self._address is None:
            raise RefusedError("gates: this server does not listen yet", code="gates/no-server")
        return self._address

    async def close(self) -> None:
        """Finish turns in flight, integrate what is queued, close everything in reverse order."""
        await self._stack.aclose()

    @property
    def reply_logs(self) -> Mapping[str, LiveLog]:
        """The reply logs as they are served, by number."""
        return {"0": self.replies.live}

    def health(self) -> Sequence[HealthDetail]:
        """Say what is ready and what is not; a turn is answered when all of it is."""
        return [
            _health("runtime", self._check_runtime, f"code {self.runtime.portable[:12]} is admitted"),
            _health("governance", self._check_governance, f"log of {self.governance.state.size} entries"),
            _health("replies", self.replies.check_accepting, f"log of {self.replies.live.published.size} entries"),
            HealthDetail("processes", is_ready=True, detail=self.succession.summary()),
            _health("models", self.models.check, self.models.detail),
            HealthDetail("witnesses", is_ready=True, detail=self.witnessing.summary()),
        ]

    def measurements(self) -> Mapping[str, float]:
        """Return gauges by name."""
        return {
            "verax_turns_in_flight": float(self.engine.running),
            "verax_governance_log_entries": float(self.governance.state.size),
            "verax_reply_log_entries": float(self.replies.live.published.size),
        }

    def _check_runtime(self) -> None:
        check_runtime(self.governance.state, self.runtime)

    def _check_governance(self) -> None:
        for channel in self.governance.state.channels:
            self.governance.check_fresh(channel)


async def _open_witnessing(
    config: Config,
    home: Home,
    governance: GovernanceStore,
    replies: ReplyLog,
    around: Surroundings,
    stack: contextlib.AsyncExitStack,
) -> Witnessing:
    """Compare both logs with what witnesses have seen; whoever leads starts asking, `stack` ends it.

    Raises:
        RolledBack: a witness saw more, or something else, that our own key signed.
    """
    link = around.witnesses
    if link is None:
        link = HttpWitnessLink()
        stack.push_async_callback(link.close)
    witnessing = Witnessing(
        WitnessingParts(
            governance=governance,
            replies=replies.live,
            link=link,
            evidence=EvidenceShelf(home.evidence_dir),
            clock=around.clock,
            addresses=config.witness_urls,
            interval_s=config.witness_interval_s,
        )
    )
    await witnessing.survey()
    stack.push_async_callback(witnessing.close)
    return witnessing


def weights_places(config: Config) -> tuple[Path, ...]:
    """Return where weights are looked for: the configured file, those added or pulled, those of set-up."""
    configured = () if config.weights is None else (config.weights,)
    return (*configured, config.home / ADDED_WEIGHTS, default_weights_folder())


def _open_accounts(config: Config, database: Database, clock: Clock) -> Accounts:
    return Accounts(
        database,
        clock=clock,
        session_hours=config.session_hours,
        rate_per_minute=config.rate_per_minute,
        rate_burst=config.rate_burst,
    )


class _Service(Protocol):
    """Something that runs beside the requests."""

    def start(self) -> None: ...
    async def close(self) -> None: ...


S = TypeVar("S", bound=_Service)


def _started(service: S, stack: contextlib.AsyncExitStack) -> S:
    """Start a service; `stack` closes it."""
    service.start()
    stack.push_async_callback(service.close)
    return service


def _open_talk(config: Config, database: Database, clock: Clock) -> tuple[Messages, Attachments]:
    limits = AttachmentLimits(config.attachment_quota_bytes)
    return Messages(database, clock), Attachments(database, clock, limits)


def _open_library(
    config: Config, database: Database, around: Surroundings, stack: contextlib.AsyncExitStack
) -> Library:
    collections = Collections(database, around.clock, CollectionLimits(config.collection_quota_chars))
    meaning = _started(Meaning(CollectionVectors(database)), stack)
    converter = Converter(around.runtime.check_code)
    return Library(collections, converter, meaning, around.fetcher or open_fetcher(config), around.clock)


def _open_family(
    database: Database,
    around: Surroundings,
    erasing: Erasing,
    engine: Engine,
    can_say: JuniorLibrary,
    library: Library,
) -> JuniorDesk:
    hearing = Hearing(local_judge(), library.meaning.encoder)
    return open_junior(database, around.clock, erasing, engine, can_say, hearing=hearing)


def open_fetcher(config: Config) -> Fetcher:
    """Return what fetches pages of the web under the configuration's rules."""
    return Fetcher(
        FetchRules(
            is_on=config.web_fetch,
            ports=config.fetched_ports,
            total_s=config.web_timeout_s,
            size_bytes=config.max_document_bytes,
        )
    )


def _open_web_search(config: Config, library: Library, keys: ModelKeys, governance: GovernanceStore) -> WebSearch:
    def key_of() -> str:
        return keys.key_of(config.web_search_key) if config.web_search_key else ""

    def owner_names() -> set[str]:
        root = governance.state.root
        people = root.persons_of("root") | root.persons_of("author") | root.persons_of("reviewer")
        return {*people, *config.web_owner_names.split(",")}

    engine = None
    if config.web_search != "none":
        engine = open_engine(EngineSettings(config.web_search, config.web_search_url or "", key_of))
    return WebSearch(engine, library.fetcher, library.converter, library.clock, owner_names)


def _open_verifier(around: Surroundings, stack: contextlib.AsyncExitStack) -> Verifier:
    if around.verifier is not None:
        return around.verifier
    verifier = LocalVerifier()
    stack.push_async_callback(asyncio.to_thread, verifier.close)
    return verifier


def _engine_parts(
    around: Surroundings, governance: GovernanceStore, turns: TurnStore, backends: BackendSource, truth: TruthParts
) -> EngineParts:
    clock, random_bytes = around.clock, around.random_bytes
    return EngineParts(governance, turns, backends, around.runtime, clock.now_ms, random_bytes, truth)


def _truth_parts(library: Library, verifier: Verifier, web: WebSearch) -> TruthParts:
    """Return what turns draw on; a verifier without weights judges nothing, so there it is none."""
    is_missing = isinstance(verifier, LocalVerifier) and not verifier.is_available
    return TruthParts(SharedCollections(library), None if is_missing else verifier, web)


def _open_office(
    config: Config, around: Surroundings, stores: _Stores, model_keys: ModelKeys, stack: contextlib.AsyncExitStack
) -> Office:
    database, accounts, clock = stores.database, stores.accounts, around.clock
    lines = LogLines()
    logging.getLogger().addHandler(lines)
    stack.callback(logging.getLogger().removeHandler, lines)
    return Office(
        accounts=accounts,
        settings=AccountSettings(database),
        facts=SiteFacts(database),
        meter=Meter(database),
        eraser=stores.eraser,
        export=lambda user_id: export_user(database, stores.turns, accounts, user_id, clock.now_ms()),
        history=PublicHistory(
            lambda: stores.governance.state,
            stores.governance.live.log.entries_now,
            Blobs(Home(config.home).blobs).get,
        ),
        model_keys=model_keys,
        lines=lines,
        shown_settings=around.settings or settings_of(config),
        home=config.home,
        clock=clock,
        weight_files=lambda: WeightsShelf(weights_places(config)).files(),
    )


@dataclass(frozen=True, slots=True)
class _Stores:
    """What an office reads from."""

    database: Database
    accounts: Accounts
    governance: GovernanceStore
    turns: TurnStore
    eraser: Eraser


def backend_settings(config: Config) -> BackendSettings:
    """Return how the configuration wants backends to be run."""
    return BackendSettings(
        places=weights_places(config),
        embedded=EmbeddedSettings(
            slots=config.slots, threads=config.embedded_threads, queue_length=config.queue_length
        ),
        remote=RemoteSettings(
            connect_timeout_s=config.remote_connect_timeout_s,
            idle_timeout_s=config.remote_idle_timeout_s,
            retries=config.remote_retries,
        ),
    )


def _open_backends(
    config: Config, model_keys: ModelKeys, can_say: JuniorLibrary, stack: contextlib.AsyncExitStack
) -> Backends:
    open_engine = partial(open_engine_of_junior, library=can_say)
    backends = Backends(backend_settings(config), model_keys.key_of, open_engine=open_engine)
    stack.push_async_callback(backends.close)
    return backends


async def _tell_findings(governance: GovernanceStore, home: Home, runtime: RuntimeIdentity) -> None:
    """Raise alarms about refused starts, which are forgotten then, and about what lets turns be refused or wait.

    * Code that nobody admitted: every turn will be refused.
    * No checkpoint on the disk carries the quorum that a channel's newest move needs. After a crash a witness
      mends this at once; where none answers, the channel is as it was before that move.
    """
    for code, count in sorted(read_refusals(home.path).items()):
        await governance.alarm("start/refused", NONE, {"code": code, "count": count}, is_single=True)
    clear_refusals(home.path)
    try:
        check_runtime(governance.state, runtime)
    except RefusedError:
        await governance.alarm("runtime/not-admitted", RUNTIME_CHANNEL, {"runtime": runtime.portable})
    for channel in governance.state.held:
        await governance.alarm("witness/waiting", channel, {})


def _health(name: str, check: Callable[[], None], good: str) -> HealthDetail:
    try:
        check()
    except VeraxError as error:
        return HealthDetail(name, is_ready=False, detail=str(error))
    return HealthDetail(name, is_ready=True, detail=good)
