"""PDF files are read in a process that can do nothing else, and no file holds the server up."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from verax.kernel.errors import BusyError, RequestError, RuntimeChanged
from verax.testing.pdfs import bomb_pdf, busy_pdf, locked_pdf, make_pdf, scanned_pdf
from verax.truth.documents import MAX_CHARS, read_document
from verax.truth.pdf import PdfLimits, PdfReader

LIMIT_S = 100


def believe(_: Mapping[str, str]) -> None:
    """Take any code; what a sealed runtime takes is tested with the seal."""


@pytest.fixture
def reader() -> PdfReader:
    return PdfReader(believe)


async def test_pages_are_kept_and_their_text_is_plain(reader: PdfReader) -> None:
    document = await read_document(make_pdf("First (page)\nsecond line", "Grüße"), reader)
    assert (document.kind, document.media_type, document.count) == ("pdf", "application/pdf", 2)
    assert document.pages == ("First (page)\nsecond line", "Grüße")
    assert document.notice is None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (scanned_pdf(), "attachment/no-text"),
        (make_pdf(""), "attachment/no-text"),
        (locked_pdf(), "attachment/encrypted"),
        (b"%PDF-1.7 and nothing more", "attachment/broken"),
        (make_pdf("Hello")[:200], "attachment/broken"),
    ],
    ids=["scanned", "empty", "locked", "nonsense", "cut off"],
)
async def test_what_cannot_be_read_is_told_in_words_of_its_own(reader: PdfReader, data: bytes, code: str) -> None:
    with pytest.raises(RequestError) as raised:
        await read_document(data, reader)
    assert raised.value.reason_code == code
    assert raised.value.hint


async def test_a_password_of_nothing_opens_by_itself(reader: PdfReader) -> None:
    assert (await read_document(locked_pdf("Open to all.", password=""), reader)).pages == ("Open to all.",)


async def test_pages_without_text_among_others_are_told_of(reader: PdfReader) -> None:
    document = await read_document(make_pdf("One", "", "Three"), reader)
    assert document.pages == ("One", "", "Three")
    assert document.notice is not None
    assert document.notice.code == "attachment/empty-pages"
    assert "1 of 3 pages" in document.notice.message


async def test_a_long_document_is_cut_and_says_so() -> None:
    short = PdfReader(believe, PdfLimits(pages=3))
    document = await read_document(make_pdf(*(f"page {n}" for n in range(9))), short)
    assert document.pages == ("page 0", "page 1", "page 2")
    assert (document.count, document.notice and document.notice.code) == (9, "attachment/cut")
    few = await PdfReader(believe, PdfLimits(chars=8)).read(make_pdf("12345", "67890", "never"))
    assert few.pages == ("12345", "678")
    assert PdfLimits().chars == MAX_CHARS


@pytest.mark.slow
@pytest.mark.parametrize("data", [bomb_pdf(), busy_pdf()], ids=["bomb", "busy"])
async def test_a_file_made_to_hurt_costs_one_error_and_the_server_goes_on(data: bytes) -> None:
    reader = PdfReader(believe, PdfLimits(seconds=LIMIT_S, processes=1))
    assert len(data) < 200_000
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    heart = asyncio.create_task(beat())
    with pytest.raises(RequestError) as raised:
        await read_document(data, reader)
    heart.cancel()
    assert raised.value.reason_code == "attachment/too-complex"
    assert beats > 10
    assert (await read_document(make_pdf("Still here"), reader)).pages == ("Still here",)


async def test_a_document_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    worker = tmp_path / "sleeper.py"
    worker.write_text(f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)")
    monkeypatch.setattr("verax.truth.process._WORKER", worker)
    with pytest.raises(RequestError, match="too long") as raised:
        await PdfReader(believe, PdfLimits(seconds=2)).read(make_pdf("Hi"))
    assert raised.value.reason_code == "attachment/too-complex"
    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()


@pytest.mark.parametrize(
    "script",
    [
        "print('{')",
        "print('[1]')",
        "print('x' * 20_000_000)",
        "import os; os.abort()",
        'print(\'{"code": {}}\'); print(\'{"holds": []}\'); print(\'{"page": "early"}\')',
        'print(\'{"code": {}}\'); print(\'{"holds": []}\'); print(\'{"pages": 1}\'); print(\'{"page": "a"}\\n\' * 3)',
        "print('{\"code\": {}}'); print('{\"holds\": []}'); print('{\"end\": null}')",
    ],
)
async def test_a_reader_that_was_taken_over_cannot_say_more_than_pages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str
) -> None:
    worker = tmp_path / "hostile.py"
    worker.write_text(script)
    monkeypatch.setattr("verax.truth.process._WORKER", worker)
    with pytest.raises(RequestError) as raised:
        await PdfReader(believe).read(make_pdf("Hi"))
    assert raised.value.reason_code == "attachment/too-complex"


async def test_too_many_documents_at_once_are_refused_with_a_time_to_come_back() -> None:
    reader = PdfReader(believe, PdfLimits(processes=1, waiting=2))
    reading = [asyncio.create_task(reader.read(make_pdf(f"{n}"))) for n in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(BusyError) as raised:
        await reader.read(make_pdf("one more"))
    assert raised.value.retry_after_s > 0
    assert [text.pages for text in await asyncio.gather(*reading)] == [("0",), ("1",)]


async def test_the_caller_learns_which_code_read_a_document_and_may_refuse_it() -> None:
    seen: dict[str, str] = {}
    await PdfReader(seen.update).read(make_pdf("Hi"))
    names = {Path(path).name for path in seen}
    assert {"bindings.py", "document.py", "seccomp.py"} <= names
    if sys.platform == "linux":
        assert "libpdfium.so" in names
    for path, digest in seen.items():
        assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == digest

    def refuse(code: Mapping[str, str]) -> None:
        raise RuntimeChanged("runtime: code that was not measured")

    with pytest.raises(RuntimeChanged):
        await PdfReader(refuse).read(make_pdf("Hi"))


@pytest.mark.skipif(sys.platform != "linux", reason="confinement is Linux's")
async def test_the_process_has_given_up_what_it_has_no_use_for(reader: PdfReader) -> None:
    found = await reader.read(make_pdf("Hi"))
    assert found.holds[:2] == ("limits", "dies-with-parent")
    assert "calls" in found.holds
