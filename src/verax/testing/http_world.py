"""An installation for clients of the HTTP surface: the real turn path, stores and logs of replies.

Only governance is simulated and the model scripted. The channel ``assistant`` calls tools by
a JSON schema and takes files, ``native`` calls tools itself, ``frozen`` answers nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from verax.config import Config, settings_of
from verax.guard.guarding import Guarding
from verax.guard.tally import Tally
from verax.kernel.errors import UnknownObject
from verax.kernel.release import Release
from verax.products.junior.releases import shipped_channels
from verax.store.accounts import Accounts
from verax.store.accounts_credentials import HashCosts, Passwords
from verax.store.accounts_settings import AccountSettings, SiteFacts
from verax.store.attachments import AttachmentLimits, Attachments
from verax.store.erase import Eraser
from verax.store.messages import Messages
from verax.store.messages_export import export_user
from verax.store.meter import Meter
from verax.store.model_keys import ModelKeys
from verax.store.receipts import Receipts
from verax.store.responses import Responses
from verax.store.rollouts import Rollouts
from verax.store.signing import SigningDesk
from verax.store.tlog_live import LiveLog
from verax.store.turns import TurnStore
from verax.store.votes import Votes
from verax.surfaces.alarm_bell import AlarmBell
from verax.surfaces.conversations.history import Sources
from verax.surfaces.conversations.run import RunParts
from verax.surfaces.conversations.runs import RunLimits, Runs
from verax.surfaces.http.ports import Embeddings, HealthDetail
from verax.surfaces.junior_desk import Erasing, open_junior
from verax.surfaces.office import Office
from verax.surfaces.public_history import PublicHistory
from verax.surfaces.rollouts import RolloutDesk
from verax.surfaces.server_lines import LogLines
from verax.testing.gate_desk import SimulatedDesk, make_gate_desk
from verax.testing.governance import channel_rules
from verax.testing.releases import FILE_WORDING, make_release
from verax.testing.scripted import Reply, Rule, ScriptedBackend, ScriptedTool
from verax.testing.turns import SimulatedGovernance, TurnWorld
from verax.testing.witness_link import NoWitnesses
from verax.truth.pdf import PdfReader
from verax.truth.verdicts import Verifier
from verax.truth.verifier import LocalVerifier
from verax.truth.web.search import WebSearch
from verax.turn.embed import embed
from verax.turn.events import TurnEvent
from verax.turn.path import RunningTurn, TurnEngine
from verax.turn.request import Caller, TurnRequest

__all__ = ["HttpWorld", "usual_backend"]

_SETTLE_LIMIT_S = 30.0
_DRAIN_S = 5.0
_ALLOW = (
    '[sampling]\nmax_tokens = 512\nallow = ["temperature", "top_p", "presence_penalty", "frequency_penalty", '
    '"max_tokens", "seed", "stop", "n", "logprobs"]\n'
)
_TOOLS = '[tools]\nstyle = "{style}"\nhead = "Tools:\\n"\ntail = "\\nReply with JSON."\n'


def usual_backend() -> ScriptedBackend:
    """Return a model that answers the questions that the clients' tests ask; else it echoes."""
    return ScriptedBackend(
        [
            Rule("Hamlet", "Hamlet was written by William Shakespeare."),
            Rule("use native tools", Reply(("",), tools=(ScriptedTool("weather", '{"city": "Oslo"}'),))),
            Rule("answer in JSON", '{"name": "Ann", "age": 7}'),
            Rule("several", Reply(("one", "two", "three"))),
            Rule("slowly", Reply(("word " * 400,), delay_s=0.05)),
        ],
        obey=_use_tools,
    )


def _use_tools(prompt: str) -> str:
    """Call the weather tool once where there are tools, then say what it said; else echo."""
    lines = json.loads(prompt)
    if "Tools:" not in lines[0]["content"]:
        return str(next((line["content"] for line in reversed(lines) if line["role"] == "user"), ""))
    if "Sunny" in prompt:
        return '{"answer": "It is sunny."}'
    return '{"name": "weather", "arguments": {"city": "Oslo"}}'


class _Engine:
    """The turn path and embeddings, as the surface sees them."""

    def __init__(self, engine: TurnEngine, world: TurnWorld, governance: SimulatedGovernance) -> None:
        self._engine = engine
        self._world = world
        self._governance = governance

    def run(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        """Run one turn."""
        return self._engine.run(request)

    def start(self, request: TurnRequest) -> RunningTurn:
        """Start one turn."""
        return self._engine.start(request)

    async def embed(self, channel: str, caller: Caller, texts: Sequence[str]) -> Embeddings:
        """Embed texts."""
        world = self._world
        found = await embed((channel, caller, texts), self._governance, world.runtime, world.backends, Guarding())
        return Embeddings(found.vectors, found.release, found.runtime, found.mode)

    @property
    def guarding(self) -> Guarding:
        """What reads sentences for the guard: exact rules alone."""
        return Guarding()

    @property
    def tally(self) -> Tally:
        """What the guard found."""
        return self._world.tally


class _NoLog:
    """A governance log of which nothing is published yet."""

    def keys(self) -> bytes:
        """Return no key."""
        return b""

    def checkpoint(self) -> bytes:
        """Refuse."""
        raise UnknownObject("log: nothing is published yet")

    def witnessed_checkpoint(self) -> bytes:
        """Refuse."""
        raise UnknownObject("log: nothing is published yet")

    async def tile(self, path: str) -> bytes:
        """Refuse."""
        raise UnknownObject(f"log: {path} is beyond the published tree")


class HttpWorld:
    """Implements `verax.surfaces.http.ports.Installation`."""

    def __init__(self, config: Config, world: TurnWorld) -> None:
        self.config = config
        self.world = world
        self.accounts = Accounts(
            world.database,
            clock=world.clock,
            passwords=Passwords(HashCosts(1, 64, 1)),
            rate_per_minute=config.rate_per_minute,
        )
        self.engine = _Engine(world.engine, world, world.governance)
        self.responses = Responses(world.database, world.clock)
        self.signing = SigningDesk(world.database, world.clock)
        self.bell = AlarmBell(SimulatedDesk(world.governance))
        rollouts, votes = Rollouts(world.database), Votes(world.database, world.clock)
        self.rollouts = RolloutDesk(SimulatedDesk(world.governance), rollouts, votes, world.clock)
        self.eraser = Eraser(world.database, world.turns, self.accounts, world.clock)
        self.office = Office(
            accounts=self.accounts,
            settings=AccountSettings(world.database),
            facts=SiteFacts(world.database),
            meter=Meter(world.database),
            eraser=self.eraser,
            export=self._export,
            history=PublicHistory(lambda: world.governance.state, self._entries, world.governance.log.blobs.get),
            model_keys=ModelKeys(config.home / "keys"),
            lines=LogLines(),
            shown_settings=settings_of(config),
            home=config.home,
            find_servers=tuple,
            clock=world.clock,
        )
        erasing = Erasing(self.eraser, world.turns)
        self.junior = open_junior(
            world.database, world.clock, erasing, world.engine, passwords=Passwords(HashCosts(1, 64, 1))
        )
        self.messages = Messages(world.database, world.clock)
        limits = AttachmentLimits(config.attachment_quota_bytes)
        self.attachments = Attachments(world.database, world.clock, limits)
        self.pdf = PdfReader(world.runtime.check_code)
        self.library = world.library
        self.verifier: Verifier = world.verifier or LocalVerifier()
        self.web_search = WebSearch(None, self.library.fetcher, self.library.converter)
        parts = RunParts(self.engine, Sources(self.messages, self.attachments, world.governance), self.eraser)
        self.runs = Runs(parts, world.clock, RunLimits(running=config.max_runs))
        self.governance = SimulatedDesk(world.governance)
        self.blobs = world.governance.log.blobs
        self.governance_log = _NoLog()
        self.gates = make_gate_desk(config.home / "gates", world)
        self.witnessing = NoWitnesses()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        backend: ScriptedBackend | None = None,
        release: Release | None = None,
        verifier: Verifier | None = None,
        **settings: Any,
    ) -> AsyncIterator[HttpWorld]:
        """Open one in a temporary folder; `settings` are those of `Config`."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            config = Config(home=folder / "home", keyring=folder / "keyring", **settings)
            release = release or make_release("You answer.", rest=_ALLOW + _TOOLS.format(style="schema") + FILE_WORDING)
            async with TurnWorld.open(folder, backend or usual_backend(), release, verifier) as world:
                _add_channels(world.governance)
                opened = cls(config, world)
                yield opened
                await opened.runs.close(_DRAIN_S)

    @property
    def receipts(self) -> Receipts:
        """Receipts."""
        return self.world.receipts

    @property
    def turns(self) -> TurnStore:
        """Recorded turns."""
        return self.world.turns

    @property
    def reply_logs(self) -> Mapping[str, LiveLog]:
        """The one reply log."""
        return {"0": self.world.live}

    def _entries(self, start: int, end: int) -> Sequence[bytes]:
        return self.world.governance.log.entries[start:end]

    def _export(self, user_id: str) -> AsyncIterator[str]:
        world = self.world
        return export_user(world.database, world.turns, self.accounts, user_id, world.clock.now_ms())

    def health(self) -> Sequence[HealthDetail]:
        """Say that all is well."""
        return [HealthDetail("model", True, "scripted")]

    def measurements(self) -> Mapping[str, float]:
        """Return one gauge."""
        return {"verax_reply_log_entries": float(self.world.live.published.size)}

    def listens_at(self, host: str, port: int) -> None:  # noqa: ARG002 - the protocol's parameters
        """Take up the work of gates."""
        self.gates.start()

    async def settle(self) -> None:
        """Wait until every turn has ended and every leaf is integrated."""
        live = self.world.live
        await self.world.engine.drain(_SETTLE_LIMIT_S)
        last = live.published.size + await asyncio.to_thread(live.log.pending_now) - 1
        if last >= 0:
            await live.wait_published(last, _SETTLE_LIMIT_S)

    async def make_key(self, name: str = "ann", roles: Iterable[str] = ("member",)) -> str:
        """Create an account and return an API key of it."""
        user = await self.accounts.create_user(name, roles=roles)
        return (await self.accounts.create_key("test", user.user_id)).plain


def _add_channels(governance: SimulatedGovernance) -> None:
    junior = shipped_channels()
    names = sorted(["assistant", "frozen", "native", "runtime", *junior])
    log = governance.log
    log.change_root("ann", channels=[channel_rules(name, approvals=0, suites=()) for name in names])
    log.release_now(
        make_release("You call tools.", name="native", rest=_ALLOW + _TOOLS.format(style="native")), "native"
    )
    log.release_now(make_release("You are still.", name="frozen"), "frozen")
    for name, release in junior.items():
        log.release_now(release, name)
    log.move("ann", "freeze", channel="frozen")
    governance.adopt()
