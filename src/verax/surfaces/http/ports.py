"""What the HTTP surface needs from an installation, as narrow protocols.

The real objects live in `verax.store` and `verax.turn` and are put together by
`verax.surfaces.installation`; nothing here is implemented twice.

Two promises that the surface relies on:

* Cancelling the task that waits for the next event of a turn, or closing the iterator, ends
  the turn at once; the engine records it as ``cancelled`` all the same (invariant 9).
* Errors are those of `verax.kernel.errors`; anything else is a fault of this server.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from verax.config import Config
from verax.gates.asked import AskedSample
from verax.gates.desk import ChangeGates
from verax.guard.guarding import Guarding
from verax.guard.tally import Tally
from verax.kernel.enrolment import EnrolledPasskey
from verax.kernel.fold import State
from verax.kernel.release import Release
from verax.kernel.split_view import SplitView
from verax.store.accounts_types import Account, NewSession, OpenedBy
from verax.store.attachments import Attachments
from verax.store.erase import EraseReport
from verax.store.messages import Messages
from verax.store.messages_types import Line, StoredResponse
from verax.store.receipts import ReceiptStatus
from verax.store.signing import Passkey, PendingDraft
from verax.store.turns import OpenedEvidence, OpenedTurn
from verax.surfaces.alarm_bell import AlarmBell
from verax.surfaces.conversations.runs import Runs
from verax.surfaces.junior_desk import JuniorDesk
from verax.surfaces.office import Office
from verax.surfaces.rollouts import RolloutDesk
from verax.truth.knowledge.library import Library
from verax.truth.pdf import PdfReader
from verax.truth.verdicts import Verifier
from verax.truth.web.search import WebSearch
from verax.turn.events import TurnEvent
from verax.turn.ports import RunningTurn
from verax.turn.request import Caller, TurnRequest

__all__ = [
    "Accounts",
    "BlobSource",
    "Embeddings",
    "Engine",
    "Eraser",
    "Gates",
    "GovernanceDesk",
    "HealthDetail",
    "Installation",
    "LogReader",
    "Receipts",
    "SigningDesk",
    "StoredResponses",
    "Turns",
    "WitnessDesk",
]


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Vectors of one call and what gave them.

    Attributes:
        vectors: One a text, in order.
        release: The release whose model was asked.
        runtime: Digest of the instance manifest.
        prompt_tokens: Tokens read; None where the model does not count them.
    """

    vectors: Sequence[Sequence[float]]
    release: str
    runtime: str
    mode: str
    prompt_tokens: int | None = None


class Engine(Protocol):
    """The turn path."""

    def start(self, request: TurnRequest) -> RunningTurn:
        """Start one turn, which ends by itself or by `cancel`."""
        ...

    def run(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        """Run one turn; the first event is `Started`, the last `Completed` or `Failed`."""
        ...

    async def embed(self, channel: str, caller: Caller, texts: Sequence[str]) -> Embeddings:
        """Return embeddings by the model of the channel's head."""
        ...

    @property
    def guarding(self) -> Guarding:
        """What reads sentences for the guard."""
        ...

    @property
    def tally(self) -> Tally:
        """What the guard found so far."""
        ...


class Accounts(Protocol):
    """Who asks, and how often."""

    async def resolve_key(self, key: str) -> Account:
        """Return the account of an API key; raises `AccessError`."""
        ...

    async def resolve_session(self, token: str) -> Account:
        """Return the account of a session; raises `AccessError`."""
        ...

    async def authenticate(self, name: str, password: str, client: str = "") -> Account:
        """Check a password; raises `AccessError`, or `BusyError` after many failures."""
        ...

    async def create_session(
        self, user_id: str, client: str = "", agent: str = "", opened_by: OpenedBy = "password"
    ) -> NewSession:
        """Open a session for an account that has just been authenticated."""
        ...

    async def redeem_link(self, code: str, client: str = "") -> Account:
        """Use up a one-time link; raises `AccessError`, or `BusyError` after many failures."""
        ...

    async def may_set_password(self, session_id: str) -> bool:
        """Say whether a session may set a password without the old one."""
        ...

    async def end_session(self, token: str) -> None:
        """End a session; ending none is no error."""
        ...

    def spend(self, account: Account) -> None:
        """Take one request from the account's allowance; raises `BusyError` when it is used up."""
        ...


class Receipts(Protocol):
    """Receipts by turn id."""

    async def status(self, turn_id: str) -> ReceiptStatus:
        """Return the receipt's state; raises `UnknownObject`."""
        ...

    async def receipt(self, turn_id: str, parts: Iterable[str]) -> bytes:
        """Return the integrated receipt with the salts of `parts` opened (``reply``, ``request``)."""
        ...


class Turns(Protocol):
    """Turns opened for their owners."""

    async def opened(self, turn_id: str) -> OpenedTurn:
        """Return the opened segments; raises `UnknownObject`."""
        ...

    async def evidence(self, turn_id: str) -> OpenedEvidence:
        """Return what the verdicts of a turn are about; raises `UnknownObject`."""
        ...


class StoredResponses(Protocol):
    """Responses that were stored for their owners."""

    async def put(self, response: StoredResponse) -> None:
        """Keep a response."""
        ...

    async def get(self, response_id: str, user_id: str) -> StoredResponse:
        """Return a response of this user; raises `UnknownObject`."""
        ...

    async def history(self, response_id: str, user_id: str) -> Sequence[Line]:
        """Return all lines up to and including a response, oldest first; raises `UnknownObject`."""
        ...


class Eraser(Protocol):
    """Erases what a person owns, its record and secret included (clause 14)."""

    async def conversation(self, conversation_id: str, user_id: str) -> EraseReport:
        """Erase a conversation with all its branches and turns; raises `UnknownObject`."""
        ...

    async def response(self, response_id: str, user_id: str) -> EraseReport:
        """Erase a stored response with its turn; raises `UnknownObject`."""
        ...

    async def turn(self, turn_id: str, user_id: str) -> EraseReport:
        """Erase one turn; raises `UnknownObject`."""
        ...


class Gates(Protocol):
    """The gates of changes. Every method raises `UnknownObject` for a change that is none."""

    def begin(self, change_id: str, suites: Sequence[str] = ()) -> ChangeGates:
        """Put suites in line; raises `ConflictError` where that could give no result."""
        ...

    async def cancel(self, change_id: str) -> ChangeGates:
        """Take suites out of the line and end the one that runs."""
        ...

    def gates(self, change_id: str) -> ChangeGates:
        """Return how far every suite is."""
        ...

    def report(self, change_id: str, suite: str) -> bytes:
        """Return the report of a suite."""
        ...

    def asked(self, change_id: str, suite: str) -> Sequence[AskedSample]:
        """Return what the samples of a suite's report were asked; raises `ConflictError` for another version of it."""
        ...

    async def close(self) -> None:
        """Stop in order; safe to call twice."""
        ...


class GovernanceDesk(Protocol):
    """The adopted state, and the way in for signed statements."""

    @property
    def state(self) -> State:
        """The state that every turn resolves from."""
        ...

    def release(self, release_id: str) -> Release:
        """Return a release; raises `UnknownObject`."""
        ...

    async def submit(self, envelope: bytes, blobs: Mapping[str, bytes]) -> int:
        """Append a statement that has an effect and return its index; raises the fold's reason."""
        ...


class SigningDesk(Protocol):
    """Passkeys that were enrolled, and statements that wait for signatures."""

    async def keep_challenge(self, user_id: str, challenge: str) -> None:
        """Remember a challenge that was handed to a browser."""
        ...

    async def take_challenge(self, user_id: str, challenge: str) -> None:
        """Use up a challenge; raises `RequestError`."""
        ...

    async def enrol(self, user_id: str, name: str, found: EnrolledPasskey, rp_id: str, origin: str) -> Passkey:
        """Keep a new passkey."""
        ...

    async def passkeys(self, user_id: str | None = None) -> Sequence[Passkey]:
        """Return the passkeys of an account, or of everybody."""
        ...

    async def remove_passkey(self, user_id: str, credential_id: str) -> None:
        """Forget a passkey; raises `UnknownObject`."""
        ...

    async def put_draft(self, draft_id: str, user_id: str, kind: str, payload: bytes, blobs: Mapping[str, str]) -> None:
        """Keep a statement that waits for signatures."""
        ...

    async def drafts(self) -> Sequence[PendingDraft]:
        """Return everything that waits for signatures."""
        ...

    async def draft(self, draft_id: str) -> PendingDraft:
        """Return one; raises `UnknownObject`."""
        ...

    async def add_signature(self, draft_id: str, signature: Mapping[str, Any]) -> PendingDraft:
        """Add a signature to a draft; raises `UnknownObject`."""
        ...

    async def discard(self, draft_id: str) -> None:
        """Forget a draft."""
        ...


class LogReader(Protocol):
    """The public face of one log: tlog-tiles (clause 2). Every method raises `UnknownObject`."""

    def keys(self) -> bytes:
        """Return verifier keys, one a line."""
        ...

    def checkpoint(self) -> bytes:
        """Return the newest signed checkpoint."""
        ...

    def witnessed_checkpoint(self) -> bytes:
        """Return the newest checkpoint that carried the witness quorum."""
        ...

    async def tile(self, path: str) -> bytes:
        """Return a tile or entry bundle by its tlog-tiles path below the log's prefix."""
        ...


class WitnessDesk(Protocol):
    """How the witnesses of the root stand, and evidence against our own logs."""

    def describe(self) -> Mapping[str, Any]:
        """Return the standing of every witness with every log."""
        ...

    async def take_evidence(self, view: SplitView) -> str:
        """Keep evidence, raise the alarm, and return its digest; raises `RequestError` where it proves nothing."""
        ...

    def evidence(self, digest: str) -> bytes | None:
        """Return evidence that was kept; None where there is none of that digest."""
        ...


class BlobSource(Protocol):
    """Blobs that statements of the governance log refer to."""

    def get(self, digest: str) -> bytes | None:
        """Return a blob, its digest checked; None when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class HealthDetail:
    """One thing that a server needs in order to answer."""

    name: str
    is_ready: bool
    detail: str


class Installation(Protocol):
    """One installation, as this surface sees it."""

    @property
    def config(self) -> Config: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def turns(self) -> Turns: ...
    @property
    def responses(self) -> StoredResponses: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def attachments(self) -> Attachments: ...
    @property
    def pdf(self) -> PdfReader: ...
    @property
    def library(self) -> Library: ...
    @property
    def verifier(self) -> Verifier: ...
    @property
    def web_search(self) -> WebSearch: ...
    @property
    def eraser(self) -> Eraser: ...
    @property
    def gates(self) -> Gates: ...
    @property
    def governance(self) -> GovernanceDesk: ...
    @property
    def office(self) -> Office: ...
    @property
    def junior(self) -> JuniorDesk: ...
    @property
    def signing(self) -> SigningDesk: ...
    @property
    def rollouts(self) -> RolloutDesk: ...
    @property
    def bell(self) -> AlarmBell: ...
    @property
    def blobs(self) -> BlobSource: ...
    @property
    def governance_log(self) -> LogReader: ...
    @property
    def reply_logs(self) -> Mapping[str, LogReader]: ...
    @property
    def witnessing(self) -> WitnessDesk: ...

    def health(self) -> Sequence[HealthDetail]:
        """Say what is ready and what is not; cheap enough to be asked every second."""
        ...

    def listens_at(self, host: str, port: int) -> None:
        """Take note of where the server is reached from this machine; called once it listens."""
        ...

    def measurements(self) -> Mapping[str, float]:
        """Return gauges by name, ``verax_reply_log_entries`` for instance."""
        ...
