"""Swear words, slurs and telling phrases: lists of this project, matched after every trick is undone.

* A word is found with its plural and possessive, after a plus with the endings of a verb, and never inside
  another word; in Chinese, which parts no words, anywhere.
* A word inside a phrase of ``lists/innocent.toml`` means something else there and is not found.
* Mild words count for children only.
* Phrases are regular expressions of ``lists/phrases.toml``, English and Chinese, for children those of
  ``lists/child.toml`` too; each belongs to a category and a subcategory.
* Both need a whole sentence, since its end may change what its beginning says: in a stream the
  unfinished sentence is held.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from verax.guard.categories import Category
from verax.guard.detectors import Finding
from verax.guard.normal import Normal, normalise
from verax.guard.sentences import Cutter

__all__ = ["ASKED_PHRASE_CATEGORIES", "CHILD_PHRASE_CATEGORIES", "PHRASE_CATEGORIES", "Phrases", "Profanity"]

_LISTS = "verax.guard.lists"
_ENDINGS, _HISSED_ENDINGS = "(?:'?s)?", "(?:es|'s)?"
_HISSES = ("s", "x", "z", "ch", "sh")
_VERB_ENDINGS = "(?:e?s|'s|ed|ers?|ing|in|y|ies|ier|iest)?"
_SECTION = re.compile(r"\[([a-z-]+)\]\Z")
_GROUP = re.compile(r"<([a-z]+)>")


class Profanity:
    """Swear words and slurs.

    Args:
        is_child: Whether mild ones count too.
    """

    name = "profanity"
    by_sentence = True

    def __init__(self, *, is_child: bool = False) -> None:
        self._patterns = _word_patterns(is_child=is_child)

    def find(self, text: str) -> list[Finding]:
        """Return every word of the lists in order."""
        normal = normalise(text)
        found = _found(normal, self._patterns)
        if not found:
            return []
        fine = [normal.span(*match.span()) for match in _innocent().finditer(normal.text)]
        return [item for item in found if not any(start <= item.start and item.end <= end for start, end in fine)]

    def held(self, text: str) -> int:
        """Hold the unfinished sentence."""
        return _unfinished(text)


class Phrases:
    """Phrases of one category.

    Args:
        is_child: Whether those of ``lists/child.toml`` count too.
    """

    by_sentence = True

    def __init__(self, category: Category, *, is_child: bool = False) -> None:
        self.name = str(category)
        self._patterns: dict[str, re.Pattern[str]] = dict(_phrase_patterns("phrases.toml").get(category, {}))
        if is_child:
            self._patterns |= _phrase_patterns("child.toml").get(category, {})

    @property
    def kinds(self) -> tuple[str, ...]:
        """Subcategories that it tells apart."""
        return tuple(self._patterns)

    def find(self, text: str) -> list[Finding]:
        """Return every phrase in order; its kind is the subcategory."""
        return _found(normalise(text), self._patterns)

    def held(self, text: str) -> int:
        """Hold the unfinished sentence."""
        return _unfinished(text)


PHRASE_CATEGORIES = (
    Category.INJECTION,
    Category.MANIPULATION,
    Category.OVERREACH,
    Category.SELF_HARM,
    Category.DISCLOSURE,
)
"""Categories that have phrases."""

ASKED_PHRASE_CATEGORIES = (*PHRASE_CATEGORIES, Category.DANGEROUS_ACTS)
"""Categories that have phrases in what a person says; an answer may name what it does not help with."""

CHILD_PHRASE_CATEGORIES = (
    *ASKED_PHRASE_CATEGORIES,
    Category.CRIME,
    Category.SEXUAL,
    Category.VIOLENCE,
)
"""Categories that have phrases for children."""


def _found(normal: Normal, patterns: Mapping[str, re.Pattern[str]]) -> list[Finding]:
    found = [
        Finding(*normal.span(*match.span()), kind)
        for kind, pattern in patterns.items()
        for match in pattern.finditer(normal.text)
    ]
    kept: list[Finding] = []
    for finding in sorted(found, key=lambda item: (item.start, -item.end)):
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
    return kept


def _unfinished(text: str) -> int:
    cutter = Cutter()
    cutter.feed(text)
    return sum(len(sentence.text) for sentence in cutter.finish())


@cache
def _word_patterns(*, is_child: bool) -> Mapping[str, re.Pattern[str]]:
    sections = _read_words(resources.files(_LISTS).joinpath("profanity.txt").read_text(encoding="utf-8"))
    kinds = {"strong": "strong", "slur": "slur"} | ({"mild": "mild"} if is_child else {})
    patterns = {}
    for section, kind in kinds.items():
        words = "|".join(_word_pattern(word) for word in sections[section])
        chinese = "|".join(re.escape(normalise(word).text) for word in sections[f"{section}-zh"])
        patterns[kind] = re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])|{chinese}")
    return patterns


def _word_pattern(word: str) -> str:
    """A hyphen of the list stands for a blank or a hyphen, or for none; a plus at its end for a verb's endings."""
    stem = word.removesuffix("+")
    plain = re.escape(stem).replace(r"\-", "[ -]?")
    if stem == word:
        return plain + (_HISSED_ENDINGS if stem.endswith(_HISSES) else _ENDINGS)
    doubled = f"{stem[-1]}?" if stem[-1] in "bcdgkmnpt" else ""  # piss-ing, but shit-t-ing
    return plain + doubled + _VERB_ENDINGS


def _read_words(text: str) -> Mapping[str, list[str]]:
    sections: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        section = _SECTION.match(line)
        if section is not None:
            name = section[1]
        elif line and not line.startswith("#"):
            sections.setdefault(name, []).extend(line.split())
    return sections


@cache
def _innocent() -> re.Pattern[str]:
    table = tomllib.loads(resources.files(_LISTS).joinpath("innocent.toml").read_text(encoding="utf-8"))
    phrases = "|".join(table["english"]).replace(" ", r"\s+")
    return re.compile(rf"(?<!\w)(?:{phrases})(?!\w)")


@cache
def _phrase_patterns(name: str) -> Mapping[Category, Mapping[str, re.Pattern[str]]]:
    table: dict[str, Any] = tomllib.loads(resources.files(_LISTS).joinpath(name).read_text(encoding="utf-8"))
    groups: Mapping[str, str] = table.pop("groups")
    return {
        Category(category): {kind: _phrase_pattern(phrases, groups) for kind, phrases in parts.items()}
        for category, parts in table.items()
    }


def _phrase_pattern(phrases: Mapping[str, list[str]], groups: Mapping[str, str]) -> re.Pattern[str]:
    english = "|".join(_GROUP.sub(lambda match: groups[match[1]], phrase) for phrase in phrases["en"])
    spaced = english.replace(" ", r"\s+")
    return re.compile(rf"(?<!\w)(?:{spaced})(?!\w)|{'|'.join(phrases['zh'])}")
