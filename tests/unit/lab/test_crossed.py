"""Crossed pairs: every word of the claim stands in the evidence, and no text alone tells the label."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from lab.verifier.crossed import CROSSED, Exchange, crossed, four, subject_of
from lab.verifier.dataset import build, split_of
from lab.verifier.recipe import RECIPES, load_recipe
from lab.verifier.rows import Label, Row

PEOPLE = "Lena Voss|Karl Brandt|Ines Pohl|Otto Lang|Jane Roe|Hugo Kern|Mia Sand|Nils Berg".split("|")
THINGS = "bridge ferry harbour library theatre market".split()


def row(number: int) -> Row:
    person, thing = PEOPLE[number % len(PEOPLE)], THINGS[number % len(THINGS)]
    text = f"{person} designed the {thing} for Anke Rohde in {1900 + number} after long quarrels over money."
    claim = f"{person} designed the {thing} in {1900 + number}."
    return Row("made", str(number), claim, text, Label.SUPPORTED)


def scene(number: int) -> Row:
    who, what = ("woman", "boy", "dog", "pilot")[number % 4], ("ladder", "wagon", "basket")[number % 3]
    text = f"A {who} in a red coat carries {number} apples and sits on the {what}."
    return Row("scene", str(number), f"The {who} is on the {what}.", text, Label.SUPPORTED)


def passage(number: int) -> Row:
    first, second = PEOPLE[number % 8], PEOPLE[(number + 3) % 8]
    text = (
        f"History of the harbour -- {first} opened the old harbour in {1800 + number} with a feast for all the town. "
        f"{second} closed the salt works in {1850 + number} since nobody bought salt there any more. "
        "Many people came to see it and the newspapers wrote about it at some length in those days. " * 3
    )
    return Row("long", str(number), f"{first} opened it.", text, Label.SUPPORTED)


ROWS = [made(number) for number in range(60) for made in (row, scene, passage)]


def fours() -> dict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for made in crossed(ROWS, random.Random(5)):
        found[made.id.partition("~")[0]].append(made)
    return found


def test_every_kind_is_made_and_rows_that_are_not_supported_make_none() -> None:
    assert {rows[0].source for rows in fours().values()} == set(CROSSED)
    wrong = [replace(held, label=Label.NOT_FOUND) for held in ROWS]
    assert list(crossed(wrong, random.Random(5))) == []


def test_each_claim_and_each_evidence_stands_under_both_labels() -> None:
    for rows in fours().values():
        assert [made.is_supported for made in rows] == [True, False, False, True]
        for side in ("claim", "evidence"):
            seen = Counter((getattr(made, side), made.is_supported) for made in rows)
            assert len({text for text, _ in seen}) == 2 and set(seen.values()) == {1}


def test_what_is_crossed_stands_in_the_evidence() -> None:
    for rows in fours().values():
        right, wrong = rows[0], rows[1]
        words = set(wrong.claim.rstrip(".").split()) - set(right.claim.rstrip(".").split())
        assert all(word.rstrip(".") in right.evidence for word in words)


def test_claims_of_passages_are_sentences_of_it_without_its_title() -> None:
    found = [rows[0] for rows in fours().values() if rows[0].source == "crossed_passage"]
    assert found
    assert all(made.claim in made.evidence and " -- " not in made.claim for made in found)


def test_a_number_in_the_place_of_another_is_a_contradiction() -> None:
    kinds: defaultdict[bool, set[Label]] = defaultdict(set)
    for rows in fours().values():
        if rows[0].source == "crossed_passage":
            digits = ["".join(filter(str.isdigit, made.claim)) for made in rows[:2]]
            kinds[digits[0] != digits[1]].add(rows[1].label)
    assert kinds == {True: {Label.CONTRADICTED}, False: {Label.UNSUPPORTED}}


def test_two_texts_are_exchanged_at_once_and_longer_words_left_alone() -> None:
    exchange = Exchange("Rome", "Romeo Hall")
    assert exchange.apply("Rome, Romeo Hall, Romer.") == "Romeo Hall, Rome, Romer."


def test_an_exchange_that_changes_nothing_makes_no_pairs() -> None:
    assert list(four("kind", "Rivers rise.", "Rivers rise in May.", Exchange("May", "June"))) == []


def test_a_relation_that_holds_both_ways_is_not_turned_round() -> None:
    mutual = [Row("made", "1", "Lena Voss met Karl Brandt.", "Lena Voss met Karl Brandt in May.", Label.SUPPORTED)]
    assert not [made for made in crossed(mutual, random.Random(0)) if made.source == "crossed_role"]
    directed = [replace(mutual[0], claim="Lena Voss succeeded Karl Brandt.")]
    claims = {made.claim for made in crossed(directed, random.Random(0)) if made.source == "crossed_role"}
    assert claims == {"Lena Voss succeeded Karl Brandt.", "Karl Brandt succeeded Lena Voss."}


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Lena Voss built it.", "Lena Voss"),
        ("The Aller is a river.", "Aller"),
        ("A young man is running.", "young man"),
        ("Suddenly she started.", None),
        ("He was born here.", None),
        ("rivers rise", None),
    ],
)
def test_the_subject_is_taken_only_where_it_is_sure(text: str, subject: str | None) -> None:
    assert subject_of(text) == subject


def test_hard_pairs_to_measure_with_are_made_of_passages_that_are_held_out() -> None:
    given = load_recipe(RECIPES / "crossed.toml")
    quotas = dict.fromkeys(CROSSED, 4)
    changed = replace(given, natural={}, hard=quotas, held_out={"long": 2}, held_out_hard={"crossed_passage": 8})
    made = build(ROWS, changed)
    assert Counter(held.source for held in made.splits["train"]) == quotas
    measured = [held for held in made.splits["holdout"] if held.source == "crossed_passage"]
    assert 0 < len(measured) <= 8
    held_out = {held.evidence for held in ROWS if split_of(held) == "holdout"}
    assert all(held.evidence in held_out for held in measured if held.id.endswith(("~0", "~1")))
    assert not [held for held in made.splits["calibration"] if held.source.startswith("crossed")]
