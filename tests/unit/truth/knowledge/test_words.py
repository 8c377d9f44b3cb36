"""Words are compared without case, accents and forms; scripts without blanks by two characters."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from verax.truth.knowledge.fusion import fuse
from verax.truth.knowledge.words import index_words, query_words


@given(st.text(max_size=200))
def test_words_are_ascii_letters_and_digits_whatever_the_text(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9 ]*", index_words(text))
    assert all(re.fullmatch(r"[a-z0-9]+\*?", word) for word in query_words(text))


@given(st.text(max_size=60))
def test_every_word_of_a_question_is_a_word_of_the_same_text(text: str) -> None:
    indexed = index_words(text).split()
    for word in query_words(text):
        assert any(item.startswith(word[:-1]) if word.endswith("*") else item == word for item in indexed)


def test_case_accents_and_forms_do_not_count() -> None:
    assert index_words("CAFÉ ﬁn Straße") == index_words("cafe fin strasse")
    assert index_words("Ёлка") != index_words("Елена")


def test_chinese_is_found_by_one_two_or_more_characters() -> None:
    indexed = set(index_words("故宫位于北京中心。").split())
    assert set(query_words("北京")) <= indexed
    assert set(query_words("北京中心")) <= indexed
    assert not set(query_words("南京")) & indexed
    [single] = query_words("京")
    assert any(word.startswith(single[:-1]) for word in indexed)
    [last] = query_words("心")
    assert any(word.startswith(last[:-1]) for word in indexed)


def test_words_that_every_text_holds_are_left_out_unless_there_are_no_others() -> None:
    assert query_words("who is the author of Hamlet") == ("author", "hamlet")
    assert query_words("to be or not to be") == ("to", "be", "or", "not")


def test_what_two_rankings_hold_comes_before_what_one_holds() -> None:
    assert [item.number for item in fuse([[1, 2, 3], [9, 3, 8]])] == [3, 1, 9, 2, 8]
    assert fuse([]) == []
    [only] = fuse([[7]])
    assert only.score == 1 / 61
