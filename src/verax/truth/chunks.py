"""Long evidence in pieces that the model can read: at most about 150 words each, whole sentences where possible.

* Chunks keep their offsets, so that a verdict can show the span that decided it.
* `focus` gathers the sentences of a long text that share most with a claim, in their order: evidence for a claim that
  sums up a whole text stands in several places, and no single chunk holds it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["MAX_WORDS", "Span", "chunks", "focus", "nearest_sentences", "sentences"]

MAX_WORDS = 150
_SENTENCE = re.compile(r"\S.*?(?:[.!?。！？][\"'”’)\]]*(?=\s)|[。！？]|(?=\n)|\Z)", re.DOTALL)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Span:
    """A piece of a text: ``text[start:end]``, in characters."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the piece itself."""
        return text[self.start : self.end]


def sentences(text: str) -> list[Span]:
    """Split at sentence ends and line breaks; every character that is not white space lies in exactly one span."""
    return [Span(found.start(), found.end()) for found in _SENTENCE.finditer(text)]


def chunks(text: str, max_words: int = MAX_WORDS) -> list[Span]:
    """Cut a text into spans of at most `max_words` words; a longer sentence is cut within.

    Neighbours share one sentence where it is at most a third of a chunk, since a fact may stand across the border.
    """
    pieces = [piece for span in sentences(text) for piece in _cut(text, span, max_words)]
    found: list[Span] = []
    first = 0
    while first < len(pieces):
        last, words = first, _words(text, pieces[first])
        while last + 1 < len(pieces) and words + _words(text, pieces[last + 1]) <= max_words:
            last += 1
            words += _words(text, pieces[last])
        found.append(Span(pieces[first].start, pieces[last].end))
        if last + 1 == len(pieces):
            break
        cost = _words(text, pieces[last])
        is_shared = last > first and cost * 3 <= max_words and cost + _words(text, pieces[last + 1]) <= max_words
        first = last if is_shared else last + 1
    return found


def nearest_sentences(text: str, claim: str, max_words: int = MAX_WORDS) -> list[Span]:
    """Return the sentences of `text` nearest to `claim`, the nearest first, together at most `max_words` words.

    Nearness is the summed rarity (inverse sentence frequency) of the words shared with the claim, over the root of the
    sentence's length. Ties go to the earlier sentence; sentences that share nothing are left out. Sums are exact
    (`math.fsum`): a set has another order in each process, and the last bit of a plain sum would follow it.
    """
    spans = [piece for span in sentences(text) for piece in _cut(text, span, max_words)]
    words = [Counter(_WORD.findall(span.of(text).lower())) for span in spans]
    wanted = set(_WORD.findall(claim.lower()))
    rarity = _rarity(words)
    nearness = [
        math.fsum(rarity[word] for word in wanted & held.keys()) / math.sqrt(max(1, held.total())) for held in words
    ]
    kept: list[Span] = []
    room = max_words
    for index in sorted(range(len(spans)), key=lambda index: (-nearness[index], index)):
        cost = _words(text, spans[index])
        if nearness[index] > 0 and cost <= room:
            kept.append(spans[index])
            room -= cost
    return kept


def focus(text: str, claim: str, max_words: int = MAX_WORDS) -> str:
    """Return the sentences of `text` nearest to `claim`, in their order, together at most `max_words` words."""
    kept = nearest_sentences(text, claim, max_words)
    return " ".join(span.of(text).strip() for span in sorted(kept, key=lambda span: span.start))


def _rarity(sentences_words: Sequence[Counter[str]]) -> dict[str, float]:
    seen = Counter(word for held in sentences_words for word in held)
    return {word: math.log(1 + len(sentences_words) / count) for word, count in seen.items()}


def _words(text: str, span: Span) -> int:
    return len(span.of(text).split())


def _cut(text: str, span: Span, max_words: int) -> list[Span]:
    if _words(text, span) <= max_words:
        return [span]
    words = [Span(span.start + word.start(), span.start + word.end()) for word in re.finditer(r"\S+", span.of(text))]
    return [
        Span(words[first].start, words[min(first + max_words, len(words)) - 1].end)
        for first in range(0, len(words), max_words)
    ]
