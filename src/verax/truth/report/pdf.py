"""A check as a PDF; Latin letters only, which the report itself says where others were left out."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

from verax.truth.report.canvas import Canvas, Colour, Run
from verax.truth.report.wording import MEANING, SIGNS, About, counts, described, look_of, passages_of

__all__ = ["pdf_report"]

_COLOURS: dict[str, Colour] = {
    "supported": (20, 98, 46),
    "contradicted": (161, 18, 18),
    "not_found": (122, 82, 0),
    "not_checked": (68, 68, 68),
    "contested": (122, 82, 0),
}
_GREY: Colour = (68, 68, 68)
_HIGHLIGHT: Colour = (255, 241, 168)


def pdf_report(checked: Mapping[str, Any], about: About) -> bytes:
    """Return the file for an object of `verax.truth.check_object`."""
    title = f"Check of {about.title}"
    canvas = Canvas(title)
    canvas.paragraph([Run(title, is_bold=True)], size=16.0, after=6.0)
    canvas.paragraph([Run(counts(checked["summary"]))], after=8.0)
    for name, value in _facts(checked, about):
        canvas.paragraph([Run(f"{name}: ", colour=_GREY), Run(value)], size=8.5, after=1.0)
    canvas.space(8.0)
    canvas.paragraph([Run("Claims", is_bold=True)], size=12.0, after=6.0)
    for claim in checked["claims"]:
        _write_claim(canvas, claim, {document["digest"] for document in checked["documents"]})
    if not checked["claims"]:
        canvas.paragraph([Run("The text holds no claim that could be checked.")])
    canvas.rule()
    canvas.paragraph([Run(MEANING, colour=_GREY)], size=8.5)
    if canvas.missing:
        left_out = (
            f"{canvas.missing} characters that this file's fonts lack are shown as “?”; the HTML report has them."
        )
        canvas.paragraph([Run(left_out, colour=_GREY)], size=8.5)
    return canvas.finish()


def _write_claim(canvas: Canvas, claim: Mapping[str, Any], named: Container[str]) -> None:
    """Write a claim with its passages; documents that are `named` above need no digest here."""
    canvas.rule()
    canvas.paragraph([Run(" ".join(claim["text"].split()), is_bold=True)], after=1.0)
    look = look_of(claim)
    colour = _COLOURS[look]
    canvas.paragraph([Run(f"{SIGNS[look]} ", is_bold=True, colour=colour), Run(described(claim), colour=colour)])
    for shown in passages_of(claim):
        runs = [Run(text, background=_HIGHLIGHT if is_marked else None) for text, is_marked in shown.pieces]
        canvas.paragraph(runs, size=9.0, indent=14.0, after=1.0)
        digest = "" if shown.digest in named else f" SHA-256 {shown.digest}"
        canvas.paragraph([Run(f"{shown.place}. {shown.stance}.{digest}", colour=_GREY)], size=7.5, indent=14.0)


def _facts(checked: Mapping[str, Any], about: About) -> Iterator[tuple[str, str]]:
    yield "Checked", about.date
    yield "Text, SHA-256", checked["text_digest"]
    yield "Verifier", checked["verifier"]
    for document in checked["documents"]:
        pages = f", {document['pages']} pages" if document["pages"] else ""
        notices = "".join(f" {notice}" for notice in document["notices"])
        yield "Document", f"{document['source']}{pages}, SHA-256 {document['digest']}{notices}"
    for collection in checked["collections"]:
        yield "Collection", f"{collection['id']}, version {collection['version'] or 'not searched'}"
