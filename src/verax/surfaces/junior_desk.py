"""What the calls of Junior stand on: one object, made by the installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from verax.guard.personal import PersonalData
from verax.guard.policy import MASK
from verax.products.junior.hearing import Hearing
from verax.products.junior.library import SHIPPED, Library
from verax.store.accounts_credentials import Passwords
from verax.store.clock import Clock
from verax.store.database import Database
from verax.store.erase import EraseReport
from verax.store.junior.joining import JoinCodes
from verax.store.junior.pins import Pins
from verax.store.junior.profiles import Profiles
from verax.store.junior.records import JuniorRecords
from verax.store.junior.sessions import ChildSessions
from verax.store.junior.types import Profile
from verax.store.turns import Erasure
from verax.surfaces.guarding import local_judge
from verax.surfaces.junior_turns import JuniorTurns
from verax.truth.knowledge.encoder import Encoder
from verax.turn.ports import TurnStarter

__all__ = [
    "Erasing",
    "ErasureReceipts",
    "JuniorDesk",
    "ProfileEraser",
    "ProfileErasure",
    "open_junior",
    "without_personal_data",
]

_PERSONAL = PersonalData(is_child=True)


class ProfileEraser(Protocol):
    """Erases children's profiles."""

    async def profile(self, profile_id: str, user_id: str) -> EraseReport:
        """Erase a guardian's profile with all that is kept of it; raises `UnknownObject`."""
        ...


class ErasureReceipts(Protocol):
    """Receipts of erasures."""

    async def erasure(self, erasure_id: str) -> Erasure:
        """Return a receipt; raises `UnknownObject`."""
        ...


@dataclass(frozen=True, slots=True)
class JuniorDesk:
    """See the module."""

    database: Database
    profiles: Profiles
    pins: Pins
    codes: JoinCodes
    sessions: ChildSessions
    records: JuniorRecords
    turns: JuniorTurns
    eraser: ProfileEraser
    receipts: ErasureReceipts
    clock: Clock

    async def erase(self, profile: Profile) -> ProfileErasure:
        """Erase a profile with all that is kept of it; raises `UnknownObject`."""
        report = await self.eraser.profile(profile.profile_id, profile.user_id)
        return ProfileErasure(await self.receipts.erasure(report.erasures[0]), report.is_done)


@dataclass(frozen=True, slots=True)
class ProfileErasure:
    """The receipt of an erasure; `is_done` false while a long read holds the last traces."""

    receipt: Erasure
    is_done: bool


@dataclass(frozen=True, slots=True)
class Erasing:
    """What erases profiles, and where the receipts of it are."""

    eraser: ProfileEraser
    receipts: ErasureReceipts


def open_junior(
    database: Database,
    clock: Clock,
    erasing: Erasing,
    engine: TurnStarter,
    library: Library = SHIPPED,
    passwords: Passwords | None = None,
    hearing: Hearing | None = None,
) -> JuniorDesk:
    """Put the desk together.

    Args:
        engine: The one path of a turn.
        library: What Junior can say here.
        passwords: Settings of argon2id for PINs.
        hearing: Listens for danger; one of its own by default.
    """
    listening = hearing or Hearing(local_judge(), Encoder())
    sessions, records = ChildSessions(database, clock), JuniorRecords(database, clock, without_personal_data)
    return JuniorDesk(
        database=database,
        profiles=Profiles(database, clock),
        pins=Pins(database, clock, passwords or Passwords()),
        codes=JoinCodes(database, clock),
        sessions=sessions,
        records=records,
        turns=JuniorTurns(engine, library, sessions, records, without_personal_data, clock, listening),
        eraser=erasing.eraser,
        receipts=erasing.receipts,
        clock=clock,
    )


def without_personal_data(text: str) -> str:
    """Return a child's text with everything personal that is found in it masked (`verax.guard.personal`)."""
    pieces, end = [], 0
    for finding in _PERSONAL.find(text):
        pieces += [text[end : finding.start], MASK]
        end = finding.end
    return "".join([*pieces, text[end:]])
