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

from verax.gates.asking import ask_over

__all__ = ["Order", "Parent"]

_ANSWER_LIMIT_S = 600.0


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

    def post(self, token: str, body: object) -> Any:
        """Ask the server over a connection of its own; see `ask_over`."""
        connection = http.client.HTTPConnection("localhost", timeout=_ANSWER_LIMIT_S)
        connection.sock = self._connect()
        return ask_over(connection, token, body)

    def _connect(self) -> socket.socket:
        with self._lock:
            self._control.sendall(b"c")
            data, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
        if data != b"c" or not descriptors:
            raise OSError("the parent gave no connection")
        found = socket.socket(fileno=descriptors[0])
        found.settimeout(_ANSWER_LIMIT_S)
        return found
