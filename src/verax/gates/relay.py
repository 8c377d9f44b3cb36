"""Connections for a worker that may not make its own: each reaches one address and no other."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass

__all__ = ["Address", "Relay"]

_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server under test listens on this machine."""

    host: str
    port: int


class Relay:
    """Gives connections to whoever holds the other end of `control`; used from one event loop.

    One byte asks for a connection; the answer is one byte and a descriptor.

    Args:
        control: A connected Unix socket; the relay closes it.
        address: Where every connection leads.
    """

    def __init__(self, control: socket.socket, address: Address) -> None:
        control.setblocking(False)
        self._control = control
        self._address = address
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = asyncio.ensure_future(self._serve())

    async def close(self) -> None:
        """End every connection."""
        self._server.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(self._server, *self._tasks, return_exceptions=True)
        self._control.close()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while await loop.sock_recv(self._control, 1):
            ours, theirs = socket.socketpair()
            with theirs:
                socket.send_fds(self._control, [b"c"], [theirs.fileno()])
            task = loop.create_task(self._connect(ours))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, ours: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=ours)
        with contextlib.closing(writer):
            try:
                server_reader, server_writer = await asyncio.open_connection(self._address.host, self._address.port)
            except OSError:
                return  # the worker sees a closed connection
            with contextlib.closing(server_writer):
                # Either side may end first; an answer that ended early must not leave the other side waiting.
                copies = [
                    asyncio.ensure_future(_copy(reader, server_writer)),
                    asyncio.ensure_future(_copy(server_reader, writer)),
                ]
                try:
                    await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for copy in copies:
                        copy.cancel()
                    await asyncio.gather(*copies, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(_CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
