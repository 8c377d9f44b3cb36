"""Uvicorn's life: from listening sockets to the end that a signal or an event asks for."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Literal

import uvicorn

__all__ = ["serve_app", "uvicorn_config"]

_KEEP_ALIVE_S = 75
_BACKLOG = 2048


def uvicorn_config(
    app: Callable[..., Any], http: Literal["httptools"] | type[asyncio.Protocol], grace_s: int
) -> uvicorn.Config:
    """Return what every server of Verax has: HTTP alone, no log of requests, and no word of its own in an answer.

    Args:
        grace_s: Longest wait for open requests at the end, in seconds.
    """
    return uvicorn.Config(
        app,
        http=http,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=grace_s,
    )


async def serve_app(
    config: uvicorn.Config,
    sockets: list[socket.socket],
    *,
    on_ready: Callable[[], None] = lambda: None,
    on_stop: Callable[[], Awaitable[None]] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serve what `config` names until a signal comes or `stop` is set; a second signal ends the waiting at once.

    Args:
        on_ready: Called once requests are taken.
        on_stop: Awaited when the end begins, while requests are still taken.
    """
    server = _Server(config, on_ready, on_stop)
    watcher = asyncio.create_task(_stop_when_set(server, stop)) if stop is not None else None
    try:
        await server.serve(sockets)
    finally:
        if watcher is not None:
            watcher.cancel()


class _Server(uvicorn.Server):
    """Uvicorn's server, which returns after a signal instead of raising it again."""

    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None], on_stop: Callable[[], Awaitable[None]] | None
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._on_stop is not None:
            await self._on_stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self._take_signal)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    def _take_signal(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


async def _stop_when_set(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
