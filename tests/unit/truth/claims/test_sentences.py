"""Sentences, cut from whole texts and from texts that come in pieces."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.truth.claims.sentences import MAX_SENTENCE, Sentence, Splitter, split

TEXT = """# The bridge of Verden
Dr. Smith paid $3.5 million to J. R. Ewing on Jan. 5 in the U.S. He said: "It is done." She left (at last.) Then…
nothing. See https://ex.org/a.b?c=d. for more.

- First item. Second sentence
- **Bold** item
1. One thing
2) Another thing!

```python
x = 1. Y
```
| a. B | b |
> Quoted words stand here. And here.
This line goes on to a length which is past the fifty characters of a short one
and goes on here. The next

你好。桥梁关闭！他说：“好的。”然后走了。
Name: Lena
Born: 1990
---
Is it 5 p.m. already? "Really?" he asked. Yes
"""
PIECES = [
    "Dr. ",
    "A. ",
    "b",
    ".",
    "!",
    "?",
    "\n",
    "\n\n",
    "- ",
    "1. ",
    "# ",
    "```\n",
    "| ",
    "他。",
    "”",
    "3.5",
    " ",
    "The",
    "e.g. ",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def texts_of(text: str) -> list[str]:
    return [sentence.text for sentence in split(text)]


def fed(text: str, sizes: random.Random, most: int) -> list[Sentence]:
    splitter, found, place = Splitter(), [], 0
    while place < len(text):
        size = sizes.randint(1, most)
        found += splitter.feed(text[place : place + size])
        place += size
    return [*found, *splitter.finish()]


@pytest.mark.parametrize("most", [1, 3, 30])
def test_a_text_in_pieces_has_the_sentences_of_the_whole(most: int) -> None:
    for seed in range(20):
        assert fed(TEXT, random.Random(seed), most) == split(TEXT)


@given(TEXTS, st.integers(0, 99))
def test_any_text_in_any_pieces_has_the_sentences_of_the_whole(text: str, seed: int) -> None:
    assert fed(text, random.Random(seed), 4) == split(text)


@given(TEXTS)
def test_offsets_are_those_of_the_text_and_sentences_do_not_overlap(text: str) -> None:
    end = 0
    for sentence in split(text):
        assert text[sentence.start : sentence.end] == sentence.text == sentence.text.strip() != ""
        assert end <= sentence.start
        end = sentence.end


@pytest.mark.parametrize(
    "text", ["Dr. Dr. Dr. Dr. Dr. \n- - - 1. 1. ", "> > > - [ ] > > 1. One. Two", "- 1. - 1. - 1. x. Y"]
)
def test_marks_behind_marks_are_met_whole(text: str) -> None:
    assert all(fed(text, random.Random(seed), 3) == split(text) for seed in range(20))


def test_abbreviations_initials_decimals_and_addresses_end_nothing() -> None:
    assert texts_of("Dr. J. R. Smith paid 3.5 million, e.g. on Jan. 5. See http://ex.org/a.b for No. 7 of it.") == [
        "Dr. J. R. Smith paid 3.5 million, e.g. on Jan. 5.",
        "See http://ex.org/a.b for No. 7 of it.",
    ]


def test_an_abbreviation_ends_a_sentence_where_the_next_word_begins_one() -> None:
    assert len(texts_of("It was made in the U.S. The price rose.")) == 2
    assert len(texts_of("It was made in the U.S. Army in May.")) == 1
    assert len(texts_of("The answer to the question is no. It cost ten dollars.")) == 2
    assert len(texts_of("It is No. 5 of ten.")) == 1


def test_a_quoted_question_ends_nothing_where_the_sentence_goes_on() -> None:
    assert texts_of('"Really?" he asked. Yes.') == ['"Really?" he asked.', "Yes."]


def test_an_ellipsis_ends_a_sentence_before_a_capital_only() -> None:
    assert texts_of("Then… nothing. It was... Then it went.") == ["Then… nothing.", "It was...", "Then it went."]


def test_lists_headings_and_quotations_are_lines_of_their_own_and_code_and_tables_are_left_out() -> None:
    found = split(TEXT)
    assert found[0] == Sentence("The bridge of Verden", 2, 22, "heading")
    texts = [sentence.text for sentence in found]
    assert texts[6:11] == ["First item.", "Second sentence", "**Bold** item", "One thing", "Another thing!"]
    assert texts[11:13] == ["Quoted words stand here.", "And here."]
    assert not any("x = 1" in text or "a. B" in text or "---" in text for text in texts)


def test_chinese_sentences_end_without_a_blank_and_keep_their_quotes() -> None:
    assert texts_of("桥梁关闭！他说：“好的。”然后走了。") == ["桥梁关闭！", "他说：“好的。”", "然后走了。"]


def test_a_full_line_goes_on_and_a_short_one_ends() -> None:
    full = "This line goes on to a length which is past the fifty characters of a short one"
    assert texts_of(f"{full}\nAnd on. Name: Lena\nBorn: 1990") == [f"{full}\nAnd on.", "Name: Lena", "Born: 1990"]


def test_a_text_without_an_end_is_cut() -> None:
    found = split("word " * 1_000)
    assert max(len(sentence.text) for sentence in found) <= MAX_SENTENCE
    assert sum(len(sentence.text.split()) for sentence in found) == 1_000


def test_a_sentence_is_given_out_as_soon_as_the_next_word_is_known() -> None:
    splitter = Splitter()
    assert splitter.feed("The bridge opened in 1932. ") == []
    assert [sentence.text for sentence in splitter.feed("It is ")] == ["The bridge opened in 1932."]
