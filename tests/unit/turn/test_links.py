"""Addresses that were not retrieved never leave, however the model cuts its text."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.models.base import Delta, Finish, ModelEvent, TokenLogprob
from verax.turn.links import LinkFilter, without_strange_links

KNOWN = frozenset({"https://bees.example/queens", "http://bees.example/a_(b)"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://bees.example/queens.", "See https://bees.example/queens."),
        ("See [queens](https://bees.example/queens), page 2", "See [queens](https://bees.example/queens), page 2"),
        ("(http://bees.example/a_(b))", "(http://bees.example/a_(b))"),
        ("See https://bees.example/kings.", "See [removed]."),
        ("See https://bees.example/queens?x=1", "See [removed]"),
        ("See https://bees.example/queens.evil", "See [removed]"),
        ("[a](https://evil.example/) and [b](evil.example/x 'y')", "[a]([removed]) and [b]([removed] 'y')"),
        ("[a](//evil.example) [b](javascript:alert)", "[a]([removed]) [b]([removed])"),
        ("[1]: evil.example/x\nnext", "[1]: [removed]\nnext"),
        ("<ftp://evil.example/x> WWW.evil.example", "<[removed]> [removed]"),
        ("蜜蜂https://evil.example/x，然后", "蜜蜂[removed]，然后"),
        ("No address: a/b, c.d and e:f", "No address: a/b, c.d and e:f"),
        ("`https://evil.example`", "`[removed]`"),
    ],
)
def test_only_an_address_that_was_retrieved_stays(text: str, expected: str) -> None:
    assert without_strange_links(text, KNOWN) == expected


PIECES = st.lists(
    st.sampled_from(
        [
            "See ",
            "https",
            "://",
            "bees.example/queens",
            "www.",
            "[a](",
            "evil.example",
            ")",
            ".",
            " ",
            "]: ",
            "蜜",
            "\n",
        ]
    ),
    max_size=12,
)


async def _through(pieces: list[str]) -> list[ModelEvent]:
    async def events() -> AsyncIterator[ModelEvent]:
        for piece in pieces:
            yield Delta(piece, 0, (TokenLogprob(piece, -1.0),))
        yield Finish("stop")

    return [event async for event in LinkFilter(lambda: KNOWN).pass_on(events())]


@given(PIECES)
async def test_what_leaves_in_pieces_is_what_would_leave_whole(pieces: list[str]) -> None:
    found = await _through(pieces)
    text = "".join(event.text for event in found if isinstance(event, Delta))
    assert text == without_strange_links("".join(pieces), KNOWN)
    assert found[-1] == Finish("stop")


async def test_text_waits_only_where_an_address_could_begin() -> None:
    found = await _through(["蜂蜜很甜。", "The ", "https", "://evil.example/x now"])
    deltas = [event.text for event in found if isinstance(event, Delta)]
    assert deltas == ["蜂蜜很甜。", "The ", "[removed] ", "now"]


async def test_the_log_probabilities_of_what_was_taken_out_never_leave() -> None:
    found = await _through(["A ", "https://evil.example/x", " ", "b. "])
    left = [item.token for event in found if isinstance(event, Delta) for item in event.logprobs]
    assert left == ["A ", "b. "]
