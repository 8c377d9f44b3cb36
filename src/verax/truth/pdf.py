"""PDF files, read by a process that holds one file and nothing else.

* Each document has a process of its own: a file that crashes the parser, fills its memory or
  keeps it busy ends that process, and costs its owner one error.
* The process is started isolated, without bytecode, and says which files it ran; the caller's
  `check_code` compares them with the measured runtime before any text is believed (clause 13).
* Time, memory, output and the number of processes are bounded.

What becomes of files that hold no text: `DocumentError` of `verax.truth.documents` lists it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import verax
from verax.kernel.errors import BusyError, RequestError

__all__ = ["CheckCode", "PdfLimits", "PdfReader", "PdfText"]

CheckCode = Callable[[Mapping[str, str]], None]
"""Takes SHA-256 by path of everything that ran; raises `RuntimeChanged` for what was not measured."""

_WORKER = Path(__file__).with_name("pdf_worker.py")
_FOLDERS = (str(Path(verax.__file__).resolve().parents[1]), sysconfig.get_path("platlib"))
_FLAGS = ("-I", "-S", "-B", "-X", "pycache_prefix=/dev/null/no-bytecode")
_MAX_LINE_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class PdfLimits:
    """How much one document may take.

    Attributes:
        pages: Pages that are read; the rest is left out.
        chars: Characters that are read; the rest is left out.
        seconds: Longest wait for a document.
        processes: Documents that are read side by side.
        waiting: Documents that wait for one of them before the next is refused.
    """

    pages: int = 2_000
    chars: int = 1_000_000
    seconds: float = 60.0
    processes: int = 2
    waiting: int = 16


@dataclass(frozen=True, slots=True)
class PdfText:
    """What a PDF says.

    Attributes:
        count: Pages of the document.
        pages: Text of each page that was read; None for one that is broken.
        holds: What the process had given up.
    """

    count: int
    pages: tuple[str | None, ...]
    holds: tuple[str, ...]


class PdfReader:
    """Reads documents, each in a process of its own."""

    def __init__(self, check_code: CheckCode, limits: PdfLimits | None = None) -> None:
        self._check_code = check_code
        self._limits = limits or PdfLimits()
        self._slots = asyncio.Semaphore(self._limits.processes)
        self._waiting = 0

    async def read(self, data: bytes) -> PdfText:
        """Return the text of a document.

        Raises:
            RequestError: encrypted, broken, or beyond what a document may take.
            BusyError: too many documents wait.
            RuntimeChanged: the process ran code that was not measured.
        """
        if self._waiting >= self._limits.waiting:
            raise BusyError("documents: too many are being read", retry_after_s=5, code="busy/documents")
        self._waiting += 1
        try:
            async with self._slots, asyncio.timeout(self._limits.seconds):
                return await self._run(data)
        except TimeoutError:
            raise _too_complex("it took too long to read") from None
        finally:
            self._waiting -= 1

    async def _run(self, data: bytes) -> PdfText:
        limits = self._limits
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *_FLAGS,
            str(_WORKER),
            *_FOLDERS,
            str(limits.pages),
            str(limits.chars),
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
            return await self._read(process)
        finally:
            giving.cancel()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _read(self, process: asyncio.subprocess.Process) -> PdfText:
        code = await _next(process)
        if not isinstance(code.get("code"), dict):
            raise _too_complex("its reader did not start")
        self._check_code({str(path): str(digest) for path, digest in code["code"].items()})
        holds = tuple(str(word) for word in (await _next(process)).get("holds", ()))
        count: int | None = None
        pages: list[str | None] = []
        left = self._limits.chars
        while True:
            line = await _next(process)
            if "problem" in line:
                raise _problem(str(line["problem"]))
            if "pages" in line:
                count = int(line["pages"])
            elif "page" in line and count is not None and len(pages) < min(count, self._limits.pages) and left > 0:
                pages.append(None if line["page"] is None else str(line["page"])[:left])
                left -= len(pages[-1] or "")
            elif "end" in line and count is not None:
                return PdfText(count, tuple(pages), holds)
            else:
                raise _too_complex("its reader broke off")


async def _give(process: asyncio.subprocess.Process, data: bytes) -> None:
    """Hand the document over; a process that ends before it has read all of it is told of by its lines."""
    if process.stdin is not None:
        with contextlib.suppress(ConnectionError):
            process.stdin.write(data)
            await process.stdin.drain()
            process.stdin.close()


async def _next(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """Return the next line; the end of the process is an error here, since the last line ends the reading."""
    if process.stdout is None:
        raise _too_complex("its reader did not start")
    try:
        line = await process.stdout.readline()
        value = json.loads(line) if line else None
    except ValueError:  # a line beyond the limit, or no JSON
        value = None
    if isinstance(value, dict):
        return value
    code = await process.wait()
    memory = code in (-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL, -signal.SIGSEGV, 1)
    raise _too_complex("its reader ran out of memory or broke" if memory else "its reader was ended")


def _problem(kind: str) -> RequestError:
    if kind == "encrypted":
        return RequestError(
            "attachment: the PDF is locked with a password",
            hint="save a copy without the password and attach that",
            code="attachment/encrypted",
        )
    return RequestError(
        "attachment: the file is no PDF that can be read; it is damaged or cut off",
        hint="open it in a viewer and save it again",
        code="attachment/broken",
    )


def _too_complex(reason: str) -> RequestError:
    return RequestError(
        f"attachment: the PDF could not be read: {reason}",
        hint="print it to a new PDF, or attach fewer pages",
        code="attachment/too-complex",
    )
