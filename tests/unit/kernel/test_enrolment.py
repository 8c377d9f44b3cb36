"""Reading passkeys out of registrations."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verax.kernel.canonical import hash_bytes
from verax.kernel.enrolment import read_registration
from verax.kernel.errors import RequestError

ORIGINS = frozenset({"http://localhost:8420"})
CREDENTIAL = bytes(range(20))
POINT = (
    ec.derive_private_key(7, ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
)


def cose(point: bytes = POINT, algorithm: bytes = b"\x26") -> bytes:
    head = b"\xa5\x01\x02\x03" + algorithm + b"\x20\x01\x21\x58\x20"
    return head + point[1:33] + b"\x22\x58\x20" + point[33:]


def authenticator(rp_id: str = "localhost", flags: int = 0x45, key: bytes | None = None) -> bytes:
    header = hash_bytes(rp_id.encode()) + bytes([flags]) + bytes(4)
    return header + bytes(16) + len(CREDENTIAL).to_bytes(2, "big") + CREDENTIAL + (cose() if key is None else key)


def client(**changes: Any) -> bytes:
    members = {"type": "webauthn.create", "challenge": "Y2hhbGxlbmdl", "origin": "http://localhost:8420"}
    return json.dumps({**members, **changes}).encode()


def test_the_key_and_the_id_come_out_as_they_went_in() -> None:
    found = read_registration(client(), authenticator(), "Y2hhbGxlbmdl", "localhost", ORIGINS)
    assert found.material == POINT
    assert base64.urlsafe_b64decode(found.credential_id + "=") == CREDENTIAL
    assert not found.can_be_backed_up
    assert read_registration(client(), authenticator(flags=0x4D), "Y2hhbGxlbmdl", "localhost", ORIGINS).can_be_backed_up


def test_extensions_behind_the_key_are_not_read() -> None:
    data = authenticator(flags=0xC5) + b"\xa1\x6bcredProtect\x02"
    assert read_registration(client(), data, "Y2hhbGxlbmdl", "localhost", ORIGINS).material == POINT


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "webauthn.get"},
        {"challenge": "b3RoZXI"},
        {"origin": "http://evil.test"},
        {"origin": None},
        {"crossOrigin": True},
    ],
)
def test_a_registration_for_something_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        read_registration(client(**changes), authenticator(), "Y2hhbGxlbmdl", "localhost", ORIGINS)


@pytest.mark.parametrize(
    "data",
    [
        authenticator("evil.test"),
        authenticator(flags=0x41),
        authenticator(flags=0x44),
        authenticator(flags=0x05),
        authenticator(key=b""),
        authenticator(key=cose(algorithm=b"\x27")),
        authenticator(key=cose()[:-1]),
        authenticator()[:54],
        b"",
    ],
)
def test_an_authenticator_that_verified_nobody_or_has_another_key_is_refused(data: bytes) -> None:
    with pytest.raises(RequestError):
        read_registration(client(), data, "Y2hhbGxlbmdl", "localhost", ORIGINS)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 100_000])
def test_client_data_that_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(RequestError):
        read_registration(data, authenticator(), "Y2hhbGxlbmdl", "localhost", ORIGINS)
