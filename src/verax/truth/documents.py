"""What a file is and what can be read of it.

* The bytes decide, never the name and never what the sender calls it.
* Text is UTF-8, or UTF-16 with its mark, and has one page; a PDF keeps its pages; a picture
  has none and is not read here.
* Only text is read. A PDF whose pages are pictures of text (``attachment/no-text``), one with
  a password (``attachment/encrypted``), a damaged one (``attachment/broken``) and one that is
  made to exhaust its reader (``attachment/too-complex``) are refused, each in words of its own.
* What is too long is cut, and `Document.notice` says so; so it does for pages without text
  among others that have some.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from verax.kernel.errors import RequestError, TooLarge
from verax.truth.pdf import PdfReader
from verax.truth.pictures import look

__all__ = ["MAX_CHARS", "MAX_IMAGE_BYTES", "Document", "Kind", "Notice", "clean_name", "read_document"]

Kind = Literal["text", "pdf", "image"]

MAX_CHARS = 1_000_000
MAX_IMAGE_BYTES = 5 * 2**20
_MAX_SIDE = 16_384
_MAX_NAME = 200
_PDF_HEAD = 1024  # readers look for the mark this far from the start (ISO 32000-1, annex H.3)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Notice:
    """What will not be read of a file, and why."""

    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it is kept.

    Attributes:
        pages: Its text; empty for a picture.
        count: Pages of a PDF, read or not; None for other files.
        notice: What will not be read; None when all of it will.
    """

    kind: Kind
    media_type: str
    pages: tuple[str, ...]
    count: int | None = None
    notice: Notice | None = None

    @property
    def characters(self) -> int | None:
        """Characters that will be read; None for a picture."""
        return None if self.kind == "image" else sum(map(len, self.pages))


def clean_name(name: str) -> str:
    """Return the last part of a path without what cannot be seen, at most 200 characters.

    A name is shown beside a message and read by a model: line ends, control characters and
    marks that turn the direction of text round have no place in it.

    Raises:
        RequestError: nothing is left of it.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(letter for letter in last if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    words = " ".join(seen.split()).strip(". ")
    if not words:
        raise RequestError("name: expected the name of a file", param="name")
    if len(words) > _MAX_NAME:
        stem, dot, ending = words.rpartition(".")
        kept = f"{dot}{ending}" if stem and len(ending) <= 16 else ""
        words = words[: _MAX_NAME - len(kept)] + kept
    return words


async def read_document(data: bytes, pdf: PdfReader) -> Document:
    """Say what a file is and read its text.

    Raises:
        RequestError: a kind of file that is not taken, or one that cannot be read.
        TooLarge: a picture beyond `MAX_IMAGE_BYTES` or 16384 pixels a side.
        BusyError, RuntimeChanged: as `PdfReader.read` says.
    """
    if not data:
        raise RequestError("attachment: the file is empty", hint="choose another file", code="attachment/empty")
    picture = look(data)
    if picture is not None:
        _check_picture(len(data), picture.width, picture.height)
        return Document("image", picture.media_type, ())
    if b"%PDF-" in data[:_PDF_HEAD]:
        return await _read_pdf(data, pdf)
    return _read_text(data)


async def _read_pdf(data: bytes, reader: PdfReader) -> Document:
    found = await reader.read(data)
    pages = tuple(clean_text(page or "") for page in found.pages)
    if not any(page.strip() for page in pages):
        raise RequestError(
            "attachment: the PDF holds pictures of its pages and no text",
            hint="run it through text recognition (OCR) and attach the result",
            code="attachment/no-text",
        )
    empty = sum(not page.strip() for page in pages)
    if len(pages) < found.count or sum(map(len, pages)) >= MAX_CHARS:
        notice = Notice(
            "attachment/cut",
            f"The document is very long: the first {len(pages)} of {found.count} pages are read.",
            "Attach the pages that matter.",
        )
    elif empty:
        notice = Notice(
            "attachment/empty-pages",
            f"{empty} of {found.count} pages hold no text; pictures of text are not read.",
            "Run it through text recognition (OCR) and attach the result.",
        )
    else:
        notice = None
    return Document("pdf", "application/pdf", pages, found.count, notice)


def _read_text(data: bytes) -> Document:
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise RequestError(
            "attachment: expected text in UTF-8, a PDF or a picture (PNG, JPEG, GIF, WebP)",
            hint="save it as PDF or as plain text",
            code="attachment/unsupported",
        )
    text = clean_text(text)
    if not text.strip():
        raise RequestError("attachment: the file holds no text", hint="choose another file", code="attachment/empty")
    if len(text) <= MAX_CHARS:
        return Document("text", "text/plain", (text,))
    notice = Notice(
        "attachment/cut",
        f"The file is very long: the first {MAX_CHARS} of {len(text)} characters are read.",
        "Attach the part that matters.",
    )
    return Document("text", "text/plain", (text[:MAX_CHARS],), notice=notice)


def clean_text(text: str) -> str:
    """Return a text with plain line ends, without NUL and without what is no character."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for gone in ("\0", "\ufffe", "\uffff"):
        text = text.replace(gone, "")
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _check_picture(size_bytes: int, width: int, height: int) -> None:
    if size_bytes > MAX_IMAGE_BYTES or max(width, height) > _MAX_SIDE:
        raise TooLarge(
            f"attachment: expected a picture of at most {MAX_IMAGE_BYTES // 2**20} MiB and {_MAX_SIDE} pixels a side",
            hint="make it smaller",
            code="attachment/picture-too-large",
        )
    if not width or not height:
        raise RequestError(
            "attachment: the picture is damaged or cut off", hint="save it again", code="attachment/broken"
        )
