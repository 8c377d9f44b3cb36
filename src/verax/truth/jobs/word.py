"""The text of a Word document (.docx): made HTML by `mammoth`, then read as HTML.

* Text that the author hid (``w:vanish``) is taken out first, and counted as hidden.
* Sizes are looked at before anything is unpacked: a file that would grow beyond bounds is refused.
* Pictures are left out. Word keeps no pages: where they break is decided when it is printed.

Source: ECMA-376 part 1, sections 17.3.2.41 (vanish) and 17.3.2.25 (r).
"""

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import mammoth

from verax.truth.jobs.html import extract_html
from verax.truth.jobs.lines import Extract, Tell, tell_extract

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BODY = "word/document.xml"
_MAX_UNPACKED_BYTES = 256 * 2**20
_MAX_MEMBERS = 10_000
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also what a .docx with a password is wrapped in
_OFF = re.compile(r"0|false|off", re.IGNORECASE)


def run(data: bytes, arguments: Sequence[str], tell: Tell) -> None:
    """Read one document; `arguments` is the most characters."""
    if data.startswith(_OLD_OFFICE):
        tell("problem", "encrypted" if "EncryptedPackage".encode("utf-16-le") in data else "unsupported")
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > _MAX_MEMBERS or sum(item.file_size for item in members) > _MAX_UNPACKED_BYTES:
                tell("problem", "too-complex")
                return
            extract = Extract()
            seen = _without_hidden(archive, extract)
        html = mammoth.convert_to_html(io.BytesIO(seen), convert_image=_no_image).value
    except (zipfile.BadZipFile, zlib.error, KeyError, ElementTree.ParseError, ValueError, NotImplementedError):
        tell("problem", "broken")
        return
    tell_extract(extract_html(html, extract), int(arguments[0]), tell)


def _without_hidden(archive: zipfile.ZipFile, extract: Extract) -> bytes:
    """Return the archive with the runs of its body that nobody sees taken out."""
    # Entities that grow are refused by expat itself, and memory is bounded here.
    tree = ElementTree.fromstring(archive.read(_BODY))  # noqa: S314
    for parent in tree.iter():
        for child in list(parent):
            if child.tag == f"{_WORD}r" and _is_hidden(child):
                extract.hidden += sum(len(text.text or "") for text in child.iter(f"{_WORD}t"))
                parent.remove(child)
    if not extract.hidden:
        return _bytes_of(archive)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for item in archive.infolist():
            data = ElementTree.tostring(tree) if item.filename == _BODY else archive.read(item)
            copy.writestr(item.filename, data)
    return target.getvalue()


def _is_hidden(run_: ElementTree.Element) -> bool:
    mark = run_.find(f"{_WORD}rPr/{_WORD}vanish")
    return mark is not None and not _OFF.fullmatch(mark.get(f"{_WORD}val", "true"))


def _bytes_of(archive: zipfile.ZipFile) -> bytes:
    if archive.fp is None:
        raise ValueError("archive: closed")
    archive.fp.seek(0)
    return archive.fp.read()


def _no_image(_: Any) -> list[Any]:
    return []


def _warm_up() -> None:
    """Convert a small document, so that all is loaded that could not be once files are given up."""
    target = io.BytesIO()
    hidden = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>a</w:t></w:r><w:r><w:t>b</w:t></w:r></w:p>"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_BODY, f'<w:document xmlns:w="{_WORD[1:-1]}"><w:body>{hidden}</w:body></w:document>')
    with zipfile.ZipFile(target) as archive:
        seen = _without_hidden(archive, Extract())
    extract_html(mammoth.convert_to_html(io.BytesIO(seen), convert_image=_no_image).value)


_warm_up()
