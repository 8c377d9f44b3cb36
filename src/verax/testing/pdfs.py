"""PDF files for tests: good ones, locked ones, pictures of pages, and ones made to hurt.

>>> make_pdf("First page.", "Second page.")[:8]
b'%PDF-1.4'
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence

from verax.testing.repeating import zlib_repeated
from verax.truth.report.canvas import Canvas, Run

__all__ = ["bomb_pdf", "busy_pdf", "flowing_pdf", "locked_pdf", "make_pdf", "scanned_pdf"]

_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
_ID = bytes(range(16))
_HELD_BACK = -4


def make_pdf(*pages: str) -> bytes:
    """Return a PDF whose pages say these texts, a line of the page for each line; Latin letters only."""
    return _document([_stream(_operators(text)) for text in pages])


def flowing_pdf(title: str, *paragraphs: str, size: float = 16.0) -> bytes:
    """Return a PDF whose text flows: lines are broken at words, pages where they are full, each with a foot."""
    canvas = Canvas(title)
    for paragraph in paragraphs:
        canvas.paragraph([Run(paragraph)], size=size, after=size)
    return canvas.finish()


def scanned_pdf(pages: int = 2) -> bytes:
    """Return a PDF whose pages are pictures of text, as a scanner makes them."""
    picture = b"q 612 0 0 792 0 0 cm BI /W 8 /H 8 /CS /G /BPC 1 ID \x0f\xf0\x0f\xf0\x0f\xf0\x0f\xf0 EI Q"
    return _document([_stream(picture)] * pages)


def locked_pdf(text: str = "Secret.", password: str = "sesame") -> bytes:  # noqa: S107 - a test's
    """Return a PDF that opens with a password only (RC4, 40 bits: ISO 32000-1, 7.6)."""
    padded = (password.encode("latin-1") + _PADDING)[:32]
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)  # noqa: S324 - the format demands it
    material = padded + owner + _HELD_BACK.to_bytes(4, "little", signed=True) + _ID
    key = hashlib.md5(material).digest()[:5]  # noqa: S324
    user = _rc4(key, _PADDING)
    lock = b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P %d>>" % (owner.hex().encode(), user.hex().encode(), _HELD_BACK)
    number = 4  # the one content stream, see `_document`
    salted = hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10]  # noqa: S324
    return _document([_stream(_rc4(salted, _operators(text)))], encrypt=lock)


def bomb_pdf(size_bytes: int = 4 << 30) -> bytes:
    """Return a small PDF whose one page grows to `size_bytes` when it is unpacked twice."""
    chunk = b"(boom) Tj " * 104_858
    twice = zlib.compress(zlib_repeated(chunk, size_bytes // len(chunk)), 9)
    return _document([b"<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n%b\nendstream" % (len(twice), twice)])


def busy_pdf(depth: int = 20_000) -> bytes:
    """Return a PDF whose pages are nested `depth` deep, with forms that draw each other."""
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</A 5 0 R/B 5 0 R>>>>/Length 11>>"
    calls = b"/A Do /B Do"
    loop = form + b"stream\n" + calls + b"\nendstream"
    content = _stream(b"q " * depth + calls + b" Q" * depth)
    return _document([content], extra=[loop], resources=b"<</XObject<</A 5 0 R/B 5 0 R>>>>")


def _operators(text: str) -> bytes:
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252", "replace")
    lines = b" ".join(b"(%s) Tj T*" % line for line in escaped.split(b"\n"))
    return b"BT /F1 12 Tf 14 TL 72 720 Td " + lines + b" ET"


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%b\nendstream" % (len(content), content)


def _document(
    contents: Sequence[bytes], *, encrypt: bytes = b"", extra: Sequence[bytes] = (), resources: bytes = b""
) -> bytes:
    """Put a document together: catalogue, pages, then each page with its content."""
    used = resources or b"<</Font<</F1 %b>>>>" % _FONT
    numbers = range(3, 3 + 2 * len(contents), 2)
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, len(contents))]
    for number, content in zip(numbers, contents, strict=True):
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources %b/Contents %d 0 R>>"
        objects += [page % (used, number + 1), content]
    objects += extra
    trailer = b""
    if encrypt:
        objects.append(encrypt)
        trailer = b"/Encrypt %d 0 R/ID[<%s><%s>]" % (len(objects), _ID.hex().encode(), _ID.hex().encode())
    data, offsets = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer\n<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n"
    return data + head + table + tail % (len(objects) + 1, trailer, len(data))


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) & 255])
    return bytes(out)
