"""What is known of a child's profile: no name, no birthday, no address, no picture.

What is kept at all stands in `terms_of`, with why and for how long; a guardian agrees to
exactly that before a profile is made, and again before more is kept.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Literal, get_args

from verax.kernel.errors import CorruptStore

__all__ = [
    "ALERT_DAYS",
    "ANIMALS",
    "BANDS",
    "COLOURS",
    "MAX_PROFILES",
    "RECEIPT_DAYS",
    "SESSION_HOURS",
    "USE_DAYS",
    "Alert",
    "Animal",
    "Band",
    "Bedtime",
    "ChildSession",
    "Colour",
    "Consent",
    "Day",
    "LogLine",
    "NewChildSession",
    "OwnHelpline",
    "Place",
    "Profile",
    "ProfileSettings",
    "Speaker",
    "Term",
    "TermName",
    "required_terms",
    "terms_of",
]

Band = Literal["2-4", "5-7", "8-12"]
Place = Literal["home", "classroom"]
Speaker = Literal["child", "junior"]
TermName = Literal["profile", "use", "session", "receipts", "alerts", "log"]
Colour = Literal["red", "orange", "yellow", "green", "blue", "purple", "pink", "white"]
# fmt: off
Animal = Literal[
    "bear", "bee", "cat", "dog", "duck", "elephant", "fish", "fox", "frog", "giraffe", "hedgehog", "horse",
    "lion", "mouse", "owl", "panda", "penguin", "rabbit", "sheep", "snail", "tiger", "turtle", "whale", "zebra",
]
# fmt: on

BANDS: tuple[Band, ...] = get_args(Band)
COLOURS: tuple[Colour, ...] = get_args(Colour)
ANIMALS: tuple[Animal, ...] = get_args(Animal)

MAX_PROFILES = 60
"""Profiles of one guardian: two school classes."""

SESSION_HOURS = 12
"""A child's session ends by itself after a day on one device."""

USE_DAYS = 8
"""Days of which the minutes used are kept: today and a week."""

ALERT_DAYS = 90

RECEIPT_DAYS = 90
"""Days that the record of a child's turn is kept: as long as a readable log at most."""


@dataclass(frozen=True, slots=True)
class Bedtime:
    """Minutes after midnight where the child lives; `start` may be later than `end`, over midnight."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OwnHelpline:
    """A helpline that a guardian looked up, in the place of the listed one."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """What a guardian chose for a child.

    Attributes:
        place: Where the guardian stands to the child: at home, or as a teacher.
        country: ISO 3166 code of two letters, for helplines.
        topics_allowed: Topics of the collection that may come up; None for all of the band.
        topics_held: Topics that may not, whatever `topics_allowed` says.
        daily_minutes: Use in a day, None for no limit.
        session_minutes: Use between two breaks, None for no limit.
        time_zone: IANA name of the zone that days and bedtime are counted in.
        log_days: How long a readable log is kept; None for no log.
        helpline: Whom Junior names in the place of the listed line of the country; None for that one.
    """

    band: Band
    colour: Colour
    animal: Animal
    place: Place
    country: str
    topics_allowed: tuple[str, ...] | None
    topics_held: tuple[str, ...]
    daily_minutes: int | None
    session_minutes: int | None
    bedtime: Bedtime | None
    time_zone: str
    log_days: int | None
    helpline: OwnHelpline | None = None

    def to_json(self) -> str:
        """Return the settings as they are stored."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> ProfileSettings:
        """Read what was stored; raises `CorruptStore`."""
        try:
            fields: dict[str, Any] = json.loads(text)
            bedtime, allowed = fields.pop("bedtime"), fields.pop("topics_allowed")
            line = fields.pop("helpline", None)  # Settings of before have none.
            return cls(
                **{**fields, "topics_held": tuple(fields["topics_held"])},
                bedtime=None if bedtime is None else Bedtime(**bedtime),
                topics_allowed=None if allowed is None else tuple(allowed),
                helpline=None if line is None else OwnHelpline(**line),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise CorruptStore(
                "a child's profile is damaged in the database", hint="erase the profile and make it again"
            ) from error


@dataclass(frozen=True, slots=True)
class Profile:
    """One child's profile, as its guardian sees it."""

    profile_id: str
    user_id: str
    settings: ProfileSettings
    created_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that is kept: what, why, and for how many days; None for as long as the profile is there."""

    name: TermName
    what: str
    why: str
    days: int | None


@dataclass(frozen=True, slots=True)
class Consent:
    """What a guardian agreed to, and when."""

    terms: tuple[Term, ...]
    given_ms: int


@dataclass(frozen=True, slots=True)
class ChildSession:
    """One open session of a child; never its token."""

    session_id: str
    profile_id: str
    created_ms: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class NewChildSession:
    """A session that was just opened; `token` goes to the device and is stored nowhere."""

    token: str
    session: ChildSession


@dataclass(frozen=True, slots=True)
class Day:
    """How long Junior was used on one date."""

    day: str
    used_ms: int


@dataclass(frozen=True, slots=True)
class Alert:
    """That something worth a guardian's attention came up; the category and the time, never the words."""

    alert_id: str
    profile_id: str
    category: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the readable log.

    Attributes:
        turn_id: The turn whose reply it is; None for what the child said.
    """

    line_id: str
    said_by: Speaker
    text: str
    created_ms: int
    turn_id: str | None = None


def terms_of(log_days: int | None) -> tuple[Term, ...]:
    """Return everything that is kept of a child, with a readable log of so many days or without one."""
    always = (
        Term("profile", "the age band, the colour and animal, and what you set", "Junior is set up by it", None),
        Term("use", "how many minutes Junior was used on each day", "the time limits are kept by it", USE_DAYS),
        Term("session", "where a story or a task stands, while a session is open", "it goes on from there", 1),
        Term(
            "receipts",
            "for each answer when it was given and by which release, with a digest of it, not the words",
            "what answered can be checked",
            RECEIPT_DAYS,
        ),
        Term("alerts", "the kind and the time of what worried Junior, not the words", "you can help", ALERT_DAYS),
    )
    if log_days is None:
        return always
    what = "what the child wrote and what Junior answered, without personal data that was found"
    return (*always, Term("log", what, "you asked for it; Junior tells the child", log_days))


def required_terms(log_days: int | None) -> frozenset[TermName]:
    """Return the names of the terms that a guardian has to agree to."""
    return frozenset(term.name for term in terms_of(log_days))
