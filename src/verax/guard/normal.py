"""Text as a guard matches it: spelling tricks undone, with the way back to the text as written.

* Compatibility forms become plain ones (NFKC), so do white letters on black discs and squares; accents of Latin
  letters, zero-width and other invisible characters go, letters are folded to lower case.
* Letters of another script that look Latin become Latin, in words that mix scripts only: Russian
  and Greek stay what they are.
* Signs and digits that stand for letters become letters where letters stand around them:
  ``k1ll``, ``a$$``, ``@ss``; ``h2o``, ``mp3``, ``1st`` and mail addresses stay.
* Letters spelt out one by one are joined (``k i l l``, ``k.i.l.l``), and so are Chinese characters
  with signs between them. A letter written three times and more in a row counts once.

`plain` does the first two only: for what holds digits and signs that mean themselves, such as
mail addresses and account numbers.

>>> normal = normalise("You ѕtup1d  f-o-o-l!")
>>> normal.text
'you stupid  fool!'
>>> normal.span(12, 16)
(12, 19)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from verax.kernel.confusables import CONFUSABLES

__all__ = ["Normal", "normalise", "plain"]

_REMEMBERED = 64  # every detector asks for the same sentence

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_I_FORMS = "іιıїɩɪΙ"
# Clause 8 lets i, l and 1 fall together; here words must stay words, so an i stays an i.
_LOOK_ALIKES = {code: letter for code, letter in CONFUSABLES.items() if code > 0x7F} | {ord(c): "i" for c in _I_FORMS}
_LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i", "|": "i"}

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_FIRST_ON_BLACK, _APART = 0x1F150, 0x20  # from a letter on a disc to the same on a square
_ON_BLACK = re.compile("[\U0001f150-\U0001f169\U0001f170-\U0001f189]")
_WORD = re.compile(r"[^\W\d_]+")
_LEET_WORD = re.compile(r"(?<![\w@$!|])[a-z0-9@$!|]+")
_LEET_INSIDE = re.compile(r"(?<=[a-z])[0134578@$!|]{1,3}(?=[a-z])")
_LEET_EDGE = re.compile(r"\A[@$](?=[a-z])|\A[013457](?=[a-z]{3})|(?<=[a-z])[$|]+\Z|(?<=[a-z])@(?=\Z)")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)\Z")
_SPELT = re.compile(r"(?<![^\W_])[a-z](?:([ .\-_*~·])[a-z])(?:\1[a-z])+(?![^\W_])")
_CJK_GAP = re.compile(rf"(?<=[{_CJK}])[ *.·_~\-]{{1,3}}(?=[{_CJK}])")
_REPEATED = re.compile(r"([a-z])\1{2,}")


@dataclass(frozen=True, slots=True)
class Normal:
    """Normalised text.

    Attributes:
        text: What rules match against.
        offsets: For each character of `text` where it began in the text as written, and at the
            end the length of that text; never falls.
    """

    text: str
    offsets: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where ``text[start:end]`` stands in the text as written; `start` < `end`."""
        return self.offsets[start], max(self.offsets[end - 1] + 1, self.offsets[end]) if end > start else start


@lru_cache(maxsize=_REMEMBERED)
def plain(text: str) -> Normal:
    """Return `text` in compatibility forms, lower case, without what cannot be seen or only looks Latin."""
    return _latin(_compatible(text))


@lru_cache(maxsize=_REMEMBERED)
def normalise(text: str) -> Normal:
    """Return `text` with every trick of the list above undone."""
    normal = plain(text)
    normal = _without(normal, _CJK_GAP)
    normal = _unleet(normal)
    normal = _unspelt(normal)
    return _single(normal)


def _compatible(text: str) -> Normal:
    if text.isascii():
        return Normal(text.lower(), range(len(text) + 1))
    characters: list[str] = []
    offsets: list[int] = []
    for index, character in enumerate(text):
        if character < "\x80":
            characters.append(character.lower())
            offsets.append(index)
            continue
        for part in _parts_of(character):
            characters.append(part)
            offsets.append(index)
    return Normal("".join(characters), [*offsets, len(text)])


def _parts_of(character: str) -> Iterator[str]:
    if _ON_BLACK.match(character):
        yield chr(ord("a") + (ord(character) - _FIRST_ON_BLACK) % _APART)
        return
    if _INVISIBLE.match(character) or unicodedata.combining(character):
        return
    parts = unicodedata.normalize("NFKD", character)
    # Accents are a trick on Latin letters and a letter of their own elsewhere, as in Cyrillic.
    yield from (parts[0] if parts[0].isascii() and _is_accented(parts) else _composed(character)).casefold()


def _is_accented(parts: str) -> bool:
    return len(parts) > 1 and all(unicodedata.combining(part) for part in parts[1:])


def _composed(character: str) -> str:
    return unicodedata.normalize("NFKC", character)


def _latin(normal: Normal) -> Normal:
    """Turn look-alikes of words that mix them with Latin letters into Latin letters, one for one."""
    letters = list(normal.text)
    for match in _WORD.finditer(normal.text):
        word = match.group()
        if word.isascii() or not any("a" <= c <= "z" for c in word):
            continue
        letters[match.start() : match.end()] = [_LOOK_ALIKES.get(ord(c), c) for c in word]
    return Normal("".join(letters), normal.offsets)


def _unleet(normal: Normal) -> Normal:
    mails = [match.span() for match in _MAIL.finditer(normal.text)]
    letters = list(normal.text)
    for match in _LEET_WORD.finditer(normal.text):
        word = match.group()
        is_mail = any(start <= match.start() < end for start, end in mails)
        if is_mail or word.isalpha() or not any(c.isalpha() for c in word) or _ORDINAL.match(word):
            continue
        letters[match.start() : match.end()] = _LEET_EDGE.sub(_letters_for, _LEET_INSIDE.sub(_letters_for, word))
    return Normal("".join(letters), normal.offsets)


def _letters_for(match: re.Match[str]) -> str:
    return "".join(_LEET[sign] for sign in match.group())


def _unspelt(normal: Normal) -> Normal:
    drop = {index for match in _SPELT.finditer(normal.text) for index in range(match.start() + 1, match.end(), 2)}
    return _drop(normal, drop)


def _without(normal: Normal, pattern: re.Pattern[str]) -> Normal:
    return _drop(normal, {index for match in pattern.finditer(normal.text) for index in range(*match.span())})


def _single(normal: Normal) -> Normal:
    spans = [match.span() for match in _REPEATED.finditer(normal.text)]
    return _drop(normal, {index for start, end in spans for index in range(start + 1, end)})


def _drop(normal: Normal, drop: set[int]) -> Normal:
    if not drop:
        return normal
    kept = [index for index in range(len(normal.text)) if index not in drop]
    text = "".join(normal.text[index] for index in kept)
    return Normal(text, [*(normal.offsets[index] for index in kept), normal.offsets[-1]])
