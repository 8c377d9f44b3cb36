"""A real witness on a loopback port, in a thread, which a test can stop and start again."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from verax.kernel.note import VerifierKey
from verax.kernel.witness import origin_digest
from verax.store.clock import Clock, SystemClock
from verax.store.witness import FollowedLog, Witness, WitnessFolder, WitnessKey
from verax.surfaces.witness import serve_witness

__all__ = ["RunningWitness", "run_witness"]

_START_LIMIT_S = 30


class RunningWitness:
    """A witness with a folder, a port of its own, and a server that may be down.

    Args:
        path: Its data folder.
        name: Its name; the seed of its key follows from it.
        clock: What it takes for the time.
        limits: Passed on to `serve_witness`.
    """

    def __init__(self, path: Path, name: str = "w", clock: Clock | None = None, **limits: float) -> None:
        self.folder = WitnessFolder(path)
        self.folder.make()
        self.key = WitnessKey(f"{name}.test", name.encode().ljust(32, b"."))
        self._clock = clock or SystemClock()
        self._limits = limits
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self._stop: Callable[[], object] = lambda: None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it takes submissions, whether it runs or not."""
        return f"http://127.0.0.1:{self.port}"

    def policy_line(self, name: str) -> str:
        """Return its line in a policy that calls it `name`."""
        return f"witness {name} {self.key.verifier} {self.url}\n"

    def follow(self, *keys: VerifierKey) -> None:
        """Follow the log of these keys."""
        self.folder.follow(keys)

    def seen(self, origin: str) -> FollowedLog | None:
        """Return what it saw of a log."""
        return self.folder.find(origin_digest(origin))

    def start(self) -> None:
        """Take requests from now on."""
        listener = socket.create_server(("127.0.0.1", self.port))
        ready = threading.Event()

        async def main() -> None:
            stop, loop = asyncio.Event(), asyncio.get_running_loop()
            self._stop = lambda: loop.call_soon_threadsafe(stop.set)
            witness = Witness(self.folder, self.key, self._clock)
            await serve_witness(witness, [listener], on_ready=ready.set, stop=stop, **self._limits)

        self._thread = threading.Thread(target=lambda: asyncio.run(main()), name="verax-test-witness", daemon=True)
        self._thread.start()
        if not ready.wait(_START_LIMIT_S):
            raise RuntimeError("the witness did not start")

    def stop(self) -> None:
        """Answer nobody from now on; safe to call twice."""
        if self._thread is not None:
            self._stop()
            self._thread.join(_START_LIMIT_S)
            self._thread = None


@contextlib.contextmanager
def run_witness(
    path: Path, keys: Sequence[VerifierKey] = (), name: str = "w", clock: Clock | None = None, **limits: float
) -> Iterator[RunningWitness]:
    """Serve a witness that follows the logs of `keys` until the block ends."""
    witness = RunningWitness(path, name, clock, **limits)
    for key in keys:
        witness.follow(key)
    witness.start()
    try:
        yield witness
    finally:
        witness.stop()
