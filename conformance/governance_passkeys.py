"""Passkey signatures for the governance check: WebAuthn assertions with ES256, nothing but Python (clause 3)."""

import base64
import hashlib
import json
import re

from check_receipt import canonical, need, unbase64

P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
N256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B256 = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G256 = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def matches(value, fields):
    """Say whether an object has exactly these fields, each of its pattern."""
    return isinstance(value, dict) and value.keys() == fields.keys() and all(
        re.fullmatch(pattern, canonical(value[name]), re.DOTALL) for name, pattern in fields.items()
    )  # fmt: skip


def add256(p, q):
    """Add two points of P-256; None is the point at infinity."""
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P256 == 0:
        return None
    if p == q:
        slope = 3 * (p[0] * p[0] - 1) * pow(2 * p[1], -1, P256) % P256
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P256) % P256
    x = (slope * slope - p[0] - q[0]) % P256
    return x, (slope * (p[0] - x) - p[1]) % P256


def point256(data):
    """Return the point of an uncompressed encoding."""
    x, y = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
    on_curve = (y * y - x * x * x + 3 * x - B256) % P256 == 0
    need(len(data) == 65 and data[0] == 4 and x < P256 and y < P256 and on_curve, "A passkey is not a point of P-256.")
    return x, y


def parse_der(data):
    """Return r and s of a DER signature; other than the one allowed encoding is refused."""
    need(len(data) > 7 and data[0] == 0x30, "A passkey signature is malformed.")
    split = 4 + data[3]
    r, s = int.from_bytes(data[4:split], "big"), int.from_bytes(data[split + 2 :], "big")

    def integer(value):
        body = value.to_bytes(value.bit_length() // 8 + 1, "big")
        return b"\x02" + bytes([len(body)]) + body

    body = integer(r) + integer(s)
    need(0 < r < N256 and 0 < s < N256, "A passkey signature is out of range.")
    need(data == b"\x30" + bytes([len(body)]) + body, "A passkey signature is malformed.")
    return r, s


def is_signed_256(public, message, signature):
    """Say whether an ES256 signature holds."""
    key, (r, s) = point256(public), parse_der(signature)
    hashed, inverse = int.from_bytes(hashlib.sha256(message).digest(), "big"), pow(s, -1, N256)
    one, two, both, point = hashed * inverse % N256, r * inverse % N256, add256(G256, key), None
    for bit in range(255, -1, -1):
        point = add256(point, point)
        point = add256(point, (None, G256, key, both)[(one >> bit & 1) + 2 * (two >> bit & 1)])
    return point is not None and point[0] % N256 == r


def is_asserted(key, challenge, signature, extension):
    """Say whether a WebAuthn assertion is this key's, over this challenge (clause 3)."""
    fields = {"kind": '"webauthn"', "authenticator_data": '"[^"]*"', "client_data_json": '"[^"]*"'}
    need(matches(extension, fields), "A passkey's extension is malformed.")
    data, client_json = unbase64(extension["authenticator_data"]), unbase64(extension["client_data_json"])
    client = json.loads(client_json.decode("utf-8"), object_pairs_hook=unique)
    expected = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
    flags = data[32] if len(data) > 36 else 0
    return (
        isinstance(client, dict)
        and client.get("type") == "webauthn.get"
        and client.get("challenge") == expected
        and client.get("origin") in key["origins"]
        and client.get("crossOrigin", False) is False
        and "topOrigin" not in client
        and data[:32] == hashlib.sha256(key["rp_id"].encode()).digest()
        and flags & 0x05 == 0x05  # user present and verified
        and not (flags & 0x10 and not flags & 0x08)  # backed up implies that it can be
        and not (key.get("device_bound", False) and flags & 0x08)
        and not flags & 0x40
        and (len(data) == 37) != bool(flags & 0x80)
        and is_signed_256(unbase64(key["material"]), data + hashlib.sha256(client_json).digest(), signature)
    )


def unique(pairs):
    need(len(dict(pairs)) == len(pairs), "A key appears twice.")
    return dict(pairs)
