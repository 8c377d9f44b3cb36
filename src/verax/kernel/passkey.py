"""Checking a WebAuthn assertion over a digest (protocol clause 3).

An assertion is accepted only if

* its type is ``webauthn.get`` and its challenge is the digest;
* its origin is listed with the key in the root, and it was not made in another site's frame;
* the relying party hash is that of the key's ``rp_id``;
* a user was present (UP) and verified (UV);
* backup state (BS) implies backup eligibility (BE), and BE is unset where the root asks for a
  device-bound key;
* the ES256 signature (DER) over ``authenticator_data ‖ H(client_data_json)`` is the key's.

Signature counters are ignored: synced passkeys do not count, and a replay is stopped by the
statement id.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from verax.kernel import canonical
from verax.kernel.root import KeyRecord

__all__ = ["Assertion", "verify_assertion"]

_UP, _UV, _BE, _BS, _AT, _ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
_HEADER_BYTES = 37  # relying party hash, flags, counter


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an authenticator and a browser returned beside the signature."""

    authenticator_data: bytes
    client_data_json: bytes


def verify_assertion(key: KeyRecord, digest: bytes, assertion: Assertion, signature: bytes) -> bool:
    """Say whether `assertion` is `key`'s, over `digest` (32 bytes), under every rule above.

    False, never an exception, for malformed input.
    """
    client = _client_data(assertion.client_data_json)
    if client is None or not _is_client_data_accepted(client, key, digest):
        return False
    if not _is_authenticator_data_accepted(assertion.authenticator_data, key):
        return False
    signed = assertion.authenticator_data + canonical.hash_bytes(assertion.client_data_json)
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.material)
        public.verify(signature, signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _client_data(data: bytes) -> dict[str, Any] | None:
    # Browsers write this JSON, so it is not canonical; a repeated key would be read twice in two ways.
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key appears twice")
    return result


def _is_client_data_accepted(client: dict[str, Any], key: KeyRecord, digest: bytes) -> bool:
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    return (
        client.get("type") == "webauthn.get"
        and client.get("challenge") == challenge
        and client.get("origin") in key.origins
        and client.get("crossOrigin", False) is False
        and "topOrigin" not in client
    )


def _is_authenticator_data_accepted(data: bytes, key: KeyRecord) -> bool:
    if len(data) < _HEADER_BYTES or data[:32] != canonical.hash_bytes(key.rp_id.encode("ascii")):
        return False
    flags = data[32]
    has_all = flags & _UP and flags & _UV
    is_backup_sound = not flags & _BS or flags & _BE
    is_bound = not (key.is_device_bound and flags & _BE)
    # Attested credential data belongs to registrations; anything behind the header needs its flag.
    is_length_sound = not flags & _AT and (len(data) == _HEADER_BYTES) != bool(flags & _ED)
    return bool(has_all and is_backup_sound and is_bound and is_length_sound)
