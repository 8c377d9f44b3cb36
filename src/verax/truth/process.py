"""Starting a confined process for one job, and believing it no more than its lines allow.

* Each document has a process of its own: a file that crashes the parser, fills its memory or
  keeps it busy ends that process, and costs its owner one error.
* The process is started isolated, without bytecode, and says which files it ran; the caller's
  `check_code` compares them with the measured runtime before anything is believed (clause 13).
* Time, memory, output and the number of processes are bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import sysconfig
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import verax
from verax.kernel.errors import BusyError

__all__ = ["CheckCode", "JobFailed", "JobLimits", "JobLines", "JobRunner"]

CheckCode = Callable[[Mapping[str, str]], None]
"""Takes SHA-256 by path of everything that ran; raises `RuntimeChanged` for what was not measured."""

T = TypeVar("T")

_WORKER = Path(__file__).with_name("worker.py")
_FOLDERS = (str(Path(verax.__file__).resolve().parents[1]), sysconfig.get_path("platlib"))
_FLAGS = ("-I", "-S", "-B", "-X", "pycache_prefix=/dev/null/no-bytecode")
_MAX_LINE_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class JobLimits:
    """How much jobs may take.

    Attributes:
        seconds: Longest wait for one.
        processes: Jobs that run side by side.
        waiting: Jobs that wait for one of them before the next is refused.
    """

    seconds: float = 60.0
    processes: int = 2
    waiting: int = 16


class JobFailed(Exception):
    """The process could not do its job; the text says why, in words for the document's owner."""


class JobLines:
    """What a process says, line by line.

    Attributes:
        holds: What the process had given up before it read anything.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.holds: tuple[str, ...] = ()

    async def meet(self, check_code: CheckCode) -> None:
        """Learn what runs there and what it gave up; raises `JobFailed`, `RuntimeChanged`."""
        code = (await self.next()).get("code")
        if not isinstance(code, dict):
            raise JobFailed("its reader did not start")
        check_code({str(path): str(digest) for path, digest in code.items()})
        self.holds = tuple(str(word) for word in (await self.next()).get("holds", ()))

    async def next(self) -> dict[str, Any]:
        """Return the next line; the end of the process is an error here, since the last line ends the job."""
        if self._process.stdout is None:
            raise JobFailed("its reader did not start")
        try:
            line = await self._process.stdout.readline()
            value = json.loads(line) if line else None
        except ValueError:  # a line beyond the limit, or no JSON
            value = None
        if isinstance(value, dict):
            return value
        code = await self._process.wait()
        memory = code in (-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL, -signal.SIGSEGV, 1)
        raise JobFailed("its reader ran out of memory or broke" if memory else "its reader was ended")


class JobRunner:
    """Runs jobs, each in a process of its own."""

    def __init__(self, check_code: CheckCode, limits: JobLimits) -> None:
        self._check_code = check_code
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.processes)
        self._waiting = 0

    async def run(self, job: str, arguments: Sequence[str], data: bytes, read: Callable[[JobLines], Awaitable[T]]) -> T:
        """Do one job on `data` and return what `read` makes of its lines.

        Args:
            job: A module of `verax.truth.jobs`.

        Raises:
            JobFailed: it broke, or took too long.
            BusyError: too many jobs wait.
            RuntimeChanged: the process ran code that was not measured.
        """
        if self._waiting >= self._limits.waiting:
            raise BusyError("documents: too many are being read", retry_after_s=5, code="busy/documents")
        self._waiting += 1
        try:
            async with self._slots, asyncio.timeout(self._limits.seconds):
                return await self._run([job, *arguments], data, read)
        except TimeoutError:
            raise JobFailed("it took too long to read") from None
        finally:
            self._waiting -= 1

    async def _run(self, order: Sequence[str], data: bytes, read: Callable[[JobLines], Awaitable[T]]) -> T:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *_FLAGS,
            str(_WORKER),
            *_FOLDERS,
            *order,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            cwd="/",
            limit=_MAX_LINE_BYTES,
            start_new_session=True,
        )
        giving = asyncio.create_task(_give(process, data))
        try:
            lines = JobLines(process)
            await lines.meet(self._check_code)
            return await read(lines)
        finally:
            giving.cancel()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _give(process: asyncio.subprocess.Process, data: bytes) -> None:
    """Hand the document over; a process that ends before it has read all of it is told of by its lines."""
    if process.stdin is not None:
        with contextlib.suppress(ConnectionError):
            process.stdin.write(data)
            await process.stdin.drain()
            process.stdin.close()
