"""What the turn path needs from the rooms left of it, as narrow protocols.

The real objects live in `verax.store`, `verax.models` and `verax.guard`; tests hand in the
public fakes of `verax.testing`. Nothing here is implemented twice.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Protocol

from verax.kernel.fold import State
from verax.kernel.release import Release
from verax.models.base import Backend
from verax.store.turns import FinishedTurn, OpenTurn
from verax.truth.knowledge.shared import Shelf
from verax.truth.verdicts import Evidence
from verax.truth.web.search import WebFindings
from verax.turn.events import TurnEvent
from verax.turn.request import TurnRequest

__all__ = [
    "BackendSource",
    "Governance",
    "Knowledge",
    "Releases",
    "RunningTurn",
    "RuntimeIdentity",
    "TurnStarter",
    "Turns",
    "WebSource",
]


class Releases(Protocol):
    """The adopted governance state and the releases that it names."""

    @property
    def state(self) -> State:
        """The state that every process resolves from; swapped as one object."""
        ...

    def release(self, release_id: str) -> Release:
        """Return an admitted or proposed release by its id; raises `UnknownObject`."""
        ...


class Governance(Releases, Protocol):
    """The same, with how fresh it is and the one way to raise an alarm."""

    def check_fresh(self, channel: str) -> None:
        """Raise `StaleError` when no check succeeded within the channel's `max_head_age_s`."""
        ...

    async def alarm(self, code: str, channel: str, detail: Mapping[str, Any]) -> None:
        """Merge an alarm into the log; `detail` holds no text from outside."""
        ...


class Turns(Protocol):
    """Where turns are recorded."""

    @property
    def origin(self) -> str:
        """Origin of the reply log that new turns go to."""
        ...

    async def open(self, turn: OpenTurn) -> None:
        """Write the durable open row."""
        ...

    async def reopen(self, turn: OpenTurn) -> None:
        """Replace the open row of a turn whose prompt was refused as too long before anything was said."""
        ...

    async def finish(self, turn: FinishedTurn) -> str:
        """Make the record durable, queue its entry, and return the signed promise."""
        ...

    async def held_replies(self, claims: Sequence[tuple[str, str]], user_id: str) -> frozenset[tuple[str, str]]:
        """Return those claims, each a turn and a text, whose text this installation gave that user as its reply."""
        ...


class BackendSource(Protocol):
    """Finds the backend a release names."""

    async def resolve(self, release: Release) -> Backend:
        """Return the backend; raises `ModelUnavailable` or `DigestMismatch`."""
        ...


class Knowledge(Protocol):
    """The collections that releases name, and what is found in them."""

    async def open(self, labels: Sequence[str], pins: Mapping[str, str], user_id: str) -> tuple[Shelf, ...]:
        """Return the collections of a release; raises `RefusedError` for one that cannot be had as it says."""
        ...

    async def find(self, shelves: Sequence[Shelf], question: str, limit: int, user_id: str) -> tuple[Evidence, ...]:
        """Return at most `limit` passages, the nearest first; raises `RefusedError` where a pin no longer holds."""
        ...

    async def nearness(self, question: str, passages: Sequence[str]) -> Sequence[float]:
        """Return how near each passage's meaning is to a question's, as cosines; 0 where nothing can tell."""
        ...


class WebSource(Protocol):
    """The search of the web, for releases that ask for it."""

    @property
    def is_available(self) -> bool:
        """Whether the administrator named an engine, and pages may be fetched."""
        ...

    async def find(self, question: str, query: str = "", pages: int = 5) -> WebFindings:
        """Search; raises `FetchError` or `BusyError` where the engine cannot be asked."""
        ...


class RuntimeIdentity(Protocol):
    """The measured runtime of this process (clause 13)."""

    @property
    def portable(self) -> str:
        """Portable digest: what people admit."""
        ...

    @property
    def digest(self) -> str:
        """Digest of the instance manifest: what records name."""
        ...

    def check_sealed(self) -> None:
        """Raise `RuntimeChanged` when code changed after it was measured."""
        ...

    def check_code(self, digests: Mapping[str, str]) -> None:
        """Raise `RuntimeChanged` when another process of ours ran code that was not measured; digests by path."""
        ...


class RunningTurn(Protocol):
    """A turn in flight."""

    def cancel(self) -> None:
        """End it; its last event still comes."""
        ...

    def events(self) -> AsyncGenerator[TurnEvent, None]:
        """Yield its events, once."""
        ...


class TurnStarter(Protocol):
    """The turn path, as whoever starts turns sees it."""

    def start(self, request: TurnRequest) -> RunningTurn:
        """Start one turn, which ends by itself or by `cancel`; raises what never became one."""
        ...
