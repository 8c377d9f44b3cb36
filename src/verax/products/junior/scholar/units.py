"""Units: lengths, masses, volumes and times, changed into one another."""

from __future__ import annotations

import re
from fractions import Fraction

from verax.products.junior.scholar.task import MAX_DIGITS, Task, read_number, show

__all__ = ["read_units"]

# What one unit is in the smallest of its kind, by name and by the ways in which children write it.
_KINDS: tuple[dict[str, tuple[Fraction, str]], ...] = (
    {
        "mm": (Fraction(1), "mm|millimet(?:re|er)s?"),
        "cm": (Fraction(10), "cm|centimet(?:re|er)s?"),
        "m": (Fraction(1000), "m|met(?:re|er)s?"),
        "km": (Fraction(1_000_000), "km|kilomet(?:re|er)s?"),
    },
    {
        "mg": (Fraction(1), "mg|milligrams?"),
        "g": (Fraction(1000), "g|grams?"),
        "kg": (Fraction(1_000_000), "kg|kilos?|kilograms?"),
        "t": (Fraction(1_000_000_000), "t|tonnes?"),
    },
    {
        "ml": (Fraction(1), "ml|millilit(?:re|er)s?"),
        "cl": (Fraction(10), "cl|centilit(?:re|er)s?"),
        "l": (Fraction(1000), "l|lit(?:re|er)s?"),
    },
    {
        "seconds": (Fraction(1), "s|secs?|seconds?"),
        "minutes": (Fraction(60), "min|mins|minutes?"),
        "hours": (Fraction(3600), "h|hrs?|hours?"),
        "days": (Fraction(86_400), "days?"),
        "weeks": (Fraction(604_800), "weeks?"),
    },
    {
        "inches": (Fraction(1), "inch|inches"),
        "feet": (Fraction(12), "foot|feet|ft"),
        "yards": (Fraction(36), "yards?|yd"),
    },
)
_NUMBER = rf"(\d{{1,{MAX_DIGITS}}}(?:\.\d{{1,4}})?(?: ?/ ?\d{{1,3}})?|an?|one)"


def read_units(text: str) -> Task | None:
    """Return the change of units that a text asks for: *3 km in m*, *how many minutes are in 2 hours*."""
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.lower()).rstrip(" ?.!")
    for kind in _KINDS:
        unit = "|".join(words for _, words in kind.values())
        into = re.search(rf"{_NUMBER} ?({unit}) (?:in|into|to|as|is how many|=) (?:an? )?({unit})\Z", plain)
        many = re.search(rf"how many ({unit}) (?:\w+ ){{0,2}}?(?:in|into|make|are) {_NUMBER} ?({unit})\Z", plain)
        if into:
            return _task(kind, into[1], into[2], into[3])
        if many:
            return _task(kind, many[2], many[3], many[1])
    return None


def _task(kind: dict[str, tuple[Fraction, str]], number: str, source: str, target: str) -> Task | None:
    one, two = (
        next(name for name, (_, words) in kind.items() if re.fullmatch(words, unit)) for unit in (source, target)
    )
    amount = Fraction(1) if number in ("a", "an", "one") else read_number(number)
    if amount is None or one == two:
        return None
    factor = kind[one][0] / kind[two][0]
    value = amount * factor
    if factor > 1:
        hints = (
            "Which unit is smaller? You need more of the smaller ones. So will the number grow or shrink?",
            f"How many {two} are one of {one}? It is {show(factor)}.",
            f"So multiply {show(amount)} by {show(factor)}.",
        )
    else:
        hints = (
            "Which unit is bigger? You need fewer of the bigger ones. So will the number grow or shrink?",
            f"How many {one} are one of {two}? It is {show(1 / factor)}.",
            f"So divide {show(amount)} by {show(1 / factor)}.",
        )
    return Task(f"{show(amount)} {one} in {two}", f"{show(value)} {two}", value, hints, unit=two)


def _name_of(unit: str, kind: dict[str, tuple[Fraction, str]]) -> str:
    return next(name for name, (_, words) in kind.items() if re.fullmatch(words, unit))
