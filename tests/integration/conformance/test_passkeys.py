"""Passkey assertions: the checker's own P-256 and WebAuthn rules against the kernel's (clause 3)."""

from __future__ import annotations

import base64
import hashlib
import json
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verax.kernel.canonical import b64_encode
from verax.kernel.passkey import Assertion, verify_assertion
from verax.kernel.root import KeyRecord

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PRIVATE = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
DIGEST = hashlib.sha256(b"what is approved").digest()
RP_ID, ORIGIN = "localhost", "http://localhost:8420"
CLIENT: dict[str, Any] = {
    "type": "webauthn.get",
    "challenge": base64.urlsafe_b64encode(DIGEST).rstrip(b"=").decode(),
    "origin": ORIGIN,
    "crossOrigin": False,
}


def both(
    passkeys: ModuleType,
    *,
    client: bytes | None = None,
    data: bytes | None = None,
    signature: bytes | None = None,
    bound: bool = False,
) -> bool:
    """Return the verdict of the kernel and of the script, which must agree."""
    client = json.dumps(CLIENT).encode() if client is None else client
    data = hashlib.sha256(RP_ID.encode()).digest() + b"\x05" + bytes(4) if data is None else data
    if signature is None:
        signature = PRIVATE.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
    key = KeyRecord("key", "ann", "passkey", PUBLIC, RP_ID, (ORIGIN,), bound)
    expected = verify_assertion(key, DIGEST, Assertion(data, client), signature)
    record = {"material": b64_encode(PUBLIC), "rp_id": RP_ID, "origins": [ORIGIN], "device_bound": bound}
    extension = {"kind": "webauthn", "authenticator_data": b64_encode(data), "client_data_json": b64_encode(client)}
    try:
        found = bool(passkeys.is_asserted(record, DIGEST, signature, extension))
    except ValueError:
        found = False
    assert found == expected
    return found


def test_a_right_assertion_is_accepted_by_both(passkeys: ModuleType) -> None:
    assert both(passkeys)
    assert both(passkeys, bound=True)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
        {"challenge": CLIENT["challenge"] + "="},
        {"origin": "https://localhost:8420"},
        {"crossOrigin": True},
        {"crossOrigin": "false"},
        {"topOrigin": ORIGIN},
    ],
    ids=str,
)
def test_client_data_of_another_ceremony_is_refused_by_both(passkeys: ModuleType, change: dict[str, Any]) -> None:
    assert not both(passkeys, client=json.dumps({**CLIENT, **change}).encode())


@pytest.mark.parametrize("client", [b"", b"[]", b"5", b"\xff", b"{", b'{"type":1,"type":2}'])
def test_client_data_that_is_no_object_is_refused_by_both(passkeys: ModuleType, client: bytes) -> None:
    assert not both(passkeys, client=client)


def test_both_read_every_combination_of_flags_alike(passkeys: ModuleType) -> None:
    accepted = 0
    for flags in range(256):
        header = hashlib.sha256(RP_ID.encode()).digest() + bytes([flags]) + bytes(4)
        for tail in (b"", b"\xa0"):
            accepted += both(passkeys, data=header + tail) + both(passkeys, data=header + tail, bound=True)
    # UP and UV set, AT unset, ED as the length says; two free bits; three states of backup, one when bound
    assert accepted == 2 * 4 * (3 + 1)


def test_authenticator_data_of_another_site_or_length_is_refused_by_both(passkeys: ModuleType) -> None:
    for data in (b"x" * 37, b"", hashlib.sha256(RP_ID.encode()).digest() + b"\x05" + bytes(3)):
        if data:
            assert not both(passkeys, data=data)


def test_signatures_at_the_edges_are_judged_alike(passkeys: ModuleType) -> None:
    client = json.dumps(CLIENT).encode()
    data = hashlib.sha256(RP_ID.encode()).digest() + b"\x05" + bytes(4)
    message = data + hashlib.sha256(client).digest()
    verdicts = []
    for _ in range(20):  # signatures are random: their lengths differ
        right = PRIVATE.sign(message, ec.ECDSA(SHA256()))
        r, s = decode_dss_signature(right)
        verdicts.append(both(passkeys, signature=right))
        verdicts.append(both(passkeys, signature=encode_dss_signature(r, ORDER - s)))
        for bad in (
            encode_dss_signature(s, r),
            encode_dss_signature(r, s + ORDER),
            encode_dss_signature(r + ORDER, s),
            encode_dss_signature(0, s),
            encode_dss_signature(r, 0),
            right + b"\x00",
            right[:-1],
            b"",
            right[:1] + bytes([right[1] + 1]) + right[2:],
            bytes([right[0] ^ 1]) + right[1:],
            b"\x30\x81" + right[1:],
        ):
            assert not both(passkeys, signature=bad)
    assert all(verdicts)


def test_points_that_are_not_on_the_curve_are_refused(passkeys: ModuleType) -> None:
    assert passkeys.point256(PUBLIC)
    for bad in (
        PUBLIC[:-1],
        PUBLIC + b"\x00",
        b"\x02" + PUBLIC[1:],
        PUBLIC[:-1] + bytes([PUBLIC[-1] ^ 1]),
        b"",
        bytes(65),
    ):
        with pytest.raises(ValueError, match="P-256"):
            passkeys.point256(bad)
