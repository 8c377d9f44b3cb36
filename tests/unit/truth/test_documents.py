"""What a file is: its bytes decide, and what cannot be read is said."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import RequestError, TooLarge, VeraxError
from verax.testing.pictures import gif, jpeg, png, webp
from verax.truth.documents import MAX_CHARS, MAX_IMAGE_BYTES, clean_name, clean_text, read_document
from verax.truth.pdf import PdfLimits, PdfReader
from verax.truth.pictures import Picture, look


def refuse_to_run(_: object) -> None:
    raise AssertionError("a file that is no PDF was given to the reader of PDFs")


@pytest.fixture
def pdf() -> PdfReader:
    return PdfReader(refuse_to_run, PdfLimits(processes=1))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain\r\nlines\rend", "plain\nlines\nend"),
        ("Grüße, 世界 🎉".encode(), "Grüße, 世界 🎉"),
        (b"\xef\xbb\xbfmarked", "marked"),
        ("sixteen ü".encode("utf-16"), "sixteen ü"),
        (b"\xfe\xff" + "big end".encode("utf-16-be"), "big end"),
        (b"<html><script>alert(1)</script></html>", "<html><script>alert(1)</script></html>"),
        (b'{"a": 1}', '{"a": 1}'),
    ],
)
async def test_text_of_any_kind_is_text(pdf: PdfReader, data: bytes, text: str) -> None:
    document = await read_document(data, pdf)
    assert (document.kind, document.media_type, document.pages) == ("text", "text/plain", (text,))
    assert (document.characters, document.count, document.notice) == (len(text), None, None)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "attachment/empty"),
        (b" \n\t ", "attachment/empty"),
        (b"\xff\xfe", "attachment/empty"),
        (b"PK\x03\x04\x14\x00\x06\x00 of an office suite", "attachment/unsupported"),
        (b"\x7fELF\x02\x01\x01\x00", "attachment/unsupported"),
        (b"caf\xe9", "attachment/unsupported"),
        (b"a\x00b", "attachment/unsupported"),
        (b"\xff\xfea\x00b", "attachment/unsupported"),
    ],
)
async def test_what_is_no_text_is_refused_with_a_way_out(pdf: PdfReader, data: bytes, code: str) -> None:
    with pytest.raises(RequestError) as raised:
        await read_document(data, pdf)
    assert raised.value.reason_code == code
    assert raised.value.hint


async def test_a_very_long_text_is_cut_and_says_so(pdf: PdfReader) -> None:
    document = await read_document(b"a" * (MAX_CHARS + 5), pdf)
    assert document.characters == MAX_CHARS
    assert document.notice is not None
    assert document.notice.code == "attachment/cut"
    assert str(MAX_CHARS + 5) in document.notice.message


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (png(3, 5), "image/png"),
        (gif(3, 5), "image/gif"),
        (jpeg(3, 5), "image/jpeg"),
        (webp(3, 5, "VP8 "), "image/webp"),
        (webp(3, 5, "VP8L"), "image/webp"),
        (webp(3, 5, "VP8X"), "image/webp"),
    ],
)
async def test_pictures_are_known_by_their_first_bytes_and_never_decoded(
    pdf: PdfReader, data: bytes, media_type: str
) -> None:
    assert look(data) == Picture(media_type, 3, 5)
    document = await read_document(data, pdf)
    assert (document.kind, document.media_type, document.characters) == ("image", media_type, None)
    for cut in range(len(data)):
        found = look(data[:cut])
        assert found is None or found.media_type == media_type


async def test_a_picture_that_is_too_large_or_cut_off_is_refused(pdf: PdfReader) -> None:
    for data in (png(20_000, 1), png(1, 1) + b"x" * MAX_IMAGE_BYTES):
        with pytest.raises(TooLarge):
            await read_document(data, pdf)
    with pytest.raises(RequestError) as raised:
        await read_document(png(3, 5)[:12], pdf)
    assert raised.value.reason_code == "attachment/broken"


def test_the_pictures_of_the_tests_are_ones_that_a_browser_shows() -> None:
    data = png(3, 5)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    length = struct.unpack(">I", data[8:12])[0]
    assert struct.unpack(">I", data[16 + length : 20 + length])[0] == zlib.crc32(data[12 : 16 + length])


@given(st.binary(max_size=64))
async def test_any_bytes_are_a_document_or_an_error_of_ours(data: bytes) -> None:
    if b"%PDF-" not in data:
        try:
            found = (await read_document(data, PdfReader(refuse_to_run))).kind
        except VeraxError as error:
            found = error.reason_code.partition("/")[0]  # type: ignore[assignment]  # one word of either
        assert found in ("text", "image", "attachment")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\notes.txt", "notes.txt"),
        ("/absolute/path/x.txt", "x.txt"),
        ("..\\..\\evil", "evil"),
        ("harmless\u202etxt.exe", "harmlesstxt.exe"),
        ("two\nlines\r.txt", "twolines.txt"),
        ("nul\0byte", "nulbyte"),
        ("half\ud800", "half"),
        ("  many   blanks  .txt ", "many blanks .txt"),
        ("報告 2026.pdf", "報告 2026.pdf"),
        ("e\u0301te\u0301.txt", "e\u0301te\u0301.txt"),
        ("تقرير.pdf", "تقرير.pdf"),
        ("👩\u200d🚀.png", "👩🚀.png"),
        (".hidden", "hidden"),
        ("<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
        ('quote".txt', 'quote".txt'),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_name_is_the_last_part_of_a_path_without_what_cannot_be_seen(given: str, name: str) -> None:
    assert clean_name(given) == name


@pytest.mark.parametrize("given", ["", "..", "/", "\\", "a/", "\u202e", "\n", " . "])
def test_a_name_of_which_nothing_is_left_is_refused(given: str) -> None:
    with pytest.raises(RequestError) as raised:
        clean_name(given)
    assert raised.value.param == "name"


@given(st.text())
def test_a_clean_name_is_clean_already(text: str) -> None:
    try:
        name = clean_name(text)
    except RequestError:
        return
    assert clean_name(name) == name
    assert "/" not in name and "\\" not in name and "\n" not in name
    assert len(name) <= 200
    name.encode("utf-8")


@given(st.text())
def test_clean_text_has_plain_line_ends_and_only_characters(text: str) -> None:
    cleaned = clean_text(text)
    assert not set("\r\0\ufffe\uffff") & set(cleaned)
    cleaned.encode("utf-8")
    assert clean_text(cleaned) == cleaned
