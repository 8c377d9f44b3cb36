"""Errors on the wire: OpenAI's shape, plus a permanent code and a hint.

``{"error": {"message", "type", "param", "code", "hint"}}``. `code` never changes its
meaning; `type` follows from the status as OpenAI's clients expect it. A 429 carries
``Retry-After``; what no retry can mend carries ``x-should-retry: false``, which those
clients honour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from verax.kernel.errors import (
    BusyError,
    ConflictError,
    IntegrityError,
    RefusedError,
    StorageError,
    VeraxError,
)
from verax.surfaces.http.reply import dump
from verax.turn.events import Failed

__all__ = ["INTERNAL", "STOPPING", "Fault", "fault_of_error", "fault_of_event"]

Header = tuple[bytes, bytes]

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_FINAL = (ConflictError, RefusedError, IntegrityError, StorageError)


@dataclass(frozen=True, slots=True)
class Fault:
    """One error as a client sees it."""

    status: int
    code: str
    message: str
    hint: str = ""
    param: str | None = None
    retry_after_s: int | None = None
    turn_id: str = ""
    is_final: bool = False
    allow: str = ""

    @property
    def type(self) -> str:
        """OpenAI's family name for the status."""
        if self.status >= 500:
            return "server_error"
        return _TYPES.get(self.status, "invalid_request_error")

    def renamed(self, names: Mapping[str, str]) -> Fault:
        """Return the fault in the words of a request whose parameters have other names."""
        if self.param is None:
            return self
        for old, new in names.items():
            if self.param == old or self.param.startswith((f"{old}.", f"{old}[")):
                message = self.message
                if message.startswith(old):
                    message = new + message[len(old) :]
                return replace(self, param=new + self.param[len(old) :], message=message)
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the body."""
        error = {"message": self.message, "type": self.type, "param": self.param, "code": self.code, "hint": self.hint}
        body: dict[str, Any] = {"error": error}
        if self.turn_id:
            body["verax"] = {"id": self.turn_id}
        return body

    def to_bytes(self) -> bytes:
        """Return the body as UTF-8 JSON."""
        return dump(self.to_dict())

    def to_event_bytes(self) -> bytes:
        """Return the body for a stream whose status line is long sent: the status stands inside."""
        body = self.to_dict()
        body["error"]["status"] = self.status
        return dump(body)

    def headers(self) -> list[Header]:
        """Return the headers that belong to this fault."""
        headers: list[Header] = [(b"content-type", b"application/json")]
        if self.retry_after_s is not None:
            headers.append((b"retry-after", str(self.retry_after_s).encode("ascii")))
        if self.is_final:
            headers.append((b"x-should-retry", b"false"))
        if self.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        if self.turn_id:
            headers.append((b"x-verax-turn", self.turn_id.encode("ascii")))
        if self.allow:
            headers.append((b"allow", self.allow.encode("ascii")))
        return headers


INTERNAL = Fault(
    status=500,
    code="verax/internal",
    message="the server met an error that it did not expect; the operator's log has the details",
    hint="try again, and tell the operator when it happens twice",
)

STOPPING = Fault(
    status=503,
    code="server/stopping",
    message="the server stopped before the turn ended; the turn was recorded as cancelled",
    hint="ask again in a moment",
    retry_after_s=5,
)


def fault_of_error(error: VeraxError, turn_id: str = "") -> Fault:
    """Translate an exception of the tree."""
    return Fault(
        status=error.status,
        code=error.reason_code,
        message=error.message,
        hint=error.hint,
        param=error.param,
        retry_after_s=error.retry_after_s if isinstance(error, BusyError) else None,
        turn_id=turn_id,
        is_final=isinstance(error, _FINAL),
    )


def fault_of_event(event: Failed) -> Fault:
    """Translate the event that ends a turn in an error."""
    return Fault(
        status=event.http_status,
        code=event.code,
        message=event.message,
        hint=event.hint,
        param=event.param,
        retry_after_s=event.retry_after_s,
        turn_id=event.turn_id,
        is_final=event.code.startswith(("governance/", "runtime/", "store/", "log/")),
    )
