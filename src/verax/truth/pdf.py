"""PDF files, read by a process that holds one file and nothing else (`verax.truth.process`).

What becomes of files that hold no text, `verax.truth.documents` says.
"""

from __future__ import annotations

from dataclasses import dataclass

from verax.kernel.errors import RequestError
from verax.truth.process import CheckCode, JobFailed, JobLimits, JobLines, JobRunner

__all__ = ["PdfBookmark", "PdfLimits", "PdfReader", "PdfText", "read_pages"]


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
class PdfBookmark:
    """An entry of a document's outline: page from 0, level from 1."""

    page: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class PdfText:
    """What a PDF says.

    Attributes:
        count: Pages of the document.
        pages: Text of each page that was read; None for one that is broken.
        outline: Its bookmarks that lead to a page, in order.
        holds: What the process had given up.
    """

    count: int
    pages: tuple[str | None, ...]
    outline: tuple[PdfBookmark, ...]
    holds: tuple[str, ...]


class PdfReader:
    """Reads documents, each in a process of its own."""

    def __init__(self, check_code: CheckCode, limits: PdfLimits | None = None) -> None:
        self._limits = limits or PdfLimits()
        bounds = JobLimits(self._limits.seconds, self._limits.processes, self._limits.waiting)
        self._jobs = JobRunner(check_code, bounds)

    async def read(self, data: bytes) -> PdfText:
        """Return the text of a document.

        Raises:
            RequestError: encrypted, broken, or beyond what a document may take.
            BusyError: too many documents wait.
            RuntimeChanged: the process ran code that was not measured.
        """
        try:
            found = await read_pages(self._jobs, data, self._limits.pages, self._limits.chars)
        except JobFailed as error:
            raise RequestError(
                f"attachment: the PDF could not be read: {error}",
                hint="print it to a new PDF, or attach fewer pages",
                code="attachment/too-complex",
            ) from None
        if isinstance(found, str):
            raise _problem(found)
        return found


async def read_pages(jobs: JobRunner, data: bytes, max_pages: int, max_chars: int) -> PdfText | str:
    """Return the text of a PDF, or what is wrong with it: ``encrypted`` or ``broken``.

    Raises:
        JobFailed, BusyError, RuntimeChanged: as `JobRunner.run` says.
    """

    async def read(lines: JobLines) -> PdfText | str:
        return await _read(lines, max_pages, max_chars)

    return await jobs.run("pdf", [str(max_pages), str(max_chars)], data, read)


async def _read(lines: JobLines, max_pages: int, left: int) -> PdfText | str:
    count: int | None = None
    pages: list[str | None] = []
    outline: tuple[PdfBookmark, ...] = ()
    while True:
        line = await lines.next()
        if "problem" in line:
            return str(line["problem"])
        if "pages" in line:
            count = int(line["pages"])
        elif "page" in line and count is not None and len(pages) < min(count, max_pages) and left > 0:
            pages.append(None if line["page"] is None else str(line["page"])[:left])
            left -= len(pages[-1] or "")
        elif "outline" in line and count is not None:
            outline = tuple(PdfBookmark(int(page), int(level), str(title)) for page, level, title in line["outline"])
        elif "end" in line and count is not None:
            return PdfText(count, tuple(pages), outline, lines.holds)
        else:
            raise JobFailed("its reader broke off")


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
