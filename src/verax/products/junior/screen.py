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
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from verax.guard.normal import normalise, plain

__all__ = ["DANGERS", "WEAK", "Concern", "find_concern"]

DANGERS = ("self_harm", "abuse", "emergency", "bullying")
"""Concerns that are answered with the calm script."""

WEAK = ("unsafe", "parent", "orders")
"""Concerns that give way to a page that covers the whole question."""

_MAX_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Concern:
    """What was found.

    Attributes:
        name: A name of `concerns.toml`, empty for nothing.
        is_near: Somebody of the household may be the danger: said so, or nobody else was named.
    """

    name: str = ""
    is_near: bool = False


@dataclass(frozen=True, slots=True)
class _Rules:
    concerns: tuple[tuple[str, re.Pattern[str]], ...]
    who: re.Pattern[str]
    other: re.Pattern[str]


def find_concern(text: str) -> Concern:
    """Return the first concern in a text; of a very long one only the beginning and the end are read."""
    if len(text) > _MAX_CHARS:
        text = text[: _MAX_CHARS // 2] + " " + text[-_MAX_CHARS // 2 :]
    rules = _rules()
    forms = [form.replace("’", "'") for form in {normalise(text).text, plain(text).text}]
    found = [name for name, pattern in rules.concerns if any(pattern.search(form) for form in forms)]
    if not found:
        return Concern()
    is_outside = any(rules.other.search(form) for form in forms)
    is_near = "abuse" in found and (any(rules.who.search(form) for form in forms) or not is_outside)
    return Concern(found[0], is_near)


@cache
def _rules() -> _Rules:
    data = tomllib.loads(files("verax.products.junior").joinpath("concerns.toml").read_text(encoding="utf-8"))
    who, other = data["people"]["who"], data["people"]["other"]
    read = []
    for concern in data["concern"]:
        patterns = [pattern.replace("{who}", who).replace("{other}", other) for pattern in concern["patterns"]]
        read.append((concern["name"], re.compile("|".join(f"(?:{pattern})" for pattern in patterns))))
    return _Rules(tuple(read), re.compile(rf"\b(?:{who})\b"), re.compile(rf"\b(?:{other})\b"))
