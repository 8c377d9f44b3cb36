"""Homework tasks: read from a child's words, checked exactly, explained step by step.

* Numbers are fractions of whole numbers (`fractions.Fraction`), so a check is never off by a rounding error.
* A task keeps its own words: numbers and signs, or a word of our own lists. The child's words are gone.
* Three hints lead to an answer; only then is it shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["MAX_DIGITS", "Task", "read_number", "show"]

MAX_DIGITS = 9
"""Digits of one number of a task, at most."""

_MIXED = re.compile(r"(-?\d+) (\d+) ?/ ?(\d+)\Z")
_REST = re.compile(r"(\d+) ?(?:r|rest|rem|remainder) ?(\d+)\Z")
_NUMERIC = re.compile(r"[-+]?[0-9][0-9.,/ ]*\Z")
_UNITS_BEHIND = re.compile(r"(?<=\d) ?[a-z²³°]+\.?\Z")


@dataclass(frozen=True, slots=True)
class Task:
    """One task.

    Attributes:
        asks: The task in our signs, ``7 × 8``; it can be read again.
        answer: What is right, as text to be shown.
        value: The same as a number; None for a word.
        hints: Three hints, the last one nearly the answer.
        unit: Unit of the answer, or nothing.
        rest: For a division that leaves one: quotient and remainder, which are right too.
    """

    asks: str
    answer: str
    value: Fraction | None
    hints: tuple[str, str, str]
    unit: str = ""
    rest: tuple[int, int] | None = None

    def is_right(self, said: str) -> bool:
        """Say whether what a child said is the answer."""
        plain = said.strip().lower().removeprefix("is it ").removeprefix("it is ").removeprefix("=").strip(" .!?")
        if self.value is None:
            return plain == self.answer.lower()
        if self.rest is not None and (found := _REST.match(plain)):
            return (int(found[1]), int(found[2])) == self.rest
        return read_number(plain) == self.value


def read_number(text: str) -> Fraction | None:
    """Return a number as children write it: 56, 1,200, 0.5, 3/4, 1 1/2, with a unit behind it or not; None for none."""
    plain = _UNITS_BEHIND.sub("", text.strip().lower())
    if len(plain) > 4 * MAX_DIGITS or not _NUMERIC.match(plain):
        return None
    try:
        if found := _MIXED.match(plain):
            whole, part = int(found[1]), Fraction(int(found[2]), int(found[3]))
            return whole - part if whole < 0 else whole + part
        return Fraction(re.sub(r"(?<=\d),(?=\d{3})", "", plain).replace(" ", ""))
    except (ValueError, ZeroDivisionError):
        return None


def show(value: Fraction) -> str:
    """Return a number as it is written: whole, a short decimal, a mixed number, or a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    if 10**4 % value.denominator == 0:
        return f"{float(value):g}" if abs(value) < 10**6 else str(value)
    whole, rest = divmod(abs(value.numerator), value.denominator)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole} {rest}/{value.denominator}" if whole else f"{sign}{rest}/{value.denominator}"
