"""A virtual authenticator: makes WebAuthn assertions with a real P-256 key.

Every part that a real authenticator or browser decides can be overridden, to make the
assertions that must be refused.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verax.kernel import canonical
from verax.kernel.dsse import PAYLOAD_TYPE, Signature, pae
from verax.kernel.passkey import Assertion

__all__ = ["FLAGS_BACKED_UP", "FLAGS_BOUND", "VirtualPasskey"]

FLAGS_BOUND = 0x05
"""User present and verified; cannot be backed up."""
FLAGS_BACKED_UP = 0x1D
"""User present and verified; can be and is backed up."""


@dataclass(frozen=True, slots=True)
class VirtualPasskey:
    """A passkey of one person on one site; `number` is its private key."""

    person: str
    number: int = 7
    rp_id: str = "localhost"
    origin: str = "http://localhost:8420"

    @property
    def key_id(self) -> str:
        """Its id in a root document."""
        return f"passkey_{self.person}_{self.number}"

    def record(self, **changes: Any) -> dict[str, Any]:
        """Return its entry among the keys of a root document."""
        public = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        record = {
            "person": self.person,
            "kind": "passkey",
            "material": canonical.b64_encode(public),
            "rp_id": self.rp_id,
            "origins": [self.origin],
        }
        return {**record, **changes}

    @property
    def credential_id(self) -> str:
        """How browsers name it, base64url."""
        return _url_text(self.key_id.encode("ascii"))

    def register(self, challenge: str, *, flags: int = FLAGS_BOUND, **client: Any) -> dict[str, str]:
        """Answer a challenge as ``navigator.credentials.create`` does; `client` overrides client data."""
        members = {"type": "webauthn.create", "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        point = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        cose = bytes.fromhex("a5010203262001215820") + point[1:33] + bytes.fromhex("225820") + point[33:]
        credential = self.key_id.encode("ascii")
        header = canonical.hash_bytes(self.rp_id.encode()) + bytes([flags | 0x40]) + bytes(4)
        data = header + bytes(16) + len(credential).to_bytes(2, "big") + credential + cose
        return {
            "challenge": challenge,
            "client_data_json": _url_text(json.dumps({**members, **client}).encode()),
            "authenticator_data": _url_text(data),
        }

    def sign(self, payload: bytes, *, flags: int = FLAGS_BOUND, extra: bytes = b"", **client: Any) -> Signature:
        """Sign a payload.

        Args:
            flags: The authenticator's flags byte.
            extra: Bytes behind the authenticator's header.
            client: Members of the client data to override; None takes one out.
        """
        digest = canonical.hash_bytes(pae(PAYLOAD_TYPE, payload))
        members = {
            "type": "webauthn.get",
            "challenge": _url_text(digest),
            "origin": self.origin,
            "crossOrigin": False,
        }
        members = {name: value for name, value in {**members, **client}.items() if value is not None}
        header = canonical.hash_bytes(self.rp_id.encode()) + bytes([flags]) + bytes(4)
        return self.sign_raw(Assertion(header + extra, json.dumps(members).encode()))

    def sign_raw(self, assertion: Assertion) -> Signature:
        """Sign an assertion as it is."""
        signed = assertion.authenticator_data + canonical.hash_bytes(assertion.client_data_json)
        return Signature(
            self.key_id, self._private.sign(signed, ec.ECDSA(SHA256(), deterministic_signing=True)), assertion
        )

    @property
    def _private(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.number, ec.SECP256R1())


def _url_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
