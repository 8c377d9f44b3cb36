"""A second ear for danger: what two models make of a child's words that no rule knows.

* Rules find the wordings that somebody thought of; of danger told in other words they find little. The ear, over the
  sentence encoder and the guard's classifier, hears most of that (docs/junior-ear.md), and takes some harmless words
  for it. So what it hears is answered with a line of its own (``worry``), which asks and does not claim to know.
* It is asked before the engine, by the application, and its finding stands in the prompt: the engine stays a pure
  function of what a record commits to.
* Only what a child says in a few sentences is listened to, one by one: a pasted page tells of somebody else.
* Where no models run, one of them is damaged, or the language is one that they do not read, the rules are alone.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence

from verax.guard.categories import Category
from verax.guard.judges import Judge
from verax.guard.policy import Scores, has_words
from verax.guard.sentences import cut
from verax.kernel.errors import VeraxError
from verax.products.junior.ear import listened, margin_of
from verax.products.junior.screen import find_concern
from verax.products.junior.session import Heard
from verax.truth.knowledge.encoder import Encoder

__all__ = ["Hearing"]

_OPEN = ("", "unsafe", "personal")
"""What rules say of words that may tell of danger all the same; who asks to be a parent tells of none."""

_ENDS = re.compile(r"(?<=[.!?])\s+")
"""Children begin sentences with small letters, which `cut` takes for the middle of one."""

_MAX_CHARS = 600
_LIKELY = 0.5
_LOG = logging.getLogger(__name__)


class Hearing:
    """Listens to what a child says.

    Args:
        judge: The guard's classifier; None where there is none.
        encoder: Turns sentences into vectors.
    """

    def __init__(self, judge: Judge | None, encoder: Encoder) -> None:
        self._judge = judge
        self._encoder = encoder

    async def hear(self, text: str) -> Heard:
        """Return what may be the matter where no rule finds danger: ``hurt`` by somebody or something, or ``low``."""
        if self._judge is None or not self._encoder.is_available or len(text) > _MAX_CHARS:
            return ""
        if find_concern(text).name not in _OPEN:
            return ""
        parts = [listened(part) for sentence in cut(text) for part in _ENDS.split(sentence.read) if has_words(part)]
        try:
            found = await asyncio.to_thread(self._heard, parts, await self._judge.scores(parts))
        except VeraxError as error:
            _LOG.warning("junior: a child's words were heard by rules alone: %s", error.message)
            return ""
        # What others may do counts before despair, since guardians may be these others and are then not told.
        return "hurt" if "hurt" in found else "low" if "low" in found else ""

    def _heard(self, parts: Sequence[str], scored: Sequence[Scores]) -> set[Heard]:
        found: set[Heard] = set()
        for part, scores in zip(parts, scored, strict=True):
            if Category.DISCLOSURE in scores and margin_of(self._encoder.encode(part), scores) >= 0:
                found.add("low" if _is_despair(scores) else "hurt")
        return found


def _is_despair(scores: Scores) -> bool:
    """Say whether a child speaks of its own wish to die or to hurt itself, and others have no part in it."""
    own = scores.get(Category.SELF_HARM, 0.0)
    others = (scores.get(Category.VIOLENCE, 0.0), scores.get(Category.SEXUAL_MINORS, 0.0))
    return own >= _LIKELY and max(others) < _LIKELY
