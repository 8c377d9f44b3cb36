"""Scores of sentences, asked for once and remembered: from the local classifier, from larger guards by URL.

* A judge reads texts and gives probabilities by category. Several judges answer for one text with
  the highest probability of each category.
* A judge that fails leaves the text unread by all of them: the policy then does what the release
  says of ``unread``, which is to refuse unless it says otherwise.
* `ScoreBook` remembers the latest texts: a conversation is screened whole at every turn.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Protocol

from verax.guard.categories import Category
from verax.guard.classifier import Classifier, InstructionReader
from verax.guard.policy import Scores
from verax.kernel.errors import VeraxError

__all__ = ["Judge", "LocalJudge", "OutsideJudge", "ScoreBook"]

_REMEMBERED = 8_192
_LOG = logging.getLogger(__name__)


class Judge(Protocol):
    """Gives scores of texts."""

    @property
    def identity(self) -> str:
        """What judges, for reports."""
        ...

    async def scores(self, texts: Sequence[str]) -> Sequence[Scores]:
        """Return the scores of each text, in order.

        Raises:
            VeraxError: it cannot judge now.
        """
        ...


class LocalJudge:
    """A classifier of this process, run beside the event loop."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    @property
    def identity(self) -> str:
        """The classifier's own."""
        return self._classifier.identity

    async def scores(self, texts: Sequence[str]) -> Sequence[Scores]:
        """Return the scores of each text."""
        return await asyncio.to_thread(lambda: [self._classifier.scores(text) for text in texts])


class OutsideJudge:
    """Reads text from outside for injections: sentences that speak to an assistant."""

    def __init__(self, reader: InstructionReader) -> None:
        self._reader = reader

    @property
    def identity(self) -> str:
        """What it is for."""
        return "instructions in text from outside"

    async def scores(self, texts: Sequence[str]) -> Sequence[Scores]:
        """Return the probability of ``injection`` for each text, nothing for one that cannot be read."""
        return await asyncio.to_thread(lambda: [self._score(text) for text in texts])

    def _score(self, text: str) -> Scores:
        found = self._reader.instruction(text)
        return {} if found is None else {Category.INJECTION: found}


class ScoreBook:
    """What was judged lately.

    Args:
        judges: All of them are asked; without any nothing has scores.
    """

    def __init__(self, judges: Sequence[Judge] = ()) -> None:
        self._judges = tuple(judges)
        self._known: OrderedDict[str, Scores] = OrderedDict()

    @property
    def identities(self) -> tuple[str, ...]:
        """What judges."""
        return tuple(judge.identity for judge in self._judges)

    async def learn(self, texts: Iterable[str]) -> None:
        """Have every text judged that is not known; afterwards `scores` has them."""
        wanted = list(dict.fromkeys(texts))
        for text in wanted:
            if text in self._known:
                self._known.move_to_end(text)
        new = [text for text in wanted if text not in self._known]
        if not new or not self._judges:
            return
        try:
            answers = await asyncio.gather(*(judge.scores(new) for judge in self._judges))
        except VeraxError as error:
            # Not remembered: the next turn asks again.
            _LOG.warning("guard: %d texts stay unread: %s", len(new), error.message)
            return
        for place, text in enumerate(new):
            self._known[text] = _highest([answer[place] for answer in answers])
        while len(self._known) > max(_REMEMBERED, len(wanted)):
            self._known.popitem(last=False)

    def scores(self, text: str) -> Scores:
        """Return the scores of a text that was learnt; none of one that was not."""
        return self._known.get(text, {})


def _highest(answers: Sequence[Scores]) -> Scores:
    merged: dict[Category, float] = {}
    for answer in answers:
        for category, score in answer.items():
            merged[category] = max(score, merged.get(category, 0.0))
    return merged
