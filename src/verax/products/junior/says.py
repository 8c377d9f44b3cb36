"""What Junior says beside its collection: lines of `says.toml`, and the calm script with a helpline of the country.

* A line is picked by the number of the turn, so that the same session says the same.
* An alert goes to the guardians for danger and self-harm; for abuse only where somebody outside the household was
  named. Otherwise nobody is told, and the turn stays out of what guardians read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from verax.guard.audience import Audience
from verax.guard.helplines import child_line, emergency_number
from verax.products.junior.screen import DANGERS, Concern
from verax.products.junior.session import Alert, Kind, Place, Profile, Reply

__all__ = ["alerts_of", "kind_of", "lines_of", "pick", "respond"]

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
_ALERTED = ("self_harm", "abuse", "emergency")


def kind_of(concern: Concern) -> Kind:
    """Return the kind of the reply to a concern."""
    return "care" if concern.name in DANGERS else _KINDS[concern.name]


def lines_of(band: Audience) -> Mapping[str, tuple[str, ...]]:
    """Return every line that one of the older bands may hear, by name, unfilled."""
    return {name: tuple(lines) for name, lines in _says()[band.value].items()}


def pick(band: Audience, name: str, turn: int) -> str:
    """Return the line of a name for this turn."""
    lines = lines_of(band)[name]
    return lines[turn % len(lines)]


def respond(concern: Concern, profile: Profile, turn: int) -> Reply:
    """Return what is said to a concern, with the alerts that go out."""
    line = pick(profile.band, _LINE_OF.get(concern.name, concern.name), turn)
    text = line.format_map(_contacts(profile.country)).strip()
    return Reply(
        kind_of(concern), text, alerts=alerts_of(concern, profile.place), is_private=concern.is_private(profile.place)
    )


def alerts_of(concern: Concern, place: Place) -> tuple[Alert, ...]:
    """Return what guardians are told: nothing where they may be the danger."""
    return (Alert(concern.name),) if concern.name in _ALERTED and not concern.is_private(place) else ()


def _contacts(country: str) -> dict[str, str]:
    words, line = _says()["helpline"], child_line(country)
    helpline = words["unknown"] if line is None else words["known"].format(name=line.name, phone=line.number)
    return {"helpline": helpline, "emergency": emergency_number(country) or words["emergency"]}


@cache
def _says() -> dict[str, Any]:
    return tomllib.loads(files("verax.products.junior").joinpath("says.toml").read_text(encoding="utf-8"))
