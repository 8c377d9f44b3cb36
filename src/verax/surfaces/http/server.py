"""Serving an installation: uvicorn on uvloop and httptools, with an end that loses nothing.

On SIGTERM or SIGINT the server stops listening, finishes the turns that are open for up to
`grace_s`, cancels what is left (each is recorded as ``cancelled``) and returns; the caller
then closes the installation. A second signal ends the waiting at once.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import Callable

from verax.surfaces.http.app import create_app
from verax.surfaces.http.ports import Installation
from verax.surfaces.lifetime import serve_app, uvicorn_config

__all__ = ["GRACE_S", "serve"]

GRACE_S = 30

# The database's thread asks for the interpreter many times in one commit; with Python's usual 5 ms a
# busy event loop makes it wait that long each time, and every turn waits for the commit.
_SWITCH_INTERVAL_S = 0.0005


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
    config = uvicorn_config(create_app(installation), "httptools", grace_s)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    # What start-up made stays for good: the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    host, port = sockets[0].getsockname()[:2]

    # Gates ask this server: they stop before it no longer takes requests, or their runs would seem to break.
    def ready() -> None:
        installation.listens_at(host, port)
        on_ready()

    await serve_app(config, sockets, on_ready=ready, on_stop=installation.gates.close, stop=stop)
