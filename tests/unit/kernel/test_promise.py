"""Promises (clause 10)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.canonical import MAX_INTEGER
from verax.kernel.errors import NoteError
from verax.kernel.note import NoteSigner, sign_note
from verax.kernel.promise import Promise, open_promise, parse_promise, promise_key_name, promise_text

ORIGIN = "verax.example/replies/0"
LEAF = bytes(range(32))
SIGNER = NoteSigner("verax.example/promise", bytes(32))
TEXT = promise_text(ORIGIN, LEAF, 1_795_392_000_000)


def test_a_promise_reads_as_the_protocol_writes_it() -> None:
    assert TEXT == (
        "verax promise v1\nverax.example/replies/0\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n1795392000000\n"
    )
    assert parse_promise(TEXT) == Promise(ORIGIN, LEAF, 1_795_392_000_000)


@given(st.binary(min_size=32, max_size=32), st.integers(0, MAX_INTEGER))
def test_a_promise_gives_its_parts_back(leaf: bytes, deadline_ms: int) -> None:
    assert parse_promise(promise_text(ORIGIN, leaf, deadline_ms)) == Promise(ORIGIN, leaf, deadline_ms)


def test_a_promise_is_opened_with_the_promise_key_of_its_log() -> None:
    assert open_promise(sign_note(TEXT, SIGNER), [SIGNER.verifier]).leaf == LEAF


def test_a_promise_by_a_log_key_or_another_installation_is_refused() -> None:
    for name in (ORIGIN, "verax.example", "other.example/promise"):
        signer = NoteSigner(name, bytes(32))
        with pytest.raises(NoteError, match="expected a signature"):
            open_promise(sign_note(TEXT, signer), [signer.verifier])
    with pytest.raises(NoteError):
        open_promise(sign_note(TEXT, SIGNER), [])


@pytest.mark.parametrize("origin", ["", "verax.example/governance", "/replies/0", "verax.example/replies/"])
def test_only_reply_logs_have_a_promise_key(origin: str) -> None:
    with pytest.raises(NoteError):
        promise_key_name(origin)


@pytest.mark.parametrize(
    ("origin", "leaf", "deadline_ms"),
    [("", LEAF, 1), ("a\nb", LEAF, 1), (ORIGIN, b"short", 1), (ORIGIN, LEAF, -1), (ORIGIN, LEAF, MAX_INTEGER + 1)],
)
def test_a_promise_out_of_range_cannot_be_made(origin: str, leaf: bytes, deadline_ms: int) -> None:
    with pytest.raises(NoteError):
        promise_text(origin, leaf, deadline_ms)


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT[:-1],
        TEXT + "\n",
        TEXT + "more\n",
        TEXT.replace("v1", "v2"),
        TEXT.replace("1795392000000", "01"),
        TEXT.replace("1795392000000", "x"),
        TEXT.replace("1795392000000", str(MAX_INTEGER + 1)),
        TEXT.replace("Hh8=", "Hh9="),
        TEXT.replace("AAEC", ""),
        TEXT.replace(ORIGIN, ""),
    ],
)
def test_a_malformed_promise_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_promise(text)
