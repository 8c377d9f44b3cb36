"""Segments in closed form, and the prompt digest (clause 7)."""

from __future__ import annotations

import hashlib
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel import canonical
from verax.kernel.errors import RecordError
from verax.kernel.record import TurnSecret, commit_with_salt
from verax.kernel.segments import CLEAR_AUTHORS, Author, Segment, close_segments, prompt_digest

SECRET = TurnSecret(bytes(range(32)))
AUTHORS: tuple[Author, ...] = get_args(Author)


def closed(by: Any, text: str) -> dict[str, canonical.Json]:
    return close_segments([Segment(by, "user", text)], SECRET)[0]


def test_only_the_release_and_the_clock_stand_in_clear() -> None:
    assert {"release", "clock"} == CLEAR_AUTHORS
    for author in AUTHORS:
        assert ("text" in closed(author, "secret words")) == (author in CLEAR_AUTHORS)


@pytest.mark.parametrize("author", sorted(set(AUTHORS) - CLEAR_AUTHORS))
def test_what_others_wrote_is_committed_to_under_a_salt_of_the_turn(author: Author) -> None:
    form = closed(author, "grün")
    assert form == {
        "by": author, "role": "user", "name": "segment_0", "bytes": 5,
        "commit": commit_with_salt(SECRET.salt("segment_0"), "segment_0", "grün".encode()),
    }  # fmt: skip


def test_equal_texts_at_two_places_have_different_commitments() -> None:
    one, other = close_segments([Segment("user", "user", "x"), Segment("user", "user", "x")], SECRET)
    assert one["commit"] != other["commit"]
    assert (one["name"], other["name"]) == ("segment_0", "segment_1")


def test_the_prompt_digest_is_a_tagged_hash_over_the_closed_form() -> None:
    form = close_segments([Segment("release", "system", "Be kind."), Segment("user", "user", "Hi")], SECRET)
    expected = hashlib.sha256(b"verax/prompt/v1\n" + canonical.encode(form)).hexdigest()
    assert prompt_digest(form) == expected


@given(st.lists(st.tuples(st.sampled_from(AUTHORS), st.text(max_size=8)), min_size=1, max_size=4), st.data())
def test_any_change_of_author_role_order_or_text_changes_the_digest(lines: Any, data: st.DataObject) -> None:
    segments = [Segment(by, "user", text) for by, text in lines]
    other = list(segments)
    place = data.draw(st.integers(0, len(segments) - 1))
    other[place] = Segment(
        data.draw(st.sampled_from(AUTHORS)),
        data.draw(st.sampled_from(["user", "system"])),
        data.draw(st.text(max_size=8)),
    )
    one, two = (prompt_digest(close_segments(each, SECRET)) for each in (segments, other))
    assert (one == two) == (segments == other)


def test_a_segment_has_a_known_author_a_known_role_and_whole_characters() -> None:
    hostile: list[Any] = [("operator", "user", "x"), ("user", "root", "x"), ("user", "user", "\ud800")]
    for by, role, text in hostile:
        with pytest.raises(RecordError):
            Segment(by, role, text)
