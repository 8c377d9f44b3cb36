"""Reports: everything is in them, nothing in them acts, and the PDF can be read again."""

from __future__ import annotations

import re
from typing import Any

import pypdfium2
import pytest

from verax.truth.report import About, html_report, pdf_report
from verax.truth.report.wording import counts

ABOUT = About("answer <1>.md", "2026-11-26T18:00:00Z")
PASSAGE = "The town has a bridge. The bridge was opened in 1932 by Lena Voß. It is 40 metres long."
EVIDENCE = {
    "source": "verden.pdf",
    "passage": PASSAGE,
    "start": 23,
    "end": 65,
    "probability": 0.93,
    "supports": True,
    "page": 3,
    "heading": "Bridges",
    "passage_start": 100,
    "digest": "ab" * 32,
    "collection": None,
}
AGAINST = {**EVIDENCE, "source": "paper.txt", "probability": 0.05, "supports": False, "digest": "ba" * 32, "page": None}


def claim(text: str, verdict: str, probability: float | None, *evidence: dict[str, Any], reason: str = "") -> Any:
    is_contested = {True, False} <= {item["supports"] for item in evidence}
    place = {"start": 0, "end": len(text), "reason": reason, "contested": is_contested}
    place["evidence"] = list(evidence)
    return {"text": text, "verdict": verdict, "probability": probability, **place}


def checked(*claims: Any) -> dict[str, Any]:
    names = ("supported", "contradicted", "not_found", "not_checked")
    summary = {name: sum(item["verdict"] == name for item in claims) for name in names}
    summary["contested"] = sum(item["contested"] for item in claims)
    return {
        "object": "check",
        "text_digest": "cd" * 32,
        "verifier": "local:" + "ef" * 32,
        "summary": {"claims": len(claims), **summary, "other_sentences": 2},
        "claims": list(claims),
        "collections": [{"id": "col_1", "version": "12" * 32}],
        "documents": [
            {"source": "verden.pdf", "digest": "ab" * 32, "pages": 10, "characters": 900, "notices": ["Cut."]}
        ],
    }


CHECKED = checked(
    claim("The bridge was opened in 1932.", "supported", 0.93, EVIDENCE),
    claim("The bridge was opened in 1952.", "contradicted", 0.05, {**EVIDENCE, "probability": 0.05, "supports": False}),
    claim("<script>alert(1)</script> burned down.", "not_found", 0.1),
    claim("桥梁于1932年开放。", "not_checked", None, reason="language"),
)


def text_of(data: bytes) -> list[str]:
    """Return the words of each page on one line, as a reader's copy and paste gives them."""
    pages = pypdfium2.PdfDocument(data)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in pages]


def test_the_page_shows_every_claim_with_its_passage_the_span_marked_and_where_it_stands() -> None:
    page = html_report(CHECKED, ABOUT)
    assert "<mark>The bridge was opened in 1932 by Lena Voß.</mark> It is 40 metres long." in page
    assert "verden.pdf, page 3, Bridges, characters 123 to 165. Supports it, 0.93." in page
    assert "Contradicts it, 0.05." in page
    assert "4 claims: 1 supported, 1 contradicted, 1 not found, 1 not checked. 2 other sentences" in page
    assert "not checked: it, or all of its evidence, is in a language that the verifier was not trained on" in page
    for fact in (ABOUT.date, "ab" * 32, "cd" * 32, "local:" + "ef" * 32, "12" * 32, "10 pages", "Cut."):
        assert fact in page


def test_both_reports_show_the_two_sides_of_what_sources_disagree_about() -> None:
    disputed = checked(claim("The bridge was opened in 1932.", "supported", 0.93, EVIDENCE, AGAINST))
    page = html_report(disputed, ABOUT)
    assert '<p class="verdict contested"><b aria-hidden="true">±</b>contested: sources disagree; supported' in page
    assert page.count('<figure class="against">') == 1
    printed = " ".join(text_of(pdf_report(disputed, ABOUT)))
    for shown in (page, printed):
        assert "sources disagree about 1" in shown
        assert "Supports it, 0.93" in shown
        assert "paper.txt, Bridges, characters 123 to 165. Contradicts it, 0.05" in shown
    assert "± contested: sources disagree" in printed


def test_the_page_escapes_what_it_shows_and_loads_nothing() -> None:
    page = html_report(CHECKED, ABOUT)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; burned down." in page
    assert "Check of answer &lt;1&gt;.md" in page
    assert not re.search(r"https?://|src=|href=|url\(", page)


def test_the_pdf_says_the_same_and_what_its_fonts_lack() -> None:
    [words] = text_of(pdf_report(CHECKED, ABOUT))
    assert "Check of answer <1>.md" in words
    assert "The bridge was opened in 1932 by Lena Voß." in words
    assert "verden.pdf, page 3, Bridges, characters 123 to 165. Supports it, 0.93." in words
    assert "7 characters that this file's fonts lack are shown as “?”" in words
    assert "page 1 of 1" in words


def test_a_long_report_runs_over_pages_and_loses_no_word() -> None:
    many = checked(*(claim(f"Claim number {number} is {'very ' * 30} long.", "not_found", 0.1) for number in range(90)))
    pages = text_of(pdf_report(many, ABOUT))
    assert len(pages) > 3
    assert [f"page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1)] == [True] * len(pages)
    assert all(f"Claim number {number} is" in " ".join(pages) for number in range(90))
    assert " ".join(pages).count("very") == 90 * 30


@pytest.mark.parametrize("text", ["x" * 900, "a\tb\nc\u200b\x07", "ﬁ Ⅳ e\u0301 😀"])
def test_any_text_fits_on_the_page(text: str) -> None:
    data = pdf_report(checked(claim(text, "not_found", 0.1)), ABOUT)
    page = pypdfium2.PdfDocument(data)[0]
    for item in page.get_objects():
        left, bottom, right, top = item.get_bounds()
        assert 55 <= left <= right <= 541
        assert 0 <= bottom <= top <= 842


def test_a_text_without_claims_says_so() -> None:
    assert "The text holds no claim that could be checked." in html_report(checked(), ABOUT)
    assert "The text holds no claim that could be checked." in text_of(pdf_report(checked(), ABOUT))[0]


def test_one_claim_is_said_as_one() -> None:
    one = {"claims": 1, "supported": 1, "contradicted": 0, "not_found": 0, "not_checked": 0, "contested": 0}
    one["other_sentences"] = 1
    assert counts(one).startswith("1 claim: 1 supported")
    assert counts(one).endswith("1 other sentence was not checked.")


def test_nothing_is_said_of_other_sentences_where_there_are_none() -> None:
    assert counts({**checked()["summary"], "other_sentences": 0}).endswith("0 not checked.")


def test_two_places_of_one_passage_are_marked_in_it_and_it_is_shown_once() -> None:
    first = {**EVIDENCE, "start": 0, "end": 22}
    both = checked(claim("The town's bridge was opened in 1932.", "supported", 0.9, EVIDENCE, first))
    page = html_report(both, ABOUT)
    assert page.count("<blockquote>") == 1
    marked = "<mark>The town has a bridge.</mark> <mark>The bridge was opened in 1932 by Lena Voß.</mark> It is"
    assert marked in page
    assert "characters 100 to 122 and 123 to 165. Supports it, 0.93." in page
    assert text_of(pdf_report(both, ABOUT))[0].count("It is 40 metres long.") == 1


def test_a_document_that_is_named_above_is_not_named_by_its_digest_below_each_passage() -> None:
    page = html_report(checked(claim("It was opened.", "supported", 0.9, EVIDENCE, AGAINST)), ABOUT)
    assert (page.count("ab" * 32), page.count("ba" * 32)) == (1, 1)


def test_paragraphs_of_a_passage_are_lines_of_their_own_in_the_pdf() -> None:
    item = {**EVIDENCE, "passage": "A heading\n\nThe bridge.", "start": 11, "end": 22}
    data = pdf_report(checked(claim("The bridge.", "supported", 0.9, item)), ABOUT)
    lines = pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range().splitlines()
    assert "A heading" in [line.strip() for line in lines]
