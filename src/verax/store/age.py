"""Files encrypted with a passphrase, in the age format, version 1.

So that a backup can be opened without Verax: ``age -d FILE``. The parts that are used:

* One recipient stanza, ``scrypt``; header and payload as in the C2SP document *age*
  (github.com/C2SP/C2SP, age.md).
* The file key is wrapped by ChaCha20-Poly1305 under scrypt of the passphrase (r 8, p 1); the
  header is authenticated by HMAC-SHA-256.
* The payload is the STREAM construction: chunks of 64 KiB, each authenticated with its number
  and whether it is the last one. A changed, moved, added or missing chunk is found before
  anything behind it is given out.

Everything is a generator over pieces, so a file of any size takes constant memory.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from verax.kernel import canonical
from verax.kernel.errors import AccessError, CanonicalError, CorruptStore

__all__ = ["CHUNK_BYTES", "MAGIC", "AgeKey", "Read", "decrypt", "encrypt", "new_age_key"]

CHUNK_BYTES = 65_536
MAGIC = b"age-encryption.org/v1\n"

_TAG_BYTES = 16
_FILE_KEY_BYTES = 16
_SALT_BYTES = 16
_NONCE_BYTES = 16
_SALT_LABEL = b"age-encryption.org/v1/scrypt"
_LOG_N = 17  # 128 MiB and a third of a second; OWASP's Password Storage Cheat Sheet, "scrypt"
_MAX_LOG_N = 20  # a gigabyte: what a file may make us spend
_MAX_HEADER_BYTES = 1024
_STANZA = re.compile(rb"-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n([A-Za-z0-9+/]{43})\n--- ([A-Za-z0-9+/]{43})\n\Z")

Read = Callable[[int], bytes]
"""Returns up to so many bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class AgeKey:
    """What a file is encrypted under: its header, and the key that the header wraps. Used once."""

    header: bytes
    file_key: bytes = field(repr=False)


def new_age_key(passphrase: str) -> AgeKey:
    """Draw a file key and wrap it under a passphrase; takes a third of a second."""
    salt, file_key = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_FILE_KEY_BYTES)
    body = ChaCha20Poly1305(_wrap_key(passphrase, salt, _LOG_N)).encrypt(bytes(12), file_key, None)
    text = b"%b-> scrypt %b %d\n%b\n---" % (MAGIC, _b64(salt), _LOG_N, _b64(body))
    return AgeKey(b"%b %b\n" % (text, _b64(_header_mac(file_key, text))), file_key)


def encrypt(pieces: Iterable[bytes], key: AgeKey) -> Iterator[bytes]:
    """Yield the encrypted file of `pieces`, which may have any sizes."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    yield key.header + nonce
    cipher, number = ChaCha20Poly1305(_payload_key(key.file_key, nonce)), 0
    held = bytearray()
    for piece in pieces:
        held += piece
        # The last chunk says that it is, so one is kept back until more has come.
        while len(held) > CHUNK_BYTES:
            yield cipher.encrypt(_chunk_nonce(number, is_last=False), bytes(held[:CHUNK_BYTES]), None)
            del held[:CHUNK_BYTES]
            number += 1
    yield cipher.encrypt(_chunk_nonce(number, is_last=True), bytes(held), None)


def decrypt(read: Read, passphrase: str) -> Iterator[bytes]:
    """Yield the pieces of an encrypted file, each authenticated; the file is whole when this ends.

    Raises:
        AccessError: the passphrase is wrong.
        CorruptStore: not such a file, changed, or cut off.
    """
    file_key = _read_header(read, passphrase)
    nonce = _read_exactly(read, _NONCE_BYTES)
    if len(nonce) != _NONCE_BYTES:
        raise _cut_off()
    cipher, number = ChaCha20Poly1305(_payload_key(file_key, nonce)), 0
    chunk = _read_exactly(read, CHUNK_BYTES + _TAG_BYTES)
    while True:
        following = _read_exactly(read, CHUNK_BYTES + _TAG_BYTES)
        piece = _open_chunk(cipher, chunk, number, is_last=not following)
        if not following and not piece and number:
            raise CorruptStore("encrypted file: it ends in an empty chunk", code="backup/damaged")
        yield piece
        if not following:
            return
        chunk, number = following, number + 1


def _open_chunk(cipher: ChaCha20Poly1305, chunk: bytes, number: int, *, is_last: bool) -> bytes:
    try:
        return cipher.decrypt(_chunk_nonce(number, is_last=is_last), chunk, None)
    except InvalidTag:
        pass
    if is_last and len(chunk) == CHUNK_BYTES + _TAG_BYTES:
        try:
            cipher.decrypt(_chunk_nonce(number, is_last=False), chunk, None)
        except InvalidTag:
            pass
        else:
            raise _cut_off()
    place = number * CHUNK_BYTES
    raise CorruptStore(
        f"encrypted file: changed or cut off between byte {place} and {place + CHUNK_BYTES} of its content",
        hint="take another copy of this file; nothing of it was used",
        code="backup/damaged",
    )


def _read_header(read: Read, passphrase: str) -> bytes:
    """Return the file key.

    Raises:
        AccessError: the passphrase does not open it.
        CorruptStore: not a header with exactly one scrypt stanza, or a changed one.
    """
    header = bytearray()
    while not header.endswith(b"\n") or b"\n---" not in header:
        byte = read(1)
        header += byte
        if not byte or len(header) > _MAX_HEADER_BYTES or not MAGIC.startswith(bytes(header[: len(MAGIC)])):
            raise _no_header()
    match = _STANZA.match(header, len(MAGIC))
    if match is None:
        raise _no_header()
    salt, body, mac = _unb64(match[1]), _unb64(match[3]), _unb64(match[4])
    log_n = int(match[2])
    if log_n > _MAX_LOG_N:
        raise CorruptStore(
            f"encrypted file: its key asks for 2^{log_n} steps, at most 2^{_MAX_LOG_N} are made", code="backup/damaged"
        )
    try:
        file_key = ChaCha20Poly1305(_wrap_key(passphrase, salt, log_n)).decrypt(bytes(12), body, None)
    except InvalidTag:
        raise AccessError(
            "encrypted file: the passphrase does not open it",
            hint="try again; without the passphrase nobody can",
            code="backup/passphrase",
        ) from None
    text = bytes(header[: match.start(4) - 1])
    if not hmac.compare_digest(_header_mac(file_key, text), mac):
        raise _no_header()
    return file_key


def _wrap_key(passphrase: str, salt: bytes, log_n: int) -> bytes:
    return Scrypt(_SALT_LABEL + salt, 32, 2**log_n, 8, 1).derive(passphrase.encode("utf-8", "surrogatepass"))


def _header_mac(file_key: bytes, text: bytes) -> bytes:
    return hmac.new(_derive(file_key, None, b"header"), text, sha256).digest()


def _payload_key(file_key: bytes, nonce: bytes) -> bytes:
    return _derive(file_key, nonce, b"payload")


def _derive(file_key: bytes, salt: bytes | None, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(file_key)


def _chunk_nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _read_exactly(read: Read, size: int) -> bytes:
    """Return `size` bytes, fewer only at the end."""
    data = bytearray()
    while len(data) < size and (piece := read(size - len(data))):
        data += piece
    return bytes(data)


def _b64(data: bytes) -> bytes:
    return canonical.b64_encode(data).rstrip("=").encode("ascii")


def _unb64(text: bytes) -> bytes:
    """Decode base64 without padding; raises `CorruptStore` for any but the one right spelling."""
    try:
        return canonical.b64_decode((text + b"=" * (-len(text) % 4)).decode("ascii"))
    except CanonicalError:
        raise _no_header() from None


def _no_header() -> CorruptStore:
    return CorruptStore(
        "encrypted file: expected the header of a file that was encrypted with a passphrase (age, version 1)",
        hint="name a file that was made as a backup, and take another copy of it if it was",
        code="backup/damaged",
    )


def _cut_off() -> CorruptStore:
    return CorruptStore(
        "encrypted file: its end is missing", hint="take another copy of this file", code="backup/damaged"
    )
