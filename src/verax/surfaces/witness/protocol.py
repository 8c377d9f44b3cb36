"""Connections of strangers: bounded in number, in the time of a request's head, and in its bytes.

A witness stands on the open network and is asked a few small things. So a connection that
has not sent the whole head of a request within `HEAD_LIMIT_S`, or sends a larger one than
`MAX_HEAD_BYTES`, is closed, and beyond `MAX_CONNECTIONS` no more are taken. The time of a
body is bounded by `verax.surfaces.witness.app`.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from verax.kernel.witness import MAX_SUBMISSION_BYTES

__all__ = ["HEAD_LIMIT_S", "MAX_CONNECTIONS", "MAX_HEAD_BYTES", "BoundedProtocol"]

HEAD_LIMIT_S = 10.0
MAX_HEAD_BYTES = 16_384
MAX_CONNECTIONS = 512

# One read may bring the head and a whole body with it.
_MAX_FIRST_BYTES = MAX_HEAD_BYTES + MAX_SUBMISSION_BYTES


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol with the bounds above."""

    head_limit_s = HEAD_LIMIT_S
    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        else:
            self._start_timer()

    def data_received(self, data: bytes) -> None:
        if self._timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_FIRST_BYTES:
                self.transport.abort()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        if self._timer is None:
            self._start_timer()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_timer()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def _start_timer(self) -> None:
        self._head_bytes = 0
        self._timer = self.loop.call_later(self.head_limit_s, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
