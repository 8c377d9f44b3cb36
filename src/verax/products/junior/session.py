"""What goes into an engine and what comes out: profile, session, input, reply.

* An engine is a pure function: the same profile, session, input and choice give the same reply and the same next
  session. It keeps nothing, reads no clock and asks nobody.
* A session holds what the play needs and never a child's words: names of our own texts and numbers.
* An `OpenChoice` is what a model may decide. Its answer counts if it is one of the options to the letter.
* A reply is typed parts; surfaces lay them out and add no words of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from verax.guard.audience import Audience
from verax.products.junior.collection.articles import Source
from verax.products.junior.pictures import Picture

__all__ = [
    "Alert",
    "Engine",
    "Heard",
    "Kind",
    "OpenChoice",
    "Place",
    "Profile",
    "Reply",
    "Said",
    "Session",
    "Step",
    "Tap",
]

Place = Literal["home", "classroom"]
"""Where the guardian stands to the child: at home, or as a teacher."""

Heard = Literal["", "hurt", "low"]
"""What a classifier heard in words that no rule knows: something may hurt the child, or the child may be in despair."""

Kind = Literal["hello", "play", "fact", "homework", "no_page", "redirect", "about", "care", "bye"]
"""What a reply is: ``no_page`` has no text on that, ``redirect`` turns away, ``about`` says what Junior is."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What guardians chose for a child; nothing here says who the child is.

    Attributes:
        country: Two letters (ISO 3166-1) for helplines, empty where it is not known.
        helpline: A line that the guardian looked up, and its number; empty for the listed one of the country.
        held_back: Topics that are not answered, of `verax.products.junior.collection.TOPICS`.
        session_minutes: Length of a session, None for the band's own.
        place: Whom a guardian is; who may be the danger is not told.
    """

    band: Audience
    country: str = ""
    held_back: frozenset[str] = frozenset()
    session_minutes: int | None = None
    place: Place = "home"
    helpline: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """Where a session stands.

    Attributes:
        turn: Replies so far.
        activity: What is being played, empty for nothing.
        picks: Its state, in words of that activity.
    """

    turn: int = 0
    activity: str = ""
    picks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a child did: text that was typed or spoken, or the id of a tap.

    Attributes:
        heard: What the application's second ear made of the text (`verax.products.junior.hearing`).
    """

    text: str = ""
    tap: str = ""
    heard: Heard = ""


@dataclass(frozen=True, slots=True)
class Tap:
    """Something to tap: an id to hand back, a label, and the name of a picture or nothing."""

    id: str
    label: str
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """What guardians are told at once: a kind, never a child's words."""

    kind: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply.

    Attributes:
        text: What is shown, and read aloud word for word.
        alerts: What guardians are told.
        is_private: Keep the turn out of what guardians read: one of them may be the danger.
    """

    kind: Kind
    text: str
    pictures: tuple[Picture, ...] = ()
    taps: tuple[Tap, ...] = ()
    sources: tuple[Source, ...] = ()
    alerts: tuple[Alert, ...] = ()
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A reply and the session after it."""

    reply: Reply
    session: Session


@dataclass(frozen=True, slots=True)
class OpenChoice:
    """A choice for a model: what the child said, and the options, one of which is to be returned to the letter."""

    said: str
    options: tuple[str, ...]


class Engine(Protocol):
    """An engine of one band."""

    @property
    def band(self) -> Audience:
        """Whom it is for."""
        ...

    def greet(self, profile: Profile) -> Step:
        """Begin a session; says that it is a computer program."""
        ...

    def open_choice(self, profile: Profile, session: Session, said: Said) -> OpenChoice | None:
        """Return what a model may choose for this input, None where nothing is open."""
        ...

    def reply(self, profile: Profile, session: Session, said: Said, choice: str = "") -> Step:
        """Answer; `choice` is what a model chose, and anything that is not an option counts as nothing."""
        ...
