"""Numbers that people in need can call: one file, `lists/helplines.toml`, for every surface.

* Each number names who publishes it, and whether anybody checked it there: none of those that ship
  was, so whoever runs an installation has to.
* Where a person's country is not known, general lines are named, each with where it works. A child
  whose guardians named a country is told that country's line.

>>> line = child_line("GB")
>>> line.number, line.is_verified
('0800 1111', False)
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from verax.guard.audience import Audience

__all__ = ["Helpline", "child_line", "emergency_number", "emergency_words", "helplines", "list_countries"]


@dataclass(frozen=True, slots=True)
class Helpline:
    """A number that people in need can call.

    Attributes:
        where: Where it can be called from, in words.
        publisher: Who runs the line or publishes the number.
        source: Where the number is published.
        is_verified: Whether somebody checked it there.
    """

    where: str
    name: str
    publisher: str
    number: str
    source: str
    is_verified: bool

    @property
    def line(self) -> str:
        """All that a person needs in one line."""
        return f"{self.where}: {self.number} ({self.name})"


def helplines(topic: str, audience: Audience) -> Sequence[Helpline]:
    """Return the general lines for a topic, ``self_harm`` or ``disclosure``, and an audience."""
    reader = "child" if audience.is_minor else "adult"
    return tuple(
        _helpline(item)
        for item in _read()["helpline"]
        if item["is_general"] and topic in item["topics"] and reader in item["for"]
    )


def child_line(country: str) -> Helpline | None:
    """Return the line for children of a country (ISO 3166-1, two letters), its own before a general one."""
    found = [
        item
        for item in _read()["helpline"]
        if country.upper() in item["countries"] and "child" in item["for"] and "disclosure" in item["topics"]
    ]
    # A line of one country comes before one of many.
    return _helpline(min(found, key=lambda item: len(item["countries"]))) if found else None


def list_countries() -> tuple[str, ...]:
    """Return every country with a line for children or an emergency number, in order."""
    lines = (item["countries"] for item in _read()["helpline"] if "child" in item["for"])
    return tuple(sorted({*_read()["emergency"]["numbers"], *(code for codes in lines for code in codes)}))


def emergency_number(country: str) -> str | None:
    """Return the emergency number of a country, None where it is not listed."""
    found: str | None = _read()["emergency"]["numbers"].get(country.upper())
    return found


def emergency_words(language: Literal["en", "zh"]) -> str:
    """Return the sentence that names emergency numbers where the country is not known."""
    return str(_read()["emergency"][language])


def _helpline(item: Mapping[str, Any]) -> Helpline:
    return Helpline(
        item["where"], item["name"], item["publisher"], item["number"], item["source"], bool(item["verified"])
    )


@cache
def _read() -> Mapping[str, Any]:
    text = resources.files("verax.guard.lists").joinpath("helplines.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
