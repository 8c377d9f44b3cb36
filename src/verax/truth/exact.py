"""Exact checks of what small models miss: numbers, dates, units, names and negation. Pure; English.

Each check compares a claim with one passage and says what it found, with offsets into the claim:

* *number*: no number of the passage agrees with the claim's: a *conflict* where the passage has another one with the
  same unit or counted word, else *missing*.
* *date*: the same for years, months and days of the week; a decade ("the 1910s") is not compared.
* *name*: a capitalised word of the claim, not at its start, that the passage lacks: *missing*.
* *negation*: a sentence of the passage has nearly the claim's words, their endings aside, and one of the two is
  negated: a *conflict*.

Numbers are compared by value ("2,500", "2.5 thousand"; "12", "twelve"), units by what they mean ("km", "kilometres"),
and within one kind they are converted ("5 km", "5,000 m"). *About* allows five percent, *over* and *under* the side
they name, *between* what lies between. Money of one currency is no money of another, and percent are no percentage
points: the same number in the other unit is a conflict.

No check supports a claim: words that agree may still say another thing. What follows from a number by arithmetic alone
(`instances`) is for the model to judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

__all__ = ["Finding", "Kind", "Quantity", "Weight", "check", "content_words", "instances", "quantities"]


class Kind(StrEnum):
    """What a finding is about."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    NEGATION = "negation"


class Weight(StrEnum):
    """`CONFLICT`: the passage says otherwise. `MISSING`: it does not say so."""

    CONFLICT = "conflict"
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold: ``claim[start:end]`` against the passage."""

    kind: Kind
    weight: Weight
    start: int
    end: int


@dataclass(frozen=True)
class Quantity:
    """A number in a text.

    `unit` is the unit's kind (``length``, ``%``), or else the word counted ("people"), or nothing; `value` is in the
    kind's base unit, of which `factor` are one of the unit written. `hedge` is ``=``, ``~`` (about), ``>`` (over),
    ``>=`` (at least), ``<`` (under), ``<=`` (at most) or ``..`` (between `value` and `upper`). ``text[start:end]`` is
    the number, ``text[first:last]`` the number with what hedges it and with its unit.
    """

    value: Fraction
    unit: str
    start: int
    end: int
    hedge: str = "="
    is_year: bool = False
    upper: Fraction = Fraction(0)
    factor: Fraction = Fraction(1)
    first: int = 0
    last: int = 0

    @property
    def is_bound(self) -> bool:
        """Whether it says a side or a range, and other numbers can satisfy it."""
        return self.hedge in (">", ">=", "<", "<=", "..")

    def agrees(self, other: Quantity) -> bool:
        """Say whether two numbers can both be true of the same thing: whether what they allow overlaps."""
        if self.value == other.value and self.hedge == other.hedge:
            return True
        (low, is_open_low), (high, is_open_high) = self._lowest(), self._highest()
        (other_low, is_other_open_low), (other_high, is_other_open_high) = other._lowest(), other._highest()
        return _reaches(high, other_low, is_open_high or is_other_open_low) and _reaches(
            other_high, low, is_other_open_high or is_open_low
        )

    def _lowest(self) -> tuple[Fraction | None, bool]:
        """Return the least value allowed, None for no least, and whether it is itself left out."""
        if self.hedge in ("<", "<="):
            return None, False
        return self.value - self._slack, self.hedge == ">"

    def _highest(self) -> tuple[Fraction | None, bool]:
        """Return the greatest value allowed, None for no greatest, and whether it is itself left out."""
        if self.hedge in (">", ">="):
            return None, False
        return (self.upper if self.hedge == ".." else self.value + self._slack), self.hedge == "<"

    @property
    def _slack(self) -> Fraction:
        return abs(self.value) / 20 if self.hedge == "~" else Fraction(0)


def _reaches(high: Fraction | None, low: Fraction | None, is_open: bool) -> bool:
    return high is None or low is None or high > low or (high == low and not is_open)


_ONES = "one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {word: value for value, word in enumerate(["zero", *_ONES, *_TEENS])}
_WORDS |= {word: 10 * value for value, word in enumerate(_TENS, 2)} | {"dozen": 12}
_RANKS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SCALES |= {"k": 10**3, "m": 10**6, "mn": 10**6, "bn": 10**9}
_IRREGULAR = {"centuries": "century", "inches": "inch"}
_CURRENCIES = {"$": "dollar", "us$": "dollar", "usd": "dollar", "€": "euro", "eur": "euro", "£": "pound"}
_CURRENCIES |= {"gbp": "pound", "¥": "yen", "jpy": "yen", "chf": "franc"}
# "Pound" is not among them: it may be a weight.
_MONEY = frozenset("dollar euro yen franc rupee peso yuan rouble ruble krona krone zloty".split())
_KINDS = {
    "length": "mm .001 millimetre .001 millimeter .001 cm .01 centimetre .01 centimeter .01 m 1 metre 1 meter 1 "
    "km 1000 kilometre 1000 kilometer 1000 mile 1609.344 foot .3048 feet .3048 ft .3048 inch .0254 yard .9144",
    "mass": "mg .000001 milligram .000001 g .001 gram .001 kg 1 kilogram 1 kilo 1 tonne 1000",
    "area": "square_centimetre .0001 square_metre 1 square_meter 1 square_kilometre 1000000 square_kilometer 1000000 "
    "square_foot .09290304 square_feet .09290304 square_mile 2589988.110336 hectare 10000 acre 4046.8564224",
    "volume": "ml .000001 millilitre .000001 milliliter .000001 cl .00001 litre .001 liter .001 "
    "cubic_centimetre .000001 cubic_centimeter .000001 cubic_metre 1 cubic_meter 1 cubic_foot .028316846592 "
    "cubic_feet .028316846592 cubic_kilometre 1000000000 cubic_kilometer 1000000000",
    "time": "second 1 minute 60 hour 3600 day 86400 week 604800",
    "months": "month 1 year 12 decade 120 century 1200",
    "%": "% 1 percent 1 pct 1",
    "points": "percentage 1 pp 1",
}
_UNITS = {
    name: (kind, Fraction(factor))
    for kind, table in _KINDS.items()
    for name, factor in zip(table.split()[::2], table.split()[1::2], strict=True)
}
_FIXED = _KINDS.keys() | {"rank", "year", "pound"} | _MONEY
_CALENDAR = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    rf"""
    (?P<currency>us\$|[$€£¥]|\b(?:usd|eur|gbp|jpy|chf)\b)?\s?
    (?:
        (?<![\w.,])(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)(?!\d|s\b)(?P<ordinal>st|nd|rd|th)?
      | \b(?P<word>{"|".join(sorted(_WORDS, key=len, reverse=True))})(?:[-\s](?P<ones>{"|".join(_ONES)}))?\b
      | \b(?P<rank>{"|".join(_RANKS)})\b
    )
    (?:[\s-]?(?P<scale>hundred|thousand|million|billion|trillion)s?\b|(?P<short>k|mn|bn|m)\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_UNIT = re.compile(
    r"[\s-]*(?:(?:US|U\.S\.|American)\s+(?=dollar))?"
    r"(?P<unit>%|percentage\s+points?\b|(?:cubic|square)\s+[A-Za-z]+|[A-Za-z]+)"
)
_MORE = "more|greater|higher|larger|longer|taller|older|heavier|deeper|wider"
_LESS = "less|fewer|lower|smaller|shorter|younger|lighter"
_HEDGES = tuple(
    (sign, re.compile(rf"\b(?:{words})\s+$", re.IGNORECASE))
    for sign, words in (
        ("~", "about|around|roughly|approximately|nearly|almost|circa"),
        (">=", rf"at least|(?:no|not)\s+(?:{_LESS})\s+than|a minimum of"),
        ("<=", rf"at most|up to|(?:no|not)\s+(?:{_MORE})\s+than|a maximum of"),
        (">", rf"over|above|exceeding|(?:{_MORE})\s+than"),
        ("<", rf"under|below|(?:{_LESS})\s+than"),
    )
)
_BETWEEN = re.compile(r"\bbetween\s+$", re.IGNORECASE)
_AND = re.compile(r"(?:[\s-]*(?:%|[A-Za-z]+))?\s+and\s+\Z", re.IGNORECASE)
_LOOK_BACK = 24  # characters before a number in which its hedge stands
_INSTANCES = 2
_NAME = re.compile(r"\b[A-Z][\w’'-]*")
_WORD = re.compile(r"[^\W\d_]+")
_NOT = re.compile(
    rf"\b(?:(?:not|no)(?!\s+(?:{_MORE}|{_LESS})\s+than\b)|never|none|nobody|nothing|neither|nor|without|cannot)\b|n['’]t\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*")
_STOP = frozenset(
    "a an and as at be been by for from had has have in is it its of on or that the this to was were with".split()
)
_ENDING = re.compile(r"(?:ing|ed|es|s|e)\Z")
_MIN_CUT = 4  # characters of a word from which on its ending is left out
_NEARLY = 0.8  # the share of the claim's words that a sentence has which says the same, or denies it


def check(claim: str, passage: str) -> list[Finding]:
    """Return what the passage does not bear out, in the order of the claim."""
    found = [*_numbers(claim, passage), *_calendar(claim, passage), *_names(claim, passage), *_negation(claim, passage)]
    return sorted(found, key=lambda finding: (finding.start, finding.kind))


def instances(claim: str, passage: str) -> list[str]:
    """Return the claim with numbers of the passage where it says *over*, *at most* or *between*: at most two.

    "It is more than 200 metres long" and a passage with "214 metres" give "It is 214 metres long": where that is so,
    so is the claim. There is none where a bound of the claim is satisfied by no number of the same unit that the
    passage says without a hedge.
    """
    said = [quantity for quantity in quantities(passage) if quantity.hedge == "="]
    satisfying = [
        (bound, [passage[item.start : item.last] for item in said if item.unit == bound.unit and bound.agrees(item)])
        for bound in quantities(claim)
        if bound.is_bound and bound.unit
    ]
    if not satisfying or not all(texts for _, texts in satisfying):
        return []
    found = []
    for number in range(_INSTANCES):
        text = claim
        for bound, texts in reversed(satisfying):
            text = text[: bound.first] + texts[min(number, len(texts) - 1)] + text[bound.last :]
        found.append(text)
    return list(dict.fromkeys(found))


def quantities(text: str) -> list[Quantity]:
    """Return the numbers of a text with their units, in order; "one" is mostly a pronoun, and left out."""
    found: list[Quantity] = []
    for match in _NUMBER.finditer(text):
        if match[0].strip().lower() == "one":
            continue
        read = _quantity(text, match)
        low = found[-1] if found else None
        opening = _BETWEEN.search(text[max(0, low.start - _LOOK_BACK) : low.start]) if low else None
        if low and opening and _AND.fullmatch(text[low.end : read.start]):
            found[-1] = _range(low, read, low.start - len(opening[0]))
        else:
            found.append(read)
    return found


def _range(low: Quantity, high: Quantity, first: int) -> Quantity:
    """Return "between `low` and `high`"; a lower end without a unit of its own has that of the upper one."""
    value = low.value
    if low.unit != high.unit and high.factor != 1:
        value = low.value * high.factor
    return replace(high, value=value, upper=high.value, hedge="..", start=low.start, first=first)


def _quantity(text: str, match: re.Match[str]) -> Quantity:
    value = _value(match)
    after = _UNIT.match(text, match.end())
    word = _unit_name(after["unit"]) if after else ""
    if _is_metres(match):
        word = "m"
    kind, factor = _UNITS.get(word) or _UNITS.get(_singular(word)) or (_singular(word), Fraction(1))
    if match["currency"] or word in _CURRENCIES:
        kind, factor = _CURRENCIES[(match["currency"] or word).lower()], Fraction(1)
    is_rank = bool(match["ordinal"] or match["rank"])
    is_year = bool(match["digits"]) and re.fullmatch(r"1\d{3}|20\d{2}", match["digits"]) is not None and factor == 1
    is_year = is_year and kind not in _KINDS and not match["currency"] and not match["scale"]
    start = match.start() + len(match[0]) - len(match[0].lstrip())
    hedge, first = _hedge(text, start)
    last = after.end() if after and not (match["currency"] or _is_metres(match)) else match.end()
    is_year = is_year and hedge not in (">", "<", ">=")
    if is_rank or is_year:
        return Quantity(
            value, "year" if is_year else "rank", start, match.end(), "=", is_year, first=start, last=match.end()
        )
    return Quantity(value * factor, kind, start, match.end(), hedge, factor=factor, first=first, last=last)


def _hedge(text: str, start: int) -> tuple[str, int]:
    """Return what hedges the number that begins at `start`, and where that begins."""
    begin = max(0, start - _LOOK_BACK)
    for sign, pattern in _HEDGES:
        if found := pattern.search(text[begin:start]):
            return sign, begin + found.start()
    return "=", start


def _value(match: re.Match[str]) -> Fraction:
    if match["digits"]:
        value = Fraction(match["digits"].replace(",", ""))
    elif match["rank"]:
        value = Fraction(_RANKS.index(match["rank"].lower()) + 1)
    else:
        value = Fraction(_WORDS[match["word"].lower()] + (_WORDS[match["ones"].lower()] if match["ones"] else 0))
    scale = match["scale"] or match["short"]
    return value * _SCALES[scale.lower()] if scale and not _is_metres(match) else value


def _is_metres(match: re.Match[str]) -> bool:
    """Say whether an "m" right after the digits is a unit: of money it means millions."""
    return (match["short"] or "").lower() == "m" and not match["currency"]


def _unit_name(unit: str) -> str:
    """Return a unit as `_KINDS` names it: its first word, with the second one for areas and volumes."""
    first, *more = unit.lower().split()
    return f"{first}_{_singular(more[0])}" if more and first in ("cubic", "square") else first


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _numbers(claim: str, passage: str) -> Iterator[Finding]:
    said = quantities(passage)
    for wanted in quantities(claim):
        if _is_borne_out(wanted, said):
            continue
        is_conflict = any(_rivals(other, wanted) for other in said)
        kind = Kind.DATE if wanted.is_year else Kind.NUMBER
        yield Finding(kind, Weight.CONFLICT if is_conflict else Weight.MISSING, wanted.start, wanted.end)


def _is_borne_out(wanted: Quantity, said: Sequence[Quantity]) -> bool:
    """Say whether numbers of the passage may be the claim's.

    A range needs one that lies within it, or both its ends said; where only one end is said, the other is wrong.
    """
    if wanted.hedge != "..":
        return any(_bears_out(other, wanted) for other in said)
    alike = [other for other in said if other.unit == wanted.unit]
    if any(other.hedge == ".." for other in alike):
        return any(
            wanted.value <= other.value and other.upper <= wanted.upper for other in alike if other.hedge == ".."
        )
    ends = {wanted.value, wanted.upper} & {other.value for other in alike}
    return len(ends) == 2 or (not ends and any(_bears_out(other, wanted) for other in said))


def _bears_out(said: Quantity, wanted: Quantity) -> bool:
    """Say whether a number of the passage may be the claim's.

    Where the counted words differ ("40 guests", "40 people") only the same value will do, and where both units are of
    known kinds nothing will: five kilometres are no five percent, and no five dollars.
    """
    if said.unit == wanted.unit:
        return wanted.agrees(said)
    is_same = wanted.value == said.value or (said.hedge == ".." and wanted.value == said.upper)
    return is_same and not (said.unit in _FIXED and wanted.unit in _FIXED)


def _rivals(said: Quantity, wanted: Quantity) -> bool:
    """Say whether a number of the passage stands where the claim has another: in its unit, or as other money."""
    if said.unit == wanted.unit:
        return bool(wanted.unit)
    units = {said.unit, wanted.unit}
    return said.value == wanted.value and (units <= _MONEY or units == {"%", "points"})


def _calendar(claim: str, passage: str) -> Iterator[Finding]:
    said = {found[0].lower() for found in _CALENDAR.finditer(passage) if found[0][0].isupper()}
    for found in _CALENDAR.finditer(claim):
        word = found[0].lower()
        if found[0][0].isupper() and word not in said:
            is_conflict = any(word.endswith("day") == other.endswith("day") for other in said)
            yield Finding(Kind.DATE, Weight.CONFLICT if is_conflict else Weight.MISSING, found.start(), found.end())


def _names(claim: str, passage: str) -> Iterator[Finding]:
    said = passage.lower()
    starts = {len(sentence[0]) - len(sentence[0].lstrip()) + sentence.start() for sentence in _SENTENCE.finditer(claim)}
    for found in _NAME.finditer(claim):
        word = found[0].lower().removesuffix("'s").removesuffix("’s")
        if found.start() not in starts and len(word) > 1 and word not in said and not _CALENDAR.fullmatch(word):
            yield Finding(Kind.NAME, Weight.MISSING, found.start(), found.end())


def _negation(claim: str, passage: str) -> Iterator[Finding]:
    wanted, is_negated = _base_forms(claim), _NOT.search(claim)
    if len(wanted) < 2:
        return
    alike = [
        bool(_NOT.search(sentence[0])) != bool(is_negated)
        for sentence in _SENTENCE.finditer(passage)
        if len(wanted & _base_forms(sentence[0])) >= _NEARLY * len(wanted)
    ]
    if alike and all(alike):
        start, end = is_negated.span() if is_negated else (0, len(claim))
        yield Finding(Kind.NEGATION, Weight.CONFLICT, start, end)


def _base_forms(text: str) -> set[str]:
    """Return the words that say something without regular endings: "approved" and "did not approve" agree."""
    return {_ENDING.sub("", word) if len(word) > _MIN_CUT else word for word in content_words(text)}


def content_words(text: str) -> set[str]:
    """Return the words that say something, lower case: no negation, no word that every sentence holds."""
    return {word.lower() for word in _WORD.findall(_NOT.sub(" ", text))} - _STOP - {"do", "does", "did"}
