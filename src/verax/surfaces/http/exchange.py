"""One HTTP request and the way back, as the endpoints see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from verax.kernel.errors import RequestError, UnsupportedParameter
from verax.surfaces.http.gate import Address
from verax.surfaces.http.reply import dump

__all__ = ["Endpoint", "Exchange", "Handler", "json_response"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request.

    Attributes:
        headers: Lower-case names; of a repeated header the last value.
        address: Where the client found this server.
        began_s: When the head of the request was there, on the performance counter.
    """

    scope: Scope
    receive: Receive
    send: Send
    headers: Mapping[bytes, bytes]
    address: Address
    began_s: float

    @property
    def method(self) -> str:
        """The HTTP method."""
        return str(self.scope["method"])

    def path_value(self, name: str) -> str:
        """Return a part of the path that the route named."""
        return str(self.scope["path_params"][name])

    def query(self, *allowed: str) -> dict[str, str]:
        """Return the query's values.

        Raises:
            UnsupportedParameter: a name that is not allowed.
            RequestError: a name twice, or not UTF-8.
        """
        raw = self.scope.get("query_string", b"")
        try:
            pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=32)
        except (UnicodeDecodeError, ValueError):
            raise RequestError("query: expected name=value pairs in UTF-8", code="request/encoding") from None
        values = dict(pairs)
        if len(values) != len(pairs):
            raise RequestError("query: a name stands twice", code="request/query")
        for name in values:
            if name not in allowed:
                raise UnsupportedParameter(
                    f"query: expected only {', '.join(allowed) or 'no parameters'}",
                    hint="leave the other names out",
                    param=name if name.isidentifier() and len(name) <= 64 else None,
                )
        return values

    @staticmethod
    def number(values: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
        """Return a whole number of the query; raises `RequestError` for anything else."""
        text = values.get(name, str(default))
        if not text.isascii() or not text.isdigit() or len(text) > 16 or not low <= int(text) <= high:
            raise RequestError(f"{name}: expected a whole number from {low} to {high}", param=name)
        return int(text)

    @staticmethod
    def flag(values: Mapping[str, str], name: str) -> bool:
        """Return ``true`` or ``false`` of the query, false without it; raises `RequestError` for anything else."""
        if values.get(name, "false") not in ("true", "false"):
            raise RequestError(f"{name}: expected true or false", param=name)
        return values.get(name) == "true"


Handler = Callable[[Exchange], Awaitable[Response | None]]


class Endpoint:
    """Makes an ASGI application of a handler; one that returns None has answered by itself."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, scope["verax.headers"], scope["verax.address"], scope["verax.began"])
        response = await self._handler(exchange)
        if response is not None:
            await response(scope, receive, send)


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response that nobody may cache."""
    return Response(
        dump(value),
        status_code=status,
        headers={"cache-control": "no-store", **(headers or {})},
        media_type="application/json",
    )
