"""Parts of stories, letters and words for five to seven, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from verax.products.junior.topics import topics_of

__all__ = ["GAMES", "STEPS", "Part", "Parts", "load_parts"]

STEPS = ("hero", "place", "problem", "helper")
"""What a child picks for a story, in this order."""

GAMES = ("sound", "rhyme", "blend")
"""Games with letters: the first sound of a word, rhymes, and sounds to blend."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to pick.

    Attributes:
        text: Its sentences, with ``{he}`` for the hero.
        attempt: For a problem: what the hero tries first.
        end: For a problem: how it is solved.
        he: For a hero: its name.
    """

    name: str
    picture: str
    text: str
    attempt: str = ""
    end: str = ""
    he: str = ""

    @property
    def topics(self) -> frozenset[str]:
        """Return what it is about."""
        return _topics(self)


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts, and what is said about them."""

    asks: Mapping[str, str]
    steps: Mapping[str, tuple[Part, ...]]
    ends: tuple[str, ...]
    lines: Mapping[str, str]
    words: Mapping[str, str]
    second: Mapping[str, str]
    rhymes: tuple[tuple[str, ...], ...]
    blends: tuple[str, ...]

    def part(self, step: str, name: str) -> Part:
        """Return a part; raises `StopIteration` for none, which no pick is."""
        return next(part for part in self.steps[step] if part.name == name)

    def asked(self, game: str) -> tuple[str, ...]:
        """Return the words that a game asks about."""
        firsts = tuple(self.words.values())
        return {"sound": firsts, "rhyme": tuple(row[0] for row in self.rhymes), "blend": self.blends}[game]

    def right(self, game: str, asked: str) -> str:
        """Return the right answer of a game to the word that it asks about."""
        if game == "sound":
            return self.second[asked[0]]
        if game == "rhyme":
            return next(row[1] for row in self.rhymes if row[0] == asked)
        return asked


@cache
def _topics(part: Part) -> frozenset[str]:
    return topics_of(" ".join((part.text, part.attempt, part.end)), names=(part.name, part.picture))


@cache
def load_parts() -> Parts:
    """Return the parts that come with Verax."""
    data = tomllib.loads(files(__package__).joinpath("parts.toml").read_text(encoding="utf-8"))
    steps = {
        step: tuple(
            Part(
                entry["name"],
                entry["picture"],
                entry["text"],
                entry.get("try", ""),
                entry.get("end", ""),
                entry.get("he", ""),
            )
            for entry in data[step]
        )
        for step in STEPS
    }
    return Parts(
        asks=data["asks"],
        steps=steps,
        ends=tuple(data["ends"]["lines"]),
        lines=data["letters"],
        words=data["words"],
        second=data["second"],
        rhymes=tuple(tuple(entry["words"]) for entry in data["rhymes"]),
        blends=tuple(data["blends"]["words"]),
    )
