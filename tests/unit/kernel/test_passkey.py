"""Passkeys: every condition of clause 3, one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel import canonical
from verax.kernel.dsse import Envelope, Signature, verify_signatures
from verax.kernel.passkey import Assertion
from verax.kernel.root import RootDocument
from verax.testing.governance import root_document
from verax.testing.passkeys import FLAGS_BACKED_UP, FLAGS_BOUND, VirtualPasskey

PAYLOAD = b'{"a":1}'
ANN = VirtualPasskey("ann")
GOOD = ANN.sign(PAYLOAD)


def root(**changes: Any) -> RootDocument:
    document = root_document()
    document["keys"][ANN.key_id] = ANN.record(**changes)
    return RootDocument.parse(document)


def is_accepted(signature: Signature, **changes: Any) -> bool:
    envelope = Envelope.parse(Envelope(PAYLOAD, (signature,)).to_bytes())
    signers = verify_signatures(envelope, root(**changes))
    assert all((signer.person, signer.kind) == ("ann", "passkey") for signer in signers)
    return bool(signers)


def test_an_assertion_over_the_payload_counts_for_its_person() -> None:
    assert is_accepted(GOOD)
    assert is_accepted(replace(GOOD, key_id="only_a_hint"))
    assert is_accepted(ANN.sign(PAYLOAD, crossOrigin=None))
    assert is_accepted(ANN.sign(PAYLOAD, other_keys_can_be_added_here="yes"))


@pytest.mark.parametrize(
    "client",
    [
        {"type": "webauthn.create"},
        {"type": None},
        {"challenge": "AAAA"},
        {"challenge": None},
        {"challenge": 7},
        {"origin": "http://evil.test"},
        {"origin": "http://localhost:8420/"},
        {"origin": None},
        {"origin": ["http://localhost:8420"]},
        {"crossOrigin": True},
        {"crossOrigin": "false"},
        {"crossOrigin": 0},
        {"topOrigin": "http://evil.test"},
    ],
)
def test_client_data_that_is_not_this_pages_is_refused(client: dict[str, Any]) -> None:
    assert not is_accepted(ANN.sign(PAYLOAD, **client))


def test_an_assertion_for_another_payload_is_refused() -> None:
    assert not is_accepted(ANN.sign(b'{"a":2}'))


@pytest.mark.parametrize("flags", [0x00, 0x01, 0x04, 0x15 & ~0x08, 0x45, 0x85])
def test_flags_that_break_a_rule_are_refused(flags: int) -> None:
    assert not is_accepted(ANN.sign(PAYLOAD, flags=flags))


def test_data_behind_the_header_needs_the_flag_for_extensions() -> None:
    assert not is_accepted(ANN.sign(PAYLOAD, extra=b"\xa0"))
    assert is_accepted(ANN.sign(PAYLOAD, flags=FLAGS_BOUND | 0x80, extra=b"\xa0"))


def test_a_backed_up_passkey_is_refused_only_where_the_root_demands_a_bound_one() -> None:
    signature = ANN.sign(PAYLOAD, flags=FLAGS_BACKED_UP)
    assert is_accepted(signature)
    assert not is_accepted(signature, device_bound=True)
    assert is_accepted(GOOD, device_bound=True)


def test_an_assertion_for_another_site_is_refused() -> None:
    elsewhere = VirtualPasskey("ann", rp_id="evil.test")
    assert not is_accepted(elsewhere.sign(PAYLOAD))


def test_another_key_of_the_same_site_is_refused() -> None:
    assert not is_accepted(VirtualPasskey("ann", number=8).sign(PAYLOAD))


def test_a_passkey_that_signs_the_message_directly_is_refused() -> None:
    assert GOOD.assertion is not None
    assert not is_accepted(replace(GOOD, assertion=None))


@pytest.mark.parametrize(
    "client_data",
    [
        b"",
        b"[]",
        b"\xff",
        b"{" * 100_000,
        b'{"type":"webauthn.get"',
        b'{"type":"webauthn.get","type":"webauthn.get"}',
    ],
)
def test_malformed_client_data_is_refused(client_data: bytes) -> None:
    assert GOOD.assertion is not None
    if len(client_data) > 9_999:
        envelope = Envelope(PAYLOAD, (ANN.sign_raw(replace(GOOD.assertion, client_data_json=client_data)),))
        assert not verify_signatures(envelope, root())
    else:
        assert not is_accepted(ANN.sign_raw(replace(GOOD.assertion, client_data_json=client_data)))


def test_a_repeated_member_that_would_be_read_in_two_ways_is_refused() -> None:
    assert GOOD.assertion is not None
    twice = GOOD.assertion.client_data_json.replace(b'{"type"', b'{"origin": "http://evil.test", "type"')
    assert not is_accepted(ANN.sign_raw(replace(GOOD.assertion, client_data_json=twice)))


def test_short_authenticator_data_is_refused() -> None:
    assert GOOD.assertion is not None
    for length in (0, 31, 32, 36):
        cut = replace(GOOD.assertion, authenticator_data=GOOD.assertion.authenticator_data[:length])
        assert not is_accepted(ANN.sign_raw(cut))


@pytest.mark.parametrize("sig", [b"", b"\x30\x00", b"x" * 70, GOOD.sig + b"\x00", GOOD.sig[:-1]])
def test_a_signature_that_is_not_der_is_refused(sig: bytes) -> None:
    assert not is_accepted(replace(GOOD, sig=sig))


def test_a_signature_of_out_of_range_numbers_is_refused() -> None:
    r, s = decode_dss_signature(GOOD.sig)
    for pair in [(0, s), (r, 0), (r, 2**256), (s, r)]:
        assert not is_accepted(replace(GOOD, sig=encode_dss_signature(*pair)))


@given(st.data())
def test_one_changed_byte_anywhere_is_refused(data: st.DataObject) -> None:
    assert GOOD.assertion is not None
    part = data.draw(st.sampled_from(["authenticator_data", "client_data_json"]))
    value = bytearray(getattr(GOOD.assertion, part))
    position = data.draw(st.integers(0, len(value) - 1))
    value[position] ^= data.draw(st.integers(1, 255))
    assert not is_accepted(replace(GOOD, assertion=replace(GOOD.assertion, **{part: bytes(value)})))


def test_an_assertion_keeps_its_bytes_through_the_envelope() -> None:
    envelope = Envelope.parse(Envelope(PAYLOAD, (GOOD,)).to_bytes())
    assert envelope.signatures == (GOOD,)
    assert isinstance(envelope.signatures[0].assertion, Assertion)
    assert canonical.decode(envelope.to_bytes())["signatures"][0]["extension"]["kind"] == "webauthn"
