"""Reading a new passkey out of a WebAuthn registration (Web Authentication level 3, sections 6.1 and 7.1).

* Attestation is not asked for and not read: whoever made the authenticator says nothing about who
  holds it. What counts is the key, and the root change that names it is signed with it.
* The public key stands in the authenticator data as a COSE key in CTAP2's canonical form, which for
  ES256 is 77 bytes in a fixed order; anything else is refused.
* The flags are those that signing will demand: user present and verified.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from verax.kernel import canonical
from verax.kernel.errors import RequestError

__all__ = ["EnrolledPasskey", "read_registration"]

_UP, _UV, _BE, _AT = 0x01, 0x04, 0x08, 0x40
_HEADER_BYTES, _AAGUID_BYTES = 37, 16
# {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
_COSE_HEAD = bytes.fromhex("a50102032620012158" + "20")
_COSE_MIDDLE = bytes.fromhex("225820")


@dataclass(frozen=True, slots=True)
class EnrolledPasskey:
    """A passkey as the authenticator described it.

    Attributes:
        credential_id: Base64url without padding, as browsers name it.
        material: Uncompressed P-256 point, 65 bytes.
        can_be_backed_up: It may be copied to other devices of its holder (flag BE).
    """

    credential_id: str
    material: bytes
    can_be_backed_up: bool


def read_registration(
    client_data_json: bytes, authenticator_data: bytes, challenge: str, rp_id: str, origins: frozenset[str]
) -> EnrolledPasskey:
    """Return the new passkey.

    Args:
        challenge: What the browser was given, base64url without padding.

    Raises:
        RequestError: the registration is not for this challenge, page or site, the user was not
            verified, or the key is not ES256.
    """
    _check_client_data(client_data_json, challenge, origins)
    data = authenticator_data
    if len(data) < _HEADER_BYTES + _AAGUID_BYTES + 2 or data[:32] != canonical.hash_bytes(rp_id.encode("ascii")):
        raise _refused("it was made for another site")
    flags = data[32]
    if not (flags & _UP and flags & _UV and flags & _AT):
        raise _refused("the authenticator did not verify its user")
    start = _HEADER_BYTES + _AAGUID_BYTES + 2
    end = start + int.from_bytes(data[start - 2 : start], "big")
    credential, cose = data[start:end], data[end:]
    if not credential or len(credential) > 1023:
        raise _refused("its credential id has a wrong length")
    return EnrolledPasskey(_base64url(credential), _point(cose), bool(flags & _BE))


def _check_client_data(data: bytes, challenge: str, origins: frozenset[str]) -> None:
    try:
        client: Any = json.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        client = None
    if not isinstance(client, dict) or client.get("type") != "webauthn.create":
        raise _refused("its client data is not of a registration")
    if client.get("challenge") != challenge:
        raise _refused("its challenge is not the one that was given")
    if client.get("origin") not in origins or client.get("crossOrigin", False) is not False:
        raise _refused("it was made on another page")


def _point(cose: bytes) -> bytes:
    x, middle, y = cose[10:42], cose[42:45], cose[45:77]
    if cose[:10] != _COSE_HEAD or middle != _COSE_MIDDLE or len(y) != 32:
        raise _refused("its key is not an ES256 key")
    return b"\x04" + x + y


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _refused(reason: str) -> RequestError:
    return RequestError(
        f"passkey: {reason}", hint="enrol it again from a page of this server", code="passkey/registration"
    )
