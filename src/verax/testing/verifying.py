"""A verifier that anybody can follow: it counts words. It stands where a trained one would be too slow, or too clever.

A claim is *supported* by a passage that has all of its words of four letters and more, and all of its
numbers; *contradicted* by one that has all the words and other numbers; else it is *not found*. The span
that decides is the shortest run of whole sentences that does it, by the sentences' plain ends.

>>> verifier = WordVerifier()
>>> verifier.identity
'words/1'
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from verax.truth.verdicts import DecidingSpan, Evidence, Judgement, Verdict

__all__ = ["WordVerifier"]

_WORD = re.compile(r"[^\W\d_]{4,}")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE = re.compile(r"\S[^.!?\n]*[.!?]?")
_SURE = 0.97
_UNSURE = 0.03


class WordVerifier:
    """Implements `verax.truth.verdicts.Verifier` by words and numbers."""

    identity = "words/1"

    async def judge(self, claim: str, context: str, evidence: Sequence[Evidence]) -> Judgement:  # noqa: ARG002
        """Judge a claim by the first passage that decides it."""
        words, numbers = _words(claim), _numbers(claim)
        if not words:
            return Judgement(Verdict.NOT_CHECKED, None, (), "no_words")
        for wanted, verdict, probability in (
            (numbers, Verdict.SUPPORTED, _SURE),
            (None, Verdict.CONTRADICTED, _UNSURE),
        ):
            for index, passage in enumerate(evidence):
                for found in _SENTENCE.finditer(passage.text):
                    text = found[0].rstrip()
                    if words <= _words(text) and (wanted is None or wanted <= _numbers(text)):
                        span = DecidingSpan(index, found.start(), found.start() + len(text), probability)
                        return Judgement(verdict, probability, (span,))
        return Judgement(Verdict.NOT_FOUND, _UNSURE)


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text))
