"""A second ear for danger: what the guard's classifier makes of a child's words that no rule knows.

* Rules find the wordings that somebody thought of; of danger told in other words they find little. The classifier finds
  about half of that (docs/guard-models.md), and takes some harmless words for it. So what it hears is answered with a
  line of its own (``worry``), which asks and does not claim to know.
* It is asked before the engine, by the application, and its finding stands in the prompt: the engine stays a pure
  function of what a record commits to.
* Only what a child says in a few sentences is listened to: a pasted page tells of somebody else.
* Where no classifier runs, or the language is one that it does not read, the rules are alone.
"""

from __future__ import annotations

import logging

from verax.guard.categories import Category
from verax.guard.judges import Judge
from verax.guard.policy import has_words
from verax.guard.sentences import cut
from verax.kernel.errors import VeraxError
from verax.products.junior.screen import DANGERS, find_concern
from verax.products.junior.session import Heard

__all__ = ["Hearing"]

_LIKELY = 0.75
"""Score from which something was heard: reached by 1 of 140 everyday sentences of children, by 3 of 600 harmless
questions of the suite, and by 4 of 100 sentences that were written to sound alike (`bench.junior_danger`)."""

_MAX_CHARS = 600
_LOG = logging.getLogger(__name__)


class Hearing:
    """Listens to what a child says.

    Args:
        judge: The classifier; None where there is none.
    """

    def __init__(self, judge: Judge | None) -> None:
        self._judge = judge

    async def hear(self, text: str) -> Heard:
        """Return what may be the matter where no rule finds danger: ``hurt`` by somebody or something, or ``low``."""
        if self._judge is None or not text.strip() or len(text) > _MAX_CHARS or find_concern(text).name in DANGERS:
            return ""
        try:
            scored = await self._judge.scores([part.read for part in cut(text) if has_words(part.text)])
        except VeraxError as error:
            _LOG.warning("junior: a child's words were heard by rules alone: %s", error.message)
            return ""
        hurt = max((scores.get(Category.DISCLOSURE, 0.0) for scores in scored), default=0.0)
        low = max((scores.get(Category.SELF_HARM, 0.0) for scores in scored), default=0.0)
        if max(hurt, low) < _LIKELY:
            return ""
        return "low" if low >= hurt else "hurt"
