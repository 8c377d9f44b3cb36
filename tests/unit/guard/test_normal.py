"""Spelling tricks are undone before a guard matches, and findings point at the text as written."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.guard.normal import normalise, plain


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("sh1t a$$ @ss $hit 5hit", "shit ass ass shit shit"),
        ("k i l l and k.i.l.l and k-i-l-l", "kill and kill and kill"),
        ("Ｋill 𝓴𝓲𝓵𝓵 kïll", "kill kill kill"),
        ("k\u200bi\u00adl\u2060l", "kill"),
        ("ⓚⓘⓛⓛ 🅚🅘🅛🅛 🅺🅸🅻🅻 🄺🄸🄻🄻", "kill kill kill kill"),
        ("ѕtuріd", "stupid"),
        ("stuuuuupid", "stupid"),
        ("傻 瓜 傻*瓜", "傻瓜傻瓜"),
    ],
)
def test_tricks_are_undone(written: str, read: str) -> None:
    assert normalise(written).text == read


@pytest.mark.parametrize(
    "text",
    [
        "h2o and mp3 on the 1st and 4th",
        "joe@example.com",
        "привет, мир",
        "3.5 times 20",
        "你好。再见",
        "йога",
        "wow! no!",
    ],
)
def test_what_means_itself_stays(text: str) -> None:
    assert normalise(text).text == text


def test_plain_leaves_digits_and_spacing_alone() -> None:
    assert plain("Ｃall ０20 7946 0000, A.B.C.").text == "call 020 7946 0000, a.b.c."


def test_a_span_points_at_the_text_as_written() -> None:
    text = "You are a f-o-o-l\u200b, really"
    normal = normalise(text)
    start = normal.text.index("fool")
    first, last = normal.span(start, start + 4)
    assert text[first:last] == "f-o-o-l\u200b"


_TRICKY = st.text(alphabet="ab1i5hst@$!.- *\u200b\u0301éѕß你好ﬁ\n", max_size=40)


@given(text=st.text(max_size=40) | _TRICKY)
def test_offsets_never_fall_and_every_span_lies_in_the_text(text: str) -> None:
    for normal in (plain(text), normalise(text)):
        assert len(normal.offsets) == len(normal.text) + 1
        assert all(a <= b for a, b in itertools.pairwise(normal.offsets))
        assert normal.offsets[-1] == len(text)
        spans = [normal.span(index, index + 1) for index in range(len(normal.text))]
        assert all(0 <= start < end <= len(text) for start, end in spans)


def test_a_long_run_of_letters_takes_linear_time() -> None:
    assert len(normalise("ab" * 50_000 + "你").text) == 100_001
