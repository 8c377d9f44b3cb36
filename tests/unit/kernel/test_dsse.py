"""DSSE envelopes: strict bytes, honest signatures (clause 3)."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel import canonical
from verax.kernel.dsse import (
    MAX_ENVELOPE_BYTES,
    PAYLOAD_TYPE,
    Envelope,
    Signature,
    pae,
    sign_envelope,
    signature_by,
    verify_signatures,
)
from verax.kernel.errors import StatementError
from verax.kernel.root import RootDocument
from verax.testing.governance import key_of, root_document

ROOT = RootDocument.parse(root_document())
PAYLOAD = b'{"a":1}'
ENTRY = sign_envelope(PAYLOAD, [key_of("rob"), key_of("ann")])


def persons(envelope: Envelope) -> set[str]:
    return {signer.person for signer in verify_signatures(envelope, ROOT)}


def as_objects(**changes: Any) -> bytes:
    return canonical.encode({**canonical.decode(ENTRY), **changes})


def test_pre_authentication_encoding_is_that_of_the_standard() -> None:
    assert (
        pae("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_signed_envelope_names_its_persons() -> None:
    envelope = Envelope.parse(ENTRY)
    assert envelope.payload == PAYLOAD
    assert persons(envelope) == {"rob", "ann"}
    assert envelope.to_bytes() == ENTRY


def test_signatures_stand_in_order_of_their_key_ids_whoever_signed_first() -> None:
    assert sign_envelope(PAYLOAD, [key_of("ann"), key_of("rob")]) == ENTRY


def test_a_key_id_is_a_hint_and_gives_no_authority() -> None:
    signature = signature_by("key_rita", key_of("rob")[1], PAYLOAD)
    assert persons(Envelope(PAYLOAD, (signature,))) == {"rob"}
    unknown = Signature("nobody", signature.sig)
    assert persons(Envelope(PAYLOAD, (unknown,))) == {"rob"}


def test_a_signature_over_another_payload_counts_for_nobody() -> None:
    transplanted = signature_by(*key_of("rob"), payload=b'{"a":2}')
    assert persons(Envelope(PAYLOAD, (transplanted,))) == set()


def test_a_signature_over_the_bare_payload_or_another_type_counts_for_nobody() -> None:
    private = Ed25519PrivateKey.from_private_bytes(key_of("rob")[1])
    for message in (PAYLOAD, pae("text/plain", PAYLOAD)):
        assert persons(Envelope(PAYLOAD, (Signature("key_rob", private.sign(message)),))) == set()


def test_a_worthless_signature_beside_a_good_one_spoils_nothing() -> None:
    good = signature_by(*key_of("rob"), payload=PAYLOAD)
    envelope = Envelope(PAYLOAD, (Signature("a", b"x" * 64), Signature("b", b""), good))
    assert persons(envelope) == {"rob"}
    assert persons(Envelope.parse(envelope.to_bytes())) == {"rob"}


def test_one_person_with_two_keys_is_two_signers_of_one_person() -> None:
    signers = verify_signatures(Envelope.parse(sign_envelope(PAYLOAD, [key_of("ann"), key_of("ann2")])), ROOT)
    assert len(signers) == 2
    assert {signer.person for signer in signers} == {"ann"}


def test_an_envelope_is_bounded() -> None:
    with pytest.raises(StatementError, match="at most"):
        sign_envelope(b"x" * MAX_ENVELOPE_BYTES, [key_of("rob")])
    many = tuple(Signature(f"k{number:02}", b"x") for number in range(17))
    with pytest.raises(StatementError, match="at most 16"):
        Envelope(PAYLOAD, many).to_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        ENTRY + b"\n",
        b" " + ENTRY,
        ENTRY.replace(b'{"payload"', b'{ "payload"'),
        as_objects(payloadType="text/plain"),
        as_objects(payload="e30"),
        as_objects(payload="e31="),
        as_objects(payload=7),
        as_objects(signatures=[]),
        as_objects(signatures={}),
        as_objects(surprise=1),
        as_objects(signatures=list(reversed(canonical.decode(ENTRY)["signatures"]))),
        as_objects(signatures=[canonical.decode(ENTRY)["signatures"][0]] * 2),
        as_objects(signatures=[{"keyid": "a", "sig": "AA==", "x": 1}]),
        as_objects(signatures=[{"keyid": "a", "sig": "AA"}]),
        as_objects(signatures=[{"keyid": "", "sig": "AA=="}]),
        as_objects(signatures=[{"keyid": "a", "sig": "AA==", "extension": {}}]),
        as_objects(signatures=[{"keyid": "a", "sig": "AA==", "extension": {"kind": "x"}}]),
    ],
)
def test_bytes_that_are_no_canonical_envelope_are_refused(data: bytes) -> None:
    with pytest.raises(StatementError):
        Envelope.parse(data)


def test_the_payload_type_is_that_of_in_toto() -> None:
    assert canonical.decode(ENTRY)["payloadType"] == PAYLOAD_TYPE == "application/vnd.in-toto+json"


@given(st.integers(0, len(ENTRY) - 1), st.integers(0, 255))
def test_a_mutated_envelope_is_refused_or_loses_a_signer(position: int, value: int) -> None:
    data = bytearray(ENTRY)
    if data[position] == value:
        return
    data[position] = value
    try:
        envelope = Envelope.parse(bytes(data))
    except StatementError:
        return
    # A changed key id is only a changed hint; any other change must cost a signature.
    if [signature.sig for signature in envelope.signatures] == [s.sig for s in Envelope.parse(ENTRY).signatures]:
        assert envelope.payload != PAYLOAD or persons(envelope) == {"rob", "ann"}
    if envelope.payload != PAYLOAD:
        assert persons(envelope) == set()


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_a_statement_error(data: bytes) -> None:
    with pytest.raises(StatementError):
        Envelope.parse(data)
