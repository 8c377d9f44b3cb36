"""A classifier that goes by words: every text that holds one of them belongs to its category.

>>> classifier = WordClassifier({Category.HATE: "vermin"})
>>> classifier.scores("They are vermin.")[Category.HATE]
0.95
"""

from __future__ import annotations

from collections.abc import Mapping

from verax.guard.categories import Category
from verax.guard.policy import SCORED

__all__ = ["WordClassifier"]


class WordClassifier:
    """Implements `verax.guard.classifier.Classifier`.

    Args:
        words: The word that gives a category away, lower case.
        unread: A word that it cannot read: a text that holds it has no scores.

    Attributes:
        texts: Every text that it was asked about, in order.
    """

    def __init__(self, words: Mapping[Category, str], unread: str = "bonjour") -> None:
        self._words = words
        self._unread = unread
        self.texts: list[str] = []

    @property
    def identity(self) -> str:
        """Its name."""
        return "words"

    @property
    def categories(self) -> frozenset[Category]:
        """Every category that needs a score, and those of its words."""
        return SCORED | frozenset(self._words)

    def instruction(self, text: str) -> float | None:
        """Return 0.95 where the word of ``injection`` stands in `text`."""
        return self.scores(text).get(Category.INJECTION)

    def scores(self, text: str) -> Mapping[Category, float]:
        """Return 0.95 for each category whose word stands in `text`, 0.02 for the others."""
        self.texts.append(text)
        if self._unread in text.lower():
            return {}
        low = text.lower()
        return {
            category: 0.95 if category in self._words and self._words[category] in low else 0.02
            for category in sorted(self.categories)
        }
