"""The output guard over sentences: what minors see, what adults see, and what a classifier decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verax.guard.audience import Audience
from verax.guard.categories import Category
from verax.guard.exact import exact_detectors
from verax.guard.policy import MASK, Policy
from verax.guard.stream import OutputGuard

KEY = "sk-" + "x" * 24


@dataclass(frozen=True)
class Rule:
    detector: str
    action: str
    threshold: float | None = None


def policy(*rules: Rule, audience: Audience = Audience.EIGHT_TO_TWELVE) -> Policy:
    return Policy.from_rules(rules, exact_detectors(audience, "output"))


def hates(text: str) -> Mapping[Category, float]:
    """A classifier that finds hate where the word stands; French it cannot read."""
    return {} if "bonjour" in text.lower() else {Category.HATE: 0.9 if "hate" in text else 0.1}


CHILD = policy(
    Rule("secrets", "rewrite"),
    Rule("personal_data", "rewrite"),
    Rule("links", "refuse"),
    Rule("profanity", "rewrite"),
    Rule("hate", "refuse"),
)
_PIECES = st.lists(
    st.sampled_from(
        "Hello| |. |! |\n|damn|d-a-m-n|joe@|x.org|bonjour|I hate| you|a|+44 20 7946| 0958|你好|。|www.|12 High Street"
        f"|long words here|{KEY}".split("|")
    ),
    max_size=14,
)


STRICT = policy(*(Rule(rule.category, "refuse") for rule in CHILD.rules))


def fed(text: str, cuts: list[int], rules: Policy = CHILD) -> tuple[str, str]:
    guard, out, start = OutputGuard(rules, holds=True, scores_of=hates), "", 0
    for size in cuts:
        out += guard.feed(text[start : start + size])
        start += size
    out += guard.feed(text[start:]) + guard.finish()
    return out, guard.refused


@settings(max_examples=60, deadline=None)
@given(pieces=_PIECES, cuts=st.lists(st.integers(1, 9), max_size=40))
def test_for_a_child_what_leaves_in_pieces_is_what_leaves_whole(pieces: list[str], cuts: list[int]) -> None:
    text = "".join(pieces)
    assert fed(text, cuts) == fed(text, [])


@settings(max_examples=60, deadline=None)
@given(pieces=_PIECES, cuts=st.lists(st.integers(1, 9), max_size=40))
def test_nothing_that_was_not_read_reaches_a_child(pieces: list[str], cuts: list[int]) -> None:
    text = "".join(pieces)
    out, _ = fed(text, cuts, STRICT)
    assert text.startswith(out)
    assert STRICT.judge(out, hates).found == ()


def test_an_adult_sees_a_sentence_as_it_comes_and_it_ends_the_reply() -> None:
    guard = OutputGuard(policy(Rule("hate", "refuse"), audience=Audience.ADULT), scores_of=hates)
    assert guard.feed("Well. ") == "Well. "
    assert guard.feed("I hate ") == "I hate "
    assert guard.feed("them. And") == ""
    assert guard.refused == "hate" and guard.feed(" more") + guard.finish() == ""


def test_what_a_classifier_must_read_is_named_before_it_is_taken() -> None:
    guard = OutputGuard(policy(Rule("hate", "refuse")), holds=True, scores_of=hates)
    assert guard.unread("I am a sentence that is long enough. And") == ["I am a sentence that is long enough."]
    assert guard.feed("I am a sentence that is long enough. And") == "I am a sentence that is long enough. "
    assert guard.unread_end() == ["I am a sentence that is long enough. And"]


@pytest.mark.parametrize(("rules", "refused"), [((), "unread"), ((Rule("unread", "mark"),), "")])
def test_a_sentence_without_a_score_is_refused_unless_the_release_says_otherwise(
    rules: tuple[Rule, ...], refused: str
) -> None:
    guard = OutputGuard(policy(Rule("hate", "refuse"), *rules), holds=True, scores_of=hates)
    guard.feed("Bonjour, mes amis. Ça va?")
    guard.finish()
    assert guard.refused == refused
    assert guard.by_detector["unread"] >= 1


def test_signs_and_digits_alone_need_no_score() -> None:
    guard = OutputGuard(policy(Rule("hate", "refuse")), holds=True)
    assert guard.feed("3 + 4 = 7! 😀") + guard.finish() == "3 + 4 = 7! 😀"


def test_a_threshold_decides_from_which_probability_a_rule_acts() -> None:
    for threshold, refused in ((0.95, ""), (0.9, "hate")):
        guard = OutputGuard(policy(Rule("hate", "refuse", threshold)), holds=True, scores_of=hates)
        guard.feed("I hate this.")
        guard.finish()
        assert guard.refused == refused


def test_a_mask_in_a_sentence_holds_the_sentence_for_adults_too() -> None:
    guard = OutputGuard(policy(Rule("profanity", "rewrite"), audience=Audience.ADULT))
    assert guard.feed("Oh sh1t, ") == ""
    assert guard.feed("sorry. Now") == f"Oh {MASK}, sorry. "
    assert guard.is_holding


def test_an_alert_lets_text_through_and_is_told() -> None:
    guard = OutputGuard(policy(Rule("manipulation", "alert")), holds=True)
    assert guard.feed("Don't tell your mom. ") + guard.finish() == "Don't tell your mom. "
    assert guard.alerts == {"manipulation"} and not guard.refused


def test_a_crisis_stops_the_reply_as_one() -> None:
    guard = OutputGuard(policy(Rule("self_harm", "crisis"), Rule("profanity", "refuse")), holds=True)
    guard.feed("Just kill yourself, damn. ")
    guard.finish()
    assert (guard.refused, guard.is_crisis) == ("self_harm", True)
