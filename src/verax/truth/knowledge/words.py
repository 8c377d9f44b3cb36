"""Text as words that full text search compares, the same for every script and database.

* A word is folded: compatibility forms, case and accents do not count.
* Chinese, Japanese and Korean write no blanks between words, so two characters in a row count as
  one word (bigrams), and the last of a run by itself; a single character is looked for as the
  beginning of such words.
* What is not ASCII after folding is written as the numbers of its characters: databases then
  split nothing and stem nothing that they do not know.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

__all__ = ["index_words", "query_words"]

_DENSE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0002fa1f"
_RUNS = re.compile(f"(?P<dense>[{_DENSE}]+)|(?P<word>(?:(?![{_DENSE}])[^\\W_])+)")
_MAX_WORD = 40
_MAX_QUERY_WORDS = 32
_STOP_WORDS = frozenset(
    "a about all an and any are as at be been but by can could did do does for from had has have he her his how i if "
    "in into is it its me my no not of on or our she should so some such than that the their them then there these "
    "they this to was we were what when where which who whom whose why will with would you your".split()
)


def index_words(text: str) -> str:
    """Return the words of a passage, divided by blanks, ASCII letters and digits only."""
    found: list[str] = []
    for run in _runs(text):
        found += [*_bigrams(run["dense"]), f"{_code(run['dense'][-1])}0"] if run["dense"] else [_ascii(run["word"])]
    return " ".join(found)


def query_words(question: str) -> tuple[str, ...]:
    """Return the words of a question, each once, at most 32; one that ends in ``*`` means its beginning.

    Words that every text holds are left out, unless there are no others.
    """
    found: list[str] = []
    for run in _runs(question):
        if run["dense"]:
            found += _bigrams(run["dense"]) or [f"{_code(run['dense'])}*"]
        else:
            found.append(_ascii(run["word"]))
    telling = [word for word in found if word not in _STOP_WORDS] or found
    return tuple(dict.fromkeys(telling))[:_MAX_QUERY_WORDS]


def _runs(text: str) -> Iterator[re.Match[str]]:
    return _RUNS.finditer(unicodedata.normalize("NFKC", text).casefold())


def _bigrams(run: str) -> list[str]:
    return [f"{_code(first)}{_code(second)}0" for first, second in pairwise(run)]


def _code(letter: str) -> str:
    return f"z{ord(letter):x}"


def _ascii(word: str) -> str:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))
    if plain.isascii():
        return plain[:_MAX_WORD]
    return "x" + "".join(f"{ord(letter):x}" for letter in plain[:_MAX_WORD]) + "0"
