"""Serving a witness: uvicorn on sockets that are bound already, until a signal or `stop`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from verax.store.witness import Witness
from verax.surfaces.lifetime import serve_app, uvicorn_config
from verax.surfaces.witness.app import BODY_LIMIT_S, WitnessApp
from verax.surfaces.witness.protocol import HEAD_LIMIT_S, BoundedProtocol

__all__ = ["serve_witness"]

_GRACE_S = 10


async def serve_witness(
    witness: Witness,
    sockets: list[socket.socket],
    *,
    on_ready: Callable[[], None] = lambda: None,
    stop: asyncio.Event | None = None,
    head_limit_s: float = HEAD_LIMIT_S,
    body_limit_s: float = BODY_LIMIT_S,
) -> None:
    """Serve until a signal comes or `stop` is set.

    Args:
        sockets: Listening sockets, already bound; binding them decides who can reach the witness.
        on_ready: Called once requests are taken.
        head_limit_s: Longest time for the head of a request.
        body_limit_s: Longest time for its body.
    """
    app = WitnessApp(witness, body_limit_s=body_limit_s)
    protocol = type("Protocol", (BoundedProtocol,), {"head_limit_s": head_limit_s})
    config = uvicorn_config(app, protocol, _GRACE_S)
    try:
        await serve_app(config, sockets, on_ready=on_ready, stop=stop)
    finally:
        app.close()
