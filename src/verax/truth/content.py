"""The words of a sentence that say something, and what else exact checks cut a text into. Pure; English."""

from __future__ import annotations

import re

__all__ = ["CALENDAR", "LESS", "MORE", "NAME", "NEGATION", "SENTENCE", "base_form", "base_forms", "content_words"]

MORE = "more|greater|higher|larger|longer|taller|older|heavier|deeper|wider"
LESS = "less|fewer|lower|smaller|shorter|younger|lighter"
CALENDAR = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
    re.IGNORECASE,
)
NAME = re.compile(r"\b[A-Z][\w’'-]*")
NEGATION = re.compile(
    rf"\b(?:(?:not|no)(?!\s+(?:{MORE}|{LESS})\s+than\b)(?:\s+yet\b)?|never|none|nobody|nothing|neither|nor|without"
    rf"|cannot)\b|n['’]t\b(?:\s+yet\b)?",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*")
_WORD = re.compile(r"[^\W\d_]+")
_STOP = frozenset(
    "a an and as at be been by for from had has have in is it its of on or that the this to was were with".split()
)
_ENDING = re.compile(r"(?:ing|ed|es|s|e)\Z")
_MIN_CUT = 4  # characters of a word from which on its ending is left out


def content_words(text: str) -> set[str]:
    """Return the words that say something, lower case: no negation, no word that every sentence holds."""
    return {word.lower() for word in _WORD.findall(NEGATION.sub(" ", text))} - _STOP - {"do", "does", "did"}


def base_forms(text: str) -> set[str]:
    """Return the words that say something without regular endings: "approved" and "did not approve" agree."""
    return {base_form(word) for word in content_words(text)} - {"s"}


def base_form(word: str) -> str:
    """Return a word of lower case without its regular ending."""
    return _ENDING.sub("", word) if len(word) > _MIN_CUT else word
