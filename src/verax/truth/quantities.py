"""Numbers of a text with their units and what hedges them. Pure; English.

Numbers are read by value ("2,500", "2.5 thousand"; "12", "twelve"), units by what they mean ("km", "kilometres"), and
within one kind they are converted ("5 km", "5,000 m"). *About* allows five percent, *over* and *under* the side they
name, *between* what lies between.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from verax.truth.content import LESS, MORE

__all__ = ["FIXED", "MONEY", "Quantity", "quantities"]


@dataclass(frozen=True)
class Quantity:
    """A number in a text.

    `unit` is the unit's kind (``length``, ``%``), or else the word counted ("people"), or nothing; `value` is in the
    kind's base unit, of which `factor` are one of the unit written, and `digit` what its last digit is
    worth. `hedge` is ``=``, ``~`` (about), ``>`` (over),
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
    digit: Fraction = Fraction(0)

    @property
    def figure(self) -> Fraction:
        """The number as it is written, whatever its unit."""
        return self.value / self.factor

    @property
    def is_bound(self) -> bool:
        """Whether it says a side or a range, and other numbers can satisfy it."""
        return self.hedge in (">", ">=", "<", "<=", "..")

    def agrees(self, other: Quantity) -> bool:
        """Say whether two numbers can both be true of the same thing: whether what they allow overlaps."""
        if self.value == other.value and self.hedge == other.hedge:
            return True
        if self.hedge == other.hedge == "=" and abs(self.value - other.value) <= self._rounding(other):
            return True
        (low, is_open_low), (high, is_open_high) = self._lowest(), self._highest()
        (other_low, is_other_open_low), (other_high, is_other_open_high) = other._lowest(), other._highest()
        return _reaches(high, other_low, is_open_high or is_other_open_low) and _reaches(
            other_high, low, is_other_open_high or is_open_low
        )

    def _rounding(self, other: Quantity) -> Fraction:
        """Return how far apart the same thing may be in feet and in metres: half a last digit each, at most 2.5 %."""
        is_of_ten = str(max(self.factor / other.factor, other.factor / self.factor)).strip("0") == "1"
        if self.unit not in _ROUNDED or is_of_ten:
            return Fraction(0)
        return sum((min(item.digit * item.factor / 2, abs(item.value) / 40) for item in (self, other)), Fraction(0))

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
MONEY = frozenset("dollar euro yen franc rupee peso yuan rouble ruble krona krone zloty".split())
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
_KEPT = 512
_ROUNDED = frozenset(("length", "mass", "area", "volume"))
FIXED = _KINDS.keys() | {"rank", "year", "pound"} | MONEY
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
_HEDGES = tuple(
    (sign, re.compile(rf"\b(?:{words})\s+$", re.IGNORECASE))
    for sign, words in (
        ("~", "about|around|roughly|approximately|nearly|almost|circa"),
        (">=", rf"at least|(?:no|not)\s+(?:{LESS})\s+than|a minimum of"),
        ("<=", rf"at most|up to|(?:no|not)\s+(?:{MORE})\s+than|a maximum of"),
        (">", rf"over|above|exceeding|(?:{MORE})\s+than"),
        ("<", rf"under|below|(?:{LESS})\s+than"),
    )
)
_BETWEEN = re.compile(r"\bbetween\s+$", re.IGNORECASE)
_AND = re.compile(r"(?:[\s-]*(?:%|[A-Za-z]+))?\s+and\s+\Z", re.IGNORECASE)
_LOOK_BACK = 24  # characters before a number in which its hedge stands


def quantities(text: str) -> list[Quantity]:
    """Return the numbers of a text with their units, in order; "one" is mostly a pronoun, and left out."""
    return list(_read(text))


@lru_cache(maxsize=_KEPT)
def _read(text: str) -> tuple[Quantity, ...]:
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
    return tuple(found)


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
    digit = _last_digit(match)
    return Quantity(value * factor, kind, start, match.end(), hedge, factor=factor, first=first, last=last, digit=digit)


def _last_digit(match: re.Match[str]) -> Fraction:
    """Return what the last digit of a number is worth."""
    decimals = (match["digits"] or "").partition(".")[2]
    scale = match["scale"] or match["short"]
    return Fraction(_SCALES[scale.lower()] if scale and not _is_metres(match) else 1, 10 ** len(decimals))


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
