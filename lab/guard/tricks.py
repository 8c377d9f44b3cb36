"""Spelling tricks, put into texts that a model trains on: a letter lost, two swapped, words run together or pulled
apart, digits for letters.

The label stays: a trick hides what a text says from a word list and from nobody else.
"""

from __future__ import annotations

import random
from collections.abc import Callable

_DIGITS = str.maketrans("aeiost", "431057")
_MIN_LETTERS = 4


def trick(text: str, rng: random.Random) -> str:
    """Return the text with one trick played on one or two of its longer words, or on the blanks between words."""
    words = text.split(" ")
    places = [index for index, word in enumerate(words) if len(word) >= _MIN_LETTERS and word.isalpha()]
    if not places:
        return text
    play = rng.choice(_WORD_TRICKS)
    if play is None:
        index = rng.randrange(max(1, len(words) - 1))
        return " ".join([*words[:index], "".join(words[index : index + 2]), *words[index + 2 :]])
    for index in rng.sample(places, min(len(places), rng.choice((1, 1, 2)))):
        words[index] = play(words[index], rng)
    return " ".join(words)


def _swap(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _lose(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def _pull_apart(word: str, rng: random.Random) -> str:
    if rng.random() < 0.5:
        return " ".join(word)
    at = rng.randrange(1, len(word))
    return f"{word[:at]} {word[at:]}"


def _digits(word: str, _: random.Random) -> str:
    return word.translate(_DIGITS)


def _double(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at - 1] * rng.choice((1, 3)) + word[at:]


_WORD_TRICKS: tuple[Callable[[str, random.Random], str] | None, ...] = (
    _swap, _swap, _lose, _lose, _pull_apart, _pull_apart, _digits, _digits, _double, None, None,
)  # fmt: skip
