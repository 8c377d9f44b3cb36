"""What of the parts and words for five to seven a child may get: nothing that guardians hold back.

* Making a story and playing with letters are about *words*; what each part or word names counts besides.
* A step of a story without a part that may be picked closes story building; a game without two words to offer is
  not played.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from verax.products.junior.builder.parts import GAMES, STEPS, Part, Parts
from verax.products.junior.session import Session
from verax.products.junior.topics import topics_of

__all__ = ["Offers"]

_TOPIC = "words"
_OFFERED = 3


@dataclass(frozen=True, slots=True)
class Offers:
    """The parts with what guardians hold back."""

    library: Parts
    held_back: frozenset[str]

    @property
    def activities(self) -> tuple[str, ...]:
        """Return what can be played of ``story`` and ``letters``."""
        if _TOPIC in self.held_back:
            return ()
        can_build = all(self.parts(step) for step in STEPS)
        return (*(("story",) if can_build else ()), *(("letters",) if any(map(self.words, GAMES)) else ()))

    def parts(self, step: str) -> tuple[Part, ...]:
        """Return what can be picked at a step of a story."""
        return tuple(part for part in self.library.steps[step] if not part.topics & self.held_back)

    def words(self, game: str) -> tuple[str, ...]:
        """Return the words that a game may ask about: they and their right answers are free, and another is there."""
        found = tuple(word for word in self.library.asked(game) if self._is_free(word, self.library.right(game, word)))
        return tuple(word for word in found if len(self.answers(game, word)) > 1)

    def answers(self, game: str, asked: str) -> tuple[str, ...]:
        """Return the words of a game, the right one among them, in the order of the alphabet."""
        library = self.library
        others = {
            "sound": [word for word in library.second.values() if word[0] != asked[0]],
            "rhyme": [row[1] for row in library.rhymes if row[0] != asked],
            "blend": [word for word in library.blends if word != asked],
        }[game]
        free = [word for word in others if self._is_free(word)]
        start = sum(map(ord, asked)) % len(free) if free else 0
        return tuple(sorted({library.right(game, asked), *(free + free)[start : start + _OFFERED - 1]}))

    def sitting(self, session: Session) -> Session:
        """Return a session without a story or game that holds what is held back, as after a change of settings."""
        if session.activity == "story":
            is_free = "story" in self.activities and all(
                name in [part.name for part in self.parts(step)]
                for step, name in zip(STEPS, session.picks, strict=False)
            )
        elif session.activity in GAMES:
            is_free = "letters" in self.activities and session.picks[0] in self.words(session.activity)
        else:
            is_free = True
        return session if is_free else Session(session.turn)

    def _is_free(self, *words: str) -> bool:
        return not any(self.held_back & _topics(word) for word in words)


@cache
def _topics(word: str) -> frozenset[str]:
    """Return what a word of a game is about; only our own words come here."""
    return topics_of(names=(word,))
