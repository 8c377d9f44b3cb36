"""What a text is about, so that a topic which guardians hold back comes up nowhere: no page, game, song or picture.

* Words decide, so that nothing has to be remembered when a text is added: `topics.toml` has those that tell wherever
  they stand, and those that tell as a name: of a page, a picture, something to tap, a word of a game.
* What a word does not tell (a riddle whose answer is a river) is written down beside the text, as `topics`.
* A text has many topics, and one that is held back is enough. A page of weather that names a bee goes with animals.
* Two things are no topics and are always said: that Junior is a computer program, and the calm script for danger.

>>> sorted(topics_of("The bee sat on a flower."))
['animals', 'nature']
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from verax.guard.normal import normalise
from verax.products.junior.stems import stem

__all__ = ["TOPICS", "invited_topics", "topics_of"]

TOPICS = (
    *("animals", "art", "body", "feelings", "food", "history", "machines", "music"),
    *("nature", "numbers", "places", "safety", "space", "sport", "weather", "words"),
)
"""What a text can be about; guardians hold topics back by these names."""

_WORD = re.compile(r"[a-z]+|\d+")
_ITSELF = re.compile(r"\bI am a computer(?: program)?\b")


@dataclass(frozen=True, slots=True)
class _Telling:
    """Stems that tell, with the topics that each names: everywhere, as a name, and where something is proposed."""

    words: Mapping[str, frozenset[str]]
    names: Mapping[str, frozenset[str]]
    invites: Mapping[str, frozenset[str]]


def topics_of(text: str = "", *, names: Iterable[str] = ()) -> frozenset[str]:
    """Return what a text with its names is about.

    Args:
        names: Its title, its picture, what is tapped to get it: where a word is the thing itself.
    """
    telling, named = _telling(), " ".join(names)
    return _look_up(f"{text} {named}", telling.words) | _look_up(named, telling.names)


def invited_topics(line: str) -> frozenset[str]:
    """Return the topics that one of Junior's own lines names or proposes; what it says of itself is none."""
    line = _ITSELF.sub("", line)
    return topics_of(line) | _look_up(line, _telling().invites)


def _look_up(text: str, telling: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found = (telling.get(stem(word)) for word in _WORD.findall(normalise(text).text))
    return frozenset[str]().union(*(topics for topics in found if topics))


@cache
def _telling() -> _Telling:
    data = tomllib.loads(files(__package__).joinpath("topics.toml").read_text(encoding="utf-8"))
    return _Telling(*(_by_stem(data, kind) for kind in ("words", "names", "invites")))


def _by_stem(data: Mapping[str, Mapping[str, str]], kind: str) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for topic in TOPICS:
        for word in data[topic].get(kind, "").split():
            found[stem(word)] = found.get(stem(word), frozenset()) | {topic}
    return found
