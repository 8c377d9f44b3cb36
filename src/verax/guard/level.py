"""What an audience can read, and the exact rule for the category ``readability``.

* Only children under 13 have a level: of grown-ups and of those from 13 on nothing is said, and a
  rule for them has no detector.
* A sentence is too hard by its length alone. The grade of Flesch and Kincaid counts from
  `GRADE_WORDS` words on, over the whole text: of a shorter one the formula says nothing.

>>> hardness("The cat sat on the mat.", Audience.FIVE_TO_SEVEN)
0.0
>>> hardness("The cat sat on the mat.", Audience.ADULT) is None
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verax.guard.audience import Audience
from verax.guard.detectors import Finding
from verax.guard.readability import measure
from verax.guard.sentences import Cutter, cut

__all__ = ["GRADE_WORDS", "LEVELS", "HardWords", "Level", "hardness"]

GRADE_WORDS = 30
"""Words from which on a text has a grade."""


@dataclass(frozen=True, slots=True)
class Level:
    """What an audience can read.

    Attributes:
        longest: Words of one sentence, at most.
        grade: Flesch-Kincaid grade, at most.
    """

    longest: int
    grade: float


LEVELS: Mapping[Audience, Level] = {
    Audience.TWO_TO_FOUR: Level(longest=10, grade=2.0),
    Audience.FIVE_TO_SEVEN: Level(longest=14, grade=4.0),
    Audience.EIGHT_TO_TWELVE: Level(longest=21, grade=7.0),
}


class HardWords:
    """Sentences that are too long for an audience."""

    name = "readability"
    by_sentence = True

    def __init__(self, level: Level) -> None:
        self._level = level

    def find(self, text: str) -> list[Finding]:
        """Return each sentence that is over the level, in order."""
        return [
            Finding(sentence.start, sentence.start + len(sentence.text.rstrip()), "length")
            for sentence in cut(text)
            if measure(sentence.text).longest > self._level.longest
        ]

    def held(self, text: str) -> int:
        """Hold the unfinished sentence."""
        cutter = Cutter()
        cutter.feed(text)
        return sum(len(sentence.text) for sentence in cutter.finish())


def hardness(text: str, audience: Audience) -> float | None:
    """Return the share of words in sentences that are too long, 1 where the whole is over the grade.

    It is a measure and no probability; None for an audience without a level.
    """
    level = LEVELS.get(audience)
    if level is None:
        return None
    whole = measure(text)
    if whole.words >= GRADE_WORDS and whole.grade > level.grade:
        return 1.0
    sizes = [(found.words, found.longest) for found in (measure(sentence.text) for sentence in cut(text))]
    hard = sum(words for words, longest in sizes if longest > level.longest)
    return round(hard / whole.words, 4) if whole.words else 0.0
