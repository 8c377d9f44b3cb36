"""What a refusal of a remote model server means for the caller.

The server's own words are read for their code only and never repeated: they may quote the
prompt, or the key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from verax.kernel.errors import BusyError, ModelError, ModelUnavailable, RequestError, VeraxError

__all__ = ["error_of_status", "retry_after_s"]

_TOO_LONG = ("context_length_exceeded", "context length", "context size", "context window", "maximum context")


def error_of_status(status: int, data: bytes, place: str, model: str, wait_s: float) -> VeraxError:
    """Return our error for an HTTP status other than 200.

    Args:
        data: The body, used for its error code.
        place: Host and port, for the message.
        wait_s: What ``Retry-After`` asked for, 0 where it was not sent.
    """
    if status == 429:
        return BusyError(
            f"model server {place}: busy (429)", retry_after_s=max(1, round(wait_s)), code="busy/model-server"
        )
    if status == 503:
        return ModelUnavailable(f"model server {place}: not available (503)", hint="try again in a moment")
    if status in (401, 403):
        return ModelUnavailable(
            f"model server {place}: it does not accept the key ({status})",
            hint="store a valid key under the name that the release gives",
            code="model/key-refused",
        )
    if status == 404:
        return ModelUnavailable(
            f"model server {place}: it has no model named {model!r}, or the address is not its API (404)",
            hint='"verax model test" lists what the server offers; an address usually ends in /v1',
            code="model/unknown",
        )
    if status in (400, 413, 422) and _is_too_long(data):
        return RequestError(
            f"prompt: longer than the context of model {model!r}",
            hint="shorten the conversation or start a new one",
            param="messages",
            code="request/context-length",
        )
    return ModelError(f"model server {place}: it answered with status {status}", code="model/refused")


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Return the seconds that ``Retry-After`` asks for, 0 where it is missing or makes no sense.

    Source: RFC 9110 section 10.2.3; a number of seconds or a date.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _is_too_long(data: bytes) -> bool:
    try:
        error = json.loads(data)["error"]
        text = f"{error.get('code')} {error.get('type')} {error.get('message')}".lower()
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    return any(sign in text for sign in _TOO_LONG)
