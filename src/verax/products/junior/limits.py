"""What a band can read: the limits that every text for children is held to.

* ``2-4`` is read aloud with a parent beside the child; ``5-7`` is read aloud or together; ``8-12`` is read alone.
* The grade counts from `GRADE_WORDS` words on: of a shorter text the formula says nothing. The
  longest sentence and the number of words count always.
* A vocabulary is a list of base forms written for this project; a share of other words is allowed, since a text
  about frogs has to say *tadpole*. For ``2-4`` every word must be in the library (`verax.products.junior.toddler`).
* An unknown band is an error: there is no text for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from verax.guard.audience import Audience
from verax.guard.level import GRADE_WORDS, LEVELS
from verax.guard.readability import find_unknown, find_words, measure
from verax.kernel.errors import UnknownObject

__all__ = ["BANDS", "GRADE_WORDS", "Limits", "limits_of", "vocabulary_of"]

BANDS = (Audience.TWO_TO_FOUR, Audience.FIVE_TO_SEVEN, Audience.EIGHT_TO_TWELVE)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one band.

    Attributes:
        words: Words of one reply or article, at most.
        longest: Words of one sentence, at most.
        grade: Flesch-Kincaid grade, at most.
        unknown: Share of words outside the vocabulary, at most.
        session_minutes: How long one session lasts unless the guardians choose less.
    """

    band: Audience
    words: int
    longest: int
    grade: float
    unknown: float
    session_minutes: int

    def problems(self, text: str) -> Iterator[str]:
        """Yield what about a text is over a limit; the words themselves are named, numbers are given."""
        found = measure(text)
        if found.words > self.words:
            yield f"{found.words} words, at most {self.words}"
        if found.longest > self.longest:
            yield f"a sentence of {found.longest} words, at most {self.longest}"
        if found.words >= GRADE_WORDS and found.grade > self.grade:
            yield f"grade {found.grade:.1f}, at most {self.grade}"
        unknown = find_unknown(text, vocabulary_of(self.band)) if found.words >= GRADE_WORDS else []
        if len(unknown) > self.unknown * len(find_words(text)):
            yield f"{len(unknown)} of {found.words} words outside the vocabulary: {', '.join(sorted(set(unknown)))}"


def _limits(band: Audience, words: int, unknown: float, session_minutes: int) -> Limits:
    level = LEVELS[band]
    return Limits(band, words, level.longest, level.grade, unknown, session_minutes)


_LIMITS = {
    limits.band: limits
    for limits in (
        _limits(Audience.TWO_TO_FOUR, words=45, unknown=0.0, session_minutes=10),
        _limits(Audience.FIVE_TO_SEVEN, words=120, unknown=0.15, session_minutes=20),
        _limits(Audience.EIGHT_TO_TWELVE, words=190, unknown=0.2, session_minutes=40),
    )
}


def limits_of(band: Audience) -> Limits:
    """Return the limits of a band.

    Raises:
        UnknownObject: Junior has no such band.
    """
    if band not in _LIMITS:
        raise UnknownObject(f"junior: no band {band!r}", hint=f"bands: {', '.join(BANDS)}")
    return _LIMITS[band]


@cache
def vocabulary_of(band: Audience) -> frozenset[str]:
    """Return the base forms that a band knows; an older band knows those of the younger ones.

    Raises:
        UnknownObject: Junior has no such band.
    """
    known = BANDS[: BANDS.index(limits_of(band).band) + 1]
    folder = files("verax.products.junior").joinpath("words")
    texts = (folder.joinpath(f"{name}.txt").read_text(encoding="utf-8") for name in known)
    return frozenset(word for text in texts for line in text.splitlines() if line[:1] != "#" for word in line.split())
