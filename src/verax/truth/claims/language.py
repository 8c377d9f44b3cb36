"""In what language a sentence is, as far as the verifier needs it: English, Chinese, another one, or not to be told.

The script decides where it can. Among languages in Latin letters the little words do, which make up a good part of
every sentence: English has to have more of them than any other language. A sentence without any, such as "Marie Curie
discovered polonium", is English where it is ASCII and a word of it ends as English words do. What stays undecided is
nobody's guess.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

__all__ = ["Language", "language_of"]

Language = Literal["en", "zh", "other", "unknown"]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_OTHER_SHARE = 0.3  # of the letters, from which a script decides
_ENGLISH_ENDINGS = ("ed", "ing", "ion", "ions", "ity", "ly", "ment", "ness", "ized", "ised", "ship", "ful", "ous")
_WORDS = {
    "en": "a about after all also an and any are as at be been before being between both but by can could did do does "
    "during each for from had has have he her his how i if in into is it its it's made many may more most near no not "
    "of on one only or other our over she should since so some such than that the their them then there these they "
    "this those through to under until up was we were what when where which while who will with would you your",
    "de": "als am an auch auf aus bei bis das dass dem den der des die durch ein eine einem einen einer eines er es "
    "für gibt hat hatte haben ich im in ist kein keine liegt man mit nach nicht noch nur oder sein seine sich sie sind "
    "so über um und uns unter vom von vor war waren was wer wie wird wir wurde wurden zu zum zur",
    "fr": "au aux avec ce ces cette dans de des du elle elles en est et était été il ils la le les leur mais ne nous "
    "on ont ou où par pas plus pour qu que qui sa se ses son sont sur un une vous",
    "es": "al como con cuando de del desde donde el ella en entre era es esta está este fue fueron ha han hasta la las "
    "lo los más muy no nos o para pero por que se ser si sin sobre son su sus también un una y",
    "it": "al alla anche che ci con da dal dalla degli dei del della delle di e è ed era fu gli ha hanno i il in la le "
    "lo ma nel nella non per più quando questo questa se si sono su sua suo tra un una uno",
    "pt": "à ao aos as com como da das de do dos e é ela ele em entre era está foi foram há mais mas na nas no nos não "
    "o os ou para pela pelo por que se sem seu são sua também um uma",
    "nl": "aan al als bij dan dat de den der deze die dit door een en er haar hebben heeft het hij hun ik in is maar "
    "meer met na naar niet nog of om ook op over te tegen tot uit van voor was wat werd worden ze zich zij zijn",
    "nordic": "af at av blev da de den der det du efter ei eller en er et ett för for fra från ha han har hun hon i "
    "ikke inte ikkje jag jeg kan med men mot når og och om på sin sig som så til till ut var vid ved vi är",
    "slavic": "a aby ale bo był była było byli być co czy do i ich ja je jest jako jeho jej již k kde která který má "
    "mezi na nad nie o od po pod pro przez przy s se są się tak to v ve w we z za ze že",
    "turkish": "ama bir bu çok da daha de değil en gibi her ile için kadar mi ne o olan olarak olduğu sonra şu ve veya",
    "romanian": "al ale au ca că ce cu de din doar este era fost în la mai nu o pe pentru prin sa se sunt și un una",
    "finnish": "ei että hän ja joka jonka jos kun kuin mutta myös ne niin nyt oli on ovat se sen siitä tai vain",
    "hungarian": "a az csak de egy ez és hogy is ki meg mint nem van volt",
    "indonesian": "ada adalah akan atau dalam dan dari dengan di ini itu juga ke oleh pada sebagai tidak untuk yang",
}
_LITTLE_WORDS = {name: frozenset(words.split()) for name, words in _WORDS.items()}


def language_of(text: str) -> Language:
    """Return the language of a sentence, ``unknown`` where nothing tells."""
    letters = [letter for letter in text if letter.isalpha()]
    if not letters:
        return "unknown"
    least = _OTHER_SHARE * len(letters)
    if len(_KANA_HANGUL.findall(text)) * 5 > len(letters):
        return "other"
    if len(_HAN.findall(text)) >= least:
        return "zh"
    if sum(not unicodedata.name(letter, "").startswith("LATIN") for letter in letters) >= least:
        return "other"
    return _latin([word.lower().replace("’", "'") for word in _WORD.findall(text)], text)


def _latin(words: list[str], text: str) -> Language:
    found = {name: sum(word in little for word in words) for name, little in _LITTLE_WORDS.items()}
    english = found.pop("en")
    others = max(found.values())
    if english > others:
        return "en"
    if others > english:
        return "other"
    plain = text.isascii() and any(word.endswith(_ENGLISH_ENDINGS) and len(word) > 4 for word in words)
    return "en" if plain else "unknown"
