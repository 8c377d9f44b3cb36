"""Readability: counts made by hand, the published formula, and words outside a vocabulary."""

from __future__ import annotations

import pytest

from verax.guard.audience import Audience
from verax.guard.categories import Category
from verax.guard.exact import exact_detectors
from verax.guard.policy import Policy, Rule
from verax.guard.readability import Readability, base_forms, count_syllables, find_unknown, find_words, measure

SYLLABLES = {
    1: "cat make cheese house walked jumped eye friends school through moved lives bees once frogs wings ice prize",
    2: "water happy little apple wanted planet rainbow people eagle boxes beaches horses bridges giraffe lion "
    "being going science quiet candle candles noises voices ended battle doing giant machine "
    "special treasure yellow prism",
    3: "elephant animal beautiful computer important museum tomorrow radio video idea banana gravity oxygen together "
    "library invented scientists creation curious various serious",
    4: "caterpillar information invisible television alligator material experience January scientific America",
    5: "electricity refrigerator imagination university",
}


@pytest.mark.parametrize(("word", "count"), [(word, n) for n, words in SYLLABLES.items() for word in words.split()])
def test_syllables_of_everyday_words_are_those_of_a_dictionary(word: str, count: int) -> None:
    assert count_syllables(word) == count


def test_a_word_has_a_syllable_whatever_it_is() -> None:
    assert [count_syllables(word) for word in ("hmm", "42", "b", "x-ray", "cat's", "didn't")] == [1, 1, 1, 2, 1, 2]


@pytest.mark.parametrize(
    ("text", "words", "sentences", "syllables", "longest"),
    [
        ("The cat sat on the mat.", 6, 1, 6, 6),
        ("Stop! A tiger is in the garden. It is 9 o'clock.", 11, 3, 14, 6),
        ("Mr. Brown has a well-known dog.", 6, 1, 7, 6),
        ("A line\nAnother line", 4, 2, 6, 2),
        ("", 0, 0, 0, 0),
        ("... !!!", 0, 0, 0, 0),
    ],
)
def test_counts_are_those_made_by_hand(text: str, words: int, sentences: int, syllables: int, longest: int) -> None:
    assert measure(text) == Readability(words, sentences, syllables, longest)


def test_the_grade_is_the_published_formula() -> None:
    # Thirteen words and twenty-four syllables in one sentence: 0.39 * 13 + 11.8 * 24 / 13 - 15.59.
    assert Readability(13, 1, 24, 13).grade == pytest.approx(11.26, abs=0.01)
    assert measure("The cat sat on the mat.").grade == pytest.approx(-1.45)
    assert measure("").grade == 0.0


def test_longer_words_and_longer_sentences_raise_the_grade() -> None:
    easy = measure("The dog ran. It was fun.")
    longer = measure("The dog ran and it was fun and we all ran too.")
    harder = measure("The enormous animal accelerated. It was entertaining.")
    assert easy.grade < longer.grade < harder.grade


def test_words_outside_a_vocabulary_are_named_and_regular_forms_are_known() -> None:
    vocabulary = {"the", "cat", "run", "carry", "big", "like", "a", "it's"}
    text = "The cats' running, carried bigger likes. It's 25 cat-like zebras."
    assert find_unknown(text, vocabulary) == ["zebras"]
    assert len(find_words(text)) == 10


def test_a_base_form_is_never_shorter_than_two_letters() -> None:
    assert list(base_forms("is")) == ["is"]
    assert "stop" in list(base_forms("stopped"))


def test_a_rule_about_readability_is_exact_for_children_and_needs_a_classifier_for_others() -> None:
    long = "The bees that live in the old tree behind our house dance for each other when they come home at night. Ok."
    rules = [Rule(Category.READABILITY, "mark", detector=exact_detectors(band, "output").get(Category.READABILITY))
             for band in (Audience.FIVE_TO_SEVEN, Audience.ADULT)]  # fmt: skip
    child, adult = (Policy((rule,)).judge(long) for rule in rules)
    assert [(found.category, long[found.start : found.end][-6:]) for found in child.found] == [
        (Category.READABILITY, "night.")
    ]
    assert {found.category for found in adult.found} == {Category.UNREAD}
