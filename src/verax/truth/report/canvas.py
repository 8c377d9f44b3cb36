"""Flowing text on pages of a PDF, drawn with PDFium and its built-in fonts; no font is embedded.

The built-in fonts have the characters of Windows-1252. Others become ``?``, and `Canvas.missing` counts them. Lengths
are points, 1/72 inch; y grows upwards.
"""

from __future__ import annotations

import ctypes
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2
from pypdfium2 import raw

__all__ = ["Canvas", "Run"]

_WIDTH, _HEIGHT, _MARGIN = 595.0, 842.0, 56.0  # A4
_LEADING = 1.35
_ASCENT, _DESCENT = 0.8, 0.25  # of the size, around the baseline
_WORD = re.compile(r"\s+|\S+")
_FONTS = {False: b"Helvetica", True: b"Helvetica-Bold"}

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look; `background` is None for none."""

    text: str
    is_bold: bool = False
    colour: Colour = (17, 17, 17)
    background: Colour | None = None


class Canvas:
    """A document that is written from top to bottom.

    Attributes:
        missing: Characters so far that the fonts lack.
    """

    def __init__(self, title: str) -> None:
        self.missing = 0
        self._document = raw.FPDF_CreateNewDocument()
        self._fonts = {bold: raw.FPDFText_LoadStandardFont(self._document, name) for bold, name in _FONTS.items()}
        self._widths: dict[tuple[bool, str], float] = {}
        self._title = title
        self._pages: list[object] = []
        self._turn_page()

    def paragraph(self, runs: Sequence[Run], size: float = 10.0, indent: float = 0.0, after: float = 4.0) -> None:
        """Write runs one behind the other, wrapped at words and line ends; a word wider than a line is cut."""
        x, line_height = _MARGIN + indent, size * _LEADING
        self._y -= line_height
        for run in runs:
            for piece in self._pieces(run, size, _WIDTH - 2 * _MARGIN - indent):
                is_end = piece == "\n"
                width = 0.0 if is_end else self._width(piece, run.is_bold, size)
                if is_end or (x + width > _WIDTH - _MARGIN and not piece.isspace()):
                    x = _MARGIN + indent
                    self._y -= line_height
                if self._y < _MARGIN:
                    self._turn_page()
                    self._y -= line_height
                if not is_end and not (piece.isspace() and x == _MARGIN + indent):
                    self._draw(piece, run, x, size, width)
                    x += width
        self._y -= after

    def space(self, height: float) -> None:
        """Leave room."""
        self._y -= height

    def rule(self) -> None:
        """Draw a thin line over the whole width."""
        if self._y < _MARGIN + 3 * _LEADING * 10:
            self._turn_page()
        self._rectangle(_MARGIN, self._y - 2, _WIDTH - 2 * _MARGIN, 0.5, (200, 200, 200))
        self._y -= 4

    def finish(self) -> bytes:
        """Return the document's bytes and free it."""
        for number, page in enumerate(self._pages, start=1):
            self._page = page
            shown = f"{self._title}, page {number} of {len(self._pages)}"
            self._y = _MARGIN / 2
            self._draw(self._known(shown), Run(shown, colour=(90, 90, 90)), _MARGIN, 8.0, 0.0)
            raw.FPDFPage_GenerateContent(page)
            raw.FPDF_ClosePage(page)
        for font in self._fonts.values():
            raw.FPDFFont_Close(font)
        target = io.BytesIO()
        document = pypdfium2.PdfDocument(self._document)
        document.save(target)
        document.close()
        return target.getvalue()

    def _turn_page(self) -> None:
        self._page = raw.FPDFPage_New(self._document, len(self._pages), _WIDTH, _HEIGHT)
        self._pages.append(self._page)
        self._y = _HEIGHT - _MARGIN

    def _pieces(self, run: Run, size: float, room: float) -> list[str]:
        """Return words, blanks and line ends; none is wider than `room`."""
        found: list[str] = []
        for word in _WORD.findall(self._known(run.text)):
            if word.isspace():
                found.append("\n" if "\n" in word else " ")
                continue
            part = ""
            for letter in word:
                if part and self._width(part + letter, run.is_bold, size) > room:
                    found.append(part)
                    part = ""
                part += letter
            found.append(part)
        return found

    def _known(self, text: str) -> str:
        """Return the text with ``?`` for what the fonts lack."""
        shown = []
        for letter in unicodedata.normalize("NFC", text):
            is_known = letter.isspace() or (letter.isprintable() and _is_encodable(letter))
            self.missing += not is_known
            shown.append(letter if is_known else "?")
        return "".join(shown)

    def _width(self, text: str, is_bold: bool, size: float) -> float:
        return sum(self._letter_width(letter, is_bold) for letter in text) * size / 1000

    def _letter_width(self, letter: str, is_bold: bool) -> float:
        known = self._widths.get((is_bold, letter))
        if known is None:
            found = ctypes.c_float()
            raw.FPDFFont_GetGlyphWidth(self._fonts[is_bold], ord(letter), 1000.0, found)
            known = self._widths[is_bold, letter] = found.value
        return known

    def _draw(self, text: str, run: Run, x: float, size: float, width: float) -> None:
        if run.background is not None:
            self._rectangle(x, self._y - size * _DESCENT, width, size * (_ASCENT + _DESCENT), run.background)
        if text.isspace():
            return
        drawn = raw.FPDFPageObj_CreateTextObj(self._document, self._fonts[run.is_bold], size)
        encoded = ctypes.create_string_buffer(f"{text}\0".encode("utf-16-le"))
        raw.FPDFText_SetText(drawn, ctypes.cast(encoded, raw.FPDF_WIDESTRING))
        raw.FPDFPageObj_SetFillColor(drawn, *run.colour, 255)
        raw.FPDFPageObj_Transform(drawn, 1, 0, 0, 1, x, self._y)
        raw.FPDFPage_InsertObject(self._page, drawn)

    def _rectangle(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        drawn = raw.FPDFPageObj_CreateNewRect(x, y, width, height)
        raw.FPDFPageObj_SetFillColor(drawn, *colour, 255)
        raw.FPDFPath_SetDrawMode(drawn, raw.FPDF_FILLMODE_WINDING, 0)
        raw.FPDFPage_InsertObject(self._page, drawn)


def _is_encodable(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
