"""What a text is called, whatever the policy does about it."""

from __future__ import annotations

import pytest

from verax.guard.audience import Audience
from verax.guard.categories import Category
from verax.guard.classifiers.local import LocalClassifier
from verax.guard.flags import EVEN_ODDS, FLAG_SCORES, flags_of
from verax.guard.judges import LocalJudge, ScoreBook
from verax.guard.moderation import Moderated, moderate
from verax.guard.moderation_object import moderation_object

LEAST = 0.25


def test_the_scores_are_points_of_the_classifier_that_ships() -> None:
    hard, everyday = LocalClassifier().operating_points, LocalClassifier().everyday_points
    wanted = {category: max(LEAST, everyday[category]["0.05"]) for category in FLAG_SCORES}
    wanted[Category.HATE] = hard[Category.HATE]["0.1"]
    assert dict(FLAG_SCORES) == pytest.approx(wanted, abs=0.006)


@pytest.mark.parametrize("category", list(FLAG_SCORES))
def test_a_score_flags_from_its_point_on(category: Category) -> None:
    assert flags_of((), {category: FLAG_SCORES[category]}) == (category,)
    assert flags_of((), {category: FLAG_SCORES[category] - 0.001}) == ()


def test_what_a_policy_found_is_flagged_once_and_what_could_not_be_read_is_not() -> None:
    found = (Category.PROFANITY, Category.HATE, Category.UNREAD)
    assert flags_of(found, {Category.HATE: 0.99}) == (Category.HATE, Category.PROFANITY)


async def judged(text: str) -> Moderated:
    (found,) = await moderate([text], Audience.ADULT, "input", ScoreBook([LocalJudge(LocalClassifier())]))
    return found


# Of no phrase list and no set that was trained on or measured with.
@pytest.mark.parametrize(
    "text",
    ["I cannot stand those filthy migrants, they ruin every town they come to", "Women are too stupid to hold office"],
)
async def test_hate_is_called_hate_where_the_policy_for_grown_ups_lets_it_pass(text: str) -> None:
    found = await judged(text)
    assert Category.HATE in found.flags
    assert not found.is_refused
    (result,) = moderation_object("id", [found], Audience.ADULT, "input", [])["results"]
    assert result["flagged"] and result["categories"]["hate"]
    assert "hate" in result["verax"]["flags"]


@pytest.mark.parametrize(
    "text", ["My neighbours moved here from Ghana in May", "The women of the village built the school together"]
)
async def test_a_sentence_about_a_group_is_not_flagged_for_that(text: str) -> None:
    assert (await judged(text)).flags == ()


def test_a_text_that_is_read_whole_is_flagged_at_even_odds() -> None:
    assert flags_of((), {}, {Category.HATE: EVEN_ODDS}) == (Category.HATE,)
    assert flags_of((), {}, {Category.HATE: EVEN_ODDS - 0.001}) == ()


async def test_a_chinese_comment_is_read_whole_and_not_by_its_worst_sentence() -> None:
    text = "我的同事是河南人。他很热情，每年春节都请我们吃饺子。祝他全家幸福。"
    found, sentences = await judged(text), [await judged(part) for part in text.split("。") if part]
    assert found.scores[Category.HATE] == LocalClassifier().scores(text)[Category.HATE]
    assert found.scores[Category.HATE] < max(one.scores[Category.HATE] for one in sentences)
    assert Category.HATE not in found.flags
