"""WebAuthn assertions over a payload's digest: every condition of clause 3, one by one."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from cases.build import Vector
from verax.kernel import canonical
from verax.kernel.dsse import PAYLOAD_TYPE, Signature, pae
from verax.kernel.passkey import verify_assertion
from verax.kernel.root import KeyRecord, RootDocument
from verax.testing.governance import root_document
from verax.testing.passkeys import FLAGS_BACKED_UP, FLAGS_BOUND, VirtualPasskey

__all__ = ["passkeys"]

PAYLOAD = b'{"a":1}'
ANN = VirtualPasskey("ann")
GOOD = ANN.sign(PAYLOAD)


def passkeys() -> list[Vector]:
    """Assertions that are accepted or refused; what the kernel says stands in `valid`."""
    return [
        *(_vector(f"client-{number}", ANN.sign(PAYLOAD, **client)) for number, client in enumerate(_clients())),
        *(_vector(f"flags-{flags:02x}", ANN.sign(PAYLOAD, flags=flags)) for flags in _flags()),
        *(_vector(f"raw-{number}", _with_client(data)) for number, data in enumerate(_raw_clients())),
        *(_vector(f"cut-{length}", _cut(length)) for length in (0, 31, 32, 36)),
        *(_vector(f"sig-{number}", replace(GOOD, sig=sig)) for number, sig in enumerate(_signatures())),
        _vector("right", GOOD),
        _vector("another-payload", ANN.sign(b'{"a":2}')),
        _vector("extensions", ANN.sign(PAYLOAD, flags=FLAGS_BOUND | 0x80, extra=b"\xa0")),
        _vector("extensions-without-flag", ANN.sign(PAYLOAD, extra=b"\xa0")),
        _vector("backed-up", ANN.sign(PAYLOAD, flags=FLAGS_BACKED_UP)),
        _vector("backed-up-but-bound", ANN.sign(PAYLOAD, flags=FLAGS_BACKED_UP), device_bound=True),
        _vector("bound", GOOD, device_bound=True),
        _vector("another-site", VirtualPasskey("ann", rp_id="evil.test").sign(PAYLOAD)),
        _vector("another-key", VirtualPasskey("ann", number=8).sign(PAYLOAD)),
    ]


def _clients() -> list[dict[str, Any]]:
    return [
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
        {"crossOrigin": None},
        {"topOrigin": "http://evil.test"},
        {"other_keys_can_be_added_here": "yes"},
        {"inner": {"type": "a", "list": [{"type": "b"}, {"type": "c"}]}},
    ]


def _flags() -> list[int]:
    return [0x00, 0x01, 0x04, 0x05, 0x0D, 0x15, 0x1D, 0x45, 0x85]


def _raw_clients() -> list[bytes]:
    assert GOOD.assertion is not None
    right = GOOD.assertion.client_data_json
    return [
        b"",
        b"[]",
        b"\xff",
        right[:-1],
        right.replace(b'{"type"', b'{"origin": "http://evil.test", "type"'),
        right.replace(b'{"type"', b'{"typ\\u0065": "webauthn.create", "type"'),
        right.replace(b'{"type"', b'{"a": {"b": 1, "b": 2}, "type"'),
        right.replace(b'{"type"', b'{"a": "{\\"type\\": 1", "type"'),
        right.replace(b", ", b" ,\n\t"),
        b"\xef\xbb\xbf" + right,
    ]


def _signatures() -> list[bytes]:
    split = 4 + GOOD.sig[3]
    r, s = GOOD.sig[2:split], GOOD.sig[split:]
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    other = _integer(order - int.from_bytes(s[2:], "big"))
    return [
        b"",
        b"\x30\x00",
        b"x" * 70,
        GOOD.sig + b"\x00",
        GOOD.sig[:-1],
        _sequence(r + other),  # the other root holds as well; nothing here demands the lower one
        _sequence(r + b"\x02\x01\x00"),
        _sequence(b"\x02\x01\x00" + s),
        _sequence(r + _integer(order)),
        _sequence(b"\x02" + bytes([r[1] + 1]) + b"\x00" + r[2:] + s),
        b"\x30\x81" + GOOD.sig[1:],
        _sequence(r + s) + b"",
        _sequence(s + r),
    ]


def _integer(value: int) -> bytes:
    body = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(body)]) + body


def _sequence(body: bytes) -> bytes:
    return b"\x30" + bytes([len(body)]) + body


def _with_client(data: bytes) -> Signature:
    assert GOOD.assertion is not None
    return ANN.sign_raw(replace(GOOD.assertion, client_data_json=data))


def _cut(length: int) -> Signature:
    assert GOOD.assertion is not None
    return ANN.sign_raw(replace(GOOD.assertion, authenticator_data=GOOD.assertion.authenticator_data[:length]))


def _vector(name: str, signature: Signature, **changes: Any) -> Vector:
    document = root_document()
    document["keys"][ANN.key_id] = ANN.record(**changes)
    key: KeyRecord = RootDocument.parse(document).keys[ANN.key_id]
    digest = canonical.hash_bytes(pae(PAYLOAD_TYPE, PAYLOAD))
    assert signature.assertion is not None
    return {
        "name": name,
        "key": ANN.record(**changes),
        "digest": base64.b64encode(digest).decode(),
        "authenticator_data": signature.assertion.authenticator_data,
        "client_data_json": signature.assertion.client_data_json,
        "sig": signature.sig,
        "valid": verify_assertion(key, digest, signature.assertion, signature.sig),
    }
