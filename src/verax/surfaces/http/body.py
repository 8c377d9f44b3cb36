"""Reading a request body: size first, then encoding, then JSON.

* A body over the limit is refused from its declared length, before a byte of it is read,
  or as soon as the count passes the limit.
* Bytes that are not UTF-8 and escapes that name half a character are refused with
  ``request/encoding`` (clause 1: text with lone surrogates is refused at the door).
* A name that stands twice in one object, ``NaN``, ``Infinity`` and numbers beyond a double
  are refused: two readers would not agree on them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from starlette.types import Receive

from verax.kernel.errors import RequestError, TooLarge

__all__ = ["MAX_DEPTH", "ClientGone", "parse_json", "read_body", "read_json"]

MAX_DEPTH = 64


class ClientGone(Exception):
    """The client closed the connection; there is nobody left to answer."""


async def read_json(headers: Mapping[bytes, bytes], receive: Receive, limit_bytes: int) -> Any:
    """Read and parse a JSON body of at most `limit_bytes`."""
    kind = headers.get(b"content-type", b"application/json").split(b";", 1)[0].strip().lower()
    if kind != b"application/json":
        raise RequestError(
            "content-type: expected application/json",
            hint='send the header "Content-Type: application/json"',
            code="request/content-type",
        )
    return parse_json(await read_body(headers, receive, limit_bytes))


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, limit_bytes: int) -> bytes:
    """Read the whole body.

    Raises:
        TooLarge: over `limit_bytes`; a declared length is checked before reading.
        RequestError: a content encoding, which this server does not undo.
        ClientGone: the client left in the middle.
    """
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise RequestError(
            "content-encoding: expected an uncompressed body",
            hint="send the body without Content-Encoding",
            code="request/content-encoding",
        )
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > limit_bytes:
        raise _too_large(limit_bytes)
    message = await receive()
    first: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body", False) and len(first) <= limit_bytes:
        return first
    chunks, size = [first], len(first)
    while True:
        if message["type"] == "http.disconnect":
            raise ClientGone
        if size > limit_bytes:
            raise _too_large(limit_bytes)
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])


def parse_json(data: bytes) -> Any:
    """Parse a JSON body strictly; the caller narrows the type.

    Raises:
        RequestError: empty, not UTF-8, not JSON, nested deeper than `MAX_DEPTH`, a name
            twice, a number beyond a double, or half a character.
    """
    if not data:
        raise RequestError("body: expected a JSON object, found nothing", code="request/json")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(
            f"body: the byte at position {error.start} is not UTF-8",
            hint="encode the body as UTF-8",
            code="request/encoding",
        ) from None
    value = _load(text)
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth_exceeds(value, MAX_DEPTH):
        raise _nested_too_deep()
    if "\\ud" in text or "\\uD" in text:
        _refuse_surrogates(value, "")
    return value


def _load(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        reason = error.msg.split(":", 1)[0].lower()
        raise RequestError(
            f"body: not JSON at line {error.lineno}, column {error.colno}: {reason}",
            hint="send one JSON object",
            code="request/json",
        ) from None
    except RecursionError:
        raise _nested_too_deep() from None
    except ValueError:
        # The interpreter refuses to convert integers of thousands of digits.
        raise RequestError("body: a number has too many digits", code="request/json") from None


def _refuse_constant(name: str) -> Any:
    raise RequestError(f"body: {name} is not a JSON number", code="request/json")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise RequestError("body: a number is larger than a double can hold", code="request/json")
    return value


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise RequestError("body: a name stands twice in one object", code="request/json")
    return result


def _depth_exceeds(value: Any, allowed: int) -> bool:
    """Say whether `value` nests deeper than `allowed`; never recurses deeper than that itself."""
    if not isinstance(value, (dict, list)):
        return False
    if allowed == 0:
        return True
    items = value.values() if isinstance(value, dict) else value
    return any(_depth_exceeds(item, allowed - 1) for item in items)


def _refuse_surrogates(value: Any, path: str) -> None:
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise RequestError(
                f"{path or 'body'}: the text holds half of a surrogate pair, which is not a character",
                hint="send well-formed Unicode",
                param=path or None,
                code="request/encoding",
            ) from None
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_surrogates(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            _refuse_surrogates(name, path)
            _refuse_surrogates(item, f"{path}.{name}" if path else name)


# Made once: json.loads with options makes a decoder on every call.
_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_finite_float, object_pairs_hook=_unique_object
)


def _too_large(limit_bytes: int) -> TooLarge:
    return TooLarge(
        f"body: expected at most {limit_bytes} bytes", hint="send less at once", code="request/body-too-large"
    )


def _nested_too_deep() -> RequestError:
    return RequestError(f"body: nested deeper than {MAX_DEPTH} levels", code="request/json")
