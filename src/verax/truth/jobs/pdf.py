"""The text of a PDF, page by page: ``pages`` count, one ``page`` a page, ``outline``, ``end``.

Lines that were broken only because they were full are put together (`verax.truth.jobs.paragraphs`).
"""

import ctypes
import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

import pypdfium2
from pypdfium2 import raw

from verax.truth.jobs.lines import Tell
from verax.truth.jobs.paragraphs import DENSE, HYPHEN, Line, Look, join_lines

_PASSWORD, _FORMAT = 4, 3  # FPDF_ERR_PASSWORD and FPDF_ERR_FORMAT of fpdfview.h
_MAX_OUTLINE = 5_000
_MAX_DEPTH = 8
_MAX_TITLE = 200
_LINE = re.compile(rf"[^\r\n{HYPHEN}]+{HYPHEN}?")
_WORD = re.compile(r"\S+")
_LETTER = re.compile(r"\w")


def run(data: bytes, arguments: Sequence[str], tell: Tell) -> None:
    """Read one PDF; `arguments` are the most pages and the most characters."""
    max_pages, left = map(int, arguments)
    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        tell("problem", {_PASSWORD: "encrypted", _FORMAT: "broken"}.get(getattr(error, "err_code", 0), "broken"))
        return
    tell("pages", count)
    for index in range(min(count, max_pages)):
        text = _text(document, index)
        tell("page", text if text is None else text[:left])
        left -= len(text or "")
        if left <= 0:
            break
    tell("outline", _outline(document))
    tell("end", None)


def _text(document: pypdfium2.PdfDocument, index: int) -> str | None:
    """Return the text of a page, None for one that is broken."""
    try:
        page = document[index]
        text = join_lines(list(_lines(page.get_textpage())))
    except pypdfium2.PdfiumError:
        return None
    page.close()
    return text


def _lines(page: pypdfium2.PdfTextPage) -> Iterator[Line]:
    """Yield the lines of a page and where they stand."""
    text = page.get_text_range()
    ruler = _Ruler(page, len(text))
    for found in _LINE.finditer(text):
        words = [word.span() for word in _WORD.finditer(text, found.start(), found.end())]
        if words:
            yield _line(text, words, ruler)


def _line(text: str, words: Sequence[tuple[int, int]], ruler: "_Ruler") -> Line:
    """Return the line that has these words, each given by where it begins and ends."""
    start, end = words[0][0], words[-1][1]
    first_end = start + 1 if DENSE.match(text, start) else words[0][1]
    letter = _LETTER.search(text, start, end)
    place = letter.start() if letter else start
    left = ruler.box(start).left
    gaps = [ruler.box(after).left - ruler.box(before - 1).right for (_, before), (after, _) in pairwise(words)]
    return Line(
        text[start:end],
        left,
        ruler.box(end - 1).right,
        ruler.baseline(place),
        (ruler.look(place), ruler.look(words[len(words) // 2][0]), ruler.look(end - 1)),
        ruler.box(first_end - 1).right - left,
        tuple(gaps),
    )


class _Box(NamedTuple):
    """The room of a character with its font's height, and as wide as the next one is away."""

    left: float
    right: float
    height: float


class _Ruler:
    """Measures the characters of a page by their place in its text; what cannot be measured is 0."""

    def __init__(self, page: pypdfium2.PdfTextPage, length: int) -> None:
        self._page = page
        self._is_plain = page.count_chars() == length  # then places and PDFium's own indices are the same
        self._box = raw.FS_RECTF()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()

    def box(self, place: int) -> _Box:
        """Return the room of a character."""
        box = self._box
        if not raw.FPDFText_GetLooseCharBox(self._page, self._index(place), box):
            return _Box(0.0, 0.0, 0.0)
        return _Box(box.left, box.right, box.top - box.bottom)

    def look(self, place: int) -> Look:
        """Return how a character looks."""
        weight: int = raw.FPDFText_GetFontWeight(self._page, self._index(place))
        return Look(self.box(place).height, max(0, weight))

    def baseline(self, place: int) -> float:
        """Return the height above the page's lower edge at which a character stands."""
        found = raw.FPDFText_GetCharOrigin(self._page, self._index(place), self._x, self._y)
        return self._y.value if found else 0.0

    def _index(self, place: int) -> int:
        if self._is_plain:
            return place
        index: int = raw.FPDFText_GetCharIndexFromTextIndex(self._page, place)
        return index


def _outline(document: pypdfium2.PdfDocument) -> list[list[object]]:
    """Return page from 0, level from 1 and title of each bookmark that leads to a page."""
    found: list[list[object]] = []
    try:
        for mark in islice(document.get_toc(max_depth=_MAX_DEPTH), _MAX_OUTLINE):
            target = mark.get_dest()
            page = target.get_index() if target else None
            title = mark.get_title().strip()
            if page is not None and title:
                found.append([page, mark.level + 1, title[:_MAX_TITLE]])
    except pypdfium2.PdfiumError:
        return []
    return found
