"""A proxy that breaks connections, for clients that must survive it.

It forwards bytes between its own port and a server's, and knows nothing of what they mean. The
server may be another one later: whoever speaks to the proxy sees one that was started again.

>>> with CuttingProxy("localhost", 8420) as proxy:
...     proxy.cut()                         # breaks what is connected now
...     proxy.cut_after = lambda: 2_000     # and each later connection after 2,000 bytes of answers
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

__all__ = ["CuttingProxy"]

_PIECE_BYTES = 4_096
_NO_LINGER = struct.pack("ii", 1, 0)


class CuttingProxy:
    """Forwards TCP connections until it is told to break them.

    Attributes:
        url: Where it is reached, without a slash at the end.
        target: Host and port of the server; connections made from now on go there.
        is_down: Whether connections are refused.
        cut_after: Draws after how many bytes of answers a connection breaks; None breaks none.
        cuts: Connections that were broken.
    """

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.is_down = False
        self.cut_after: Callable[[], int] | None = None
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self._listener.getsockname()[1]}"
        self._live: set[_Connection] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="cutting-proxy", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # Closing alone does not wake the thread that accepts.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection."""
        with self._lock:
            live, self._live = self._live, set()
        for connection in live:
            self._break(connection)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.is_down:
                _reset(client)
                continue
            try:
                server = socket.create_connection(self.target, timeout=5)
            except OSError:
                _reset(client)
                continue
            server.settimeout(None)
            connection = _Connection(client, server)
            with self._lock:
                self._live.add(connection)
            for work in (self._send_requests, self._send_answers):
                threading.Thread(target=work, args=(connection,), name="cutting-proxy", daemon=True).start()

    def _send_requests(self, connection: _Connection) -> None:
        with contextlib.suppress(OSError):
            while piece := connection.client.recv(_PIECE_BYTES):
                connection.server.sendall(piece)
        self._forget(connection)

    def _send_answers(self, connection: _Connection) -> None:
        with contextlib.suppress(OSError):
            while piece := connection.server.recv(_PIECE_BYTES):
                allowed = self._allowed(connection, len(piece))
                connection.client.sendall(piece[:allowed])
                if allowed < len(piece):
                    self._break(connection)
                    return
        self._forget(connection)

    def _allowed(self, connection: _Connection, size: int) -> int:
        if self.cut_after is None:
            return size
        if connection.left is None:
            connection.left = self.cut_after()
        allowed = min(size, connection.left)
        connection.left -= allowed
        return allowed

    def _break(self, connection: _Connection) -> None:
        self.cuts += 1
        connection.close(_reset)

    def _forget(self, connection: _Connection) -> None:
        with self._lock:
            self._live.discard(connection)
        connection.close(_end)


class _Connection:
    """Both ends of one connection; `left` bytes of answers may still pass, once it is known."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.left: int | None = None
        self._closing = threading.Lock()

    def close(self, how: Callable[[socket.socket], None]) -> None:
        """Close both ends, which ends the threads that wait for them; whoever comes first says how."""
        if not self._closing.acquire(blocking=False):
            return
        for end in (self.client, self.server):
            how(end)


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def _reset(end: socket.socket) -> None:
    """Break a connection as a network does: the other side sees an error, no end."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        end.shutdown(socket.SHUT_RD)
    end.close()
