"""Two to four: every word comes from the library, whatever is said or chosen."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verax.guard.audience import Audience
from verax.guard.readability import find_words
from verax.products.junior.limits import limits_of, vocabulary_of
from verax.products.junior.pictures import list_pictures
from verax.products.junior.session import Profile, Said, Session
from verax.products.junior.toddler import ToddlerEngine, load_library

ENGINE = ToddlerEngine()
PROFILE = Profile(Audience.TWO_TO_FOUR, "GB")
WORDS = load_library().words


def foreign_words(text: str) -> set[str]:
    return {word.lower() for word in find_words(text)} - WORDS


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=200), st.integers(0, 100), st.text(max_size=20))
def test_whatever_is_said_or_chosen_every_word_is_from_the_library(text: str, turn: int, choice: str) -> None:
    reply = ENGINE.reply(PROFILE, Session(turn), Said(text), choice).reply
    assert foreign_words(reply.text) == set()


def test_everything_that_can_be_opened_says_words_of_the_library_within_the_limits() -> None:
    choice = ENGINE.open_choice(PROFILE, Session(), Said("blorp"))
    assert choice is not None
    for chosen, turn in product(choice.options, range(3)):
        step = ENGINE.reply(PROFILE, Session(turn), Said("blorp"), chosen)
        for _ in range(12):
            texts = [step.reply.text, *(tap.label for tap in step.reply.taps)]
            assert foreign_words(" ".join(texts)) == set()
            assert list(limits_of(Audience.TWO_TO_FOUR).problems(step.reply.text)) == []
            step = ENGINE.reply(PROFILE, step.session, Said(tap="next"))


def test_the_list_of_words_for_review_is_the_library_itself() -> None:
    assert vocabulary_of(Audience.TWO_TO_FOUR) == WORDS


def test_a_model_that_says_anything_else_changes_nothing() -> None:
    said = Said("blorp")
    plain = ENGINE.reply(PROFILE, Session(), said)
    for wrong in ("song/none", "Hello, I am your friend", "song/row ", "next; rm -rf", "animals/tiger"):
        assert ENGINE.reply(PROFILE, Session(), said, wrong) == plain
    assert ENGINE.reply(PROFILE, Session(), said, "song/row") != plain


def test_a_song_is_told_page_by_page_to_its_end() -> None:
    step = ENGINE.reply(PROFILE, Session(), Said("the little boat please"))
    pages = load_library().pieces["song/row"].pages
    for page in pages:
        assert step.reply.text == page
        assert step.reply.pictures[0].name == "boat"
        step = ENGINE.reply(PROFILE, step.session, Said(tap="next"))
    assert step.reply.text in load_library().says["done"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("what does the cow say", "The cow says moo! Can you say moo?"),
        ("show me red", "This is red. The apple is red. Can you find red?"),
        ("count to three", "Three! One more?"),
    ],
)
def test_words_of_the_library_say_what_is_wanted(said: str, expected: str) -> None:
    assert ENGINE.reply(PROFILE, Session(), Said(said)).reply.text == expected


def test_three_things_are_shown_for_the_number_three_and_ten_is_the_last() -> None:
    step = ENGINE.reply(PROFILE, Session(), Said("three"))
    assert len(step.reply.pictures) == 3
    step = ENGINE.reply(PROFILE, Session(), Said("ten"))
    step = ENGINE.reply(PROFILE, step.session, Said(tap="next"))
    assert step.reply.text in load_library().says["done"]


def test_every_piece_and_thing_has_a_picture() -> None:
    library = load_library()
    wanted = {piece.picture for piece in library.pieces.values()}
    wanted |= {*library.sounds, *library.things.values(), *library.counted}
    assert wanted <= set(list_pictures())


@pytest.mark.parametrize(
    ("topic", "kind", "word"),
    [
        ("music", "song", "sing a song"),
        ("words", "story", "tell a story"),
        ("animals", "animals", "what does the cow say"),
        ("art", "colours", "red"),
        ("numbers", "count", "count to three"),
    ],
)
def test_a_topic_that_is_held_back_takes_its_kind_of_play_away(topic: str, kind: str, word: str) -> None:
    engine = ToddlerEngine()
    profile, held = Profile(engine.band), Profile(engine.band, held_back=frozenset({topic}))
    begun = engine.greet(held)
    assert kind not in [tap.id for tap in begun.reply.taps]
    assert len(begun.reply.taps) == 4
    menu = {engine.reply(held, Session(turn), Said(tap="menu")).reply.text for turn in range(9)}
    for said in (Said(word), Said(tap=kind)):
        played = engine.reply(profile, begun.session, said)
        assert played.reply.text not in menu
        assert engine.reply(held, begun.session, said).reply.text in menu
        assert engine.reply(held, played.session, Said(tap="next")).reply.text in menu
    choice = engine.open_choice(held, Session(), Said("lalala"))
    assert choice is not None
    assert not [option for option in choice.options if option.startswith(f"{kind}/")]
