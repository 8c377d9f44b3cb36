"""Spelling: words of the bands' own lists, found by how they sound or by letters that are nearly right."""

from __future__ import annotations

import difflib
import re
from functools import cache

from verax.guard.audience import Audience
from verax.guard.readability import count_syllables
from verax.products.junior.limits import vocabulary_of
from verax.products.junior.scholar.task import Task

__all__ = ["read_spelling"]

_ASKS = re.compile(
    r"(?:how (?:do|would|to|can) (?:you |i |we )?(?:spell|write)|spell(?:ing of)?|help me spell)"
    r" (?:the word )?[\"'“]?([a-z]{3,20})\b"
)
_NEAR = 0.75


def read_spelling(text: str) -> Task | None:
    """Return the word to be spelt, None where none is asked for or no word of the lists is near to it."""
    found = _ASKS.search(text.lower())
    if found is None:
        return None
    near = difflib.get_close_matches(found[1], _words(), n=1, cutoff=_NEAR)
    return _task(near[0]) if near else None


def _task(word: str) -> Task:
    syllables = count_syllables(word)
    shape = " ".join(letter if index == 0 or letter in "aeiouy" else "_" for index, letter in enumerate(word))
    parts = "one part" if syllables == 1 else f"{syllables} parts"
    return Task(
        f"spell {word}",
        word,
        None,
        (
            f"Say the word slowly. It has {parts} and {len(word)} letters, and it begins with {word[0].upper()}.",
            f"Here is its shape: {shape}",
            f"It ends in {word[-2:]}. Write it down and look: does it seem right?",
        ),
    )


@cache
def _words() -> tuple[str, ...]:
    return tuple(sorted(word for word in vocabulary_of(Audience.EIGHT_TO_TWELVE) if len(word) > 2 and word.isalpha()))
