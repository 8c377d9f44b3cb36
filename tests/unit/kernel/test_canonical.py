"""Canonical bytes, strict encodings, tagged hashes (clause 1)."""

from __future__ import annotations

import hashlib
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel import canonical
from verax.kernel.errors import CanonicalError

KEYS = st.text(alphabet="ABCxyz019_", min_size=1, max_size=6)
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)
VALUES = st.recursive(
    st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_back_and_written_the_same(value: Any) -> None:
    data = canonical.encode(value)
    assert canonical.decode(data) == value
    assert canonical.encode(canonical.decode(data)) == data


@given(st.dictionaries(KEYS, INTEGERS, min_size=2, max_size=6))
def test_the_order_of_keys_never_matters(value: dict[str, int]) -> None:
    assert canonical.encode(dict(reversed(value.items()))) == canonical.encode(value)


def test_text_is_written_as_rfc_8785_writes_it() -> None:
    value = {"b": '\x00\x08\t\n\x0b\x0c\r\x1f"\\/\x7f€\u2028𝄞', "a": [True, False, 0, -1], "A": {}, "_": []}
    text = '{"A":{},"_":[],"a":[true,false,0,-1],"b":"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\"\\\\/\x7f€\u2028𝄞"}'
    assert canonical.encode(value) == text.encode()
    assert canonical.decode(text.encode()) == value


def test_nothing_is_normalised() -> None:
    assert canonical.encode("e\u0301") != canonical.encode("\u00e9")


def test_mappings_and_tuples_are_written_like_dicts_and_lists() -> None:
    assert canonical.encode(MappingProxyType({"a": (1, 2)})) == b'{"a":[1,2]}'


def test_kinds_of_text_and_numbers_are_written_like_plain_ones() -> None:
    assert canonical.encode([StrEnum("Word", ["NONE"]).NONE, IntEnum("Number", ["ONE"]).ONE]) == b'["none",1]'


@pytest.mark.parametrize(
    "value",
    [
        None,
        1.0,
        b"bytes",
        {1: "x"},
        {"": "x"},
        {"a-b": "x"},
        {"ä": "x"},
        {"a\n": "x"},
        "\ud800",
        {"a": "\udfff"},
        canonical.MAX_INTEGER + 1,
        -canonical.MAX_INTEGER - 1,
        {"a": None},
        [None],
        {1, 2},
    ],
    ids=repr,
)
def test_a_value_outside_of_the_domain_is_refused(value: Any) -> None:
    with pytest.raises(CanonicalError):
        canonical.encode(value)


@pytest.mark.parametrize("is_object", [True, False])
def test_depth_32_is_written_and_depth_33_refused(is_object: bool) -> None:
    def nested(depth: int) -> Any:
        value: Any = 1
        for _ in range(depth):
            value = {"a": value} if is_object else [value]
        return value

    assert canonical.decode(canonical.encode(nested(canonical.MAX_DEPTH))) == nested(canonical.MAX_DEPTH)
    with pytest.raises(CanonicalError, match="deeper"):
        canonical.encode(nested(canonical.MAX_DEPTH + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1 ",
        b"1\n",
        b"\xef\xbb\xbf1",
        b"\xff",
        b"01",
        b"-0",
        b"+1",
        b"1.0",
        b"1e3",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"null",
        b'{"a":null}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1,}',
        b'{"a-b":1}',
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u001F"',
        b'"\\ud800"',
        b'"\\ud834\\udd1e"',
        b'"\xed\xa0\x80"',
        b"'a'",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        "１".encode(),
    ],
    ids=lambda data: repr(data[:20]),
)
def test_bytes_that_are_not_canonical_are_refused(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        canonical.decode(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_either_refused_or_their_own_canonical_form(data: bytes) -> None:
    try:
        value = canonical.decode(data)
    except CanonicalError:
        return
    assert canonical.encode(value) == data


@given(st.binary(max_size=100))
def test_base64_and_hex_go_back_and_forth(data: bytes) -> None:
    assert canonical.b64_decode(canonical.b64_encode(data)) == data
    assert canonical.hex_decode(data.hex()) == data


@pytest.mark.parametrize(
    "text", ["A", "AA", "AA=", "AB==", "AAB=", "AAAA\n", "AA AA", "AA==AA==", "A===", "_-__", "ÄÄÄÄ"]
)
def test_base64_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(CanonicalError):
        canonical.b64_decode(text)


@pytest.mark.parametrize("text", ["a", "AB", "0x", "ab ", "ab\n", "zz", "٠٠"])
def test_hex_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(CanonicalError):
        canonical.hex_decode(text)


def test_hex_of_another_size_is_refused() -> None:
    assert canonical.hex_decode("abcd", 2) == b"\xab\xcd"
    with pytest.raises(CanonicalError, match="expected 3 bytes"):
        canonical.hex_decode("abcd", 3)


def test_a_digest_is_64_lower_case_hex_digits() -> None:
    assert canonical.is_digest("ab" * 32)
    for value in ("AB" * 32, "ab" * 31, "ab" * 33, "ab" * 32 + "\n", 5, None, b"ab" * 32):
        assert not canonical.is_digest(value)


def test_decimals_are_strict_and_bounded() -> None:
    assert canonical.parse_decimal("0") == 0
    assert canonical.parse_decimal("18446744073709551615") == 2**64 - 1
    assert canonical.parse_decimal("7", maximum=7) == 7
    for text in ("", "00", "01", "+1", "-1", " 1", "1 ", "1\n", "1_0", "٧", "18446744073709551616", "1" * 5000):
        with pytest.raises(CanonicalError):
            canonical.parse_decimal(text)
    with pytest.raises(CanonicalError):
        canonical.parse_decimal("8", maximum=7)


def test_hashes_are_sha_256_and_tags_stand_on_a_line_of_their_own() -> None:
    assert canonical.hash_bytes(b"x") == hashlib.sha256(b"x").digest()
    assert canonical.hex_digest(b"x") == hashlib.sha256(b"x").hexdigest()
    assert canonical.tagged_hash("verax/x/v1", b"data") == hashlib.sha256(b"verax/x/v1\ndata").digest()
