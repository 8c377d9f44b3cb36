"""Documents for tests of collections: Word, e-mail, and ones made to hurt.

>>> make_docx("<w:p><w:r><w:t>Hello</w:t></w:r></w:p>")[:2]
b'PK'
"""

from __future__ import annotations

import email
import email.policy
import io
import struct
import zipfile
import zlib
from email.message import EmailMessage
from functools import reduce

from verax.testing.repeating import deflate_repeated

__all__ = ["bomb_docx", "heading", "make_docx", "make_mail", "paragraph"]

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="word/document.xml"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
)
_BODY = (
    '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body>{}</w:body></w:document>"
)

# Where the head of a file in a ZIP says how it is compressed, and its checksum and sizes (APPNOTE 4.3.7).
_METHOD_AT, _SIZES_AT = 8, 14


def paragraph(text: str, properties: str = "") -> str:
    """Return a paragraph of one run; `properties` are those of the run, ``<w:vanish/>`` for instance."""
    return f'<w:p><w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def heading(text: str, level: int = 1) -> str:
    """Return a heading."""
    return f'<w:p><w:pPr><w:pStyle w:val="Heading{level}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'


def make_docx(*body: str) -> bytes:
    """Return a Word document whose body holds these elements."""
    return _zipped(_BODY.format("".join(body)).encode())


def bomb_docx(size_bytes: int = 2 << 30) -> bytes:
    """Return a small Word document whose body grows to `size_bytes` when it is unpacked."""
    block = b" " * (1 << 20)
    count = size_bytes // len(block)
    body = zipfile.ZipInfo("word/document.xml")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr(body, deflate_repeated(block, count), zipfile.ZIP_STORED)
        # Kept as it is, it is a compressed file all the same: both directories say so.
        packed_bytes, body.compress_type, body.file_size = body.file_size, zipfile.ZIP_DEFLATED, count * len(block)
        body.CRC = reduce(lambda crc, _: zlib.crc32(block, crc), range(count), 0)
    sizes = (body.CRC, packed_bytes, body.file_size)
    data = bytearray(target.getvalue())
    struct.pack_into("<H", data, body.header_offset + _METHOD_AT, zipfile.ZIP_DEFLATED)
    struct.pack_into("<3I", data, body.header_offset + _SIZES_AT, *sizes)
    return bytes(data)


def make_mail(
    subject: str, text: str = "", html: str = "", inside: bytes = b"", attached: tuple[str, bytes] | None = None
) -> bytes:
    """Return a letter from Ada to Ben, with another letter inside and a file where they are given."""
    letter = EmailMessage()
    letter["From"], letter["To"] = "Ada <ada@example.org>", "Ben <ben@example.org>"
    letter["Subject"], letter["Date"] = subject, "Thu, 26 Nov 2026 10:00:00 +0000"
    letter.set_content(text)
    if html:
        letter.add_alternative(html, subtype="html")
    if inside:
        letter.add_attachment(email.message_from_bytes(inside, _class=EmailMessage, policy=email.policy.default))
    if attached:
        letter.add_attachment(attached[1], maintype="application", subtype="pdf", filename=attached[0])
    return letter.as_bytes()


def _zipped(body: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("word/document.xml", body)
    return target.getvalue()
