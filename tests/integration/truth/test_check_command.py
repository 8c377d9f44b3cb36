"""``verax check`` on real files, offline, with a tiny verifier that really runs."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from verax.surfaces.cli.main import run
from verax.surfaces.cli.shapes import SHAPES, find_mismatch
from verax.testing.pdfs import make_pdf, scanned_pdf
from verax.testing.upstream import Script, Upstream

pytestmark = pytest.mark.usefixtures("tiny_verifier")

TOWNS = "Verden Celle Uelzen Stade Soltau Peine Gifhorn Lehrte Hameln Goslar".split()
PAGES = [
    f"The bridge of {town}\n\nThe bridge of {town} was opened in {1900 + 7 * number} by the mayor.\n"
    f"The bridge of {town} is {40 + number} metres long and was built of stone.\n"
    f"In winter the harbour of {town} is closed for repairs.\n"
    for number, town in enumerate(TOWNS)
]
TEXT = """Hello! Here is what I found:

- The bridge of Uelzen was opened in 1914.
- The bridge of Uelzen was opened in 1924.
- The bridge of Goslar is 49 metres long.
- The bridge of Goslar is 59 metres long.
- In winter the harbour of Stade is not closed.
- The castle of Peine burned down twice.

I think that you should visit them. Would you like to know more?
"""
VERDICTS = ["supported", "contradicted", "supported", "contradicted", "contradicted", "not_found"]
Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    """Run ``verax check`` where there is no server."""
    monkeypatch.setenv("VERAX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VERAX_KEYRING", str(tmp_path / "keyring"))

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["check", *map(str, arguments)])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "answer.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "bridges.pdf"
    path.write_bytes(make_pdf(*PAGES))
    return path


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """The same as plain text, which takes no process to read."""
    path = tmp_path / "bridges.txt"
    path.write_text("\n\n".join(PAGES), encoding="utf-8")
    return path


def test_planted_errors_are_marked_with_page_and_span_in_a_pdf_of_ten_pages(
    check: Check, text: Path, pdf: Path
) -> None:
    code, out, _ = check(text, "--against", pdf, "--json")
    assert code == 1
    found: dict[str, Any] = json.loads(out)
    assert find_mismatch(found, SHAPES["check"]) == ""
    assert [claim["verdict"] for claim in found["claims"]] == VERDICTS
    assert found["documents"][0]["pages"] == 10
    assert found["summary"]["other_sentences"] == 4
    opened, wrongly_opened = (claim["evidence"][0] for claim in found["claims"][:2])
    for item in (opened, wrongly_opened):
        assert item["page"] == 3
        assert item["passage"][item["start"] : item["end"]] == "The bridge of Uelzen was opened in 1914 by the mayor."
    first = found["claims"][0]
    assert found["claims"][0]["text"] == "The bridge of Uelzen was opened in 1914."
    assert first["probability"] > 0.5 > found["claims"][1]["probability"]


def test_people_see_a_line_for_each_claim_with_its_passage(check: Check, text: Path, notes: Path) -> None:
    code, out, err = check(text, "--against", notes)
    assert code == 1
    lines = out.splitlines()
    assert lines[0].startswith("supported 1.00  The bridge of Uelzen was opened in 1914.")
    assert lines[1] == "    bridges.txt: “The bridge of Uelzen was opened in 1914 by the mayor.”"
    assert "6 claims: 2 supported, 3 contradicted, 1 not found, 0 not checked; 4 other sentences" in err
    assert "\x1b" not in out


def test_reports_are_written_as_html_and_pdf(check: Check, text: Path, notes: Path, tmp_path: Path) -> None:
    page, paper = tmp_path / "out.html", tmp_path / "out.PDF"
    code, _, err = check(text, "--against", notes, "--report", page, "--report", paper)
    assert code == 1
    assert f"wrote {page}" in err
    assert "<mark>The bridge of Uelzen was opened in 1914 by the mayor.</mark>" in page.read_text(encoding="utf-8")
    words = pypdfium2.PdfDocument(paper)[0].get_textpage().get_text_range()
    assert "Check of answer.md" in words
    assert check(text, "--against", notes, "--report", tmp_path / "out.docx")[0] == 2
    assert check(text, "--against", notes, "--report", tmp_path / "nowhere" / "out.html")[0] == 2


def test_both_sides_are_printed_where_documents_disagree(check: Check, tmp_path: Path, notes: Path) -> None:
    claim, paper = tmp_path / "claim.txt", tmp_path / "paper.txt"
    claim.write_text("The bridge of Uelzen was opened in 1914.")
    paper.write_text("The bridge of Uelzen was opened in 1924 by the mayor.")
    code, out, err = check(claim, "--against", notes, "--against", paper)
    assert code == 1
    assert out.startswith("contested 1.00  The bridge of Uelzen was opened in 1914.")
    assert "    for: bridges.txt: “The bridge of Uelzen was opened in 1914 by the mayor.”" in out
    assert "    against: paper.txt: “The bridge of Uelzen was opened in 1924 by the mayor.”" in out
    assert "1 supported, 0 contradicted, 0 not found, 0 not checked; sources disagree about 1" in err
    page = tmp_path / "out.html"
    check(claim, "--against", notes, "--against", paper, "--report", page)
    assert 'class="verdict contested"' in page.read_text(encoding="utf-8")


def test_the_exit_code_is_0_where_everything_is_supported(check: Check, tmp_path: Path, notes: Path) -> None:
    path = tmp_path / "true.txt"
    path.write_text("The bridge of Uelzen was opened in 1914. Good morning!")
    assert check(path, "--against", notes)[0] == 0


def test_standard_input_is_read(check: Check, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = io.TextIOWrapper(io.BytesIO(b"The bridge of Uelzen was opened in 1924."))
    monkeypatch.setattr(sys, "stdin", given)
    assert check("-", "--against", notes)[:2][0] == 1


def test_a_text_in_another_language_is_not_checked(check: Check, tmp_path: Path, notes: Path) -> None:
    path = tmp_path / "german.txt"
    path.write_text("Die Brücke von Uelzen wurde 1914 eröffnet.", encoding="utf-8")
    code, out, _ = check(path, "--against", notes)
    assert code == 1
    assert out.startswith(
        "not checked (it, or all of its evidence, is in a language that the verifier was not trained on)"
    )


def test_what_cannot_be_read_ends_with_2_and_says_which_file(check: Check, text: Path, tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(scanned_pdf())
    code, out, err = check(text, "--against", scan)
    assert (code, out) == (2, "")
    assert "scan.pdf: document: it holds pictures of its pages and no text" in err
    assert check(text)[0] == 2
    assert check(tmp_path / "missing.txt", "--against", scan)[0] == 2


async def test_a_configured_judge_judges_instead_and_is_named(
    check: Check, text: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    not_found = json.dumps({"verdict": "not_found", "passage": None, "quote": None})
    async with Upstream(Script(text=not_found)) as upstream:
        monkeypatch.setenv("VERAX_CHECK_JUDGE_URL", upstream.url)
        assert (await asyncio.to_thread(check, text, "--against", notes))[0] == 2
        monkeypatch.setenv("VERAX_CHECK_JUDGE_MODEL", "large")
        code, out, _ = await asyncio.to_thread(check, text, "--against", notes, "--json")
    found = json.loads(out)
    assert (code, found["summary"]["not_found"]) == (1, 6)
    assert found["verifier"].startswith("model:large@127.0.0.1:")


def test_headings_of_the_text_are_no_claims(check: Check, tmp_path: Path, notes: Path) -> None:
    text = tmp_path / "answer.md"
    text.write_text("# What the report says\n\nThe bridge of Uelzen was opened in 1914.\n", encoding="utf-8")
    code, out, err = check(text, "--against", notes)
    assert code == 0
    assert "What the report says" not in out
    assert "1 other sentence" in err


def test_evidence_that_the_verifier_does_not_read_leaves_every_claim_unchecked(check: Check, tmp_path: Path) -> None:
    text, german = tmp_path / "answer.txt", tmp_path / "deutsch.txt"
    text.write_text("The bridge is 61 metres long. The castle of the town burned down twice.", encoding="utf-8")
    german.write_text("Die Brücke ist 61 Meter lang und wurde im Jahr 1914 eröffnet.", encoding="utf-8")
    code, out, _ = check(text, "--against", german)
    assert code == 1
    assert [line[:11] for line in out.splitlines()] == ["not checked", "not checked"]


def test_a_file_of_two_gigabytes_is_refused_before_it_is_read(check: Check, text: Path, tmp_path: Path) -> None:
    huge = tmp_path / "huge.pdf"
    with huge.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(2 * 2**30)
    code, _, err = check(text, "--against", huge)
    assert code == 2
    assert "huge.pdf: expected at most 64 MiB, found more" in err
