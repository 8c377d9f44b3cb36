"""Running a plan in the worker's process: started, watched, ended.

*Life of a worker.* A socket pair for connections and a pipe for events are made; the worker is started in an
environment of its own, with no variables but a few fixed ones and its order on stdin; its first event must come in
`start_s`, the next ones each in `stall_s`, the whole in `total_s`; whatever happens it is ended and reaped, and its
token is taken back.

A worker that crashes, hangs, floods its pipe or reports a sample twice breaks the run. It cannot make one pass:
what it reports is only which turns there were.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verax.gates.planfile import plan_object
from verax.gates.relay import Address, Relay
from verax.gates.running import GateBroken, Job, Ran
from verax.kernel.errors import ConfigError

__all__ = ["WorkerLimits", "WorkerParts", "WorkerRunner"]

_MODULE = "verax.gates.worker"
_MAX_EVENT_BYTES = 65_536
_MAX_REASON_CHARS = 300


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """How long a worker may take."""

    start_s: float = 120.0
    stall_s: float = 600.0
    total_s: float = 7200.0


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What a worker is made of.

    Attributes:
        python: Interpreter of the environment that has the engine.
        address: Where the server under test listens; asked when a run starts.
        token: Opens and takes back a credential that opens previews and nothing else.
        connections: Calls side by side.
    """

    python: Path
    address: Callable[[], Address]
    token: Callable[[], AbstractAsyncContextManager[str]]
    connections: int = 2
    limits: WorkerLimits = WorkerLimits()


class WorkerRunner:
    """Implements `verax.gates.running.Runner` by a process."""

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts

    def check(self) -> None:
        """Look for the interpreter.

        Raises:
            ConfigError: it is not there.
        """
        if not self._parts.python.exists():
            raise ConfigError(
                f"gates: no interpreter at {self._parts.python}",
                hint='"make gates" makes the environment; gates_python names another one',
                code="gates/no-engine",
            )

    async def run(self, job: Job) -> Ran:
        """Take every sample; see the module."""
        self.check()
        async with self._parts.token() as token, _started(self._parts, job.folder) as worker:
            order = {
                "token": token,
                "plan": plan_object(job.plan),
                "done": {key: list(turns) for key, turns in job.done.items()},
                "connections": self._parts.connections,
            }
            try:
                async with asyncio.timeout(self._parts.limits.total_s):
                    await worker.give(order)
                    return await _watch(worker, job, self._parts.limits)
            except TimeoutError:
                raise GateBroken("the worker did not end in time") from None


@dataclass(frozen=True, slots=True)
class _Worker:
    """A started process and its ends."""

    process: asyncio.subprocess.Process
    events: asyncio.StreamReader

    async def give(self, order: dict[str, Any]) -> None:
        """Write the order and close stdin."""
        stdin = self.process.stdin
        if stdin is None:
            raise GateBroken("the worker has no input")
        with contextlib.suppress(ConnectionError):  # a worker that ended at once is told of by its exit code
            stdin.write(json.dumps(order).encode("ascii"))
            await stdin.drain()
            stdin.close()

    async def event(self, limit_s: float) -> dict[str, Any] | None:
        """Return the next event, None at the end of the pipe."""
        try:
            line = await asyncio.wait_for(self.events.readline(), limit_s)
        except TimeoutError:
            raise GateBroken(f"the worker said nothing for {limit_s:.0f} s") from None
        except ValueError:
            raise GateBroken("the worker wrote an event beyond its limit") from None
        if not line:
            return None
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict) or not isinstance(event.get("event"), str):
            raise GateBroken("the worker wrote something that is no event")
        return event


async def _watch(worker: _Worker, job: Job, limits: WorkerLimits) -> Ran:
    """Follow the events of a worker until it says that it is done, and ended well."""
    first = await worker.event(limits.start_s)
    if first is None or first["event"] != "ready":
        raise GateBroken(_reason_of(first, "the worker ended before it was ready"))
    ran = Ran(str(first.get("engine"))[:64], tuple(str(word)[:32] for word in first.get("confinement", ())))
    left = set(job.plan.keys) - job.done.keys()
    while (event := await worker.event(limits.stall_s)) is not None and event["event"] == "sample":
        key, turns = event.get("key"), event.get("turns")
        if key not in left or not isinstance(turns, list) or not all(isinstance(turn, str) for turn in turns):
            raise GateBroken("the worker reported a sample that was not asked for")
        left.discard(key)
        job.note(key, tuple(turns))
    if event is None or event["event"] != "done":
        raise GateBroken(_reason_of(event, "the worker ended before it was done"))
    if left:
        raise GateBroken(f"{len(left)} samples are missing")
    code = await asyncio.wait_for(worker.process.wait(), limits.stall_s)
    if code != 0:
        raise GateBroken(f"the worker ended with code {code}")
    return ran


def _reason_of(event: dict[str, Any] | None, otherwise: str) -> str:
    """Return a worker's own words for what broke, made short and printable."""
    if event is None or event["event"] != "broken":
        return otherwise
    text = str(event.get("reason", ""))[:_MAX_REASON_CHARS]
    return "".join(letter if letter.isprintable() else " " for letter in text) or otherwise


@contextlib.asynccontextmanager
async def _started(parts: WorkerParts, folder: Path) -> AsyncIterator[_Worker]:
    """Start a worker; it is ended and reaped when the block ends."""
    folder = await asyncio.to_thread(_make_folder, folder)
    ours, theirs = socket.socketpair()
    read_end, write_end = os.pipe()
    log = os.open(folder / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    relay = Relay(ours, parts.address())
    try:
        process = await asyncio.create_subprocess_exec(
            str(parts.python),
            "-I",
            "-m",
            _MODULE,
            *(str(theirs.fileno()), str(write_end), str(folder), str(os.getpid())),
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=_environment(folder),
            cwd=folder,
            pass_fds=(theirs.fileno(), write_end),
            start_new_session=True,
        )
    except OSError as error:
        os.close(read_end)
        await relay.close()
        raise GateBroken(f"the worker could not be started: {error.strerror}") from None
    finally:
        theirs.close()
        os.close(write_end)
        os.close(log)
    reader = asyncio.StreamReader(limit=_MAX_EVENT_BYTES)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(read_end, "rb"))
    try:
        yield _Worker(process, reader)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        transport.close()
        await relay.close()


def _make_folder(folder: Path) -> Path:
    for name in ("home", "tmp"):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.resolve()


def _environment(folder: Path) -> dict[str, str]:
    return {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PATH": "/nonexistent",
        "LANG": "C.UTF-8",
        "INSPECT_DISPLAY": "none",
        "INSPECT_LOG_LEVEL": "warning",
    }
