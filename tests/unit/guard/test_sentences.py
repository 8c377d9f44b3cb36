"""Sentences as a guard reads them: the same however the text comes, and without gaps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from verax.guard.sentences import MAX_CHARS, Cutter, cut

_TEXT = st.text(alphabet='ab. !?\n。”")…é你', max_size=80) | st.text(max_size=60)


@given(text=_TEXT, cuts=st.lists(st.integers(1, 9), max_size=40))
def test_sentences_do_not_depend_on_how_a_text_is_fed(text: str, cuts: list[int]) -> None:
    cutter, found, start = Cutter(), [], 0
    for size in cuts:
        found += cutter.feed(text[start : start + size])
        start += size
    found += [*cutter.feed(text[start:]), *cutter.finish()]
    assert found == cut(text)


@given(text=_TEXT)
def test_sentences_leave_nothing_out(text: str) -> None:
    sentences = cut(text)
    assert "".join(sentence.text for sentence in sentences) == text
    assert all(text[sentence.start : sentence.end] == sentence.text for sentence in sentences)


def test_a_text_without_an_end_is_cut_between_words() -> None:
    sentences = cut("word " * 500)
    assert all(len(sentence.text) <= MAX_CHARS and sentence.text.endswith(" ") for sentence in sentences)


def test_a_long_text_without_an_end_is_read_once_and_not_once_a_cut() -> None:
    # Read once a cut this takes longer than a test may.
    assert len(cut("a" * (MAX_CHARS * 40_000))) == 40_000


def test_an_end_counts_up_to_the_last_character_that_a_sentence_may_have() -> None:
    last = "a" * (MAX_CHARS - 2) + ". "
    assert [len(sentence.text) for sentence in cut(f"{last}b")] == [MAX_CHARS, 1]
    late = "a" * (MAX_CHARS - 1) + ". "
    assert [len(sentence.text) for sentence in cut(f"{late}b")] == [MAX_CHARS, 2]


def test_scraps_are_read_together_with_what_stands_before_them() -> None:
    assert [sentence.read for sentence in cut("Go. Hurt. Him.")] == ["Go.", "Go. Hurt.", "Go. Hurt. Him."]
    long = "This sentence is long enough to be read by itself."
    assert cut(f"Go. {long}")[1].read == long


def test_numbers_and_addresses_do_not_end_a_sentence() -> None:
    assert len(cut("It is 3.5 m, see a.b.c for more")) == 1
