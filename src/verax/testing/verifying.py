"""A verifier that anybody can follow: it counts words. It stands where a trained one would be too slow, or too clever.

A claim is *supported* by a passage that has all of its words of four letters and more, and all of its
numbers; *contradicted* by one that has all the words and other numbers; else it is *not found*. The span
that decides is the first sentence that does it, by the sentences' plain ends. Where one passage supports a
claim and another contradicts it, both are shown, as the real one does.

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
        """Judge a claim by the first passage that supports it, and the first that contradicts it."""
        if not _words(claim):
            return Judgement(Verdict.NOT_CHECKED, None, (), "no_words")
        spans = [span for index, passage in enumerate(evidence) for span in _deciding(claim, index, passage.text)]
        supporting = [span for span in spans if span.supports][:1]
        opposing = [span for span in spans if not span.supports][:1]
        if supporting:
            return Judgement(Verdict.SUPPORTED, _SURE, (*supporting, *opposing))
        if opposing:
            return Judgement(Verdict.CONTRADICTED, _UNSURE, tuple(opposing))
        return Judgement(Verdict.NOT_FOUND, _UNSURE)


def _deciding(claim: str, index: int, passage: str) -> list[DecidingSpan]:
    """Return the one sentence of a passage that decides a claim, none where none does."""
    words, numbers = _words(claim), _numbers(claim)
    spans = [
        DecidingSpan(index, found.start(), found.start() + len(text), _SURE if numbers <= _numbers(text) else _UNSURE)
        for found in _SENTENCE.finditer(passage)
        if words <= _words(text := found[0].rstrip())
    ]
    return sorted(spans, key=lambda span: -span.probability)[:1]


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text))
