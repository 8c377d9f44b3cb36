"""What the calls of Junior take and answer with: for guardians, and for a child's own session."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from verax.store.junior.types import Animal, Band, Colour, Place, Speaker, TermName
from verax.surfaces.http.reply_models import ReplyModel
from verax.surfaces.http.validation import WireModel

__all__ = [
    "AlertList",
    "ChildBody",
    "ChildSessionInfo",
    "ChildSessionList",
    "ChildSessionsEnded",
    "ChildTurnBody",
    "ChildTurnRequest",
    "ChildView",
    "ChoicesBody",
    "ClassroomCodeBody",
    "ClassroomCodeRequest",
    "JoinRequest",
    "LeaveRequest",
    "LogBody",
    "LogCleared",
    "PinBody",
    "PinRequest",
    "ProfileBody",
    "ProfileChange",
    "ProfileErased",
    "ProfileExport",
    "ProfileList",
    "ProfileRequest",
    "UseBody",
]

Minutes = Annotated[int, Field(ge=1, le=1440)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Topics = Annotated[tuple[Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,39}$")], ...], Field(max_length=100)]
Secret = Annotated[str, Field(min_length=1, max_length=1024)]
JuniorKind = Literal["hello", "play", "fact", "homework", "no_page", "redirect", "about", "care", "bye"]
StandingName = Literal["open", "bedtime", "day_used_up", "break"]


class BedtimeHours(WireModel):
    """When Junior sleeps, where the child lives; `start` may be later than `end`, over midnight."""

    start: TimeOfDay
    end: TimeOfDay


class OwnHelplineFields(WireModel):
    """A helpline that a guardian looked up; a name of at most six words, and a number to be dialled."""

    name: Annotated[str, Field(max_length=40, pattern=r"^[\p{L}\p{N}][\p{L}\p{N}'’&-]*( [\p{L}\p{N}'’&-]+){0,5}$")]
    phone: Annotated[str, Field(max_length=24, pattern=r"^\+?[0-9][0-9 /-]{1,22}$")]


class ProfileFields(WireModel):
    """What a guardian chooses for a child; GET /v1/junior/choices says what there is to choose."""

    band: Band
    colour: Colour
    animal: Animal
    place: Place = "home"
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = Field(description="ISO 3166, for helplines.")
    topics_allowed: Annotated[Topics, Field(strict=False)] | None = None
    topics_held: Annotated[Topics, Field(strict=False)] = ()
    daily_minutes: Minutes | None = 30
    session_minutes: Minutes | None = None
    bedtime: BedtimeHours | None = None
    time_zone: Annotated[str, Field(min_length=1, max_length=64)] = Field(description="IANA name, Europe/Berlin.")
    log_days: Annotated[int, Field(ge=1, le=90)] | None = Field(
        default=None, description="Days that a readable log is kept; null for none. The child is told."
    )
    helpline: OwnHelplineFields | None = Field(
        default=None, description="Named in the place of the country's listed line; null for that one."
    )


class ProfileRequest(ProfileFields):
    """Body of ``POST /v1/junior/profiles``; `agreed` names everything that is kept under these settings."""

    agreed: Annotated[tuple[TermName, ...], Field(max_length=6, strict=False)]


class ProfileChange(ProfileFields):
    """Body of ``PUT /v1/junior/profiles/{id}``; `agreed` is needed where more is kept than before."""

    agreed: Annotated[tuple[TermName, ...], Field(max_length=6, strict=False)] | None = None


class PinRequest(WireModel):
    """Body of ``PUT /v1/junior/pin``; a PIN that is set is replaced with the account's password, where it has one."""

    pin: Annotated[str, Field(pattern="^[0-9]{4,12}$")]
    password: Secret | None = None


class LeaveRequest(WireModel):
    """Body of ``POST /v1/junior/session/leave``: the guardian's PIN, or the password of their account."""

    pin: Annotated[str, Field(pattern="^[0-9]{4,12}$")] | None = None
    password: Secret | None = None


class ChildTurnRequest(WireModel):
    """Body of ``POST /v1/junior/session/turns``: words, the id of a tap, or neither to begin or resume a sitting."""

    text: Annotated[str, Field(max_length=200_000)] | None = None
    tap: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    after: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="Number of the last reply that the page shows; another one is answered with 409."
    )


class ClassroomCodeRequest(WireModel):
    """Body of ``POST /v1/junior/classroom-codes``: how long the code lasts."""

    minutes: Annotated[int, Field(ge=5, le=120)] = 45


class ClassroomCodeBody(ReplyModel):
    """The code that a teacher shows, eight digits; it is not shown again."""

    code: str
    expires_ms: int


class JoinRequest(WireModel):
    """Body of ``POST /v1/junior/join``: what the teacher shows, and who the child is."""

    code: Annotated[str, Field(pattern="^[0-9]{8}$")]
    colour: Colour
    animal: Animal


class TermInfo(ReplyModel):
    """One thing that is kept, why, and for how many days; null for as long as the profile is there."""

    name: TermName
    what: str
    why: str
    days: int | None


class ConsentInfo(ReplyModel):
    """What a guardian agreed to, and when."""

    terms: list[TermInfo]
    given_ms: int


class HelplineInfo(ReplyModel):
    """Whom children of a country can call, null where nothing is known; `is_verified`: somebody looked it up."""

    country: str
    name: str | None
    phone: str | None
    emergency: str | None
    is_verified: bool


class ChoicesBody(ReplyModel):
    """What a profile can be made of; `terms` with `log_days` of the query, or without a log."""

    bands: list[Band]
    colours: list[Colour]
    animals: list[Animal]
    topics: list[str]
    helplines: list[HelplineInfo]
    terms: list[TermInfo]


class ProfileBody(ReplyModel):
    """A child's profile; `consents` are the newest first."""

    id: str
    band: Band
    colour: Colour
    animal: Animal
    place: Place
    country: str
    topics_allowed: list[str] | None
    topics_held: list[str]
    daily_minutes: int | None
    session_minutes: int | None
    bedtime: BedtimeHours | None
    time_zone: str
    log_days: int | None
    helpline: OwnHelplineFields | None
    consents: list[ConsentInfo]
    created_ms: int
    updated_ms: int


class ProfileList(ReplyModel):
    """All profiles of the guardian who asks, in the order in which they were made."""

    object: Literal["list"]
    data: list[ProfileBody]


class ErasureReceipt(ReplyModel):
    """Entry `index` of the reply log: H("verax/erase-profile/v1\\n" ‖ the other fields, and `v` 1, in RFC 8785)."""

    log: str
    count: int
    time_ms: int
    salt: str
    index: int


class ProfileErased(ReplyModel):
    """The profile is gone; `is_done` false means that a reader held the last traces, which go within a minute or so."""

    id: str
    deleted: Literal[True]
    is_done: bool
    receipt: ErasureReceipt


class ProfileExport(ReplyModel):
    """Everything that is kept of a profile: objects whose `type` is profile, consent, day, alert or line."""

    object: Literal["list"]
    data: list[dict[str, Any]]


class PinBody(ReplyModel):
    """Whether the guardian has a PIN, wrong tries since the last right one, and until when no try is looked at."""

    is_set: bool
    failures: int
    locked_ms: int


class StandingInfo(ReplyModel):
    """Whether Junior may be used now, for how long at most, and when it opens again; null for no limit or for now."""

    name: StandingName
    left_ms: int | None
    opens_ms: int | None


class ChildBody(ReplyModel):
    """A child's session as the child's page needs it; times are the server's, and `now_ms` is its clock."""

    band: Band
    colour: Colour
    animal: Animal
    place: Place
    country: str
    daily_minutes: int | None
    session_minutes: int | None
    bedtime: BedtimeHours | None
    is_log_kept: bool
    log_days: int | None
    used_today_ms: int
    standing: StandingInfo
    expires_ms: int
    now_ms: int


class JuniorPicture(ReplyModel):
    """A drawing: words for those who do not see it, and a whole SVG document without script, link or text."""

    name: str
    alt: str
    svg: str


class JuniorTap(ReplyModel):
    """Something to tap; its id is sent back as `tap`. Name and drawing of its picture are empty without one."""

    id: str
    label: str
    picture: str
    svg: str


class JuniorSource(ReplyModel):
    """Where a fact can be looked up: a work by its title, and who publishes it."""

    title: str
    publisher: str


class JuniorReply(ReplyModel):
    """One reply; `text` is what is shown and read aloud. `turn` counts the replies of the session."""

    turn: int
    kind: JuniorKind
    text: str
    pictures: list[JuniorPicture]
    taps: list[JuniorTap]
    sources: list[JuniorSource]
    turn_id: str
    release: str


class ChildTurnBody(JuniorReply):
    """A reply, and how the session stands after it."""

    session: ChildBody


class ChildView(ChildBody):
    """A child's session with the reply that a page shows after it was loaded again; null before the first."""

    reply: JuniorReply | None


class ChildSessionInfo(ReplyModel):
    """One open session of a child."""

    id: str
    created_ms: int
    expires_ms: int


class ChildSessionList(ReplyModel):
    """Open sessions of a profile, newest first."""

    object: Literal["list"]
    data: list[ChildSessionInfo]


class ChildSessionsEnded(ReplyModel):
    """How many sessions were ended."""

    ended: int


class DayInfo(ReplyModel):
    """Use on one date where the child lives."""

    day: str
    used_ms: int


class UseBody(ReplyModel):
    """Use of the last days, newest first; days without any are left out."""

    object: Literal["list"]
    data: list[DayInfo]


class AlertInfo(ReplyModel):
    """That something worth a guardian's attention came up: a category of the guard and a time, never the words."""

    id: str
    profile: str
    category: str
    created_ms: int


class AlertList(ReplyModel):
    """Alerts of all profiles of the guardian, newest first."""

    object: Literal["list"]
    data: list[AlertInfo]


class LogLineInfo(ReplyModel):
    """One line of the readable log; `turn_id` is that of an answer's turn, for its receipt."""

    id: str
    said_by: Speaker
    text: str
    created_ms: int
    turn_id: str | None


class LogBody(ReplyModel):
    """Lines of the log, newest first; empty where the guardian asked for none."""

    object: Literal["list"]
    data: list[LogLineInfo]
    has_more: bool


class LogCleared(ReplyModel):
    """How many lines were removed."""

    removed: int
