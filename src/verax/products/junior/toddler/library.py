"""The closed library of the youngest band, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from verax.guard.readability import find_words
from verax.products.junior.topics import topics_of

__all__ = ["KIND_TOPICS", "Library", "Piece", "load_library"]

KIND_TOPICS = {"song": "music", "story": "words", "animals": "animals", "colours": "art", "count": "numbers"}
"""Kinds of play, and the topic that takes each away."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A song or a story: told a page at a time; `also` are topics that its words do not tell."""

    id: str
    title: str
    picture: str
    pages: tuple[str, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
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

    @cached_property
    def topics(self) -> Mapping[str, frozenset[str]]:
        """Return what each id of the library is about: its kind of play, and what it names and shows."""
        found = {
            piece.id: topics_of(" ".join(piece.pages), names=(piece.title, piece.picture)) | {*piece.also}
            for piece in self.pieces.values()
        }
        found |= {f"animals/{name}": topics_of(self.sounds[name], names=(name,)) for name in self.sounds}
        found |= {f"colours/{name}": topics_of(names=(thing,)) for name, thing in self.things.items()}
        found |= {f"count/{name}": frozenset() for name in self.numbers}
        return {key: topics | {KIND_TOPICS[key.partition("/")[0]]} for key, topics in found.items()}

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
        Piece(
            f"{kind}/{entry['name']}",
            entry["title"],
            entry["picture"],
            tuple(entry["pages"]),
            tuple(entry.get("topics", ())),
        )
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
