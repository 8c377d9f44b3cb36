"""The closed library of the youngest band, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from verax.guard.readability import find_words

__all__ = ["Library", "Piece", "load_library"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A song or a story: told a page at a time."""

    id: str
    title: str
    picture: str
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Everything that can be said.

    Attributes:
        says: Lines by what they are for.
        titles: Labels of taps by what they open.
        pieces: Songs and stories by id, ``song/row`` for instance.
        sounds: Sounds by animal.
        things: Things by colour.
        numbers: Number words from one on.
        counted: Things to count.
    """

    says: Mapping[str, tuple[str, ...]]
    titles: Mapping[str, str]
    pieces: Mapping[str, Piece]
    sounds: Mapping[str, str]
    things: Mapping[str, str]
    numbers: tuple[str, ...]
    counted: tuple[str, ...]

    @property
    def words(self) -> frozenset[str]:
        """Return every word of the library in lower case."""
        texts = [line for lines in self.says.values() for line in lines]
        texts += [text for piece in self.pieces.values() for text in (piece.title, *piece.pages)]
        texts += [*self.titles.values(), *self.sounds, *self.sounds.values(), *self.things, *self.things.values()]
        texts += [*self.numbers, *self.counted, *(f"{thing}s" for thing in self.counted)]
        plain = (text.format_map(_Holes()) for text in texts)
        return frozenset(word.lower() for text in plain for word in find_words(text))


class _Holes(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


@cache
def load_library() -> Library:
    """Return the library that comes with Verax."""
    data = tomllib.loads(files(__package__).joinpath("library.toml").read_text(encoding="utf-8"))
    pieces = [
        Piece(f"{kind}/{entry['name']}", entry["title"], entry["picture"], tuple(entry["pages"]))
        for kind in ("song", "story")
        for entry in data[kind]
    ]
    return Library(
        says={name: tuple(lines) for name, lines in data["says"].items()},
        titles=data["titles"],
        pieces={piece.id: piece for piece in pieces},
        sounds={entry["name"]: entry["sound"] for entry in data["animal"]},
        things={entry["name"]: entry["thing"] for entry in data["colour"]},
        numbers=tuple(data["numbers"]["words"]),
        counted=tuple(data["numbers"]["things"]),
    )
