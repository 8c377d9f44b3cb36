"""The command line's HTTP client: the standard library only, so that `verax ask` starts fast.

* An error body becomes the error of the tree that it stands for: message, hint and code.
* Only reads are sent a second time, and only when a kept connection turned out to be closed.
* No redirect is followed: the address that the person gave is the address that is asked.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from verax.kernel.errors import (
    AccessError,
    BusyError,
    ConfigError,
    FetchError,
    IntegrityError,
    KernelError,
    ModelError,
    RefusedError,
    RequestError,
    StorageError,
    UnknownObject,
    VeraxError,
)

__all__ = ["NO_SERVER", "Client", "Response"]

NO_SERVER = "client/no-server"

_MAX_BODY_BYTES = 64 * 2**20
_LAST_EVENTS = frozenset({"response.completed", "response.incomplete", "response.failed", "ended"})
_FAMILIES: dict[str, type[VeraxError]] = {
    "access": AccessError,
    "collection": RequestError,
    "document": RequestError,
    "fetch": FetchError,
    "governance": RefusedError,
    "integrity": IntegrityError,
    "kernel": KernelError,
    "log": IntegrityError,
    "model": ModelError,
    "request": RequestError,
    "runtime": RefusedError,
    "search": FetchError,
    "store": StorageError,
    "weights": IntegrityError,
}


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            VeraxError: it is something else; another program listens at that address.
        """
        try:
            return json.loads(self.data)
        except ValueError:
            raise VeraxError(
                "server: expected JSON, found something else; is this a Verax server?",
                hint="check the address; --url sets it",
                code="client/not-verax",
            ) from None


class Client:
    """One server, one kept connection.

    Args:
        url: Address of the server, without a slash at the end.
        api_key: Sent as a bearer token where it is not empty.
        timeout_s: Longest silence of the server.
    """

    def __init__(self, url: str, api_key: str = "", *, timeout_s: float = 30.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"url: expected http://… or https://…, found {url!r}", hint="--url sets it")
        self.url = url.rstrip("/")
        self._parts = parts
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    @property
    def has_key(self) -> bool:
        """Say whether requests carry an API key."""
        return bool(self._api_key)

    def get(self, path: str) -> Response:
        """Read `path`; any status of 400 or more raises."""
        return self._exchange("GET", path, None)

    def get_json(self, path: str) -> Any:
        """Read `path` as JSON."""
        return self.get(path).json()

    def get_bytes(self, path: str) -> bytes:
        """Read `path` as it is."""
        return self.get(path).data

    def post_json(self, path: str, body: object) -> Any:
        """Send `body` to `path` and return the JSON that comes back."""
        return self._exchange("POST", path, body).json()

    def post_bytes(self, path: str, data: bytes) -> Any:
        """Send a file as it is to `path` and return the JSON that comes back."""
        return self._exchange("POST", path, data).json()

    def delete(self, path: str) -> Any:
        """Delete what stands at `path`; None where the answer has no body."""
        answer = self._exchange("DELETE", path, None)
        return None if answer.status == 204 else answer.json()

    def stream(self, path: str, body: object) -> Iterator[dict[str, Any]]:
        """Send `body` and yield each event of the stream that comes back, up to its last.

        Chat completions end with ``[DONE]``, responses and previews with one of `_LAST_EVENTS`.

        Closing the iterator closes the connection, which cancels the turn.
        """
        response = self._send("POST", path, body, accept="text/event-stream")
        try:
            if response.status >= 400:
                raise _error_of(Response(response.status, _headers(response), response.read(_MAX_BODY_BYTES)))
            yield from _events(response)
        except (OSError, http.client.HTTPException) as error:
            raise self._lost(error) from None
        finally:
            self.close()

    def is_up(self) -> bool:
        """Say whether a Verax server answers at this address, well or not."""
        try:
            answer = self.get_json("/health/live")
        except VeraxError:
            return False
        return isinstance(answer, dict) and answer.get("status") == "live"

    def health(self) -> dict[str, Any]:
        """Return the server's own view of its health, ready or not.

        Raises:
            VeraxError: no Verax server answers there.
        """
        answer = self._ask("GET", "/health", None)
        found = answer.json()
        if answer.status not in (200, 503) or not isinstance(found, dict) or "status" not in found:
            raise _error_of(answer)
        return found

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, method: str, path: str, body: object) -> Response:
        answer = self._ask(method, path, body)
        if answer.status >= 400:
            raise _error_of(answer)
        return answer

    def _ask(self, method: str, path: str, body: object) -> Response:
        try:
            response = self._send(method, path, body, accept="*/*")
            data = response.read(_MAX_BODY_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise self._lost(error) from None
        if len(data) > _MAX_BODY_BYTES:
            self.close()
            raise VeraxError(f"server: an answer of over {_MAX_BODY_BYTES // 2**20} MiB", code="client/not-verax")
        return Response(response.status, _headers(response), data)

    def _send(self, method: str, path: str, body: object, *, accept: str) -> http.client.HTTPResponse:
        headers = {"Accept": accept, "User-Agent": "verax-cli"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        data = None
        if isinstance(body, bytes):
            data = body
            headers["Content-Type"] = "application/octet-stream"
        elif body is not None:
            data = json.dumps(body, ensure_ascii=False).encode("utf-8")
            headers["Content-Type"] = "application/json"
        is_kept = self._connection is not None
        try:
            return self._attempt(method, path, data, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            self.close()
            if method != "GET" or not is_kept:
                raise self._lost(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._lost(error) from None
        try:
            return self._attempt(method, path, data, headers)
        except (OSError, http.client.HTTPException) as error:
            raise self._lost(error) from None

    def _attempt(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        connection = self._connection or self._connect()
        self._connection = connection
        connection.request(method, self._parts.path.rstrip("/") + path, body=data, headers=dict(headers))
        return connection.getresponse()

    def _connect(self) -> http.client.HTTPConnection:
        host = self._parts.hostname or ""
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, self._parts.port, timeout=self._timeout_s)
        return http.client.HTTPConnection(host, self._parts.port, timeout=self._timeout_s)

    def _lost(self, error: OSError | http.client.HTTPException) -> VeraxError:
        self.close()
        if isinstance(error, ConnectionRefusedError):
            return VeraxError(f"server: nothing listens at {self.url}", hint='start it with "verax up"', code=NO_SERVER)
        if isinstance(error, TimeoutError):
            return VeraxError(
                f"server: no answer from {self.url} in {self._timeout_s:.0f} s",
                hint='"verax doctor" looks for the reason',
                code="client/timeout",
            )
        reason = getattr(error, "strerror", None) or type(error).__name__
        return VeraxError(
            f"server: the connection to {self.url} broke: {reason}",
            hint='"verax status" says whether it runs',
            code="client/connection",
        )


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def _events(lines: Iterator[bytes] | http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    """Yield the data of each server-sent event (WHATWG HTML, section 9.2), as JSON."""
    data: list[str] = []
    for raw in lines:
        line = raw.decode("utf-8").rstrip("\r\n")
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif line == "" and data:
            text = "\n".join(data)
            data.clear()
            if text == "[DONE]":
                return
            event = _event(text)
            yield event
            if event.get("type") in _LAST_EVENTS:
                return
    raise VeraxError(
        "server: the stream ended before the reply was complete",
        hint="ask again; the turn stands in the log as it ended",
        code="client/connection",
    )


def _event(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise VeraxError("server: expected a JSON object in the stream", code="client/not-verax")
    if "error" in event:
        raise _error_of(Response(int(event["error"].get("status", 500)), {}, text.encode("utf-8")))
    return event


def _error_of(answer: Response) -> VeraxError:
    """Turn an error body of OpenAI's shape, with `code` and `hint`, into an error of the tree."""
    try:
        error = json.loads(answer.data)["error"]
        message, code = str(error["message"]), str(error.get("code") or "")
        hint = str(error.get("hint") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return VeraxError(
            f"server: HTTP {answer.status} without an error of Verax's shape",
            hint="check the address; --url sets it",
            code="client/not-verax",
        )
    if answer.status == 429:
        wait = answer.headers.get("retry-after", "1")
        return BusyError(message, retry_after_s=int(wait) if wait.isdigit() else 1, hint=hint, code=code)
    if answer.status == 404:
        return UnknownObject(message, hint=hint, code=code or None)
    kind = _FAMILIES.get(code.partition("/")[0], VeraxError)
    return kind(message, hint=hint, code=code or None)
