"""How hard a text is to read: words, sentences, syllables, grade, and words outside a vocabulary.

* A word is a run of letters, with apostrophes and hyphens inside it, or a number. A number counts
  as one word of one syllable, whatever its length: readers say numbers in many ways.
* A sentence ends at ``.``, ``!``, ``?`` or ``…`` with a blank and a capital or digit after it, and where a line ends.
  Of abbreviations only titles are known (*Mr*, *Mrs*, *Dr*, *St*): in texts for children *Sun* is a star.
* The grade is Flesch-Kincaid's: ``0.39 * words / sentences + 11.8 * syllables / words - 15.59``.
  Source: Kincaid, Fishburne, Rogers and Chissom, *Derivation of New Readability Formulas for Navy
  Enlisted Personnel*, 1975. It is made for English prose of 100 words and more: of a short text
  it says little, so bands also limit the longest sentence.
* Syllables are counted by rules of spelling with a list of words that break them; the docs say how
  often the count is right.

>>> measured = measure("The cat sat on the mat.")
>>> measured.words, measured.sentences, measured.syllables, round(measured.grade, 2)
(6, 1, 6, -1.45)
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

__all__ = ["Readability", "base_forms", "count_syllables", "find_unknown", "find_words", "measure"]

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,:/]\d+)*")
_END = re.compile(r"(?<!\bMr)(?<!\bMrs)(?<!\bDr)(?<!\bSt)[.!?…]+[\"'”’)]*\s+(?=[\"'“‘(]*[A-Z0-9])")
_VOWELS = re.compile(r"[aeiouy]+")
_CONSONANT_Y = re.compile(r"(?:(?<=\A)|(?<=[aeiou]))y(?=[aeiou])")
# An e that is written and not said, at the end or before s and d.
_SILENT_E = re.compile(r"(?:[^aeiouyl]e|[aeiouy]le|[^aeiouytd]ed|[^aeiouyscxzgh]es)\Z")
_CONSONANT_LE = re.compile(r"[^aeiouy]l(?:es?|ed)\Z")
# Two vowels side by side that belong to two syllables: li-on, cre-ate, fly-ing, cu-ri-ous; and the end of prism.
_SPLIT_VOWELS = re.compile(
    r"(?<![cts])ia|i(?:o(?!u|n)|um|et\Z)|(?<![stcgx])ion|(?<![ctgx])iou|cie(?=n)|creat(?!u)|u(?=ary)"
    r"|(?<![gq])u(?:al?|el|ous)\Z|(?:[aeo]|[^aeiou]y)ing|[^aeiou]y[ae]|eo(?!us|ple)|sm\Z"
)
_CONTRACTION = re.compile(r"['’](?:s|t|d|m|ll|re|ve)\Z")
_WEAK_NOT = re.compile(r"[^aeiour]n['’]t\Z")
_SUFFIX = re.compile(r"(?<=e)(?:ly|ment|less|ful|ness)\Z")
_SYLLABLES = {
    1: "eye eyes are were there where else gone once some come piece pieces world",
    2: "area's being doing every everything evening something sometimes business chocolate seeing homework somewhere",
    3: "area idea ideas museum museums radio video videos however anyone anywhere everywhere triangle everyone",
    4: "january february dandelion usually television everybody experience",
}
# Words of everyday texts that the rules above count wrongly.
_EXCEPTIONS = {word: count for count, words in _SYLLABLES.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Readability:
    """What was counted in one text; all zero for a text without words.

    Attributes:
        longest: Words of the longest sentence.
        syllables: Syllables of all words.
    """

    words: int
    sentences: int
    syllables: int
    longest: int

    @property
    def words_per_sentence(self) -> float:
        """Return the mean length of a sentence in words."""
        return self.words / self.sentences if self.sentences else 0.0

    @property
    def grade(self) -> float:
        """Return the Flesch-Kincaid grade: years of school in the United States; may be below 0."""
        if not self.words:
            return 0.0
        return 0.39 * self.words_per_sentence + 11.8 * self.syllables / self.words - 15.59


def measure(text: str) -> Readability:
    """Count words, sentences and syllables of an English text."""
    lengths = [len(words) for words in map(find_words, _sentences(text)) if words]
    words = find_words(text)
    return Readability(len(words), len(lengths), sum(map(count_syllables, words)), max(lengths, default=0))


def find_words(text: str) -> list[str]:
    """Return the words of a text as they stand there."""
    return _WORD.findall(text)


def count_syllables(word: str) -> int:
    """Return the syllables of one English word by rules of spelling; at least 1."""
    parts = _CONTRACTION.sub("", word.lower()).replace("’", "'").replace("'", "-").split("-")
    weak = len(_WEAK_NOT.findall(word.lower()))
    return sum(_syllables_of(part) for part in parts if part) + weak or 1


def _syllables_of(word: str) -> int:
    if word in _EXCEPTIONS:
        return _EXCEPTIONS[word]
    stem = _SUFFIX.sub("", word)
    spoken = _CONSONANT_Y.sub("j", stem)
    count = len(_VOWELS.findall(spoken)) + len(_SPLIT_VOWELS.findall(spoken))
    if _SILENT_E.search(spoken) and not _CONSONANT_LE.search(spoken):
        count -= 1
    return max(1, count) + (stem != word)


def find_unknown(text: str, vocabulary: Collection[str]) -> list[str]:
    """Return the words of a text that are neither in `vocabulary` nor a regular form of a word there.

    Numbers and the possessive ending count as known. A word that occurs twice is returned twice, so
    ``len(find_unknown(text, words)) / len(find_words(text))`` is the share outside.

    Args:
        vocabulary: Words in lower case.
    """
    return [word for word in find_words(text) if not _is_known(word, vocabulary)]


def base_forms(word: str) -> Iterator[str]:
    """Yield a word in lower case and the words that it may be a regular form of: plural, past, -ing, -er, -est, -ly."""
    plain = word.lower().replace("’", "'")
    plain = plain.removesuffix("'s").removesuffix("s'") if plain not in ("it's", "that's", "let's") else plain
    yield plain
    for ending, replacements in _ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) >= 2:
            stem = plain[: -len(ending)]
            yield from (stem + new for new in replacements)
            if len(stem) > 2 and stem[-1] == stem[-2]:
                yield stem[:-1]


_ENDINGS = (
    ("ies", ("y",)),
    ("ied", ("y",)),
    ("ier", ("y",)),
    ("iest", ("y",)),
    ("ily", ("y",)),
    ("es", ("", "e")),
    ("s", ("",)),
    ("ed", ("", "e")),
    ("ing", ("", "e")),
    ("er", ("", "e")),
    ("ers", ("", "e")),
    ("est", ("", "e")),
    ("ly", ("", "le")),
    ("y", ("", "e")),
)


def _is_known(word: str, vocabulary: Collection[str]) -> bool:
    if word[0].isdigit():
        return True
    if any(form in vocabulary for form in base_forms(word)):
        return True
    parts = word.split("-")
    return len(parts) > 1 and all(_is_known(part, vocabulary) for part in parts if part)


def _sentences(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from _END.split(line)
