"""How one call is described; the OpenAPI document is made of these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

__all__ = ["BYTES", "JSON", "SSE", "TEXT", "Operation", "Shape", "json_reply"]

JSON = "application/json"
SSE = "text/event-stream"
TEXT = "text/plain"
BYTES = "application/octet-stream"

Shape = type[BaseModel] | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One call.

    Attributes:
        replies: Status to media types and shapes; None is a body without a schema.
        needs_key: Whether a credential is demanded.
        query: Names of query parameters with their schemas.
        takes_bytes: Whether the body is a file as it is.
        needs_body: Whether such a body must be there.
    """

    method: str
    path: str
    name: str
    summary: str
    replies: dict[int, dict[str, Shape]]
    body: type[BaseModel] | None = None
    needs_key: bool = False
    query: dict[str, dict[str, Any]] = field(default_factory=dict)
    takes_bytes: bool = False
    needs_body: bool = True


def json_reply(shape: Shape, status: int = 200) -> dict[int, dict[str, Shape]]:
    """Return the replies of a call that answers with JSON of one shape."""
    return {status: {JSON: shape}}
