"""What a child's words are about, before anything is looked up: danger, Junior itself, personal data, tricks.

* The rules are data (`concerns.toml`), matched against normalised text, so spelling tricks do not hide a word.
* The first concern in the file's order wins: danger before everything else.
* A missed concern never lets unsafe words out, for every reply was written before; it means that a child in need reads
  "I have no page about that". So the rules for danger rather find too much.

>>> find_concern("my dad h1ts me").name, find_concern("my dad hits me").is_near
('abuse', True)
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from verax.guard.normal import normalise, plain
from verax.products.junior.session import Place, Said

__all__ = ["DANGERS", "WEAK", "Concern", "concern_of", "find_concern"]

DANGERS = ("self_harm", "abuse", "emergency", "bullying", "worry")
"""Concerns that are answered with the calm script; ``worry`` is what no rule knows and a classifier heard."""

WEAK = ("unsafe", "parent", "orders")
"""Concerns that give way to a page that covers the whole question."""

_MAX_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Concern:
    """What was found.

    Attributes:
        name: A name of `concerns.toml`, or ``worry``; empty for nothing.
        suspects: Who may be the danger in what was told of abuse, or heard as hurt: ``family``, ``school``, or
            ``unknown`` where nobody was named.
    """

    name: str = ""
    suspects: frozenset[str] = frozenset()

    @property
    def is_near(self) -> bool:
        """Whether somebody of the household may be the danger: said so, or nobody else was named."""
        return self.is_private("home")

    def is_private(self, place: Place) -> bool:
        """Say whether the guardian may be the danger: the family at home, the school in a classroom."""
        return bool(self.suspects & {"unknown", "family" if place == "home" else "school"})


@dataclass(frozen=True, slots=True)
class _Rules:
    concerns: tuple[tuple[str, re.Pattern[str]], ...]
    who: re.Pattern[str]
    other: re.Pattern[str]
    school: re.Pattern[str]


def find_concern(text: str) -> Concern:
    """Return the first concern in a text; of a very long one only the beginning and the end are read."""
    if len(text) > _MAX_CHARS:
        text = text[: _MAX_CHARS // 2] + " " + text[-_MAX_CHARS // 2 :]
    rules = _rules()
    forms = _forms(text)
    found = [name for name, pattern in rules.concerns if any(pattern.search(form) for form in forms)]
    if not found:
        return Concern()
    return Concern(found[0], _suspects(rules, forms) if "abuse" in found else frozenset())


def concern_of(said: Said) -> Concern:
    """Return the concern of an input: danger that a rule finds, what was heard besides, any other concern."""
    found = find_concern(said.text)
    if not said.heard or found.name in DANGERS:
        return found
    return Concern("worry", _suspects(_rules(), _forms(said.text)) if said.heard == "hurt" else frozenset())


def _forms(text: str) -> Sequence[str]:
    return [form.replace("’", "'") for form in {normalise(text).text, plain(text).text}]


def _suspects(rules: _Rules, forms: Sequence[str]) -> frozenset[str]:
    named = {"family": rules.who, "other": rules.other, "school": rules.school}
    found = {name for name, pattern in named.items() if any(pattern.search(form) for form in forms)}
    return frozenset(found - {"other"} if found else {"unknown"})


@cache
def _rules() -> _Rules:
    data = tomllib.loads(files("verax.products.junior").joinpath("concerns.toml").read_text(encoding="utf-8"))
    who, other = data["people"]["who"], data["people"]["other"]
    read = []
    for concern in data["concern"]:
        patterns = [pattern.replace("{who}", who).replace("{other}", other) for pattern in concern["patterns"]]
        read.append((concern["name"], re.compile("|".join(f"(?:{pattern})" for pattern in patterns))))
    people = (re.compile(rf"\b(?:{names})\b") for names in (who, other, data["people"]["school"]))
    return _Rules(tuple(read), *people)
