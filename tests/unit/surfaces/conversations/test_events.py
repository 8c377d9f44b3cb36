"""The buffer of a run's events: what is read after any number is what was not read before it."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from verax.surfaces.conversations.events import EventBuffer

LIMIT_S = 10
PIECES = st.lists(
    st.one_of(st.text(min_size=1, max_size=8), st.builds(lambda n: {"type": "claim", "start": n}, st.integers(0, 9))),
    max_size=30,
)


def filled(pieces: list[Any]) -> EventBuffer:
    buffer = EventBuffer()
    for piece in pieces:
        if isinstance(piece, str):
            buffer.add_text(piece)
        else:
            buffer.add(piece)
    return buffer


def spread(events: list[Any]) -> list[Any]:
    """Return what events say, neighbouring texts joined: no split of a text is seen any more."""
    said: list[Any] = []
    for event in events:
        if event.data["type"] == "text" and said and isinstance(said[-1], str):
            said[-1] += event.data["text"]
        else:
            said.append(event.data["text"] if event.data["type"] == "text" else dict(event.data))
    return said


@given(PIECES, st.data())
def test_a_reader_that_leaves_anywhere_reads_what_an_uninterrupted_one_reads(pieces: list[Any], data: Any) -> None:
    buffer = filled(pieces)
    whole = buffer.after(0)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(pieces)), max_size=4)))
    parts, number = [], 0
    for cut in cuts:
        # What a reader has when it breaks off after the piece `cut`: the buffer as it was then.
        seen = filled(pieces[:cut]).after(number)
        parts += seen
        number = seen[-1].number if seen else number
    parts += buffer.after(number)
    assert spread(parts) == spread(whole)
    assert [event.number for event in whole] == sorted({event.number for event in whole})
    assert (whole[-1].number if whole else 0) == buffer.last == len(pieces)


@given(PIECES)
def test_neighbouring_texts_are_one_event_and_others_keep_their_numbers(pieces: list[Any]) -> None:
    events = filled(pieces).after(0)
    kinds = [event.data["type"] for event in events]
    assert not any(one == other == "text" for one, other in itertools.pairwise(kinds))
    assert {event.number for event in events if event.data["type"] != "text"} == {
        index + 1 for index, piece in enumerate(pieces) if not isinstance(piece, str)
    }


def test_a_very_long_text_comes_in_several_events() -> None:
    events = filled(["x" * 40_000] * 10).after(0)
    assert len(events) > 1
    assert max(len(event.data["text"]) for event in events) < 110_000
    assert "".join(event.data["text"] for event in events) == "x" * 400_000


async def test_a_reader_waits_for_the_next_event_and_for_the_end() -> None:
    buffer = filled(["one "])
    assert [event.number for event in await buffer.read(0)] == [1]
    waiting = asyncio.create_task(buffer.read(1))
    await asyncio.sleep(0)
    assert not waiting.done()
    buffer.add_text("two")
    async with asyncio.timeout(LIMIT_S):
        assert [(event.number, event.data["text"]) for event in await waiting] == [(2, "two")]
        ending = asyncio.create_task(buffer.read(2))
        await asyncio.sleep(0)
        buffer.close()
        assert await ending == []
        assert await buffer.read(99) == []


async def test_every_waiting_reader_is_woken() -> None:
    buffer = EventBuffer()
    readers = [asyncio.create_task(buffer.read(0)) for _ in range(5)]
    await asyncio.sleep(0)
    buffer.add({"type": "claim"})
    async with asyncio.timeout(LIMIT_S):
        assert [len(events) for events in await asyncio.gather(*readers)] == [1] * 5
