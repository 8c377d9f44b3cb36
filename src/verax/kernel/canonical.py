"""Canonical bytes and tagged hashes (protocol clause 1).

* ``H`` is SHA-256; hex is lower case; base64 is padded RFC 4648 section 4.
* ``CJ(x)`` is RFC 8785 over a narrow domain: keys ``[A-Za-z0-9_]+``, strings of Unicode
  scalar values, integers of at most 2^53-1 in size, booleans, arrays and objects to depth
  32. No floats, no null, no duplicate keys, no Unicode normalisation.
* Strict decoding: decode, encode again, equal or refuse.

With keys in that alphabet, sorting by UTF-16 code units (RFC 8785 section 3.2.3) is the
same as sorting by code points, so ``sorted`` is enough.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from verax.kernel.errors import CanonicalError

__all__ = [
    "MAX_DEPTH",
    "MAX_INTEGER",
    "Json",
    "b64_decode",
    "b64_encode",
    "decode",
    "encode",
    "encode_checked",
    "hash_bytes",
    "hex_decode",
    "hex_digest",
    "is_digest",
    "parse_decimal",
    "tagged_hash",
]

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | bool

_KEY = re.compile(r"[A-Za-z0-9_]+\Z")
_HEX = re.compile(r"(?:[0-9a-f]{2})*\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=dict)
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]*)\Z")


def hash_bytes(data: bytes) -> bytes:
    """Return SHA-256 of `data`, 32 bytes."""
    return hashlib.sha256(data).digest()


def hex_digest(data: bytes) -> str:
    """Return SHA-256 of `data` as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def tagged_hash(tag: str, data: bytes) -> bytes:
    """Return ``H(tag ‖ "\\n" ‖ data)``, 32 bytes; nothing of ours is hashed without a tag."""
    return hashlib.sha256(tag.encode("ascii") + b"\n" + data).digest()


def encode(value: Json) -> bytes:
    """Return the canonical bytes of `value`.

    Raises:
        CanonicalError: `value` lies outside the domain of clause 1.
    """
    _check(value, 1)
    try:
        return _ENCODER.encode(value).encode("utf-8")
    except UnicodeEncodeError:
        raise CanonicalError("canonical JSON: a string holds a lone surrogate") from None


def encode_checked(value: Json) -> bytes:
    """Return the canonical bytes of a value that is known to lie in the domain.

    For objects whose constructor checked every field, since this is done several times a turn.
    """
    return _ENCODER.encode(value).encode("utf-8")


def decode(data: bytes) -> Any:
    """Parse canonical bytes; the caller narrows the type.

    Raises:
        CanonicalError: not UTF-8, not JSON, outside the domain, or not in canonical form.
    """
    try:
        value = json.loads(
            data.decode("utf-8", "strict"),
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            parse_int=_parse_integer,
            object_pairs_hook=_unique_object,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise CanonicalError(f"canonical JSON: expected UTF-8 JSON, found {type(error).__name__}") from None
    if encode(value) != data:
        raise CanonicalError("canonical JSON: the bytes are not in canonical form")
    return value


def b64_encode(data: bytes) -> str:
    """Return padded standard base64."""
    return base64.b64encode(data).decode("ascii")


def b64_decode(text: str) -> bytes:
    """Decode padded standard base64; anything a re-encoding would change is refused."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise CanonicalError("base64: expected padded RFC 4648 base64") from None
    if b64_encode(data) != text:
        raise CanonicalError("base64: the encoding is not canonical")
    return data


def hex_decode(text: str, size: int | None = None) -> bytes:
    """Decode lower-case hex; `size` is the expected number of bytes, None for any."""
    if not _HEX.match(text):
        raise CanonicalError("hex: expected an even number of lower-case hex digits")
    data = bytes.fromhex(text)
    if size is not None and len(data) != size:
        raise CanonicalError(f"hex: expected {size} bytes, found {len(data)}")
    return data


def is_digest(text: object) -> bool:
    """Say whether `text` is 64 lower-case hex digits."""
    return isinstance(text, str) and _DIGEST.match(text) is not None


def parse_decimal(text: str, *, maximum: int = 2**64 - 1) -> int:
    """Parse a decimal without sign, spaces or leading zeros, at most `maximum`."""
    if not _DECIMAL.match(text) or len(text) > 20:
        raise CanonicalError("decimal: expected digits without sign or leading zero")
    value = int(text)
    if value > maximum:
        raise CanonicalError(f"decimal: expected at most {maximum}")
    return value


def _check(value: object, depth: int) -> None:
    # Exact types first: this runs several times a turn.
    kind = type(value)
    if kind is str or kind is bool:
        return
    if kind is dict or isinstance(value, Mapping):
        _check_depth(depth)
        for key, item in value.items():  # type: ignore[attr-defined]  # a mapping
            if not isinstance(key, str) or not _KEY.match(key):
                raise CanonicalError("canonical JSON: keys are [A-Za-z0-9_]+")
            _check(item, depth + 1)
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise CanonicalError("canonical JSON: an integer is larger than 2^53-1; write a decimal string")
    elif isinstance(value, (list, tuple)):
        _check_depth(depth)
        for item in value:
            _check(item, depth + 1)
    elif not isinstance(value, str):
        raise CanonicalError(f"canonical JSON: {kind.__name__} has no canonical form")


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise CanonicalError(f"canonical JSON: nested deeper than {MAX_DEPTH}")


def _refuse_number(_: str) -> Any:
    raise CanonicalError("canonical JSON: no floats; write a decimal string")


def _parse_integer(text: str) -> int:
    if len(text) > 17:
        raise CanonicalError("canonical JSON: an integer is larger than 2^53-1; write a decimal string")
    return int(text)


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise CanonicalError("canonical JSON: a key appears twice")
    return result
