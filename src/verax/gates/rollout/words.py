"""Words as the monitor counts them: roots of content words, and rare phrases that nobody asked for.

* Text is folded (NFKC, case). A word of a script without blanks is a pair of neighbouring
  characters.
* A *content word* is one that is not among the most frequent words of English or the stock
  phrases of an assistant (`verax.gates.rollout.frequent_words`). In other languages every
  word of four letters and more counts as one.
* The *root* of a word is the word without common endings, cut to eight letters: cheap, and
  enough to see that ``salaries`` was asked and ``salary`` answered.
* A *phrase* is a content word or two of them in a row. It is *prompted* if a word of it, by
  root, stands anywhere in what the model was given.

Everything here is a pure function of text; no model, no tables beyond the list of words.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from verax.gates.rollout.frequent_words import FREQUENT_WORDS

__all__ = [
    "MAX_PHRASES",
    "content_words",
    "hashed_roots",
    "phrases_of",
    "root_of",
    "roots_of",
    "sentences_of",
    "words_of",
]

MAX_PHRASES = 400
"""Phrases of one reply that are counted; the rest of a longer one is left out."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])[^\W_])+(?:['’][^\W\d_]+)?")
_UNSPACED_RUN = re.compile(rf"[{_UNSPACED}]")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|[\n\r]+|(?<=[。！？])")
_ENDINGS = ("ions", "ion", "ments", "ment", "ingly", "ings", "ing", "ness", "edly", "ies", "ied", "ers", "ed")
_SHORT_ENDINGS = ("es", "er", "ly", "s", "y", "e")
_ROOT_CHARS = 8
_MIN_CHARS = 3


def words_of(text: str) -> Iterator[str]:
    """Yield the words of `text`, folded, in order."""
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        word = match.group()
        if not _UNSPACED_RUN.match(word):
            yield word.replace("’", "'")
        elif len(word) == 1:
            yield word
        else:
            yield from (word[at : at + 2] for at in range(len(word) - 1))


def content_words(text: str) -> Iterator[str]:
    """Yield the words of `text` that carry its subject."""
    for word in words_of(text):
        stem = word.partition("'")[0]
        if _UNSPACED_RUN.match(word) or (len(stem) >= _MIN_CHARS and stem not in FREQUENT_WORDS and not stem.isdigit()):
            yield stem


def root_of(word: str) -> str:
    """Return the word without common endings."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_CHARS:
            return word.removesuffix(ending)[:_ROOT_CHARS]
    for ending in _SHORT_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_CHARS:
            return word.removesuffix(ending)[:_ROOT_CHARS]
    return word[:_ROOT_CHARS]


def roots_of(texts: Iterable[str]) -> frozenset[str]:
    """Return the roots of every content word of `texts`."""
    return frozenset(root_of(word) for text in texts for word in content_words(text))


def hashed_roots(texts: Iterable[str], key: bytes) -> frozenset[int]:
    """Return `roots_of` as keyed 64-bit hashes; see `phrases_of`."""
    return frozenset(_hash(root, key) for root in roots_of(texts))


def sentences_of(text: str) -> list[str]:
    """Return the sentences of `text` that hold anything."""
    return [part for part in _SENTENCE_END.split(text) if part.strip()]


def phrases_of(reply: str, prompted: Collection[str], key: bytes) -> frozenset[int]:
    """Return the unprompted phrases of a reply as keyed 64-bit hashes.

    Args:
        prompted: Roots of what the model was given.
        key: Secret of this process, so that a hash says nothing to whoever reads it elsewhere.
    """
    found: set[int] = set()
    before = ""
    for word in content_words(reply):
        if root_of(word) in prompted:
            before = ""
            continue
        found.add(_hash(word, key))
        if before:
            found.add(_hash(f"{before} {word}", key))
        before = word
        if len(found) >= MAX_PHRASES:
            break
    return frozenset(found)


def _hash(phrase: str, key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(phrase.encode("utf-8"), digest_size=8, key=key).digest(), "big")
