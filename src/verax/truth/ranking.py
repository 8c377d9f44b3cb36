"""Passages of documents that came with a request, ranked by the words they share with a claim.

BM25 with the usual constants over the folded words that collections search, all in memory: nothing is kept. What
counts as a word, `verax.truth.knowledge.words` says.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), section 3.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from verax.truth.knowledge.words import index_words, query_words

__all__ = ["WordRanking"]

_K1, _B = 1.2, 0.75


class WordRanking:
    """An index over texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._places: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)  # word: (text, times)
        self._lengths: list[int] = []
        for number, text in enumerate(texts):
            words = Counter(index_words(text).split())
            self._lengths.append(words.total())
            for word, times in words.items():
                self._places[word].append((number, times))
        self._average = sum(self._lengths) / max(1, len(self._lengths))

    def nearest(self, question: str, limit: int) -> list[int]:
        """Return the numbers of the texts that share most with a question, best first; ties go to the earlier one."""
        scores: defaultdict[int, float] = defaultdict(float)
        for word in query_words(question):
            for number, gain in self._gains(word):
                scores[number] += gain
        return sorted(scores, key=lambda number: (-scores[number], number))[:limit]

    def _gains(self, word: str) -> list[tuple[int, float]]:
        """Return what a word adds to each text that holds it; one that ends in ``*`` is a beginning of words."""
        if word.endswith("*"):
            merged: Counter[int] = Counter()
            for known, held in self._places.items():
                if known.startswith(word[:-1]):
                    merged.update(dict(held))
            places = list(merged.items())
        else:
            places = self._places.get(word, [])
        rarity = math.log(1 + (len(self._lengths) - len(places) + 0.5) / (len(places) + 0.5))
        return [(number, rarity * times * (_K1 + 1) / (times + self._room(number))) for number, times in places]

    def _room(self, number: int) -> float:
        return _K1 * (1 - _B + _B * self._lengths[number] / self._average)
