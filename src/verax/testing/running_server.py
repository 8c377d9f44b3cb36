"""A real server on a loopback port, in a thread, for clients that know nothing of it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

import uvloop

from verax.surfaces.http.ports import Installation
from verax.surfaces.http.server import serve

__all__ = ["RunningServer", "run_server"]

T = TypeVar("T")
I = TypeVar("I", bound=Installation)  # noqa: E741 - the installation's own type

_START_LIMIT_S = 60
_CALL_LIMIT_S = 60
_GRACE_S = 5


class RunningServer(Generic[I]):
    """What a test sees of a running server.

    Attributes:
        url: Where it is reached, without a slash at the end.
        installation: What it serves; touch it through `call` only.
    """

    def __init__(self, url: str, installation: I, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self.installation = installation
        self._loop = loop

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's own loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_CALL_LIMIT_S)


@contextlib.contextmanager
def run_server(opened: Callable[[], AbstractAsyncContextManager[I]]) -> Iterator[RunningServer[I]]:
    """Serve the installation that `opened` opens until the block ends.

    Args:
        opened: Makes an asynchronous context manager; entered and left on the server's loop.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://localhost:{listener.getsockname()[1]}"
    ready = threading.Event()
    running: list[RunningServer[I]] = []
    faults: list[BaseException] = []
    stops: list[Callable[[], object]] = []

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        stops.append(lambda: loop.call_soon_threadsafe(stop.set))
        async with opened() as installation:
            running.append(RunningServer(url, installation, loop))
            await serve(installation, [listener], on_ready=ready.set, stop=stop, grace_s=_GRACE_S)

    def work() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(main())
        except BaseException as error:  # noqa: BLE001 - the thread ends here; the test raises it again
            faults.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=work, name="verax-test-server", daemon=True)
    thread.start()
    try:
        if not ready.wait(_START_LIMIT_S) or faults:
            raise RuntimeError("the server did not start") from (faults[0] if faults else None)
        yield running[0]
    finally:
        for stop in stops:
            if not faults:  # else the loop is closed already
                stop()
        thread.join(_START_LIMIT_S)
        listener.close()
    if faults:
        raise RuntimeError("the server ended in an error") from faults[0]
