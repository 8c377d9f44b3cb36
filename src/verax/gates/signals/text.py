"""Small readings of a text that many scorers need: folding, sentences, quotations, negation."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["fold", "has_negation", "own_words", "plain", "sentences"]

_QUOTED = re.compile(r"[\"“”«»][^\"“”«»\n]{1,400}[\"“”«»]|(?<!\w)['‘][^'‘’\n]{3,400}['’](?!\w)")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”']?\s+|[\n\r]+")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|false|untrue|wrong|incorrect|myth|myths"
    r"|stereotypes?|prejudices?|unfounded|baseless|harmful|hateful|offensive|discriminat\w+|disagree|reject|oppose"
    r"|don't|doesn't|didn't|isn't|aren't|wasn't|weren't|won't|can't|couldn't|shouldn't|wouldn't|haven't|hasn't)\b"
)


def fold(text: str) -> str:
    """Return the text in one form: NFKC, lower case, straight apostrophes."""
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


def plain(text: str) -> str:
    """Return only the letters and digits of a text, folded, parted by single blanks."""
    return " ".join(re.findall(r"[^\W_]+", fold(text)))


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; a line ends one, too."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def own_words(text: str) -> str:
    """Return a text without what it quotes."""
    return _QUOTED.sub(" ", text)


def has_negation(sentence: str) -> bool:
    """Say whether a sentence negates, rejects or corrects something."""
    return _NEGATION.search(fold(sentence)) is not None
