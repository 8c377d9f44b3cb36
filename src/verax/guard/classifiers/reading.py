"""Text as the shipped classifiers read it: spelling tricks undone, emoji in words; and in which language it is.

* An emoji becomes its Unicode name, a skin tone the words *light skin* or *dark skin*: what was hidden in pictures is
  read.
* A text is Chinese from `_CHINESE` Han characters in ten letters on, and English where it is in Latin letters without
  accents and has a common English word in each ten words; a text of up to `_FEW` words needs none. Everything else is
  unread.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from verax.guard.normal import normalise

__all__ = ["Language", "language_of", "readable"]

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_PLAIN = re.compile("[a-z]")
_WORD = re.compile(r"[^\W\d_]+")
_PICTURE = re.compile(
    "(?![\u2460-\u24ff\U0001f100-\U0001f189])[\u2190-\u2bff\U0001f000-\U0001faff]"
)  # no letters in discs
_TONES = {
    0x1F3FB: "light skin",
    0x1F3FC: "light skin",
    0x1F3FD: "brown skin",
    0x1F3FE: "dark skin",
    0x1F3FF: "dark skin",
}
_CHINESE = 0.3
_LATIN = 0.9
_FEW = 4
_COMMON = frozenset(
    "a about after again all always am an and any anyone are as at back be because bee been before being best "
    "better between big black blue book busy but by bye call can cat close cold come could cow dad daddy day did "
    "do does dog don done down duck eat eight even every everyone feel find first five food for four friend "
    "friends from fun game get give go going good got green had happy has hate have he hello help her here hers "
    "hi him his home hot house how i if in into is it its just keep kill know last let like list little long "
    "look love made make man many may maybe me mom mommy moon more most much mum mummy must my myself need never "
    "new next night nine no nobody not nothing now of off oh ok okay old on one only open or other our out over "
    "people play please put read really red right sad said same say school see seven she short should show sing "
    "six sleep small so some someone song sorry stop story such sun take tell ten than thank thanks that the "
    "their them then there these they thing think this those three time to today tomorrow too tree try two u "
    "under until up us use very want was water way we were what when where which while white who why will with "
    "without women work would write yes yesterday you your yourself".split()
)


class Language(StrEnum):
    """What a text is read as."""

    ENGLISH = "en"
    CHINESE = "zh"
    UNREAD = "unread"


def readable(text: str) -> str:
    """Return the text in lower case, tricks undone and emoji in words."""
    return normalise(_PICTURE.sub(_named, text)).text


def language_of(text: str) -> Language:
    """Return the language that a readable text is read as; one without letters reads as English."""
    letters = [character for character in text if character.isalpha()]
    if not letters:
        return Language.ENGLISH
    if sum(bool(_HAN.match(letter)) for letter in letters) >= _CHINESE * len(letters):
        return Language.CHINESE
    if sum(bool(_PLAIN.match(letter)) for letter in letters) < _LATIN * len(letters):
        return Language.UNREAD
    words = _WORD.findall(text)
    common = sum(word in _COMMON for word in words)
    return Language.ENGLISH if len(words) <= _FEW or common * 10 >= len(words) else Language.UNREAD


def _named(match: re.Match[str]) -> str:
    code = ord(match.group())
    name = _TONES.get(code) or unicodedata.name(match.group(), "").lower()
    return f" {name} " if name else match.group()
