"""What kind of document a file is.

* The bytes decide wherever they can: PDF, Word, pictures, archives, programs.
* Text looks alike in many kinds, so among texts a server's word decides, where it names one of them,
  then the ending of the name; a page that begins as HTML does is one whatever it is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from verax.truth.pictures import look

__all__ = ["MEDIA_TYPES", "DocumentKind", "Format", "find_format"]

DocumentKind = Literal["pdf", "word", "html", "markdown", "table", "mail", "text"]


@dataclass(frozen=True, slots=True)
class Format:
    """A kind with its media type."""

    kind: DocumentKind
    media_type: str


_PDF = Format("pdf", "application/pdf")
_WORD = Format("word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
_HTML = Format("html", "text/html")
_TEXT = Format("text", "text/plain")
_BY_ENDING = {
    "html": _HTML,
    "htm": _HTML,
    "xhtml": _HTML,
    "md": Format("markdown", "text/markdown"),
    "markdown": Format("markdown", "text/markdown"),
    "csv": Format("table", "text/csv"),
    "tsv": Format("table", "text/tab-separated-values"),
    "eml": Format("mail", "message/rfc822"),
}
_BY_MEDIA_TYPE = {form.media_type: form for form in _BY_ENDING.values()} | {"application/xhtml+xml": _HTML}
MEDIA_TYPES = frozenset(_BY_MEDIA_TYPE) | {_PDF.media_type, _WORD.media_type, _TEXT.media_type}
"""What a server may call a document that is read; of ``application/octet-stream`` the bytes decide."""

_PDF_HEAD = 1024  # readers look for the mark this far from the start (ISO 32000-1, annex H.3)
_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BINARY = (b"\x7fELF", b"MZ\x90", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"OggS", b"ID3", b"%!PS")
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LOOKED_AT = 65_536


def find_format(data: bytes, name: str, media_type: str = "") -> Format | None:
    """Return what a file is, None for what no collection takes.

    Args:
        name: Its name; only the ending counts.
        media_type: What a server called it; ``text/plain`` says nothing, since servers call everything so.
    """
    if b"%PDF-" in data[:_PDF_HEAD]:
        return _PDF
    if data.startswith(_ZIP):
        return _WORD if b"word/" in data else None
    if data.startswith(_OLD_OFFICE):
        return _WORD  # one with a password lies in such a wrapper; its reader tells
    if data.startswith(_BINARY) or look(data) is not None:
        return None
    if not data.startswith(_WIDE_MARKS) and b"\0" in data[:_LOOKED_AT]:
        return None
    if data[:_LOOKED_AT].lstrip().lower().startswith(_HTML_STARTS):
        return _HTML
    ending = name.rpartition(".")[2].lower()
    return _BY_MEDIA_TYPE.get(media_type) or _BY_ENDING.get(ending) or _TEXT
