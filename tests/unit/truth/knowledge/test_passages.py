"""Passages are exact ranges of a normalised text, on one page and below one heading each."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from verax.truth.knowledge.normal import Heading, NormalText, join_pages, normalise
from verax.truth.knowledge.passages import MAX_CHARS, cut_passages

SIGNS = st.text(alphabet=st.sampled_from(list("ab .\n\t\r。世é\u00a0")), max_size=400)


def document(text: str, headings: tuple[Heading, ...] = (), pages: tuple[int, ...] = ()) -> NormalText:
    return NormalText("text", "text/plain", text, pages, headings)


@given(SIGNS)
def test_a_normalised_text_stays_as_it_is(text: str) -> None:
    once, _ = normalise(text)
    assert normalise(once) == (once, ())
    assert "\n\n\n" not in once and " \n" not in once and "\r" not in once
    assert once.split() == text.split()


@given(st.lists(st.tuples(SIGNS, st.sampled_from(["Alpha", "Beta", "Gamma"])), max_size=6))
def test_marks_stay_at_the_words_that_they_mark(pieces: list[tuple[str, str]]) -> None:
    raw, marks = "", []
    for filler, word in pieces:
        raw += filler + "\n"
        marks.append(len(raw))
        raw += word + "\n"
    text, places = normalise(raw, marks)
    for place, (_, word) in zip(places, pieces, strict=True):
        assert text[place:].startswith(word)


@given(SIGNS, SIGNS, SIGNS)
def test_passages_hold_every_word_once_and_in_order(one: str, two: str, three: str) -> None:
    text, starts = join_pages([one * 9, None, two, three * 5])
    found = cut_passages(document(text, pages=starts))
    assert " ".join(text[item.start : item.end] for item in found).split() == text.split()
    for item in found:
        assert 0 < item.end - item.start <= MAX_CHARS
        assert item.page is not None
        assert starts[item.page - 1] <= item.start
    assert all(first.end <= second.start for first, second in pairwise(found))


def test_a_passage_ends_with_a_paragraph_then_with_a_sentence_then_with_a_word() -> None:
    sentences = "This is a sentence of some length. " * 20
    text, _ = normalise(f"{sentences}\n\n{sentences}\n\n{'word ' * 400}\n\n{'x' * 2500}")
    cut = [text[item.start : item.end] for item in cut_passages(document(text))]
    assert cut[0] == cut[1] == sentences.strip()
    assert all(piece.endswith("word") and len(piece) <= MAX_CHARS for piece in cut[2:4])
    assert cut[-1].strip("x") == ""


def test_chinese_is_cut_at_its_own_full_stops_and_shorter() -> None:
    text, _ = normalise("蜜蜂采集花蜜并酿造蜂蜜。" * 100)
    cut = [text[item.start : item.end] for item in cut_passages(document(text))]
    assert all(len(piece) <= MAX_CHARS // 3 and piece.endswith("。") for piece in cut)


def test_headings_are_told_from_the_outermost_to_the_nearest() -> None:
    text = "Part\n\none\n\nChapter\n\ntwo\n\nPart B\n\nthree"
    headings = tuple(Heading(text.index(title), level, title) for title, level in (("Part", 1), ("Chapter", 2)))
    found = cut_passages(document(text, (*headings, Heading(text.index("Part B"), 1, "Part B"))))
    assert [item.heading for item in found] == ["Part", "Part › Chapter", "Part B"]
