"""DSSE envelopes, signed by Ed25519 keys and by passkeys (protocol clause 3, DSSE 1.0.2).

* An entry is CJ of ``{payload, payloadType, signatures: [{keyid, sig, extension?}]}`` in standard
  base64, signatures in order of ``keyid``, at most 32,768 bytes.
* `keyid` is a hint: tried first, never trusted. A signature counts for the key that
  verifies it, and for that key's person.
* Ed25519 signs the PAE. A passkey signs ``authenticator_data ‖ H(client_data_json)``, whose
  challenge is ``H(PAE)``; see `verax.kernel.passkey`.
* A signature that no key of the root verifies counts for nobody and spoils nothing.

A generic DSSE verifier does not check passkey signatures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verax.kernel import canonical
from verax.kernel.errors import CanonicalError, StatementError
from verax.kernel.fields import Fields
from verax.kernel.note import verify_ed25519
from verax.kernel.passkey import Assertion, verify_assertion
from verax.kernel.root import KEY_ID, KeyKind, KeyRecord, RootDocument

__all__ = [
    "MAX_ENVELOPE_BYTES",
    "MAX_SIGNATURES",
    "PAYLOAD_TYPE",
    "Envelope",
    "Signature",
    "Signer",
    "pae",
    "sign_envelope",
    "signature_by",
    "verify_signatures",
]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_ENVELOPE_BYTES = 32_768
MAX_SIGNATURES = 16
"""Our own limit: with at most 128 keys in a root it bounds the work of one entry."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature; `assertion` is set for passkeys."""

    key_id: str
    sig: bytes
    assertion: Assertion | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """A key of the root that signed, and its person."""

    person: str
    key_id: str
    kind: KeyKind


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload and its signatures, not yet verified."""

    payload: bytes
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Envelope:
        """Parse the bytes of an entry strictly.

        Raises:
            StatementError: too long, not canonical, or not this form.
        """
        if len(data) > MAX_ENVELOPE_BYTES:
            raise StatementError(f"envelope: expected at most {MAX_ENVELOPE_BYTES} bytes, found {len(data)}")
        try:
            return cls._read(canonical.decode(data))
        except CanonicalError as error:
            raise StatementError(f"envelope: {error.message}") from None

    @classmethod
    def _read(cls, value: object) -> Envelope:
        fields = Fields(value, "envelope", StatementError)
        fields.choice("payloadType", (PAYLOAD_TYPE,))
        payload = canonical.b64_decode(fields.text("payload"))
        signatures = tuple(_read_signature(item) for item in fields.sections("signatures", limit=MAX_SIGNATURES))
        fields.close()
        ids = [signature.key_id for signature in signatures]
        if not ids or ids != sorted(set(ids)):
            fields.fail("expected at least one signature, in order of different key ids")
        return cls(payload, signatures)

    def to_bytes(self) -> bytes:
        """Return the canonical bytes; `parse` gives the envelope back.

        Raises:
            StatementError: what came out is no legal envelope.
        """
        ordered = sorted(self.signatures, key=lambda signature: signature.key_id)
        data = canonical.encode(
            {
                "payload": canonical.b64_encode(self.payload),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [_write_signature(signature) for signature in ordered],
            }
        )
        Envelope.parse(data)
        return data


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding: what is signed."""
    name = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def signature_by(key_id: str, seed: bytes, payload: bytes) -> Signature:
    """Sign a payload with an Ed25519 seed, 32 bytes."""
    return Signature(key_id, Ed25519PrivateKey.from_private_bytes(seed).sign(pae(PAYLOAD_TYPE, payload)))


def sign_envelope(payload: bytes, keys: Sequence[tuple[str, bytes]]) -> bytes:
    """Sign `payload` with each ``(key id, Ed25519 seed)`` and return the envelope's bytes."""
    return Envelope(payload, tuple(signature_by(key_id, seed, payload) for key_id, seed in keys)).to_bytes()


def verify_signatures(envelope: Envelope, root: RootDocument) -> frozenset[Signer]:
    """Return the keys of `root` that signed `envelope`; an empty set when none did."""
    message = pae(PAYLOAD_TYPE, envelope.payload)
    signers = set()
    for signature in envelope.signatures:
        for key in _candidates(signature, root.keys):
            if _is_signed_by(signature, key, message):
                signers.add(Signer(key.person, key.id, key.kind))
                break
    return frozenset(signers)


def _candidates(signature: Signature, keys: Mapping[str, KeyRecord]) -> list[KeyRecord]:
    kind: KeyKind = "ed25519" if signature.assertion is None else "passkey"
    fitting = [key for key in keys.values() if key.kind == kind]
    return sorted(fitting, key=lambda key: key.id != signature.key_id)


def _is_signed_by(signature: Signature, key: KeyRecord, message: bytes) -> bool:
    if signature.assertion is None:
        return verify_ed25519(key.material, message, signature.sig)
    return verify_assertion(key, canonical.hash_bytes(message), signature.assertion, signature.sig)


def _read_signature(fields: Fields) -> Signature:
    key_id = fields.text("keyid", pattern=KEY_ID)
    sig = canonical.b64_decode(fields.text("sig", limit=512))
    assertion = _read_assertion(fields.section("extension")) if fields.has("extension") else None
    fields.close()
    return Signature(key_id, sig, assertion)


def _read_assertion(fields: Fields) -> Assertion:
    fields.choice("kind", ("webauthn",))
    assertion = Assertion(
        canonical.b64_decode(fields.text("authenticator_data")), canonical.b64_decode(fields.text("client_data_json"))
    )
    fields.close()
    return assertion


def _write_signature(signature: Signature) -> dict[str, Any]:
    value: dict[str, Any] = {"keyid": signature.key_id, "sig": canonical.b64_encode(signature.sig)}
    if signature.assertion is not None:
        value["extension"] = {
            "kind": "webauthn",
            "authenticator_data": canonical.b64_encode(signature.assertion.authenticator_data),
            "client_data_json": canonical.b64_encode(signature.assertion.client_data_json),
        }
    return value
