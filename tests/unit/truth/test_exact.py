"""Exact checks: what agrees, what conflicts, what is only missing."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from verax.truth.exact import Kind, Weight, check, quantities

PASSAGE = (
    "The Aller bridge in Verden, opened by Lena Voss on Monday 4 March 1998, is 1.2 km long and cost $2.5 million. "
    "About 2,500 people came. The toll was abolished in 2004. Twelve lamps stand on it. It was the second bridge there."
)


def found(claim: str, passage: str = PASSAGE) -> list[tuple[str, str, str]]:
    return [
        (finding.kind.value, finding.weight.value, claim[finding.start : finding.end])
        for finding in check(claim, passage)
    ]


@pytest.mark.parametrize(
    "claim",
    [
        "The bridge is 1,200 metres long.",
        "The bridge is over 1 kilometre long.",
        "It cost 2,500,000 dollars.",
        "It cost about $2.6 million.",
        "The bridge has 12 lamps.",
        "In Verden, 2500 people came in March 1998.",
        "More than two thousand people came.",
        "It was the 2nd bridge there.",
        "The toll was abolished in 2004.",
        "The bridge was opened by Lena Voss.",
        "The Aller's bridge is long.",
    ],
)
def test_what_the_passage_bears_out_is_not_found_fault_with(claim: str) -> None:
    assert found(claim) == []


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("The bridge is 1.3 km long.", [("number", "conflict", "1.3")]),
        ("The bridge is 1.2 metres long.", [("number", "conflict", "1.2")]),
        ("It cost $3.5 million.", [("number", "conflict", "$3.5 million")]),
        ("Thirteen lamps stand on it.", [("number", "conflict", "Thirteen")]),
        ("It opened in 1997.", [("date", "conflict", "1997")]),
        ("It opened in April 1998.", [("date", "conflict", "April")]),
        ("It opened on a Sunday.", [("date", "conflict", "Sunday")]),
        ("It was the third bridge there.", [("number", "conflict", "third")]),
        ("Less than 2,000 people came.", [("number", "conflict", "2,000")]),
        ("It has 40 benches.", [("number", "missing", "40")]),
        ("The bridge was opened by Karl Brandt.", [("name", "missing", "Karl"), ("name", "missing", "Brandt")]),
        ("The toll was not abolished in 2004.", [("negation", "conflict", "not")]),
    ],
)
def test_what_the_passage_does_not_say_is_found(claim: str, expected: list[tuple[str, str, str]]) -> None:
    assert found(claim) == expected


def test_a_negation_that_the_passage_has_too_is_no_conflict() -> None:
    assert found("The toll was never abolished.", "The toll on the bridge was not abolished.") == []
    assert found("The toll was abolished there.", "The toll was not abolished there.")[0][:2] == (
        "negation",
        "conflict",
    )


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("5 %", 5, "%"),
        ("5 percent", 5, "%"),
        ("twenty-five people", 25, "people"),
        ("3 hundred birds", 300, "bird"),
        ("1.5 hours", 5400, "time"),
        ("90 minutes", 5400, "time"),
        ("2 weeks", 1209600, "time"),
        ("€3bn", 3 * 10**9, "euro"),
        ("$8m", 8 * 10**6, "dollar"),
        ("8m", 8, "length"),
        ("a dozen eggs", 12, "egg"),
        ("1984", 1984, "year"),
        ("1984 metres", 1984, "length"),
        ("the 4th", 4, "rank"),
    ],
)
def test_numbers_are_read_by_value_and_unit(text: str, value: int, unit: str) -> None:
    [read] = quantities(text)
    assert (read.value, read.unit) == (Fraction(value), unit)


def test_a_decade_is_not_compared_with_a_year() -> None:
    assert quantities("in the 1910s") == []


def test_every_number_is_read_back_however_it_is_written() -> None:
    rng = random.Random(4)
    for _ in range(300):
        number = rng.choice([rng.randint(2, 999), rng.randint(2101, 10**9)])
        for text in (f"{number} lamps", f"{number:,} lamps"):
            [read] = quantities(text)
            assert (read.value, read.unit) == (number, "lamp")


@pytest.mark.parametrize("claim", ["", "?", "$", "-5", "1,2,3", "10.5.2020", "no", "1e400", "٣ lamps", "The The The"])
def test_odd_texts_are_read_without_an_error(claim: str) -> None:
    for finding in check(claim, PASSAGE) + check(claim, "") + check(PASSAGE, claim):
        assert finding.kind in Kind and finding.weight in Weight
