"""What Junior says beside its collection: lines of `says.toml`, and the calm script with a helpline of the country.

* A line is picked by the number of the turn, so that the same session says the same.
* A line proposes nothing that guardians hold back; the calm script is said whatever they hold back.
* A helpline that a guardian looked up takes the place of the listed one, except where the guardian may be the danger.
* An alert goes to the guardians for danger and self-harm; for abuse, and for hurt that was only heard, where somebody
  outside the household was named. Otherwise nobody is told, and the turn stays out of what guardians read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from verax.guard.audience import Audience
from verax.guard.helplines import child_line, emergency_number
from verax.products.junior.screen import DANGERS, Concern
from verax.products.junior.session import Alert, Kind, Place, Profile, Reply, Tap
from verax.products.junior.topics import invited_topics, topics_of

__all__ = ["alerts_of", "kind_of", "lines_of", "pick", "pick_line", "respond", "without_held"]

_KINDS: dict[str, Kind] = {
    "hello": "hello",
    "machine": "about",
    "friend": "about",
    "personal": "about",
    "bye": "bye",
    "unsafe": "redirect",
    "parent": "redirect",
    "orders": "redirect",
}
_LINE_OF = {"unsafe": "redirect", "orders": "redirect"}
_ALERTED = ("self_harm", "abuse", "emergency", "worry")


def kind_of(concern: Concern) -> Kind:
    """Return the kind of the reply to a concern."""
    return "care" if concern.name in DANGERS else _KINDS[concern.name]


def lines_of(band: Audience) -> Mapping[str, tuple[str, ...]]:
    """Return every line that one of the older bands may hear, by name, unfilled."""
    return {name: tuple(lines) for name, lines in _says()[band.value].items()}


def pick(band: Audience, name: str, turn: int, held_back: frozenset[str] = frozenset()) -> str:
    """Return the line of a name for this turn; no line that proposes what is held back."""
    return pick_line(lines_of(band)[name], turn, held_back)


def pick_line(lines: Sequence[str], turn: int, held_back: frozenset[str]) -> str:
    """Return one of some lines for this turn; no line that proposes what is held back.

    Every name has a line that proposes nothing (a test holds that). The last line stands for it where there is none,
    as for danger: what is said then is said whatever is held back.
    """
    free = [line for line in lines if not held_back & invited_topics(line)] if held_back else lines
    return free[turn % len(free)] if free else lines[-1]


def respond(concern: Concern, profile: Profile, turn: int) -> Reply:
    """Return what is said to a concern, with the alerts that go out."""
    held = frozenset() if concern.name in DANGERS else profile.held_back
    line = pick(profile.band, _LINE_OF.get(concern.name, concern.name), turn, held)
    text = line.format_map(_contacts(profile, is_own=not concern.is_private(profile.place))).strip()
    return Reply(
        kind_of(concern), text, alerts=alerts_of(concern, profile.place), is_private=concern.is_private(profile.place)
    )


def alerts_of(concern: Concern, place: Place) -> tuple[Alert, ...]:
    """Return what guardians are told: nothing where they may be the danger."""
    return (Alert(concern.name),) if concern.name in _ALERTED and not concern.is_private(place) else ()


def without_held(taps: Iterable[Tap], held_back: frozenset[str]) -> tuple[Tap, ...]:
    """Return taps without pictures that are held back; their labels are the caller's to choose."""
    return tuple(
        replace(tap, picture="") if tap.picture and held_back & topics_of(names=[tap.picture]) else tap for tap in taps
    )


def _contacts(profile: Profile, *, is_own: bool) -> dict[str, str]:
    """Return whom to call; `is_own`: the line that a guardian named counts."""
    words, line = _says()["helpline"], child_line(profile.country)
    name, phone = ("", "") if line is None else (line.name, line.number)
    if is_own and profile.helpline:
        name, phone = profile.helpline, profile.phone
    helpline = words["known"].format(name=name, phone=phone) if name else words["unknown"]
    return {"helpline": helpline, "emergency": emergency_number(profile.country) or words["emergency"]}


@cache
def _says() -> dict[str, Any]:
    return tomllib.loads(files("verax.products.junior").joinpath("says.toml").read_text(encoding="utf-8"))
