"""What a supported sentence needs besides its verdict before a strict answer may hold it. Pure; English.

A verifier says whether passages bear a sentence out. Three things it does not say, and small verifiers err most where
they are missing:

* The passage is *about the question*: their meanings are near (`ABOUT_FROM`). What is true of something else is no
  answer.
* The sentence is *grounded*: its telling words, `GROUNDED_FROM` of them at least, and all its numbers stand in that one
  passage. Words are compared by their first letters, so that "painted" and "painter" agree.
* The question's own words are no evidence. A sentence that has no others only says yes or no to the question: it needs
  a sentence of the passage that has all of its words and denies nothing that it says. A "yes" or "no" in front must
  be what the rest of its sentence says, and the rest must be about what was asked.

A sentence that leans on something before it, where nothing stands before it, names what only the question names: it is
held back as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from verax.truth.claims import leans, plain
from verax.truth.exact import Kind, check, quantities
from verax.truth.knowledge.words import index_words, query_words
from verax.truth.verdicts import Evidence, Judgement

__all__ = ["ABOUT_FROM", "GROUNDED_FROM", "is_bare_answer", "is_echo", "supporting", "vouches"]

ABOUT_FROM = 0.4
"""Cosine of a question and a passage from which that is about it (docs/adr/0155)."""

GROUNDED_FROM = 0.9
"""Share of a sentence's telling words that its passage has."""

_ASKED_FROM = 0.8  # of the question's telling words, in what follows a yes or no
_STEM = 5
_ANSWERING = re.compile(
    r"\W*(?:(?:so|therefore|thus),?\s*)?"
    r"(?:(?:the|my) (?:\w+ )?answer(?: to (?:this|that|the|your) question)?(?: is:?|:),?\s*)?"
    r"(?P<word>yes|no|yeah|nope|correct|true|false)\b[,.:;!\s–—-]*",
    re.IGNORECASE,
)
_NO = frozenset(("no", "nope", "false"))
_NOT = re.compile(r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot)\b|n['’]t\b", re.IGNORECASE)


def supporting(judgement: Judgement, considered: Sequence[Evidence]) -> list[Evidence]:
    """Return the passages that support a sentence, each once."""
    return list(dict.fromkeys(considered[span.evidence] for span in judgement.spans if span.supports))


def vouches(claim: str, context: str, question: str, near: Sequence[tuple[Evidence, float]]) -> bool:
    """Say whether a strict answer may hold a sentence that the verifier calls supported.

    Args:
        context: What stands before it in the answer and belongs to it; empty for nothing.
        near: The passages that support it, each with the cosine of its meaning and the question's.
    """
    said = plain(claim)
    if leans(said) and not context:
        return False
    passages = [item.text for item, nearness in near if nearness >= ABOUT_FROM]
    answering = _ANSWERING.match(said)
    rest = said[answering.end() :] if answering else said
    if answering and not _answers(answering["word"].lower() in _NO, rest, question):
        return False
    if _words(rest) - _words(question) or _numbers(rest) - _numbers(question):
        return any(_is_grounded(rest, passage, GROUNDED_FROM) for passage in passages)
    return any(
        _is_grounded(rest, sentence, 1.0) and not any(found.kind is Kind.NEGATION for found in check(rest, sentence))
        for passage in passages
        for sentence in re.split(r"(?<=[.!?])\s+", passage)
    )


def is_bare_answer(text: str) -> bool:
    """Say whether a piece of a sentence is nothing but a yes or a no, which no passage can bear out."""
    return _ANSWERING.fullmatch(plain(text)) is not None


def is_echo(said: str, question: str) -> bool:
    """Say whether a question of the answer asks nothing but what was asked."""
    return bool(_words(question)) and not _words(plain(said)) - _words(question)


def _is_grounded(said: str, passage: str, share: float) -> bool:
    words, held = _words(said), {word[:_STEM] for word in index_words(passage).split()}
    return bool(words) and _numbers(said) <= _numbers(passage) and len(words & held) >= share * len(words)


def _answers(is_no: bool, rest: str, question: str) -> bool:
    """Say whether what follows "yes" or "no" is about what was asked, and says the same."""
    asked = _words(question)
    is_about = bool(asked) and len(asked & _words(rest)) >= _ASKED_FROM * len(asked)
    is_denied = (_NOT.search(rest) is None) == (_NOT.search(question) is None)
    return is_about and is_denied != is_no


def _words(text: str) -> set[str]:
    return {word[:_STEM] for word in query_words(text)}


def _numbers(text: str) -> set[Fraction]:
    return {item.value for item in quantities(text)}
