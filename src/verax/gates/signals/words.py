"""Words of a text, for counting: folded, without endings, without those that say nothing about a topic.

* Latin, Cyrillic and other scripts with spaces: runs of letters. Han, Hiragana, Katakana and Hangul: pairs of
  neighbouring characters.
* Stemming is light and for English only: plural and possessive endings. ``africa`` and ``african`` stay two words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

__all__ = ["content_words", "fold", "words"]

_RUN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MIN_LETTERS = 3
_PLURALS = (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"))


def fold(text: str) -> str:
    """Return the text in one form: NFKC, lower case, straight apostrophes."""
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


def words(text: str) -> list[str]:
    """Return the words of a text in order, stemmed."""
    found: list[str] = []
    for run in _RUN.findall(fold(text)):
        if _UNSPACED.search(run):
            found += [run[start : start + 2] for start in range(max(1, len(run) - 1))]
        else:
            found.append(_stem(run))
    return found


def content_words(text: str) -> frozenset[str]:
    """Return the words that may stand for a topic: not short, and not among the common ones."""
    common = _common()
    return frozenset(
        word for word in words(text) if word not in common and (len(word) >= _MIN_LETTERS or _UNSPACED.match(word))
    )


def _stem(word: str) -> str:
    word = word.removesuffix("'s").removesuffix("'")
    for ending, instead in _PLURALS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


@cache
def _common() -> frozenset[str]:
    text = (Path(__file__).parent / "common_words.txt").read_text(encoding="utf-8")
    lines = (line.partition("#")[0] for line in text.splitlines())
    return frozenset(_stem(word) for line in lines for word in fold(line).split())
