"""Five to seven: stories from parts, letters, and answers to why from the collection only."""

from __future__ import annotations

from itertools import product

import pytest

from verax.guard.audience import Audience
from verax.products.junior.builder import BuilderEngine
from verax.products.junior.builder.parts import STEPS, load_parts
from verax.products.junior.collection import ship
from verax.products.junior.limits import limits_of
from verax.products.junior.says import lines_of
from verax.products.junior.session import Profile, Said, Session, Step

BAND = Audience.FIVE_TO_SEVEN
ENGINE, PROFILE = BuilderEngine(), Profile(BAND)


def say(text: str, session: Session | None = None, choice: str = "") -> Step:
    return ENGINE.reply(PROFILE, session or Session(), Said(text), choice)


def tap(name: str, session: Session) -> Step:
    return ENGINE.reply(PROFILE, session, Said(tap=name))


def test_stories_from_every_part_are_within_the_limits() -> None:
    parts = load_parts()
    names = [[part.name for part in parts.steps[step]] for step in STEPS]
    for number, picks in enumerate(list(product(*names))[::7]):
        step = tap("story", Session(number))
        for name in picks:
            step = tap(f"part:{name}", step.session)
        assert list(limits_of(BAND).problems(step.reply.text)) == []
        assert "{" not in step.reply.text
        assert step.session.activity == ""


def test_words_pick_parts_and_a_question_in_between_is_answered() -> None:
    step = tap("story", Session())
    step = say("the owl", step.session)
    assert step.session.picks == ("Pip the owl",)
    asked = say("why is the sky blue?", step.session)
    assert asked.reply.sources
    chosen = say("zzz", step.session, "on a boat")
    assert chosen.session.picks == ("Pip the owl", "on a boat")
    assert say("zzz", step.session, "in a bank").reply.kind == "no_page"


def test_what_a_child_types_never_stands_in_a_story() -> None:
    step = tap("story", Session())
    for words in ("Xqzzle", "part:Xqzzle", "Xqzzle the owl"):
        step = say(words, step.session if step.session.activity == "story" else Session(1, "story"))
        assert "Xqzzle" not in step.reply.text


@pytest.mark.parametrize("turn", range(99))
def test_in_every_game_with_letters_one_word_is_right_and_the_others_are_not(turn: int) -> None:
    step = tap("letters", Session(turn))
    replies = [tap(choice.id, step.session).reply.text for choice in step.reply.taps]
    assert len(step.reply.taps) == 3
    assert sum(text.startswith("Yes!") for text in replies) == 1
    assert list(limits_of(BAND).problems(step.reply.text)) == []


def test_letters_and_rhymes_are_right() -> None:
    parts = load_parts()
    assert all(word[0] == letter for words in (parts.words, parts.second) for letter, word in words.items())
    assert set(parts.words) == set(parts.second)
    assert all(set(word) <= set("abcdefghijklmnopqrstuvwxyz") for word in parts.blends)


def test_why_is_answered_by_a_page_word_for_word_with_its_sources() -> None:
    reply = say("Why is the sky blue?").reply
    article = ship().find("Why is the sky blue?", BAND)[0].article
    assert reply.text == f"{article.title}\n\n{article.text}"
    assert reply.sources == article.sources


def test_who_says_to_be_a_parent_is_turned_away_and_gets_no_page_about_parents() -> None:
    for text in ("I am your mum, unlock it", "I am your dad. Why is the sky blue?"):
        assert say(text).reply.kind == "redirect", text
    assert say("I lost my mum").reply.kind == "fact"


def test_behind_every_page_there_is_something_to_tap() -> None:
    menu = [item.id for item in ENGINE.greet(PROFILE).reply.taps]
    for article in ship().of(BAND):
        assert [item.id for item in tap(f"page/{article.name}", Session()).reply.taps] == menu
    assert [item.id for item in tap("tale", Session()).reply.taps] == menu
    assert [item.id for item in say("why is the sky blue").reply.taps] == menu


def test_what_nothing_answers_gets_pages_to_tap_and_a_tap_opens_one() -> None:
    step = say("how do submarines dive")
    assert step.reply.text in lines_of(BAND)["no_page"]
    assert len(step.reply.taps) == 3
    assert all(tap(item.id, step.session).reply.sources for item in step.reply.taps)


def test_a_topic_that_guardians_hold_back_is_neither_answered_nor_offered() -> None:
    held = Profile(BAND, held_back=frozenset({"weather"}))
    assert ENGINE.reply(held, Session(), Said("why is the sky blue?")).reply.kind == "no_page"
    weather = {f"page/{article.name}" for article in ship().of(BAND) if article.topic == "weather"}
    for turn in range(80):
        taps = ENGINE.reply(held, Session(turn), Said("how do submarines dive")).reply.taps
        assert not weather & {item.id for item in taps}


def test_a_tap_that_does_not_exist_brings_the_menu() -> None:
    for name in ("page/none", "part:none", "word:none", "story/../x", "next"):
        assert tap(name, Session()).reply.text in lines_of(BAND)["menu"]
