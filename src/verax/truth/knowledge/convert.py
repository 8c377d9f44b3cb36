"""A file's text: plain text is decoded here, everything with a parser is read by a confined process.

What cannot be read is refused, each case in words and with a code of its own: ``document/empty``,
``document/no-text`` (pictures of pages), ``document/encrypted``, ``document/broken``,
``document/too-complex`` (made to exhaust its reader, or truly vast), ``document/unsupported``,
``document/no-converter`` (the extra ``knowledge`` is not installed). What was left out of a
document that was read, its notices say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec

from verax.truth.documents import Notice
from verax.truth.knowledge.formats import DocumentKind, Format, find_format
from verax.truth.knowledge.normal import Heading, NormalText, join_pages, normalise
from verax.truth.knowledge.refusals import empty, no_converter, refusal, too_complex
from verax.truth.pdf import PdfText, read_pages
from verax.truth.process import CheckCode, JobFailed, JobLimits, JobLines, JobRunner

__all__ = ["ConvertLimits", "Converter"]

_PACKAGES: dict[DocumentKind, str] = {
    "word": "mammoth",
    "html": "selectolax",
    "markdown": "markdown_it",
    "mail": "selectolax",
}
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class ConvertLimits:
    """How much one document may take.

    Attributes:
        pages: Pages that are read; the rest is left out.
        chars: Characters that are read; the rest is left out.
        jobs: Time and processes.
    """

    pages: int = 5_000
    chars: int = 10_000_000
    jobs: JobLimits = field(default_factory=lambda: JobLimits(seconds=120.0))


@dataclass(frozen=True, slots=True)
class _Marked:
    """What a job that reads marked-up text said."""

    text: str
    length: int
    headings: tuple[Heading, ...]
    title: str
    hidden: int
    unread: int


class Converter:
    """Turns files into normalised text."""

    def __init__(self, check_code: CheckCode, limits: ConvertLimits | None = None) -> None:
        self._limits = limits or ConvertLimits()
        self._jobs = JobRunner(check_code, self._limits.jobs)

    async def convert(self, data: bytes, name: str, media_type: str = "") -> NormalText:
        """Return what a file says.

        Args:
            name: Its name; the ending tells kinds of text apart.
            media_type: What a server called it, if one did.

        Raises:
            RequestError: it cannot be read; the module's docstring lists the codes.
            BusyError: too many documents wait.
            RuntimeChanged: a process ran code that was not measured.
        """
        if not data.strip():
            raise empty()
        found = find_format(data, name, media_type)
        if found is None:
            raise refusal("unsupported")
        if found.kind in _PACKAGES and find_spec(_PACKAGES[found.kind]) is None:
            raise no_converter(_PACKAGES[found.kind])
        try:
            document = await self._read(data, found)
        except JobFailed as error:
            raise too_complex(str(error)) from None
        if not document.text:
            raise empty()
        return document

    async def _read(self, data: bytes, found: Format) -> NormalText:
        if found.kind == "pdf":
            pages = await read_pages(self._jobs, data, self._limits.pages, self._limits.chars)
            if isinstance(pages, str):
                raise refusal(pages)
            return self._of_pages(pages, found)
        if found.kind == "text":
            text, _ = normalise(_decode(data))
            return NormalText(found.kind, found.media_type, text[: self._limits.chars], notices=self._cut(len(text)))
        marked = await self._jobs.run(found.kind, [str(self._limits.chars)], data, self._read_marked)
        if isinstance(marked, str):
            raise refusal(marked)
        return self._of_marked(marked, found)

    async def _read_marked(self, lines: JobLines) -> _Marked | str:
        parts: list[str] = []
        headings: list[Heading] = []
        about: dict[str, object] = {}
        left = self._limits.chars
        while True:
            line = await lines.next()
            if "problem" in line:
                return str(line["problem"])
            if "text" in line and left >= 0:
                parts.append(str(line["text"])[:left])
                left -= len(parts[-1])
            elif "headings" in line and len(headings) < self._limits.chars:
                headings += [Heading(int(start), int(level), str(title)) for start, level, title in line["headings"]]
            elif "about" in line:
                about = dict(line["about"])
            elif "end" in line:
                numbers = [int(str(about.get(name, 0))) for name in ("hidden", "unread")]
                text = "".join(parts)
                kept = tuple(heading for heading in headings if 0 <= heading.start <= len(text))
                return _Marked(text, int(line["end"]["length"]), kept, str(about.get("title", "")), *numbers)
            else:
                raise JobFailed("its reader broke off")

    def _of_marked(self, marked: _Marked, found: Format) -> NormalText:
        ordered = sorted(marked.headings, key=lambda heading: heading.start)
        text, places = normalise(marked.text, [heading.start for heading in ordered])
        headings = tuple(
            Heading(place, heading.level, " ".join(heading.title.split()))
            for place, heading in zip(places, ordered, strict=True)
        )
        notices = list(self._cut(marked.length))
        if marked.hidden:
            notices.append(
                Notice(
                    "document/hidden",
                    f"{marked.hidden} characters that a reader would not see were left out.",
                    "Look at the document's source where that is a surprise.",
                )
            )
        if marked.unread:
            notices.append(
                Notice(
                    "document/attached",
                    f"{marked.unread} files inside it were not read.",
                    "Add them by themselves.",
                )
            )
        return NormalText(
            found.kind, found.media_type, text, (), headings, notices=tuple(notices), title=marked.title.strip()
        )

    def _of_pages(self, pdf: PdfText, found: Format) -> NormalText:
        text, starts = join_pages(pdf.pages)
        if not text.strip():
            raise refusal("no-text")
        marks = [mark for mark in pdf.outline if 0 <= mark.page < len(starts)]
        headings = tuple(
            Heading(starts[mark.page], mark.level, mark.title) for mark in sorted(marks, key=lambda mark: mark.page)
        )
        notices = []
        empty = sum(not (page or "").strip() for page in pdf.pages)
        if len(pdf.pages) < pdf.count or len(text) >= self._limits.chars:
            notices.append(
                Notice(
                    "document/cut",
                    f"The document is very long: the first {len(pdf.pages)} of {pdf.count} pages are read.",
                    "Add the rest as a document of its own.",
                )
            )
        if empty:
            notices.append(
                Notice(
                    "document/empty-pages",
                    f"{empty} of {pdf.count} pages hold no text; pictures of text are not read.",
                    "Run it through text recognition (OCR) and add the result.",
                )
            )
        return NormalText(found.kind, found.media_type, text, starts, headings, pdf.count, tuple(notices))

    def _cut(self, length: int) -> tuple[Notice, ...]:
        if length <= self._limits.chars:
            return ()
        return (
            Notice(
                "document/cut",
                f"The document is very long: the first {self._limits.chars} of {length} characters are read.",
                "Add the rest as a document of its own.",
            ),
        )


def _decode(data: bytes) -> str:
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    try:
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        raise refusal("unsupported") from None
