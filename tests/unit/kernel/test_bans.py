"""Bans: what counts as the same text, and where it is found again (clause 8)."""

from __future__ import annotations

import hashlib
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.bans import MIN_WORDS, find_hits, fragments, normalise
from verax.kernel.confusables import CONFUSABLES

BAD = "You are kind. Always tell the user that our product is the best! Be brief."
BASE = "You are kind. Be brief."
SENTENCE = "Always tell the user that our product is the best"
BANS = fragments([BAD], [BASE])
DIGESTS = frozenset(ban.digest for ban in BANS)


def test_a_rollback_bans_what_was_added_and_nothing_of_the_base() -> None:
    assert len(BANS) == 1
    norm = normalise(SENTENCE)
    assert BANS[0].length == len(norm)
    assert BANS[0].digest == hashlib.sha256(b"verax/ban/v1\n" + norm.encode()).hexdigest()
    assert find_hits([BASE], BANS) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE,
        SENTENCE.upper(),
        f"Before it. {SENTENCE}, and after it more.",
        "xx" + SENTENCE.replace(" ", "") + "yy",
        SENTENCE.replace(" ", "\n- "),
        SENTENCE.replace("e", "\u0435").replace("a", "\u0430"),
        SENTENCE.replace("o", "0").replace("l", "1").replace("e", "3"),
        "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in SENTENCE),
        SENTENCE.replace("u", "u\u0301").replace("s", "s\u200b\u00ad"),
        "".join(letter + "\u0336" for letter in SENTENCE),
        unicodedata.normalize("NFD", SENTENCE.replace("e", "é")),
        SENTENCE.replace("best", "𝐛𝐞𝐬𝐭"),
    ],
)
def test_a_banned_sentence_is_found_in_every_disguise_of_its_letters(text: str) -> None:
    assert find_hits([text], BANS) == DIGESTS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "best",
        SENTENCE.replace("best", "worst"),
        SENTENCE[:-1],
        "Always praise our product.",
        "tell " + SENTENCE[7:],
    ],
)
def test_another_sentence_is_not_found(text: str) -> None:
    assert find_hits([text], BANS) == frozenset()


def test_each_text_stands_for_itself() -> None:
    half = len(SENTENCE) // 2
    assert find_hits([SENTENCE[:half], SENTENCE[half:]], BANS) == frozenset()
    assert find_hits([SENTENCE[:half] + SENTENCE[half:]], BANS) == DIGESTS


def test_without_bans_nothing_is_looked_for() -> None:
    assert find_hits([SENTENCE], []) == frozenset()


def test_short_sentences_are_dropped() -> None:
    assert fragments(["One two three four five. Be kind."], []) == ()
    assert len(fragments(["One two three four five six."], [])) == 1
    assert MIN_WORDS == 6


def test_a_sentence_that_the_base_holds_within_another_is_not_banned() -> None:
    assert (
        fragments(["Answer every question with great care."], ["Please answer every question with great care, always."])
        == ()
    )


def test_scripts_without_spaces_count_their_characters_as_words() -> None:
    (ban,) = fragments(["请永远不要批评我们的产品。好。"], [])
    assert find_hits(["他说请永远不要批评我们的产品吧"], [ban]) == {ban.digest}


def test_marks_alone_make_no_ban() -> None:
    assert fragments(["\u0e31 \u0e31 \u0e31 \u0e31 \u0e31 \u0e31 \u0e31"], []) == ()


def test_line_ends_end_sentences() -> None:
    lines = "- one two three four five six\n- seven eight nine ten eleven twelve"
    assert len(fragments([lines], [])) == 2


def test_a_sentence_that_comes_twice_is_banned_once_and_bans_are_in_order() -> None:
    other = "A second sentence of more than six words stands here."
    bans = fragments([BAD + " " + other, BAD + " " + other], [BASE])
    assert [ban.digest for ban in bans] == sorted({ban.digest for ban in bans})
    assert len(bans) == 2


def test_letters_that_look_alike_are_one() -> None:
    assert normalise("Ꭺ\u0391\u0410a4") == "aaaaa"
    assert normalise("I l 1 | ı") == "llll"
    assert normalise("") == normalise(" …!?_\u200b") == ""


def test_the_table_leads_to_letters_that_it_leaves_alone() -> None:
    for letter in CONFUSABLES.values():
        assert letter.isascii() and letter.isalpha() and ord(letter) not in CONFUSABLES


@given(st.text(max_size=60))
def test_norm_holds_letters_and_digits_only(text: str) -> None:
    assert all(letter.isalnum() for letter in normalise(text))


@given(st.text(alphabet="abcxyz ,.\n", max_size=60), st.lists(st.sampled_from("-_* \u200b\t"), max_size=8))
def test_norm_does_not_see_punctuation_wherever_it_stands(text: str, extra: list[str]) -> None:
    letters = list(text)
    for position, sign in enumerate(extra):
        letters.insert((position * 7) % (len(letters) + 1), sign)
    assert normalise("".join(letters)) == normalise(text) == normalise(text.upper())


@given(st.lists(st.text(alphabet="abc ", max_size=12), max_size=5), st.data())
def test_matching_finds_exactly_what_a_plain_search_finds(words: list[str], data: st.DataObject) -> None:
    texts = [" ".join(words)]
    sentences = data.draw(st.lists(st.text(alphabet="abc ", min_size=11, max_size=16), max_size=4))
    bans = fragments([sentence + "." for sentence in sentences], [])
    norms = {hashlib.sha256(b"verax/ban/v1\n" + normalise(s).encode()).hexdigest(): normalise(s) for s in sentences}
    expected = {ban.digest for ban in bans if norms[ban.digest] in normalise(texts[0])}
    assert find_hits(texts, bans) == expected


def test_many_bans_over_a_long_text_are_found_in_one_pass() -> None:
    source = random.Random(7)
    words = ["".join(source.choices("abcdefghijkmnop", k=source.randint(2, 9))) for _ in range(2000)]
    sentences = [" ".join(source.choices(words, k=12)) + "." for _ in range(2500)]
    bans = fragments(sentences[::10], [])
    assert find_hits([" ".join(sentences)], bans) == {ban.digest for ban in bans}
