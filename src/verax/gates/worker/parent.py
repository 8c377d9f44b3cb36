"""The worker's three ends to its parent: the order on stdin, events on a pipe, connections on a socket.

* The order is one JSON object: what to ask, and the one credential, a token for previews.
* An event is a line of JSON: ``ready``, ``sample``, ``done`` or ``broken``.
* A connection is asked for by one byte and comes back as a descriptor; what is written to it reaches the server's
  address and no other, because the parent copies it there (`verax.gates.relay`).
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Order", "Parent", "ServerError"]

_ANSWER_LIMIT_S = 600.0
_MAX_REASON_CHARS = 300


class ServerError(Exception):
    """The server refused a call, or a turn failed.

    Attributes:
        code: The server's permanent code.
        turn: Id of the turn that failed, empty where there was none.
        retry_after_s: Set where the server said when to come back.
    """

    def __init__(self, code: str, message: str, turn: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(f"{code}: {message}"[:_MAX_REASON_CHARS])
        self.code = code
        self.turn = turn
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Order:
    """What the parent wants; `done` holds the turns of samples that an earlier attempt finished, by key."""

    token: str
    plan: Mapping[str, Any]
    done: Mapping[str, list[str]]
    connections: int

    @classmethod
    def read(cls) -> Order:
        """Read the order from stdin, whole."""
        data = json.loads(sys.stdin.buffer.read())
        return cls(data["token"], data["plan"], data["done"], data["connections"])


class Parent:
    """Talks to the parent; safe to use from several threads."""

    def __init__(self, control: int, events: int) -> None:
        self._control = socket.socket(fileno=control)
        self._events = events
        self._lock = threading.Lock()

    def tell(self, event: str, **fields: object) -> None:
        """Write one event."""
        line = json.dumps({"event": event, **fields}, ensure_ascii=True) + "\n"
        with self._lock:
            os.write(self._events, line.encode("ascii"))

    def post(self, path: str, token: str, body: object) -> Any:
        """Send one request on a connection of its own and return the JSON of the answer.

        Raises:
            ServerError: a status of 400 or more.
            OSError: the connection broke.
        """
        connection = http.client.HTTPConnection("localhost", timeout=_ANSWER_LIMIT_S)
        connection.sock = self._connect()
        try:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Connection": "close"}
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            data = response.read()
            if response.status >= 400:
                raise _error_of(response.status, response.getheader("retry-after"), data)
            return json.loads(data)
        except http.client.HTTPException as error:
            raise OSError(f"the connection to the server broke: {type(error).__name__}") from None
        finally:
            connection.close()

    def _connect(self) -> socket.socket:
        with self._lock:
            self._control.sendall(b"c")
            data, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
        if data != b"c" or not descriptors:
            raise OSError("the parent gave no connection")
        found = socket.socket(fileno=descriptors[0])
        found.settimeout(_ANSWER_LIMIT_S)
        return found


def _error_of(status: int, retry_after: str | None, data: bytes) -> ServerError:
    try:
        body = json.loads(data)
        code, message = str(body["error"]["code"]), str(body["error"]["message"])
        turn = str(body.get("verax", {}).get("id", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ServerError(f"HTTP {status}", "an answer without an error")
    wait_s = float(retry_after) if retry_after is not None and retry_after.isdigit() else None
    return ServerError(code, message, turn, wait_s if status == 429 else None)
