"""Promises: a signed word that a leaf will be in the log by a deadline (protocol clause 10).

* The text is ``verax promise v1``, the reply log's origin, the leaf hash in base64, and the
  deadline in milliseconds since 1970, each on a line of its own.
* A promise is signed by a key of its own, named ``<name>/promise``, never by a log's key.
* Whoever holds a promise past its deadline, and a log without the leaf, has evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verax.kernel import canonical
from verax.kernel.errors import CanonicalError, NoteError
from verax.kernel.merkle import HASH_BYTES
from verax.kernel.note import VerifierKey, open_note

__all__ = ["Promise", "open_promise", "parse_promise", "promise_key_name", "promise_text"]

_HEADER = "verax promise v1"


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised: that `leaf` (a leaf hash, 32 bytes) stands in `origin` by `deadline_ms`."""

    origin: str
    leaf: bytes
    deadline_ms: int


def promise_key_name(origin: str) -> str:
    """Return the name of the key that signs promises about the reply log `origin`.

    Raises:
        NoteError: `origin` is not ``<name>/replies/<k>``.
    """
    name, separator, number = origin.rpartition("/replies/")
    if not name or not separator or not number:
        raise NoteError("promise: expected a reply log, <name>/replies/<number>")
    return f"{name}/promise"


def promise_text(origin: str, leaf_hash: bytes, deadline_ms: int) -> str:
    """Return the text to sign.

    Raises:
        NoteError: a leaf hash that is not 32 bytes, a deadline out of range, or a line break
            in the origin.
    """
    if len(leaf_hash) != HASH_BYTES:
        raise NoteError(f"promise: expected a leaf hash of {HASH_BYTES} bytes, found {len(leaf_hash)}")
    if not 0 <= deadline_ms <= canonical.MAX_INTEGER:
        raise NoteError(f"promise: the deadline {deadline_ms} is out of range")
    if not origin or any(char < " " for char in origin):
        raise NoteError("promise: expected an origin without control characters")
    return f"{_HEADER}\n{origin}\n{canonical.b64_encode(leaf_hash)}\n{deadline_ms}\n"


def parse_promise(text: str) -> Promise:
    """Parse the text of a promise; the caller has opened its note.

    Raises:
        NoteError: malformed.
    """
    lines = text.split("\n")
    if len(lines) != 5 or lines[0] != _HEADER or lines[4]:
        raise NoteError(f"promise: expected the line {_HEADER!r} and three lines more")
    try:
        leaf = canonical.b64_decode(lines[2])
        deadline_ms = canonical.parse_decimal(lines[3], maximum=canonical.MAX_INTEGER)
    except CanonicalError as error:
        raise NoteError(f"promise: {error.message}") from None
    promise_text(lines[1], leaf, deadline_ms)
    return Promise(lines[1], leaf, deadline_ms)


def open_promise(data: bytes, keys: Iterable[VerifierKey]) -> Promise:
    """Verify a signed promise and return it.

    Raises:
        NoteError: malformed, or not signed by the promise key of the log that it names.
    """
    opened = open_note(data, keys)
    promise = parse_promise(opened.text)
    expected = promise_key_name(promise.origin)
    if all(key.name != expected for key in opened.verified):
        raise NoteError(f"promise: expected a signature by a key named {expected}")
    return promise
