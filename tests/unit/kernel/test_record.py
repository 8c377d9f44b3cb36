"""Records, salts, commitments and entries (clauses 9 and 14)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel import canonical
from verax.kernel.errors import RecordError
from verax.kernel.merkle import leaf_hash
from verax.kernel.record import (
    BackendRef,
    GovernanceRef,
    Record,
    TurnSecret,
    commit_with_salt,
    entry_of,
    entry_of_bytes,
    erase_entry,
    erase_profile_entry,
)
from verax.testing.logs import NAME
from verax.testing.simulated_log import sample_record

SECRET = TurnSecret(bytes(range(32)))
REPLY = b"Hamlet was written by William Shakespeare."
LOG = "verax.example/replies/0"
RECORD = sample_record(SECRET, REPLY, LOG)
FULL = replace(RECORD, params={"temperature": "0.2", "top_k": 4, "ok": True}, evidence="66" * 32, attestation="77" * 32)


def test_the_vector_of_clause_9() -> None:
    assert SECRET.salt("reply").hex() == "0f9e95c019fcf2cdc71e2c35d962db38"
    commitment = "03807cb89a193c77a5bd05f863e3334e033b4a98bf241f677d78141667a1abfe"
    assert SECRET.commit("reply", REPLY) == commit_with_salt(SECRET.salt("reply"), "reply", REPLY) == commitment


def test_an_entry_is_the_tagged_hash_of_the_canonical_record() -> None:
    data = canonical.encode(RECORD.to_dict())
    entry = hashlib.sha256(b"verax/record/v1\n" + data).digest()
    assert entry_of(RECORD) == entry
    assert leaf_hash(entry) == hashlib.sha256(b"\x00" + entry).digest()


def test_a_record_has_exactly_the_fields_of_clause_9() -> None:
    needed = "v log id channel arm mode release runtime governance backend prompt sent request reply reply_form"
    assert set(RECORD.to_dict()) == {*needed.split(), "status", "seed", "time_ms", "salt"}
    assert set(FULL.to_dict()) - set(RECORD.to_dict()) == {"params", "evidence", "attestation"}


@pytest.mark.parametrize("record", [RECORD, FULL], ids=["required", "full"])
def test_a_record_is_read_back_from_its_canonical_bytes(record: Record) -> None:
    data = canonical.encode(record.to_dict())
    assert Record.from_dict(canonical.decode(data)) == record


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.binary(max_size=50))
def test_no_two_secrets_and_no_two_parts_share_a_salt_or_commitment(one: bytes, two: bytes, data: bytes) -> None:
    first, second = TurnSecret(one), TurnSecret(two)
    assert first.salt("reply") != first.salt("request")
    assert first.commit("reply", data) != first.commit("request", data)
    if one != two:
        assert first.commit("reply", data) != second.commit("reply", data)


def test_a_salt_is_the_first_half_of_an_hmac() -> None:
    expected = hmac.digest(bytes(range(32)), b"verax/salt/v1\nsegment_3", "sha256")[:16]
    assert SECRET.salt("segment_3") == expected


def test_the_secret_does_not_show_in_its_repr() -> None:
    assert repr(SECRET) == "TurnSecret()"


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_secret_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(RecordError):
        TurnSecret(bytes(size))


@pytest.mark.parametrize("name", ["", "Reply", "a b", "a\n", "1a", "ä", "a" * 65])
def test_a_part_name_that_could_be_taken_for_another_is_refused(name: str) -> None:
    with pytest.raises(RecordError):
        SECRET.salt(name)
    with pytest.raises(RecordError):
        commit_with_salt(bytes(16), name, b"")


def test_a_salt_of_another_length_is_refused() -> None:
    with pytest.raises(RecordError):
        commit_with_salt(bytes(15), "reply", b"")


BAD_FIELDS: list[tuple[str, Any]] = [
    ("v", 2),
    ("v", True),
    ("v", "1"),
    ("log", "verax.example/governance"),
    ("log", "verax.example/replies/01"),
    ("log", "verax.example/replies/-1"),
    ("log", "/replies/0"),
    ("log", "a b/replies/0"),
    ("log", 'a"b/replies/0'),
    ("log", "a+b/replies/0"),
    ("log", 5),
    ("id", "00" * 15),
    ("id", "AA" * 16),
    ("id", ""),
    ("channel", ""),
    ("channel", "Assistant"),
    ("channel", "/x"),
    ("channel", "a/b/c"),
    ("arm", "tail"),
    ("arm", ["head"]),
    ("mode", "none"),
    ("release", "11" * 31),
    ("release", "unknown"),
    ("runtime", "GG" * 32),
    ("governance", {"size": 5}),
    ("governance", {"size": 5, "root": "33" * 32, "x": 1}),
    ("governance", {"size": -1, "root": "33" * 32}),
    ("governance", {"size": True, "root": "33" * 32}),
    ("governance", {"size": 5, "root": "33"}),
    ("governance", 5),
    ("backend", {"kind": "embedded"}),
    ("backend", {"kind": "Embedded", "weights": "unknown"}),
    ("backend", {"kind": 5, "weights": "unknown"}),
    ("backend", {"kind": "embedded", "weights": "known"}),
    ("backend", []),
    ("prompt", 1),
    ("sent", ""),
    ("request", "55" * 33),
    ("reply", "55" * 32 + "\n"),
    ("reply_form", "html"),
    ("status", "done"),
    ("status", ""),
    ("seed", -1),
    ("seed", "7"),
    ("seed", True),
    ("seed", 2**53),
    ("time_ms", -1),
    ("salt", "00" * 15),
    ("salt", "00" * 32),
    ("params", {}),
    ("params", {"Top": 1}),
    ("params", {"a": "x" * 65}),
    ("params", {"a": 'quo"te'}),
    ("params", {"a": "back\\slash"}),
    ("params", {"a": "ümlaut"}),
    ("params", {"a": [1]}),
    ("params", {f"p{number}": 1 for number in range(33)}),
    ("params", []),
    ("evidence", ""),
    ("attestation", "unknown"),
]


@pytest.mark.parametrize(("name", "value"), BAD_FIELDS, ids=lambda value: repr(value)[:30])
def test_a_record_with_a_malformed_field_is_refused(name: str, value: Any) -> None:
    with pytest.raises(RecordError):
        Record.from_dict({**RECORD.to_dict(), name: value})


@pytest.mark.parametrize("name", sorted(RECORD.to_dict()))
def test_a_record_that_lacks_a_field_is_refused(name: str) -> None:
    fields = dict(RECORD.to_dict())
    del fields[name]
    with pytest.raises(RecordError, match="missing"):
        Record.from_dict(fields)


def test_a_record_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(RecordError, match="unknown"):
        Record.from_dict({**RECORD.to_dict(), "note": "x"})
    with pytest.raises(RecordError, match="object"):
        Record.from_dict([])


def test_a_release_that_answered_by_an_unknown_model_says_so() -> None:
    record = replace(RECORD, backend=BackendRef("remote", "unknown"))
    assert record.to_dict()["backend"] == {"kind": "remote", "weights": "unknown"}


def test_any_changed_field_changes_the_entry() -> None:
    changes: dict[str, Any] = {
        "log": "verax.example/replies/1",
        "id": "00" * 16,
        "channel": "junior",
        "arm": "canary",
        "mode": "quorum",
        "release": "99" * 32,
        "governance": GovernanceRef(6, "33" * 32),
        "status": "length",
        "seed": 8,
        "params": {"top_k": 1},
        "evidence": "99" * 32,
    }
    entries = {entry_of(replace(RECORD, **{name: value})) for name, value in changes.items()}
    assert len(entries | {entry_of(RECORD)}) == len(changes) + 1


def test_an_erase_receipt_is_an_ordinary_entry_of_its_own_domain() -> None:
    body = {"v": 1, "log": LOG, "count": 3, "time_ms": 5, "salt": "00" * 16}
    expected = hashlib.sha256(b"verax/erase/v1\n" + canonical.encode(body)).digest()
    assert erase_entry(LOG, 3, 5, bytes(16)) == expected


def test_the_erasure_of_a_profile_is_never_that_of_turns() -> None:
    body = canonical.encode({"v": 1, "log": LOG, "count": 3, "time_ms": 5, "salt": "00" * 16})
    found = erase_profile_entry(LOG, 3, 5, bytes(16))
    assert found == hashlib.sha256(b"verax/erase-profile/v1\n" + body).digest()
    assert found != erase_entry(LOG, 3, 5, bytes(16))


@pytest.mark.parametrize(
    ("log", "count", "time_ms", "salt"),
    [
        ("x", 1, 1, bytes(16)),
        (LOG, 0, 1, bytes(16)),
        (LOG, -1, 1, bytes(16)),
        (LOG, 1, -1, bytes(16)),
        (LOG, 1, 1, b""),
    ],
)
def test_an_erase_receipt_out_of_range_is_refused(log: str, count: int, time_ms: int, salt: bytes) -> None:
    with pytest.raises(RecordError):
        erase_entry(log, count, time_ms, salt)


def test_an_ended_record_is_the_one_that_a_constructor_would_make() -> None:
    secret = TurnSecret(bytes(range(32)))
    first = sample_record(secret, b"", f"{NAME}/replies/0", status="failed")
    reply = secret.commit("reply", b"Hello.")
    ended = first.ended("complete", reply, "items")
    assert ended == replace(first, status="complete", reply=reply, reply_form="items")
    assert ended.to_bytes() == canonical.encode(ended.to_dict())
    assert entry_of(ended) == entry_of_bytes(ended.to_bytes())
    judged = first.ended("complete", reply, "text", "ab" * 32)
    assert judged == replace(first, status="complete", reply=reply, reply_form="text", evidence="ab" * 32)
    with pytest.raises(RecordError, match=r"record\.evidence"):
        first.ended("complete", reply, "text", "no digest")


@pytest.mark.parametrize(
    "wrong", [("done", "aa" * 32, "text"), ("complete", "aa", "text"), ("complete", "aa" * 32, "x")]
)
def test_an_ended_record_takes_only_what_the_protocol_allows(wrong: tuple[Any, Any, Any]) -> None:
    first = sample_record(TurnSecret(bytes(32)), b"", f"{NAME}/replies/0")
    with pytest.raises(RecordError):
        first.ended(*wrong)


@given(secret=st.binary(min_size=32, max_size=32), data=st.binary(max_size=300))
def test_commitments_are_hmac_sha256_as_the_standard_library_computes_it(secret: bytes, data: bytes) -> None:
    salt = hmac.digest(secret, b"verax/salt/v1\nreply", "sha256")[:16]
    assert TurnSecret(secret).salt("reply") == salt
    assert commit_with_salt(salt, "reply", data) == hmac.digest(salt, b"verax/part/v1\nreply\n" + data, "sha256").hex()
