"""What a classifier is: probabilities of categories for one short text.

* A score is the calibrated probability that the text belongs to the category, 0 to 1.
* The same text gives the same scores, on every machine that runs the same weights.
* What a classifier cannot read it leaves out and never guesses: a language that it was not
  trained on, a category that it does not know. The policy treats a missing score as a failure
  (invariant 10), unless the release says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from verax.guard.categories import Category

__all__ = ["Classifier", "InstructionReader"]


class Classifier(Protocol):
    """Judges short texts by a model."""

    @property
    def identity(self) -> str:
        """What judged, for reports: a name and a version or digest."""
        ...

    @property
    def categories(self) -> frozenset[Category]:
        """Every category that it can give a score for."""
        ...

    def scores(self, text: str) -> Mapping[Category, float]:
        """Return the probability of each category that can be told for one sentence or short text.

        It blocks for as long as the model runs, some milliseconds.
        """
        ...


class InstructionReader(Protocol):
    """Tells sentences that speak to an assistant.

    That is what an assistant is for when a person says it; in a document, a thread or a tool's
    result it is an injection.
    """

    def instruction(self, text: str) -> float | None:
        """Return the probability that a sentence speaks to an assistant, None where it cannot be told."""
        ...
