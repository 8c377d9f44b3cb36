"""Exact checks: what agrees, what conflicts, what is only missing."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from verax.truth.exact import Kind, Weight, check, instances, quantities

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
        (
            "The bridge was opened by Karl Brandt.",
            [("name", "conflict", "Karl Brandt"), ("name", "missing", "Karl"), ("name", "missing", "Brandt")],
        ),
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


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("It cost 31 million dollars.", "It cost $31 million."),
        ("It cost 31 million US dollars.", "It cost USD 31,000,000."),
        ("It cost EUR 31 million.", "It cost 31 million euros (33 million dollars)."),
        ("It cost 33 million dollars.", "It cost 31 million euros (33 million dollars)."),
        ("It rose by 5 percentage points.", "It rose by five percentage points."),
        ("It is more than 200 metres long.", "It is 214 metres long."),
        ("It is longer than 0.2 km.", "It is 214 metres long."),
        ("It is at least 214 metres long.", "It is 214 metres long."),
        ("Fewer than 300 people came.", "There were 299 people."),
        ("No more than 299 people came.", "Up to 299 people came."),
        ("No fewer than 299 people came.", "There were 299 people."),
        ("More than 1200 people came.", "There were 1,300 people."),
        ("It is between 200 and 220 metres long.", "It is 214 metres long."),
        ("It is 214 metres long.", "It is between 200 metres and 220 metres long."),
        ("It is between 1 and 2 km long.", "It is 1,500 metres long."),
        ("It was built between 1990 and 1995.", "It was built in 1992."),
        ("It cost between $3.6 billion and $3.7 billion.", "It cost $3.6 billion to $3.7 billion."),
        ("It is between 200 and 230 metres long.", "It is between 200 and 220 metres long."),
    ],
)
def test_money_and_bounds_that_hold_are_not_found_fault_with(claim: str, passage: str) -> None:
    assert found(claim, passage) == []


@pytest.mark.parametrize(
    ("claim", "passage", "expected"),
    [
        ("It cost 31 million dollars.", "It cost 31 million euros.", ("number", "conflict", "31 million")),
        ("It cost €31 million.", "It cost $31 million.", ("number", "conflict", "€31 million")),
        ("It cost 28 million dollars.", "It cost 31 million euros.", ("number", "missing", "28 million")),
        ("It weighs 5 pounds.", "It costs 5 dollars.", ("number", "missing", "5")),
        ("It cost 2.4 million euros.", "It cost 2.4 million pounds.", ("number", "conflict", "2.4 million")),
        ("It rose by 5 percent.", "It rose by 5 percentage points.", ("number", "conflict", "5")),
        ("It rose by 5 percentage points.", "It rose by 5 %.", ("number", "conflict", "5")),
        ("It is more than 214 metres long.", "It is 214 metres long.", ("number", "conflict", "214")),
        ("It is more than 220 metres long.", "It is 214 metres long.", ("number", "conflict", "220")),
        ("It is at least 215 metres long.", "It is 214 metres long.", ("number", "conflict", "215")),
        ("Fewer than 299 people came.", "There were 299 people.", ("number", "conflict", "299")),
        ("No more than 298 people came.", "There were 299 people.", ("number", "conflict", "298")),
        ("It is between 215 and 220 metres long.", "It is 214 metres long.", ("number", "conflict", "215 and 220")),
        (
            "It is between 205 and 220 m long.",
            "It is between 200 and 220 m long.",
            ("number", "conflict", "205 and 220"),
        ),
        ("It has between 365 and 370 lamps.", "It has 360 to 370 lamps.", ("number", "conflict", "365 and 370")),
        ("It was built between 1993 and 1995.", "It was built in 1992.", ("date", "conflict", "1993 and 1995")),
    ],
)
def test_other_money_and_bounds_that_do_not_hold_are_found(
    claim: str, passage: str, expected: tuple[str, str, str]
) -> None:
    assert found(claim, passage) == [expected]


@pytest.mark.parametrize(
    ("claim", "passage", "expected"),
    [
        ("It is more than 200 metres long.", "It is 214 metres long.", ["It is 214 metres long."]),
        ("It is over 0.2 km long.", "It is 214 metres long.", ["It is 214 metres long."]),
        ("It cost at least $2 million.", "It cost 3 million dollars.", ["It cost 3 million dollars."]),
        ("It has between 20 and 30 lamps.", "It has 25 lamps.", ["It has 25 lamps."]),
        (
            "It is over 200 metres long.",
            "One is 214 metres long, one 220 metres.",
            ["It is 214 metres long.", "It is 220 metres long."],
        ),
        ("It is more than 220 metres long.", "It is 214 metres long.", []),
        ("It is more than 200 metres long.", "It is about 214 metres long.", []),
        ("It is more than 200 metres long.", "It weighs 214 tonnes.", []),
        ("It is 200 metres long.", "It is 200 metres long.", []),
    ],
)
def test_a_bound_is_read_with_the_numbers_that_satisfy_it(claim: str, passage: str, expected: list[str]) -> None:
    assert instances(claim, passage) == expected


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


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("The council approved the plan.", "In May the council did not approve the plan."),
        ("The mayor signed the contract.", "The mayor has not signed the contract yet."),
        ("The bridge carries no trains.", "The bridge carried trains."),
    ],
)
def test_a_negation_is_seen_in_another_form_of_the_verb(claim: str, passage: str) -> None:
    assert Kind.NEGATION in {finding.kind for finding in check(claim, passage)}


@pytest.mark.parametrize(
    ("claim", "passage", "is_found"),
    [
        ("The tank holds 331 litres.", "The tank holds 331 cubic metres.", True),
        ("The tank holds 331 cubic metres.", "The tank holds 331,000 litres.", False),
        ("The park covers 5 square kilometres.", "The park covers 500 hectares.", False),
        ("The park covers 5 square kilometres.", "The park is 5 kilometres long.", True),
        ("The dam is 200 feet high.", "The dam is 61 metres high.", False),  # 61 metres are 200.1 feet
        ("The road is 3 miles long.", "The road is 5 km long.", False),
        ("The road is 3 miles long.", "The road is 6 km long.", True),
        ("The road is 5 km long.", "The road is 5,100 metres long.", True),
        ("The dam is 61 feet high.", "The dam is 61 metres high, the wells between 18 and 46 metres deep.", True),
    ],
)
def test_areas_and_volumes_are_compared_by_what_they_mean(claim: str, passage: str, is_found: bool) -> None:
    assert (Kind.NUMBER in {finding.kind for finding in check(claim, passage)}) is is_found
