"""Signed notes, verifier keys and Ed25519 (protocol clauses 2 and 12; C2SP signed-note 1.0.0).

* A note is text that ends in a newline, an empty line, then signature lines
  ``— <name> <base64 of key id ‖ signature>``. The last empty line separates them.
* UTF-8, no control characters but newline; key names are not empty and hold neither white
  space nor ``+``; base64 is strict; at least 16 signatures are taken.
* Key id: first 4 bytes of ``H(name ‖ "\\n" ‖ type ‖ public key)``, recomputed, never trusted.
* A signature by an unknown key is kept and ignored; one by a known key that does not verify
  refuses the whole note, as do two by one key.
* Signatures and public keys are strict as `verax.kernel.ed25519` says.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verax.kernel import canonical
from verax.kernel.ed25519 import is_strict_public_key, verify_ed25519
from verax.kernel.errors import CanonicalError, NoteError

__all__ = [
    "COSIGNATURE_V1",
    "ED25519",
    "MAX_NOTE_BYTES",
    "MAX_SIGNATURES",
    "Note",
    "NoteSignature",
    "NoteSigner",
    "OpenedNote",
    "Signer",
    "VerifierKey",
    "add_signature",
    "open_note",
    "parse_note",
    "parse_verifier_keys",
    "sign_note",
    "verify_ed25519",
]

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
"""More than the 16 the standard asks for; the number other implementations stop at."""

_KEY_ID = re.compile(r"[0-9a-f]{8}\Z")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name: ``<name>+<key id>+<base64 of type ‖ key>``.

    Attributes:
        name: Key name; a log's key name equals its origin.
        public_bytes: Ed25519 public key, 32 bytes.
        kind: Signature type, `ED25519` or `COSIGNATURE_V1`.
    """

    name: str
    public_bytes: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.kind not in (ED25519, COSIGNATURE_V1):
            raise NoteError(f"verifier key {self.name}: unsupported signature type {self.kind}")
        if len(self.public_bytes) != 32:
            raise NoteError(f"verifier key {self.name}: expected 32 bytes, found {len(self.public_bytes)}")
        if not is_strict_public_key(self.public_bytes):
            raise NoteError(f"verifier key {self.name}: not a canonical Ed25519 public key of full order")

    @property
    def key_id(self) -> bytes:
        """The key id, 4 bytes."""
        encoded = self.name.encode("utf-8") + b"\n" + bytes([self.kind]) + self.public_bytes
        return hashlib.sha256(encoded).digest()[:4]

    def __str__(self) -> str:
        encoded = canonical.b64_encode(bytes([self.kind]) + self.public_bytes)
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str, kind: int = ED25519) -> VerifierKey:
        """Parse a verifier key of signature type `kind`, without a line end.

        Raises:
            NoteError: malformed, of another type, or with a key id that is not its own.
        """
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        if not _KEY_ID.match(key_id):
            raise NoteError("verifier key: expected <name>+<8 hex digits>+<base64>")
        try:
            data = canonical.b64_decode(encoded)
        except CanonicalError:
            raise NoteError(f"verifier key {key_id}: the key is not strict base64") from None
        if data[:1] != bytes([kind]):
            raise NoteError(f"verifier key {key_id}: expected signature type {kind}")
        key = cls(name, data[1:], kind)
        if key.key_id.hex() != key_id:
            raise NoteError(f"verifier key {key_id}: expected key id {key.key_id.hex()} for this name and key")
        return key


def parse_verifier_keys(text: str) -> tuple[VerifierKey, ...]:
    """Parse a key file: one Ed25519 verifier key a line, the last line end optional.

    Raises:
        NoteError: empty, or any line is not a verifier key.
    """
    return tuple(VerifierKey.parse(line) for line in text.removesuffix("\n").split("\n"))


class Signer(Protocol):
    """What `sign_note` needs: a key, and signature bytes for a note's text."""

    @property
    def verifier(self) -> VerifierKey:
        """The key that checks this signer's signatures."""
        ...

    def sign(self, text: bytes) -> bytes:
        """Return the signature over `text`, without the key id."""
        ...


class NoteSigner:
    """An Ed25519 key that signs notes under a name; deterministic, so nothing random is needed."""

    __slots__ = ("_key", "_verifier")

    def __init__(self, name: str, seed: bytes) -> None:
        if len(seed) != 32:
            raise NoteError(f"signing key {name}: expected a seed of 32 bytes, found {len(seed)}")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._verifier = VerifierKey(name, self._key.public_key().public_bytes_raw())

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return self._verifier

    def sign(self, text: bytes) -> bytes:
        """Return the Ed25519 signature over `text`, 64 bytes."""
        return self._key.sign(text)


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: key name, key id (4 bytes), and the signature after it."""

    name: str
    key_id: bytes
    signature: bytes

    def is_by(self, key: VerifierKey) -> bool:
        """Say whether the line claims to be by `key`; both name and id must agree."""
        return self.name == key.name and self.key_id == key.key_id

    def to_line(self) -> str:
        """Return the line as it stands in a note, its newline included."""
        return f"— {self.name} {canonical.b64_encode(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note; nothing is verified yet. `text` ends in a newline."""

    text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note at least one known key signed.

    Attributes:
        text: The signed text.
        verified: The known keys that signed it, in order of their lines.
        unverified: Lines by keys that were not given; they say nothing.
    """

    text: str
    verified: tuple[VerifierKey, ...]
    unverified: tuple[NoteSignature, ...]


def sign_note(text: str, *signers: Signer) -> bytes:
    """Return the note of `text` signed by each signer in turn.

    Raises:
        NoteError: no signer, no final newline, or control characters.
    """
    if not signers:
        raise NoteError("note: expected at least one signer")
    _check_text(text)
    lines = [_signature_by(signer, text).to_line() for signer in signers]
    return (text + "\n" + "".join(lines)).encode("utf-8")


def add_signature(note: bytes, signer: Signer) -> bytes:
    """Return `note` with one more signature line; the lines it had are kept, unverified."""
    return note + _signature_by(signer, parse_note(note).text).to_line().encode("utf-8")


def parse_note(data: bytes) -> Note:
    """Split a note into text and signatures, verifying nothing.

    Raises:
        NoteError: malformed, too large, or with too many signatures.
    """
    if len(data) > MAX_NOTE_BYTES:
        raise NoteError(f"note: expected at most {MAX_NOTE_BYTES} bytes, found {len(data)}")
    try:
        whole = data.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise NoteError("note: not UTF-8") from None
    body, separator, tail = whole.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise NoteError("note: expected text, an empty line, and signature lines that end in a newline")
    _check_text(body + "\n")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(f"note: expected at most {MAX_SIGNATURES} signatures, found {len(lines)}")
    return Note(body + "\n", tuple(_parse_signature(line) for line in lines))


def open_note(data: bytes, verifiers: Iterable[VerifierKey]) -> OpenedNote:
    """Parse a note and check every signature by a known Ed25519 key.

    Raises:
        NoteError: malformed, no signature by a known key, two by one key, or one that is wrong.
    """
    known = tuple(verifiers)
    note = parse_note(data)
    message = note.text.encode("utf-8")
    verified: list[VerifierKey] = []
    unverified: list[NoteSignature] = []
    for signature in note.signatures:
        key = next((key for key in known if signature.is_by(key)), None)
        if key is None:
            unverified.append(signature)
            continue
        if key in verified:
            raise NoteError(f"note: two signatures by {key.name}+{key.key_id.hex()}")
        if key.kind != ED25519 or not verify_ed25519(key.public_bytes, message, signature.signature):
            raise NoteError(f"note: the signature by {key.name}+{key.key_id.hex()} is wrong")
        verified.append(key)
    if not verified:
        names = ", ".join(f"{key.name}+{key.key_id.hex()}" for key in known) or "no key at all"
        raise NoteError(f"note: expected a signature by {names}, found none")
    return OpenedNote(note.text, tuple(verified), tuple(unverified))


def _parse_signature(line: str) -> NoteSignature:
    mark, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if mark != "—":
        raise NoteError("note: expected signature lines of the form: em dash, name, base64")
    _check_name(name)
    try:
        data = canonical.b64_decode(encoded)
    except CanonicalError:
        raise NoteError("note: a signature is not strict base64") from None
    if len(data) < 5:
        raise NoteError(f"note: expected a key id and a signature, found {len(data)} bytes")
    return NoteSignature(name, data[:4], data[4:])


def _signature_by(signer: Signer, text: str) -> NoteSignature:
    return NoteSignature(signer.verifier.name, signer.verifier.key_id, signer.sign(text.encode("utf-8")))


def _check_name(name: str) -> None:
    if not name or "+" in name or any(char.isspace() or char < " " for char in name):
        raise NoteError("key name: expected at least one character, no white space and no plus sign")


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise NoteError("note: expected text that ends in a newline")
    if any(char < " " and char != "\n" for char in text):
        raise NoteError("note: the text holds a control character")
