from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import ModelError
from verax.models.sse import MAX_EVENT_BYTES, EventParser

STREAM = (
    b': a comment\n\ndata: {"a":1}\r\n\r\nevent: message\nid: 7\ndata:two\n\n\n\ndata: three\ndata: lines\n\n'
    b"retry: 5\n\ndata: \xe4\xb8\x96\n\ndata: [DONE]\n\n"
)
EVENTS = [b'{"a":1}', b"two", b"three\nlines", b"\xe4\xb8\x96", b"[DONE]"]


def test_only_data_counts() -> None:
    assert EventParser().feed(STREAM) == EVENTS


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_where_the_network_cuts_the_stream_makes_no_difference(cuts: list[int]) -> None:
    parser, found = EventParser(), []
    edges = [0, *sorted(cuts), len(STREAM)]
    for start, end in itertools.pairwise(edges):
        found += parser.feed(STREAM[start:end])
    assert found + parser.finish() == EVENTS


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_the_end_of_the_stream_ends_an_event_too(end: bytes) -> None:
    parser = EventParser()
    assert parser.feed(b"data: last" + end) == []
    assert parser.finish() == [b"last"]
    assert parser.finish() == []


@pytest.mark.parametrize("flood", [b"x" * 65536, b"data: " + b"x" * 65536 + b"\n"])
def test_an_event_without_end_is_refused(flood: bytes) -> None:
    parser = EventParser()
    for _ in range(MAX_EVENT_BYTES // len(flood) - 1):
        parser.feed(flood)
    with pytest.raises(ModelError) as raised:
        parser.feed(flood * 2)
    assert raised.value.reason_code == "model/protocol"


@given(data=st.binary(max_size=200))
def test_any_bytes_can_be_fed(data: bytes) -> None:
    parser = EventParser()
    assert all(isinstance(event, bytes) for event in parser.feed(data) + parser.finish())
