"""What a supported sentence needs besides its verdict: near to the question, in the passage's words, no bare yes."""

from __future__ import annotations

import pytest

from verax.truth.verdicts import DecidingSpan, Evidence, Judgement, Verdict
from verax.truth.vouching import ABOUT_FROM, is_bare_answer, supporting, vouches

BRIDGE = Evidence(
    "The old bridge was opened in 1932 by Mayor Keller. It carries eight lanes of traffic. Cyclists may not use it.",
    "bridge.txt",
    "00",
)
WHEN = "When was the old bridge opened?"


def holds(said: str, question: str = WHEN, nearness: float = ABOUT_FROM, context: str = "") -> bool:
    return vouches(said, context, question, [(BRIDGE, nearness)])


@pytest.mark.parametrize(
    "said",
    [
        "The old bridge was opened in 1932.",
        "Mayor Keller opened it in 1932.",  # other forms of the passage's words
        "**The old bridge** was opened in 1932 [1].",
    ],
)
def test_a_sentence_in_the_passages_own_words_passes(said: str) -> None:
    assert holds(said)


@pytest.mark.parametrize(
    "said",
    [
        "The old bridge was opened in 1933.",
        "The old bridge was opened in 1932 by the queen of a distant country.",
        "A festival with dancing celebrated the old bridge.",
    ],
)
def test_a_sentence_with_numbers_or_words_of_its_own_does_not(said: str) -> None:
    assert not holds(said)


def test_what_is_about_something_else_does_not_answer() -> None:
    assert not holds("The old bridge was opened in 1932.", nearness=ABOUT_FROM - 0.01)
    assert not vouches("The old bridge was opened in 1932.", "", WHEN, [])


def test_words_of_two_passages_are_not_put_together() -> None:
    parts = [Evidence("The old bridge was opened.", "a", "1"), Evidence("In 1932 Keller was mayor.", "b", "2")]
    assert not vouches("The old bridge was opened in 1932.", "", WHEN, [(part, 0.9) for part in parts])


@pytest.mark.parametrize(
    ("said", "question", "expected"),
    [
        ("The old bridge has eight lanes of traffic.", "Has the old bridge eight lanes of traffic?", False),
        ("The old bridge was opened in 1932.", "Was the old bridge opened in 1932?", True),
        ("Yes, the old bridge was opened in 1932.", "Was the old bridge opened in 1932?", True),
        ("No, the old bridge was opened in 1932.", "Was the old bridge opened in 1932?", False),
        ("Yes, the old bridge was not opened in 1932.", "Was the old bridge opened in 1932?", False),
        ("The old bridge was not opened in 1932.", "Was the old bridge opened in 1932?", False),
        ("Yes, Mayor Keller opened it in 1932.", "Is the old bridge the longest of the county?", False),
        ("The answer is yes, cyclists may use it.", "May cyclists use the old bridge?", False),
    ],
)
def test_a_yes_or_no_needs_a_sentence_that_says_as_much(said: str, question: str, *, expected: bool) -> None:
    assert holds(said, question) is expected


def test_a_sentence_that_leans_on_nothing_does_not_pass() -> None:
    assert not holds("It carries eight lanes of traffic.", "How wide is the bridge?")
    assert holds("It carries eight lanes of traffic.", "How wide is the bridge?", context="The old bridge is wide.")


@pytest.mark.parametrize(
    ("said", "expected"), [("No.", True), ("Yes!", True), ("The answer is: no.", True), ("Paris.", False), ("", False)]
)
def test_a_bare_yes_or_no(said: str, *, expected: bool) -> None:
    assert is_bare_answer(said) is expected


def test_passages_that_contradict_support_nothing() -> None:
    judgement = Judgement(
        Verdict.SUPPORTED, 0.9, (DecidingSpan(1, 0, 3, 0.9), DecidingSpan(0, 0, 3, 0.1), DecidingSpan(1, 5, 9, 0.9))
    )
    other = Evidence("Another.", "c", "3")
    assert supporting(judgement, [BRIDGE, other]) == [other]
