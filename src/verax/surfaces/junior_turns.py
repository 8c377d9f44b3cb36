"""A child's turn: from what was typed or tapped to a reply that a release gave and a record keeps.

*Life of a turn of a child:*

1. The time since the last sign of life is counted; where Junior may not be used now nothing else happens.
2. Personal data in the words is masked, unless they tell of danger or are about personal data themselves: then the
   engine reads them as they are, keeps none of them, and answers a line of its own. Of a pasted page beginning and end
   are read. Where no rule finds danger, the classifier listens, too; what it hears goes to the engine.
3. A page that has not seen the last reply is told that one, and nothing is done (two tabs, a button pressed twice).
   Where there is none (a guardian changed the topics), the session begins anew with what was said.
4. Guardians are alerted, before anything is answered: a process that dies from here on loses no alert (ADR 0168). Of
   what may be about the guardian nobody is told.
5. The engine is asked through the turn path: the channel's release answers, recorded before its first byte. Neither
   words nor reply nor the turn's secret are written with the record (ADR 0149).
6. The readable log gets its lines where one is kept, but none of what may be about the guardian.
7. The session goes on from the new place, unless another tab was quicker.

The parts that stand beside the text (pictures, taps, sources) follow from the same prompt as the text does; a reply
that is not what they belong to is not shown.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from verax.guard.audience import Audience
from verax.kernel.errors import ConflictError, ForbiddenError, RefusedError
from verax.kernel.record import TurnSecret
from verax.products.junior.asked import Asked, read_session, session_fields
from verax.products.junior.hearing import Hearing
from verax.products.junior.library import Library
from verax.products.junior.pictures import draw, list_pictures
from verax.products.junior.releases import channel_of
from verax.products.junior.screen import WEAK, find_concern
from verax.products.junior.session import Profile, Reply, Said, Session, Step
from verax.products.junior.topics import TOPICS
from verax.store.clock import Clock
from verax.store.junior.hours import BREAK_MS
from verax.store.junior.records import Danger, Exchange, JuniorRecords, Redact
from verax.store.junior.sessions import Child, ChildSessions
from verax.store.junior.types import ProfileSettings
from verax.turn.events import Completed, Failed
from verax.turn.ports import TurnStarter
from verax.turn.request import Caller, InputItem, TurnRequest

__all__ = ["ChildTurnFailed", "JuniorTurns", "NotNow", "StaleReply", "Told", "present_reply"]

_READ_CHARS = 4_000
_FRESH = Session()


class NotNow(ForbiddenError):
    """Junior may not be used now."""

    code = "junior/not-now"

    def __init__(self, child: Child) -> None:
        super().__init__(f"junior: not now ({_NAMES[child.standing.name]})", hint="the reply says when it opens again")
        self.child = child


class StaleReply(ConflictError):
    """The page has not seen the last reply."""

    code = "junior/stale"

    def __init__(self, present: dict[str, Any] | None) -> None:
        super().__init__("junior: there is a newer reply", hint="show that one, and ask again", param="after")
        self.present = present


class ChildTurnFailed(Exception):
    """The turn ended in an error, which its event says."""

    def __init__(self, event: Failed) -> None:
        super().__init__(event.message)
        self.event = event


_NAMES = {"open": "open", "bedtime": "bedtime", "day_used_up": "the day's minutes are used up", "break": "a break"}


@dataclass(frozen=True, slots=True)
class Told:
    """One reply: the object that pages get, and how the session stands now."""

    reply: dict[str, Any]
    child: Child


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a session stands, as it is stored; no word of a child is in it."""

    session: Session = _FRESH
    reply: dict[str, Any] | None = None
    at_ms: int = 0

    @property
    def number(self) -> int:
        return 0 if self.reply is None else int(self.reply["turn"])

    def to_json(self) -> str:
        fields = {"session": session_fields(self.session), "reply": self.reply, "at_ms": self.at_ms}
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)


class JuniorTurns:
    """Runs the turns of children.

    Args:
        engine: The one path of a turn.
        library: What Junior can say here; the same as that of the backends.
        redact: Masks personal data.
        hearing: Listens for danger that no rule knows.
    """

    def __init__(
        self,
        engine: TurnStarter,
        library: Library,
        sessions: ChildSessions,
        records: JuniorRecords,
        redact: Redact,
        clock: Clock,
        hearing: Hearing,
    ) -> None:
        self._engine = engine
        self._library = library
        self._sessions = sessions
        self._records = records
        self._redact = redact
        self._clock = clock
        self._hearing = hearing

    async def take(self, token: str, said: Said | None, after: int | None = None) -> Told:
        """Answer what a child said or tapped; None begins a sitting, or resumes the one that is going on.

        Args:
            after: Number of the last reply that the page saw; None where it does not say.

        Raises:
            NotNow, StaleReply, ChildTurnFailed: as they say.
            AccessError: the session has ended.
            BusyError: too many calls.
        """
        child = await self._sessions.count(token)
        if not child.standing.is_open:
            raise NotNow(child)
        place = _read_place(child.state)
        if after is not None and place.reply is not None and after != place.number:
            raise StaleReply(present_reply(child.state))
        if said is None and place.reply is not None and self._clock.now_ms() - place.at_ms < BREAK_MS:
            return Told(_drawn(place.reply), child)
        if said is not None:
            heard = await self._hearing.hear(said.text)
            said = Said(self._masked(_clip(said.text)), said.tap, heard)
        asked = Asked(_profile(child.settings), place.session, said)
        band = Audience(child.settings.band)
        step = asked.answer(self._library.engine(band))
        await self._alert(child, step.reply)
        done = await self._run(child, channel_of(band), asked, step)
        fields = {"turn_id": done.turn_id, "release": done.record["release"]}
        told = {"turn": place.number + 1, **_reply_object(step.reply), **fields}
        await self._log(child, _message(asked, place.reply), step.reply, done)
        after_it = _Place(step.session, told, self._clock.now_ms())
        if not await self._sessions.keep_state(child.session.session_id, after_it.to_json(), child.state):
            await self._refuse_stale(token)
        return Told(_drawn(told), child)

    def _masked(self, text: str) -> str:
        """Return what the engine reads; masking could take away the words that tell of danger."""
        return self._redact(text) if find_concern(text).name in ("", *WEAK) else text

    async def _run(self, child: Child, channel: str, asked: Asked, step: Step) -> Completed:
        """Run the turn, and return its end once it is the reply that `step` holds."""
        items = (InputItem("system", asked.state), InputItem("user", asked.text))
        caller = Caller(child.session.profile_id)
        request = TurnRequest(channel, caller, items, stream=False, keeps_words=False)
        done = None
        async for event in self._engine.start(request).events():
            if isinstance(event, Failed):
                raise ChildTurnFailed(event)
            if isinstance(event, Completed):
                done = event
        if done is None or done.status != "complete" or [c.text for c in done.choices] != [step.reply.text]:
            raise RefusedError(
                "junior: the channel's release gave another reply than this version's library",
                hint='"verax junior admit" brings the library of this version to it',
                code="junior/other-library",
            )
        return done

    async def _alert(self, child: Child, reply: Reply) -> None:
        """Alert guardians, as far as they may know."""
        if reply.alerts:
            await self._records.alert(child.session.profile_id, [alert.kind for alert in reply.alerts], _danger(reply))

    async def _log(self, child: Child, message: str, reply: Reply, done: Completed) -> None:
        """Write the log, as far as guardians asked for it and may know."""
        exchange = Exchange(
            message=message,
            answer=reply.text,
            danger=_danger(reply),
            turn_id=done.turn_id,
            salt=TurnSecret(bytes.fromhex(done.secret)).salt("reply").hex(),
        )
        await self._records.add(child.session.profile_id, exchange)

    async def _refuse_stale(self, token: str) -> NoReturn:
        raise StaleReply(present_reply((await self._sessions.find(token)).state))


def present_reply(state: str) -> dict[str, Any] | None:
    """Return the last reply of a session's state, as pages get it; None before the first."""
    reply = _read_place(state).reply
    return None if reply is None else _drawn(reply)


def _read_place(state: str) -> _Place:
    """Return where a session stands; one that cannot be read begins anew."""
    try:
        fields = json.loads(state) if state else {}
        return _Place(read_session(fields["session"]), fields["reply"], fields["at_ms"]) if fields else _Place()
    except (ValueError, KeyError, TypeError):
        return _Place()


def _profile(settings: ProfileSettings) -> Profile:
    held = set(settings.topics_held)
    if settings.topics_allowed is not None:
        held |= set(TOPICS) - set(settings.topics_allowed)
    return Profile(
        band=Audience(settings.band),
        country=settings.country,
        held_back=frozenset(held),
        session_minutes=settings.session_minutes,
        place=settings.place,
        helpline="" if settings.helpline is None else settings.helpline.name,
        phone="" if settings.helpline is None else settings.helpline.phone,
    )


def _message(asked: Asked, before: dict[str, Any] | None) -> str:
    """Return what the child did, for the log: their words, or the label of what was tapped."""
    if asked.said is None or not asked.said.tap:
        return asked.text
    taps = before["taps"] if before is not None else []
    return next((f"[{tap['label']}]" for tap in taps if tap["id"] == asked.said.tap), "")


def _danger(reply: Reply) -> Danger:
    return "unknown" if reply.is_private else "nobody"


def _clip(text: str) -> str:
    """Return a text, of a very long one its beginning and its end."""
    if len(text) <= _READ_CHARS:
        return text
    half = _READ_CHARS // 2
    return f"{text[:half]} … {text[-half:]}"


def _reply_object(reply: Reply) -> dict[str, Any]:
    """Return a reply as it is stored, pictures by name: no alert, and nothing of whether it is private."""
    return {
        "kind": reply.kind,
        "text": reply.text,
        "pictures": [picture.name for picture in reply.pictures],
        "taps": [asdict(tap) for tap in reply.taps],
        "sources": [asdict(source) for source in reply.sources],
    }


def _drawn(reply: dict[str, Any]) -> dict[str, Any]:
    """Return a stored reply as pages get it; a picture that this version has no more is left out."""
    known = set(list_pictures())
    return {
        **reply,
        "pictures": [asdict(draw(name)) for name in reply["pictures"] if name in known],
        "taps": [{**tap, "svg": draw(tap["picture"]).svg if tap["picture"] in known else ""} for tap in reply["taps"]],
    }
