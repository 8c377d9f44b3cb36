"""An installation in memory for tests of the HTTP surface: its turns follow a script.

Accounts are the real ones on SQLite; records, promises and receipts are real bytes from a
`SimulatedLog`; what the model says, and how a turn ends, the test decides.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from verax.config import Config, settings_of
from verax.gates.asked import AskedSample
from verax.gates.desk import ChangeGates
from verax.guard.guarding import Guarding
from verax.guard.tally import Tally
from verax.kernel.canonical import hex_digest
from verax.kernel.errors import ConflictError, RefusedError, RequestError, UnknownObject
from verax.kernel.fold import ChangeState, State
from verax.kernel.history import HistoryEntry
from verax.kernel.merkle import leaf_hash
from verax.kernel.note import NoteSigner, sign_note
from verax.kernel.promise import promise_key_name, promise_text
from verax.kernel.receipt import Receipt
from verax.kernel.record import Record, TurnSecret, entry_of
from verax.kernel.release import Release
from verax.store.accounts import Accounts
from verax.store.accounts_credentials import HashCosts, Passwords
from verax.store.accounts_settings import AccountSettings, SiteFacts
from verax.store.attachments import Attachments
from verax.store.clock import SystemClock
from verax.store.collections import Collections
from verax.store.collections_vectors import CollectionVectors
from verax.store.database import Database, open_database
from verax.store.erase import EraseReport
from verax.store.messages import Messages
from verax.store.meter import Meter
from verax.store.model_keys import ModelKeys
from verax.store.receipts import ReceiptStatus
from verax.store.responses import Responses
from verax.store.rollouts import Rollouts
from verax.store.signing import SigningDesk
from verax.store.turns import Erasure, OpenedEvidence, OpenedTurn
from verax.store.votes import Votes
from verax.surfaces.alarm_bell import AlarmBell
from verax.surfaces.conversations.history import Sources
from verax.surfaces.conversations.run import RunParts
from verax.surfaces.conversations.runs import Runs
from verax.surfaces.http.ports import Embeddings, HealthDetail
from verax.surfaces.junior_desk import Erasing, open_junior
from verax.surfaces.neighbours import ModelServer
from verax.surfaces.office import Office
from verax.surfaces.rollouts import RolloutDesk
from verax.surfaces.server_lines import LogLines
from verax.testing.logs import NAME
from verax.testing.releases import make_release
from verax.testing.simulated_log import SimulatedLog, sample_record
from verax.testing.turns import FixedRuntime
from verax.testing.witness_link import NoWitnesses
from verax.truth.knowledge.convert import Converter
from verax.truth.knowledge.library import Library
from verax.truth.knowledge.meaning import Meaning
from verax.truth.pdf import PdfReader
from verax.truth.verdicts import Verifier
from verax.truth.verifier import LocalVerifier
from verax.truth.web.search import WebSearch
from verax.turn.events import Choice, Completed, Started, TextDelta, TurnEvent
from verax.turn.request import Caller, TurnRequest

__all__ = ["FakeChannel", "FakeEngine", "FakeInstallation", "FakeState", "Turn", "say"]

RELEASE, RUNTIME = "11" * 32, "22" * 32
_DEADLINE_MS = 1_795_392_060_000


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a script: what was asked, and the tools to answer it."""

    request: TurnRequest
    started: Started
    secret: TurnSecret
    receipts: FakeReceipts

    def complete(self, *choices: Choice, status: str = "complete") -> Completed:
        """Record the turn and return its last event."""
        reply = choices[0].text.encode("utf-8") if choices else b""
        record = sample_record(
            self.secret,
            reply,
            self.receipts.log.origin,
            id=self.started.turn_id,
            channel=self.started.channel,
            status=status,
        )
        promise = self.receipts.add(record, self.secret, self.request.caller.user_id)
        count = sum(len(choice.text.split()) for choice in choices)
        return Completed(
            self.started.turn_id,
            record.status,
            choices,
            7,
            count,
            record.to_dict(),
            self.secret.data.hex(),
            promise,
        )


Script = Callable[[Turn], AsyncIterator[TurnEvent]]


def say(*texts: str, finish: str = "stop") -> Script:
    """Return a script that says `texts`, one event each, in every choice asked for."""

    async def script(turn: Turn) -> AsyncIterator[TurnEvent]:
        yield turn.started
        choices = range(turn.request.sampling.n)
        for index in choices:
            for text in texts:
                yield TextDelta(text, index)
        yield turn.complete(*(Choice("".join(texts), finish) for _ in choices))

    return script


class FakeEngine:
    """Runs `script` for every turn and keeps what was asked.

    Attributes:
        requests: Every request, oldest first.
        cancelled: Turns that ended because their reader left.
        on_cancel: Set when one did.
    """

    def __init__(self, receipts: FakeReceipts, channels: Iterable[str]) -> None:
        self.script: Script = say("Hello", " there")
        self.requests: list[TurnRequest] = []
        self.embedded: list[tuple[Caller, tuple[str, ...]]] = []
        self.cancelled = 0
        self.on_cancel = asyncio.Event()
        self._receipts = receipts
        self._channels = frozenset(channels)

    async def run(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        """Run one turn."""
        self._check_channel(request.channel)
        self.requests.append(request)
        secret = TurnSecret(hashlib.sha256(b"turn %d" % len(self.requests)).digest())
        started = Started(secret.salt("id").hex(), request.channel, RELEASE, RUNTIME, "head", "solo", 1_795_392_000_000)
        try:
            async for event in self.script(Turn(request, started, secret, self._receipts)):
                yield event
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            self.on_cancel.set()
            raise

    def start(self, request: TurnRequest) -> FakeRunningTurn:
        """Start one turn, whose events come as they are taken."""
        return FakeRunningTurn(self.run(request))

    @property
    def guarding(self) -> Guarding:
        """What reads sentences for the guard: exact rules alone."""
        return Guarding()

    @property
    def tally(self) -> Tally:
        """What the guard found: nothing."""
        return Tally()

    async def embed(self, channel: str, caller: Caller, texts: Sequence[str]) -> Embeddings:
        """Return a vector of two numbers for each text."""
        self._check_channel(channel)
        self.embedded.append((caller, tuple(texts)))
        return Embeddings([[float(len(text)), 0.5] for text in texts], RELEASE, RUNTIME, "solo")

    def _check_channel(self, name: str) -> None:
        if name not in self._channels:
            known = ", ".join(sorted(self._channels))
            raise UnknownObject(
                f"model: no channel of that name; this installation has: {known}",
                hint="GET /v1/models lists the channels",
                param="model",
                code="channel/unknown",
            )


class FakeRunningTurn:
    """A turn of a script; it stands still while nobody takes its events."""

    def __init__(self, events: AsyncGenerator[TurnEvent, None]) -> None:
        self._events = events
        self._is_cancelled = False

    def cancel(self) -> None:
        """End after the next event."""
        self._is_cancelled = True

    async def events(self) -> AsyncGenerator[TurnEvent, None]:
        """Yield the script's events."""
        async for event in self._events:
            yield event
            if self._is_cancelled:
                return


class FakeReceipts:
    """Receipts over a simulated log; `integrate` makes promises good."""

    def __init__(self) -> None:
        self.log = SimulatedLog(f"{NAME}/replies/0", hashlib.sha256(b"replies").digest())
        self._promiser = NoteSigner(promise_key_name(self.log.origin), hashlib.sha256(b"promise").digest())
        self._turns: dict[str, tuple[Record, TurnSecret, str, str]] = {}
        self._indices: dict[str, int] = {}

    def add(self, record: Record, secret: TurnSecret, owner_id: str) -> str:
        """Take a record and return its promise."""
        leaf = leaf_hash(entry_of(record))
        promise = sign_note(promise_text(self.log.origin, leaf, _DEADLINE_MS), self._promiser).decode("utf-8")
        self._turns[record.id] = (record, secret, owner_id, promise)
        return promise

    def integrate(self) -> None:
        """Put every promised leaf into the log."""
        for turn_id, (record, _, _, _) in self._turns.items():
            if turn_id not in self._indices:
                self._indices[turn_id] = self.log.append(entry_of(record))

    def forget(self, turn_id: str) -> None:
        """Forget a turn; its leaf stays."""
        del self._turns[turn_id]

    async def erasure(self, erasure_id: str) -> Erasure:
        """Refuse: nothing is erased with a receipt here."""
        raise UnknownObject(f"erasure: no erasure has the id {erasure_id}")

    async def status(self, turn_id: str) -> ReceiptStatus:
        """Return how far the leaf has come."""
        record, secret, owner_id, promise = self._turn(turn_id)
        return ReceiptStatus(
            turn_id,
            "integrated" if turn_id in self._indices else "promised",
            owner_id,
            record.to_dict(),
            promise,
            secret.data.hex(),
            await self.receipt(turn_id, ()) if turn_id in self._indices else None,
        )

    async def receipt(self, turn_id: str, parts: Iterable[str]) -> bytes:
        """Return the receipt with salts opened."""
        record, secret, _, _ = self._turn(turn_id)
        if turn_id not in self._indices:
            raise ConflictError("receipt: not integrated", code="receipt/not-integrated")
        proof = self.log.prove(self._indices[turn_id])
        return Receipt(record, proof, {part: secret.salt(part) for part in parts}).to_bytes()

    async def opened(self, turn_id: str) -> OpenedTurn:
        """Return a prompt of one segment."""
        record, _, owner_id, _ = self._turn(turn_id)
        return OpenedTurn(turn_id, owner_id, record.prompt, record.sent, [{"by": "user", "role": "user", "text": "Hi"}])

    async def evidence(self, turn_id: str) -> OpenedEvidence:
        """Return no evidence: nothing is looked for here."""
        self._turn(turn_id)
        raise UnknownObject("evidence: this turn has none", code="turn/no-evidence")

    def _turn(self, turn_id: str) -> tuple[Record, TurnSecret, str, str]:
        if turn_id not in self._turns:
            raise UnknownObject("turn: no turn has this id")
        return self._turns[turn_id]


class FakeLog:
    """Serves a simulated log's files."""

    def __init__(self, log: SimulatedLog) -> None:
        self._log = log

    def keys(self) -> bytes:
        """Return the one key."""
        return f"{self._log.signer.verifier}\n".encode()

    def checkpoint(self) -> bytes:
        """Return the newest checkpoint."""
        return self._log.checkpoint()

    def witnessed_checkpoint(self) -> bytes:
        """Refuse: nobody witnesses it."""
        raise UnknownObject(f"log {self._log.origin}: no checkpoint carries the quorum of its witnesses")

    async def tile(self, path: str) -> bytes:
        """Return a tile or bundle."""
        data = self._log.files().get(path)
        if data is None:
            raise UnknownObject(f"log {self._log.origin}: {path} is beyond the published tree")
        return data


class FakeBlobs:
    """Blobs in memory."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        """Keep a blob and return its digest."""
        self._blobs[hex_digest(data)] = data
        return hex_digest(data)

    def get(self, digest: str) -> bytes | None:
        """Return a blob."""
        return self._blobs.get(digest)


class FakeEraser:
    """Erases stored responses for real, and turns from the fake receipts."""

    def __init__(self, responses: Responses, receipts: FakeReceipts) -> None:
        self._responses = responses
        self._receipts = receipts

    async def conversation(self, conversation_id: str, user_id: str) -> EraseReport:
        """Refuse: a test of conversations takes `verax.testing.http_world`."""
        raise UnknownObject(f"conversation: this installation keeps none of {user_id}: {conversation_id}")

    async def response(self, response_id: str, user_id: str) -> EraseReport:
        """Erase a stored response with its turn."""
        turn_id = (await self._responses.get(response_id, user_id)).turn_id
        await self._responses.delete(response_id, user_id)
        return await self.turn(turn_id, user_id)

    async def turn(self, turn_id: str, user_id: str) -> EraseReport:
        """Erase one turn."""
        if (await self._receipts.status(turn_id)).owner_id != user_id:
            raise UnknownObject("turn: no such turn of this account")
        self._receipts.forget(turn_id)
        return EraseReport(1, 2, ("e" * 32,))

    async def profile(self, profile_id: str, user_id: str) -> EraseReport:
        """Refuse: a test of children's profiles takes `verax.testing.http_world`."""
        raise UnknownObject(f"profile: this installation erases none of {user_id}: {profile_id}")


class FakeHistory:
    """Tells what a test wrote down, and closes the blobs that it names."""

    def __init__(self) -> None:
        self.told: list[HistoryEntry] = []
        self.closed: set[str] = set()

    async def entries(self) -> Sequence[HistoryEntry]:
        """Return every entry."""
        return self.told

    async def is_closed(self, digest: str) -> bool:
        """Say whether a blob is for signed-in people only."""
        return digest in self.closed


class FakePersonEraser:
    """Removes accounts; there is nothing else of them here."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def user(self, user_id: str) -> EraseReport:
        """Remove an account."""
        await self._accounts.remove_user(user_id)
        return EraseReport(3, 5, ("e" * 32,))

    async def waiting(self) -> int:
        """Return 0: nothing is left for later."""
        return 0


async def _export(user_id: str) -> AsyncIterator[str]:
    """Yield the first and last line of an export that holds nothing else."""
    yield json.dumps({"type": "export", "v": 1, "user_id": user_id})
    yield json.dumps({"type": "end", "lines": 1})


@dataclass(frozen=True)
class FakeChannel:
    """A channel whose head never moves."""

    head: str | None = RELEASE
    head_index: int | None = 3
    mode: str | None = "solo"
    canary: None = None
    frozen: bool = False


@dataclass(frozen=True)
class FakeRules:
    """A channel's rules, as `verax.kernel.root.ChannelRules` has them."""

    approvals: int = 0
    gates: tuple[Any, ...] = ()
    needs_witness: bool = False
    max_head_age_s: int = 3600
    rollback_depth: int = 3
    is_public: bool = True


@dataclass(frozen=True)
class FakeRoot:
    """The part of a root document that is shown; ``companion/iris`` is not public."""

    name: str = NAME
    version: int = 1
    is_solo: bool = True
    channels: Mapping[str, FakeRules] = field(
        default_factory=lambda: {
            "assistant": FakeRules(),
            "companion/iris": FakeRules(is_public=False),
            "runtime": FakeRules(),
        }
    )


@dataclass(frozen=True)
class FakeState:
    """The part of a governance state that is shown."""

    size: int = 4
    tree_root: bytes = bytes(32)
    fingerprint: str = "33" * 32
    root: FakeRoot = field(default_factory=FakeRoot)
    channels: Mapping[str, FakeChannel] = field(
        default_factory=lambda: {
            "assistant": FakeChannel(),
            "companion/iris": FakeChannel(),
            "runtime": FakeChannel(RUNTIME),
        }
    )
    changes: Mapping[str, Any] = field(default_factory=dict)


class FakeGovernance:
    """Takes any envelope, or refuses each with a reason."""

    def __init__(self) -> None:
        self.shown = FakeState()
        self.submitted: list[tuple[bytes, dict[str, bytes]]] = []
        self.refusal = ""
        self.alarms: list[tuple[str, str, Mapping[str, Any]]] = []
        self.shown_release = make_release("You answer.")

    @property
    def state(self) -> State:
        """The state that is shown."""
        return cast("State", self.shown)

    def release(self, release_id: str) -> Release:  # noqa: ARG002 - the protocol's parameter
        """Return the one release; its id is not the one that is shown."""
        return self.shown_release

    def blob(self, digest: str) -> bytes:
        """Refuse: none is kept."""
        raise UnknownObject(f"blob {digest[:12]}: the log refers to none of that digest")

    async def entries(self) -> list[bytes]:
        """Return no entry: what is shown was never written."""
        return []

    async def alarm(self, code: str, channel: str, detail: Mapping[str, Any]) -> None:
        """Remember the alarm."""
        self.alarms.append((code, channel, detail))

    async def submit(self, envelope: bytes, blobs: Mapping[str, bytes]) -> int:
        """Keep the envelope."""
        if self.refusal:
            raise RefusedError(self.refusal, code="governance/no-effect")
        if not envelope:
            raise RequestError("envelope: empty", param="envelope")
        self.submitted.append((envelope, dict(blobs)))
        self.shown = replace(self.shown, size=self.shown.size + 1)
        return self.shown.size - 1


class FakeGates:
    """Knows one change without gates; what was begun and cancelled is noted.

    Attributes:
        begun: Change and suites of every call.
        cancelled: Every change whose gates were cancelled.
    """

    CHANGE = "ab" * 32

    def __init__(self) -> None:
        self.begun: list[tuple[str, tuple[str, ...]]] = []
        self.cancelled: list[str] = []

    def begin(self, change_id: str, suites: Sequence[str] = ()) -> ChangeGates:
        """Note the call."""
        found = self.gates(change_id)
        self.begun.append((change_id, tuple(suites)))
        return found

    async def cancel(self, change_id: str) -> ChangeGates:
        """Note the call."""
        found = self.gates(change_id)
        self.cancelled.append(change_id)
        return found

    def gates(self, change_id: str) -> ChangeGates:
        """Return the one change."""
        if change_id != self.CHANGE:
            raise UnknownObject("change: expected one change, found 0")
        change = ChangeState(change_id, 5, "assistant", RELEASE, "none", 0, "cd" * 32, frozenset({"ann"}), 0, "ef" * 32)
        return ChangeGates(change, ())

    def report(self, change_id: str, suite: str) -> bytes:
        """Return no report."""
        self.gates(change_id)
        raise UnknownObject(f"gate {suite}: it has no report yet")

    def asked(self, change_id: str, suite: str) -> list[AskedSample]:
        """Return nothing: there is no report."""
        self.report(change_id, suite)
        return []

    async def close(self) -> None:
        """Do nothing."""


class FakeInstallation:
    """Everything that the HTTP surface needs; see the module."""

    def __init__(self, config: Config, database: Database) -> None:
        self.config = config
        self.database = database
        self.accounts = Accounts(
            database,
            passwords=Passwords(HashCosts(1, 64, 1)),
            session_hours=config.session_hours,
            rate_per_minute=config.rate_per_minute,
            rate_burst=config.rate_burst,
        )
        self.fake_receipts = FakeReceipts()
        self.fake_governance = FakeGovernance()
        names = [name for name in self.fake_governance.shown.channels if name != "runtime"]
        self.engine = FakeEngine(self.fake_receipts, names)
        self.responses = Responses(database)
        self.signing = SigningDesk(database)
        self.gates = FakeGates()
        self.bell = AlarmBell(self.fake_governance)
        clock = SystemClock()
        self.rollouts = RolloutDesk(self.fake_governance, Rollouts(database), Votes(database, clock), clock)
        self.eraser = FakeEraser(self.responses, self.fake_receipts)
        self.junior = open_junior(
            database,
            clock,
            Erasing(self.eraser, self.fake_receipts),
            self.engine,
            passwords=Passwords(HashCosts(1, 64, 1)),
        )
        self.fake_history = FakeHistory()
        self.servers: list[ModelServer] = []
        self.office = Office(
            accounts=self.accounts,
            settings=AccountSettings(database),
            facts=SiteFacts(database),
            meter=Meter(database),
            eraser=FakePersonEraser(self.accounts),
            export=_export,
            history=self.fake_history,
            model_keys=ModelKeys(config.home / "keys"),
            lines=LogLines(),
            shown_settings=settings_of(config),
            home=config.home,
            find_servers=lambda: self.servers,
            clock=SystemClock(),
        )
        self.messages = Messages(database)
        self.attachments = Attachments(database, SystemClock())
        self.pdf = PdfReader(FixedRuntime().check_code)
        meaning = Meaning(CollectionVectors(database))
        self.library = Library(Collections(database, SystemClock()), Converter(FixedRuntime().check_code), meaning)
        self.verifier: Verifier = LocalVerifier()
        self.web_search = WebSearch(None, self.library.fetcher, self.library.converter)
        sources = Sources(self.messages, self.attachments, self.fake_governance)
        self.runs = Runs(RunParts(self.engine, sources, self.eraser), SystemClock())
        self.blobs = FakeBlobs()
        self.simulated = SimulatedLog(f"{NAME}/governance", hashlib.sha256(b"governance").digest())
        self.governance_log = FakeLog(self.simulated)
        self.reply_logs = {"0": FakeLog(self.fake_receipts.log)}
        self.witnessing = NoWitnesses()
        self.details = [HealthDetail("model", True, "loaded")]

    @classmethod
    def open(cls, folder: Path, **settings: Any) -> FakeInstallation:
        """Open one with its database in `folder`; `settings` are those of `Config`."""
        config = Config(home=folder / "home", keyring=folder / "keyring", **settings)
        return cls(config, open_database(folder / "test.sqlite"))

    @property
    def receipts(self) -> FakeReceipts:
        """Receipts."""
        return self.fake_receipts

    @property
    def turns(self) -> FakeReceipts:
        """Opened turns."""
        return self.fake_receipts

    @property
    def governance(self) -> FakeGovernance:
        """Governance."""
        return self.fake_governance

    def health(self) -> Sequence[HealthDetail]:
        """Return the details that the test set."""
        return self.details

    def listens_at(self, host: str, port: int) -> None:
        """Take no note."""

    def measurements(self) -> Mapping[str, float]:
        """Return one gauge."""
        return {"verax_reply_log_entries": float(self.fake_receipts.log.size)}

    async def make_key(self, name: str = "ann", roles: Iterable[str] = ("member",), password: str | None = None) -> str:
        """Create an account and return an API key of it."""
        user = await self.accounts.create_user(name, password=password, roles=roles)
        return (await self.accounts.create_key("test", user.user_id)).plain

    def close(self) -> None:
        """Close the database."""
        self.database.close()
