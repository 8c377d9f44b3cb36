"""The six statements: one form each, no contradictions (clause 3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel import canonical
from verax.kernel.errors import StatementError
from verax.kernel.statement import (
    NONE,
    Alarm,
    Basis,
    Change,
    Gate,
    Move,
    Review,
    RootChange,
    Statement,
    parse_statement,
    payload_of,
    predicate_type,
    statement_id,
)
from verax.testing.governance import NAME, root_document

A, B, C = "aa" * 32, "bb" * 32, "cc" * 32
BASIS = Basis(f"{NAME}/governance", 1, 3, C, "00" * 16, 1_760_000_000_000)
CHANGE = Change(BASIS, "assistant", A, B, 7, C)
REVIEW = Review(BASIS, A, "approve", B, C, (A, B))
GATE = Gate(BASIS, A, "basics", B, C, 100, True, A)
MOVE = Move(BASIS, "assistant", "admit", C, A, B, 10_000)
ALARM = Alarm(BASIS, "log/rolled-back", "assistant", A, 2, 5, 6)
ROOT = RootChange(BASIS, root_document())
EVERY: tuple[Statement, ...] = (ROOT, CHANGE, REVIEW, GATE, MOVE, ALARM)


def hostile(statement: Statement, **changes: Any) -> Statement:
    """Replace fields by values that the types forbid and a hostile payload may hold."""
    return replace(statement, **changes)


def objects(statement: Statement) -> Any:
    return canonical.decode(payload_of(statement))


@pytest.mark.parametrize("statement", EVERY, ids=lambda statement: type(statement).__name__)
def test_a_statement_reads_back_as_it_was_written(statement: Statement) -> None:
    payload = payload_of(statement)
    assert parse_statement(payload) == statement
    assert statement_id(payload) == canonical.hex_digest(payload)


@pytest.mark.parametrize(
    ("statement", "kind", "name", "digest"),
    [
        (ROOT, "root", "root", canonical.hex_digest(canonical.encode(root_document()))),
        (CHANGE, "change", "release", A),
        (replace(CHANGE, channel="runtime"), "change", "runtime", A),
        (REVIEW, "review", "change", A),
        (GATE, "gate", "change", A),
        (MOVE, "move", "release", B),
        (replace(MOVE, act="step"), "move", "release", B),
        (Move(BASIS, "runtime", "rollback", NONE, A, B, 0), "move", "runtime", A),
        (Move(BASIS, "assistant", "freeze", NONE, A, A, 0), "move", "release", A),
        (Move(BASIS, "assistant", "unfreeze", C, A, A, 0), "move", "release", A),
        (ALARM, "alarm", "detail", A),
    ],
)
def test_the_subject_is_what_the_statement_is_about(statement: Statement, kind: Any, name: str, digest: str) -> None:
    value = objects(statement)
    assert value["_type"] == "https://in-toto.io/Statement/v1"
    assert value["predicateType"] == predicate_type(kind)
    assert value["subject"] == [{"name": name, "digest": {"sha256": digest}}]


@pytest.mark.parametrize("statement", EVERY, ids=lambda statement: type(statement).__name__)
def test_every_predicate_holds_what_the_signer_relied_on(statement: Statement) -> None:
    predicate = objects(statement)["predicate"]
    assert predicate["seen"] == {"size": 3, "root": C}
    for field in ("log", "root", "seen", "nonce", "time_ms"):
        value = objects(statement)
        del value["predicate"][field]
        with pytest.raises(StatementError, match="missing"):
            parse_statement(canonical.encode(value))


@pytest.mark.parametrize("statement", EVERY, ids=lambda statement: type(statement).__name__)
def test_an_unknown_field_anywhere_fails(statement: Statement) -> None:
    for path in ([], ["predicate"], ["predicate", "seen"], ["subject", 0], ["subject", 0, "digest"]):
        value = objects(statement)
        inner = value
        for step in path:
            inner = inner[step]
        inner["surprise"] = 1
        with pytest.raises(StatementError, match="surprise"):
            parse_statement(canonical.encode(value))


@pytest.mark.parametrize("statement", EVERY, ids=lambda statement: type(statement).__name__)
def test_a_subject_of_another_digest_or_name_fails(statement: Statement) -> None:
    value = objects(statement)
    value["subject"][0]["digest"]["sha256"] = "dd" * 32
    if isinstance(statement, (RootChange, Move)):
        with pytest.raises(StatementError, match="the subject is not"):
            parse_statement(canonical.encode(value))
    else:  # the subject itself says what it is about
        assert parse_statement(canonical.encode(value)) != statement
    value["subject"][0]["name"] = "thing"
    with pytest.raises(StatementError, match="the subject is not"):
        parse_statement(canonical.encode(value))


@pytest.mark.parametrize("subject", [[], {}, "x", [{}], 2])
def test_there_is_one_subject(subject: Any) -> None:
    value = objects(CHANGE)
    value["subject"] = value["subject"] * 2 if subject == 2 else subject
    with pytest.raises(StatementError):
        parse_statement(canonical.encode(value))


@pytest.mark.parametrize(
    "statement",
    [
        replace(CHANGE, base=NONE),
        replace(CHANGE, base_index=0),
        replace(CHANGE, channel="Assistant"),
        replace(CHANGE, candidate=NONE),
        replace(CHANGE, reason="because"),
        replace(REVIEW, unban=(B, A)),
        replace(REVIEW, unban=(A, A)),
        replace(REVIEW, unban=("x",)),
        replace(REVIEW, unban=tuple(f"{number:064x}" for number in range(257))),
        hostile(REVIEW, verdict="maybe"),
        replace(REVIEW, candidate=NONE),
        replace(GATE, n=0),
        hostile(GATE, is_passed=1),
        replace(GATE, suite="Basics!"),
        replace(GATE, seed="7"),
        hostile(MOVE, act="promote"),
        replace(MOVE, change=NONE),
        replace(MOVE, share_bp=0),
        replace(MOVE, share_bp=10_001),
        replace(MOVE, to_id=NONE),
        replace(MOVE, cause="because"),
        replace(MOVE, act="rollback"),
        replace(MOVE, act="rollback", change=NONE),
        replace(MOVE, act="rollback", change=NONE, share_bp=0, from_id=NONE),
        replace(MOVE, act="freeze", change=NONE, share_bp=0),
        replace(MOVE, act="unfreeze", share_bp=0),
        replace(MOVE, act="unfreeze", from_id=B),
        replace(ALARM, code="no code"),
        replace(ALARM, count=0),
        replace(ALARM, first_ms=7),
        replace(ALARM, channel=""),
        replace(CHANGE, basis=replace(BASIS, log="")),
        replace(CHANGE, basis=replace(BASIS, log="two words")),
        replace(CHANGE, basis=replace(BASIS, root=-1)),
        replace(CHANGE, basis=replace(BASIS, seen_size=-1)),
        replace(CHANGE, basis=replace(BASIS, seen_root="")),
        replace(CHANGE, basis=replace(BASIS, nonce="0" * 31)),
        replace(CHANGE, basis=replace(BASIS, time_ms=-1)),
        replace(CHANGE, basis=replace(BASIS, time_ms=2**53)),
        RootChange(BASIS, {"a": 0.5}),
        hostile(ROOT, document=[]),
    ],
    ids=repr,
)
def test_a_statement_that_contradicts_itself_cannot_be_written(statement: Statement) -> None:
    with pytest.raises(StatementError):
        payload_of(statement)


def test_a_root_statement_may_hold_a_document_that_this_version_cannot_read() -> None:
    statement = RootChange(BASIS, {"rules": 99, "anything": [True]})
    assert parse_statement(payload_of(statement)) == statement


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"7", b"\xff", payload_of(MOVE) + b" "])
def test_bytes_that_are_no_statement_are_refused(payload: bytes) -> None:
    with pytest.raises(StatementError):
        parse_statement(payload)


@given(st.sampled_from(EVERY), st.data())
def test_a_mutated_payload_is_another_statement_or_a_statement_error(statement: Statement, data: st.DataObject) -> None:
    payload = bytearray(payload_of(statement))
    payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        parsed = parse_statement(bytes(payload))
    except StatementError:
        return
    assert payload_of(parsed) == bytes(payload)
