"""Bodies are refused for their size first, then their encoding, then their JSON."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import RequestError, TooLarge
from verax.surfaces.http.body import MAX_DEPTH, ClientGone, parse_json, read_body, read_json


class Wire:
    """A request body that arrives in pieces and counts how many were taken."""

    def __init__(self, *pieces: bytes, closes: bool = False) -> None:
        self._pieces = list(pieces)
        self._closes = closes
        self.taken = 0

    async def receive(self) -> dict[str, object]:
        self.taken += 1
        if not self._pieces:
            return {"type": "http.disconnect"}
        piece = self._pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(self._pieces) or self._closes}


async def test_a_body_in_pieces_is_joined() -> None:
    wire = Wire(b'{"a"', b":1", b"}")
    assert await read_body({}, wire.receive, 100) == b'{"a":1}'


async def test_a_declared_length_over_the_limit_is_refused_before_a_byte_is_read() -> None:
    wire = Wire(b"x" * 10)
    with pytest.raises(TooLarge) as caught:
        await read_body({b"content-length": b"104857600"}, wire.receive, 1000)
    assert wire.taken == 0
    assert caught.value.reason_code == "request/body-too-large"
    assert caught.value.status == 413


@pytest.mark.parametrize("declared", [b"-1", b"ten", b"1e3", b""])
async def test_a_malformed_length_is_refused(declared: bytes) -> None:
    with pytest.raises(TooLarge):
        await read_body({b"content-length": declared}, Wire(b"x").receive, 1000)


async def test_an_undeclared_body_is_dropped_when_the_count_passes_the_limit() -> None:
    wire = Wire(*[b"x" * 100] * 50)
    with pytest.raises(TooLarge):
        await read_body({}, wire.receive, 1000)
    assert wire.taken == 11


async def test_one_piece_over_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        await read_body({}, Wire(b"x" * 11).receive, 10)


async def test_a_client_that_leaves_in_the_middle_is_noticed() -> None:
    with pytest.raises(ClientGone):
        await read_body({}, Wire(b"abc", closes=True).receive, 100)


async def test_a_compressed_body_is_refused() -> None:
    with pytest.raises(RequestError) as caught:
        await read_body({b"content-encoding": b"gzip"}, Wire(b"x").receive, 100)
    assert caught.value.reason_code == "request/content-encoding"


async def test_another_content_type_is_refused() -> None:
    with pytest.raises(RequestError) as caught:
        await read_json({b"content-type": b"text/plain"}, Wire(b"{}").receive, 100)
    assert caught.value.reason_code == "request/content-type"


async def test_a_charset_beside_the_content_type_is_fine() -> None:
    headers = {b"content-type": b"Application/JSON; charset=utf-8"}
    assert await read_json(headers, Wire(b"{}").receive, 100) == {}


def refused(data: bytes) -> RequestError:
    with pytest.raises(RequestError) as caught:
        parse_json(data)
    return caught.value


def test_nothing_is_refused() -> None:
    assert refused(b"").reason_code == "request/json"


def test_malformed_json_names_line_and_column() -> None:
    error = refused(b'{"model": "assistant",\n "n": }')
    assert "line 2, column 7" in error.message
    assert error.reason_code == "request/json"


def test_bytes_that_are_not_utf8_name_their_position() -> None:
    error = refused(b'{"a": "\xff"}')
    assert "position 7" in error.message
    assert error.reason_code == "request/encoding"


@pytest.mark.parametrize("escape", ["\\ud800", "\\uDC00", "x\\udfffy", "\\ud800\\ud800"])
def test_half_a_surrogate_pair_is_refused_and_its_place_named(escape: str) -> None:
    error = refused(f'{{"messages": [{{"content": "{escape}"}}]}}'.encode())
    assert error.reason_code == "request/encoding"
    assert error.param == "messages[0].content"


def test_half_a_surrogate_pair_in_a_name_is_refused() -> None:
    assert refused(b'{"\\ud800": 1}').reason_code == "request/encoding"


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert parse_json(b'["\\ud83d\\ude00"]') == ["\U0001f600"]


def test_surrogates_written_as_utf8_are_refused() -> None:
    assert refused(b'["\xed\xa0\x80"]').reason_code == "request/encoding"


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000])
def test_numbers_that_no_double_holds_are_refused(text: str) -> None:
    assert refused(f"[{text}]".encode()).reason_code == "request/json"


def test_a_name_twice_is_refused() -> None:
    assert "twice" in refused(b'{"a": 1, "a": 2}').message


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 500, 200_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    error = refused(b"[" * depth + b"]" * depth)
    assert error.reason_code == "request/json"
    assert "nested" in error.message


def test_nesting_at_the_limit_is_fine() -> None:
    parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert len(parse_json(b"[" + b"[]," * 500 + b"[]]")) == 501


def test_messages_hold_nothing_of_the_body() -> None:
    for data in (b'{"secret-word": }', b'{"secret-word": "\\ud800"}', b'{"x": secret-word}'):
        error = refused(data)
        assert "secret-word" not in error.message or error.param == "secret-word"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values, st.booleans())
def test_what_json_writes_is_read_back(value: object, ascii_only: bool) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_request_error(data: bytes) -> None:
    with contextlib.suppress(RequestError):
        parse_json(data)
