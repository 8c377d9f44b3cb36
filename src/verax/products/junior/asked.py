"""What a turn of a child hands to the engine, as segments of a prompt and back.

* A prompt of Junior is two segments with their authors: where the session stands and what guardians chose, by the
  application, as JSON, with what its second ear heard; and what the child said, by the user, personal data masked. A
  tap stands in the first: it is an id of our own.
* The engine is a pure function of them, so the reply follows from the prompt that a record commits to, and so do the
  pictures, taps and sources that stand beside its text.
* A prompt without the first segment is a conversation, as a gate or a grown-up has one on a channel of Junior: its
  lines by the user are said one after the other from a fresh start, and the reply to the last one is the answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from verax.guard.audience import Audience
from verax.kernel.segments import Segment
from verax.products.junior.session import Engine, Heard, Profile, Said, Session, Step

__all__ = ["Asked", "answer_segments", "read_session", "session_fields"]

_FORM = "verax/junior-asked/v1"
_HEARD: Mapping[str, Heard] = {name: name for name in get_args(Heard)}


@dataclass(frozen=True, slots=True)
class Asked:
    """One input of a child.

    Attributes:
        said: None to begin a sitting.
    """

    profile: Profile
    session: Session
    said: Said | None

    @property
    def state(self) -> str:
        """Return everything but the child's words, as JSON with sorted keys."""
        fields = {
            "form": _FORM,
            "country": self.profile.country,
            "helpline": self.profile.helpline,
            "phone": self.profile.phone,
            "held_back": sorted(self.profile.held_back),
            "place": self.profile.place,
            "begins": self.said is None,
            "tap": self.said.tap if self.said is not None else "",
            "heard": self.said.heard if self.said is not None else "",
            **session_fields(self.session),
        }
        return json.dumps(fields, sort_keys=True, separators=(",", ":"))

    @property
    def text(self) -> str:
        """Return the child's words, empty for a tap and at the start."""
        return self.said.text if self.said is not None else ""

    def answer(self, engine: Engine) -> Step:
        """Answer it."""
        if self.said is None:
            return engine.greet(self.profile)
        return engine.reply(self.profile, self.session, self.said)


def session_fields(session: Session) -> dict[str, Any]:
    """Return where a session stands, as plain objects."""
    return {"turn": session.turn, "activity": session.activity, "picks": list(session.picks)}


def read_session(fields: dict[str, Any]) -> Session:
    """Return the session of `session_fields`; raises `KeyError`, `TypeError` or `ValueError` for anything else."""
    picks = fields["picks"]
    if not (isinstance(fields["activity"], str) and all(isinstance(pick, str) for pick in picks)):
        raise TypeError("a session's activity and picks are texts")
    return Session(int(fields["turn"]), fields["activity"], tuple(picks))


def answer_segments(engine: Engine, segments: Sequence[Segment]) -> Step:
    """Return the step that a prompt leads to; see the module."""
    lines = [segment.text for segment in segments if segment.by == "user"]
    stated = [segment.text for segment in segments if (segment.by, segment.role) == ("app", "system")]
    asked = _read(engine.band, stated[0], lines[-1]) if len(stated) == 1 and lines else None
    if asked is not None:
        return asked.answer(engine)
    profile = Profile(engine.band)
    step = engine.greet(profile)
    for line in lines:
        step = engine.reply(profile, step.session, Said(line))
    return step


def _read(band: Audience, state: str, text: str) -> Asked | None:
    """Return what was asked, None where the application's text is something else."""
    try:
        fields = json.loads(state)
        if fields["form"] != _FORM:
            return None
        profile = Profile(
            band=band,
            country=fields["country"],
            held_back=frozenset(fields["held_back"]),
            place=fields["place"],
            helpline=fields.get("helpline", ""),
            phone=fields.get("phone", ""),
        )
        said = None if fields["begins"] else Said(text, fields["tap"], _HEARD[fields.get("heard", "")])
        return Asked(profile, read_session(fields), said)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
