"""Serving an installation: uvicorn on uvloop and httptools, with an end that loses nothing.

On SIGTERM or SIGINT the server stops listening, finishes the turns that are open for up to
`grace_s`, cancels what is left (each is recorded as ``cancelled``) and returns; the caller
then closes the installation. A second signal ends the waiting at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator

import uvicorn

from verax.surfaces.http.app import create_app
from verax.surfaces.http.ports import Installation

__all__ = ["GRACE_S", "serve"]

GRACE_S = 30

_KEEP_ALIVE_S = 75
# The database's thread asks for the interpreter many times in one commit; with Python's usual 5 ms a
# busy event loop makes it wait that long each time, and every turn waits for the commit.
_SWITCH_INTERVAL_S = 0.0005
_BACKLOG = 2048


async def serve(
    installation: Installation,
    sockets: list[socket.socket],
    *,
    on_ready: Callable[[], None] = lambda: None,
    stop: asyncio.Event | None = None,
    grace_s: int = GRACE_S,
) -> None:
    """Serve until a signal comes or `stop` is set.

    Args:
        sockets: Listening sockets, already bound; binding them decides who can reach the server.
        on_ready: Called once requests are taken.
        grace_s: Longest wait for open turns when the server stops, in seconds.
    """
    config = uvicorn.Config(
        create_app(installation),
        http="httptools",
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
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    # What start-up made stays for good: the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    server = _Server(config, on_ready)
    watcher = asyncio.create_task(_stop_when_set(server, stop)) if stop is not None else None
    try:
        await server.serve(sockets)
    finally:
        if watcher is not None:
            watcher.cancel()


class _Server(uvicorn.Server):
    """Uvicorn's server, which returns after a signal instead of raising it again."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

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
