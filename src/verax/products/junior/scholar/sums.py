"""Sums: whole numbers, decimals and fractions, with hints for each sign."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from verax.products.junior.scholar.task import MAX_DIGITS, Task, show

__all__ = ["read_sum"]

_NUMBER = rf"(?:\d{{1,{MAX_DIGITS}}} ?/ ?\d{{1,4}}|\d{{1,{MAX_DIGITS}}}(?:\.\d{{1,4}})?)"
_SIGNS = {
    "+": r"\+|plus|and|add(?:ed to)?",
    "-": "-|−|–|minus|take away|subtract",
    "×": r"\*|x|×|·|times|multiplied by",
    "÷": r"÷|:|divided by|over|/",
}
_SUM = re.compile(rf"(?<![\d./,])({_NUMBER}) ?({'|'.join(_SIGNS.values())}) ?({_NUMBER})(?![\d./,]*\d)")
_PAIR = re.compile(rf"#(?= ?(?:{'|'.join(_SIGNS.values())}) ?#)")
_SMALL = 10


def read_sum(text: str) -> Task | None:
    """Return the sum that a text asks for, None where there is none or a division by zero.

    A text with more than one sign is no sum of ours: which part comes first is a question of its own.
    """
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.lower().replace("\u2044", "/"))
    found = _SUM.search(plain)
    if found is None or len(_PAIR.findall(re.sub(_NUMBER, "#", plain))) > 1:
        return None
    sign = next(sign for sign, words in _SIGNS.items() if re.fullmatch(words, found[2]))
    try:
        one, two = (Fraction(number.replace(" ", "")) for number in (found[1], found[3]))
        value = _value(one, sign, two)
    except ZeroDivisionError:
        return None
    is_fraction = "/" in found[1] or "/" in found[3]
    asks = f"{_fraction(one) if is_fraction else show(one)} {sign} {_fraction(two) if is_fraction else show(two)}"
    whole = one.denominator == two.denominator == 1 and not is_fraction
    if sign == "÷" and whole and value.denominator > 1:
        rest = divmod(one.numerator, two.numerator)
        answer = f"{rest[0]} remainder {rest[1]}, or {show(value)}"
        return Task(asks, answer, value, _division_hints(one.numerator, two.numerator), rest=rest)
    hints = _whole_hints(one, sign, two) if whole else _fraction_hints(one, sign, two, is_fraction)
    return Task(asks, _fraction(value) if is_fraction else show(value), value, hints)


def _value(one: Fraction, sign: str, two: Fraction) -> Fraction:
    if sign == "+":
        return one + two
    if sign == "-":
        return one - two
    return one * two if sign == "×" else one / two


def _fraction(value: Fraction) -> str:
    return str(value)


def _whole_hints(one: Fraction, sign: str, two: Fraction) -> tuple[str, str, str]:
    a, b = one.numerator, two.numerator
    if sign == "×":
        return _product_hints(a, b)
    if sign == "÷":
        return _division_hints(a, b)
    ones = b % 10
    first = a + (b - ones) if sign == "+" else a - (b - ones)
    do, verb = ("+", "add") if sign == "+" else ("-", "take away")
    if sign == "-" and b > a:
        return (
            "The second number is bigger, so the answer is below zero.",
            f"Turn it round first: what is {b} - {a}?",
            "Now put a minus in front of that.",
        )
    if b < _SMALL or not b - ones:
        return (
            f"Start at {a} and count {'on' if sign == '+' else 'back'}.",
            "Go to the next ten first, then the rest.",
            f"The last digit of the answer is {(a + b if sign == '+' else a - b) % 10}.",
        )
    return (
        f"Split {b} into tens and ones: {b - ones} and {ones}.",
        f"First {verb} the tens. What is {a} {do} {b - ones}?",
        f"That makes {first}. Now {verb} {ones}.",
    )


def _product_hints(a: int, b: int) -> tuple[str, str, str]:
    big, small = max(a, b), min(a, b)
    if small <= 1:
        return (
            "Think of groups.",
            f"How much is {small} group of {big}?",
            "A number times 1 stays the same. A number times 0 is 0.",
        )
    if big <= _SMALL:
        return (
            f"Think of the times table of {big}.",
            f"{small} × {big} is {big} more than {small - 1} × {big}.",
            f"{small - 1} × {big} = {(small - 1) * big}. Now add {big}.",
        )
    ones = big % 10
    tens = big - ones
    if not ones:
        return (
            f"Leave the zero away first: {big // 10} × {small}.",
            f"{big // 10} × {small} = {big // 10 * small}.",
            "Now put the zero back at the end.",
        )
    return (
        f"Split {big} into {tens} and {ones}.",
        f"Work out {tens} × {small}, and then {ones} × {small}.",
        f"{tens} × {small} = {tens * small} and {ones} × {small} = {ones * small}. Add the two.",
    )


def _division_hints(a: int, b: int) -> tuple[str, str, str]:
    whole = a // b
    near = max(0, whole - 1)
    return (
        f"How often does {b} fit into {a}? Think of the times table of {b}.",
        f"{near} × {b} = {near * b}. Is there room for one more?",
        f"{whole} × {b} = {whole * b}. What is left over from {a}?",
    )


def _fraction_hints(one: Fraction, sign: str, two: Fraction, is_fraction: bool) -> tuple[str, str, str]:
    if not is_fraction:
        return _decimal_hints(one, sign, two)
    if sign in "+-":
        size = math.lcm(one.denominator, two.denominator)
        parts = one.numerator * size // one.denominator, two.numerator * size // two.denominator
        return (
            "You can only put parts together that have the same size. Look at the two denominators.",
            f"Both denominators go into {size}. Change both fractions to parts of {size}.",
            f"Now it is {parts[0]}/{size} {sign} {parts[1]}/{size}. Work with the numerators only.",
        )
    if sign == "×":
        return (
            "Multiply the two numerators. Then multiply the two denominators.",
            f"Above the line: {one.numerator} × {two.numerator}. Below: {one.denominator} × {two.denominator}.",
            f"That is {one.numerator * two.numerator}/{one.denominator * two.denominator}. Can you make it simpler?",
        )
    return (
        "To divide by a fraction, turn the second one upside down and multiply.",
        f"So it is {one.numerator}/{one.denominator} × {two.denominator}/{two.numerator}.",
        f"That is {one.numerator * two.denominator}/{one.denominator * two.numerator}. Can you make it simpler?",
    )


def _decimal_hints(one: Fraction, sign: str, two: Fraction) -> tuple[str, str, str]:
    scale = 10 ** max(_places(one), _places(two))
    a, b = int(one * scale), int(two * scale)
    if sign in "+-":
        return (
            "Write the numbers below each other, point under point.",
            f"Or make both {scale} times bigger: {a} {sign} {b}.",
            f"That is {a + b if sign == '+' else a - b}. Now make it {scale} times smaller again.",
        )
    if sign == "×":
        return (
            "Leave the points away first, and multiply whole numbers.",
            f"{a} × {b} = {a * b}.",
            f"Each number was {scale} times bigger, so divide by {scale * scale}.",
        )
    return (
        "Make both numbers bigger by the same, until the points are gone.",
        f"So it is {a} ÷ {b}. The answer stays the same.",
        f"{b} fits into {a} whole {a // b} times. What about the rest?",
    )


def _places(value: Fraction) -> int:
    return next(places for places in range(6) if (value * 10**places).denominator == 1)
