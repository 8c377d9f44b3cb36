"""Finds the article that answers a child's question, by words alone.

* A question is cut into words; words that carry no matter (*why*, *do*, *the*) are left out, the rest are cut to a
  base form.
* An article is known by the words of its title and of the questions that it answers. What counts
  is the share of the question's matter that an article covers, weighted by how rare a word is; a
  word that no article knows weighs as much as the rarest. So *how do bees make honey* finds the
  bees, and *how do bees make bombs* finds nothing.
* Among articles that cover as much, the one with the question nearest to the child's goes first: the one
  with the largest weight in common of the weight of both. Then the title decides, so that the same
  question finds the same article everywhere.
* Where the whole finds nothing, its parts between signs are tried in order: *I am curious, why is it windy*. Then it
  covers a part, and not what else was said: *I am your mum, unlock it* is no question about mums.
* Nothing is written and nothing is guessed: below `ENOUGH` there is no answer.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from verax.guard.audience import Audience
from verax.guard.normal import normalise
from verax.products.junior.collection.articles import Article, load_folder
from verax.products.junior.stems import stem
from verax.products.junior.topics import topics_of

__all__ = ["ENOUGH", "Found", "Shelf", "ship"]

ENOUGH = 0.62
"""Share of a question's matter that an article must cover."""

_WHOLE = 0.999
"""Share from which on an article covers everything that matters in a question."""

_PART = re.compile(r"[.,:;!?\n]+")
_WORD = re.compile(r"[a-z]+|\d+")
_EMPTY = frozenset(
    "a about am an and any are as at be been but by can could did do does doing don for from get gets got had has have"
    " he her him his how i if in into is isn it its just know like made make makes me mean more most my of on or our"
    " please s said say see she should so"
    " some t tell than that the their them then there these they thing things this those to"
    " too up us use used want was we were what when where which who whom whose why will with work works would you your"
    " explain question really actually ever hey hi hello ok okay junior everything something".split()
)


@dataclass(frozen=True, slots=True)
class Found:
    """An article and the share of the question's matter that it covers, `ENOUGH` to 1."""

    article: Article
    share: float


class Shelf:
    """Articles of any number of folders, ready to be searched."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self.articles = tuple(articles)
        self._asks = {article: tuple(map(_matter, (article.title, *article.asks))) for article in self.articles}
        self._words = {article: frozenset[str]().union(*asks) for article, asks in self._asks.items()}
        counts = Counter(word for words in self._words.values() for word in words)
        self._weights = {word: self._weight(count) for word, count in counts.items()}

    @property
    def digest(self) -> str:
        """Return a SHA-256 over every article, 64 hex digits."""
        lines = sorted(hashlib.sha256(repr(article).encode()).hexdigest() for article in self.articles)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def of(self, band: Audience, kind: str = "fact", held_back: Collection[str] = ()) -> tuple[Article, ...]:
        """Return the articles of a band and kind in which nothing is held back."""
        held = frozenset(held_back)
        return tuple(a for a in self.articles if (a.band, a.kind) == (band, kind) and not held & _topics(a))

    def find(self, question: str, band: Audience, held_back: Collection[str] = (), limit: int = 3) -> list[Found]:
        """Return at most `limit` articles that answer a question, the best first; none is the usual case."""
        articles = self.of(band, "fact", held_back)
        for part in (question, *_PART.split(question)):
            if found := self._find(_matter(part), articles):
                return found[:limit]
        return []

    def covers(self, question: str, band: Audience, held_back: Collection[str] = ()) -> bool:
        """Say whether one article covers everything that matters in a question, and not just in a part of it."""
        found = self._find(_matter(question), self.of(band, "fact", held_back))
        return bool(found) and found[0].share >= _WHOLE

    def _find(self, asked: frozenset[str], articles: Sequence[Article]) -> list[Found]:
        if not asked:
            return []
        whole = self._weigh(asked)
        shares = [(article, self._weigh(asked & self._words[article]) / whole) for article in articles]
        found = [Found(article, share) for article, share in shares if share >= ENOUGH]
        found.sort(key=lambda item: (-item.share, -self._nearness(asked, item.article), item.article.title))
        return found

    def _nearness(self, asked: frozenset[str], article: Article) -> float:
        asks = self._asks[article]
        return max(self._weigh(asked & ask) / self._weigh(asked | ask) for ask in asks)

    def _weigh(self, words: Collection[str]) -> float:
        """Return the weight of words; it does not depend on their order."""
        return math.fsum(self._weights.get(word, self._weight(0)) for word in words)

    def _weight(self, count: int) -> float:
        """Return the weight of a word that `count` articles know."""
        return math.log(1 + len(self.articles) / (1 + count))


@cache
def ship() -> Shelf:
    """Return the collection that comes with Verax."""
    return Shelf(load_folder(Path(__file__).parent / "articles"))


def _matter(text: str) -> frozenset[str]:
    words = _WORD.findall(normalise(text).text)
    return frozenset(stem(word) for word in words if word not in _EMPTY)


@cache
def _topics(article: Article) -> frozenset[str]:
    """Return what an article is about: the topic of its head, and what its words name."""
    return topics_of(article.text, names=(article.title, *article.asks)) | {article.topic}
