"""The text of a PDF, page by page: ``pages`` count, one ``page`` a page, ``outline``, ``end``."""

from collections.abc import Sequence
from itertools import islice

import pypdfium2

from verax.truth.jobs.lines import Tell

_PASSWORD, _FORMAT = 4, 3  # FPDF_ERR_PASSWORD and FPDF_ERR_FORMAT of fpdfview.h
_MAX_OUTLINE = 5_000
_MAX_DEPTH = 8
_MAX_TITLE = 200


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
        text = page.get_textpage().get_text_range()
    except pypdfium2.PdfiumError:
        return None
    page.close()
    return str(text)


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
