"""A document as text that can be pointed at: one string, and where its pages and headings begin.

*Normalised* means: line ends are ``\\n``, there is no NUL and no half character, at most two line
ends in a row, no blanks before a line end. Offsets count characters (Unicode code points) of that
string from 0, and `end` is the first that no longer belongs: ``text[start:end]`` is the passage.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, zip_longest

from verax.truth.documents import Notice, clean_text
from verax.truth.knowledge.formats import DocumentKind
from verax.truth.knowledge.running_lines import without_running_lines

__all__ = ["Heading", "NormalText", "join_pages", "normalise"]

_LOOSE = re.compile(r"(?<![ \t\f\v\u00a0])[ \t\f\v\u00a0]+(?=\n)|(?P<gap>\n(?:[ \t\f\v\u00a0]*\n){2,})")
_SENTENCE_END = re.compile(r"[.!?:;。！？：；][\"'”’)\]]*\Z")


@dataclass(frozen=True, slots=True)
class Heading:
    """Where a heading begins, its level from 1, its words."""

    start: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class NormalText:
    """What a document says.

    Attributes:
        page_starts: Offset of each page; empty where a document has none.
        count: Pages of the document, read or not; None where it has none.
        notices: What was not read of it.
        title: What it calls itself; empty where it does not.
    """

    kind: DocumentKind
    media_type: str
    text: str
    page_starts: tuple[int, ...] = ()
    headings: tuple[Heading, ...] = ()
    count: int | None = None
    notices: tuple[Notice, ...] = ()
    title: str = ""


def normalise(raw: str, marks: Sequence[int] = ()) -> tuple[str, tuple[int, ...]]:
    """Return the normalised text, and where the given offsets of `raw` lie in it; `marks` are sorted."""
    edges = [0, *marks, len(raw)]
    pieces = [clean_text(raw[low:high]) for low, high in pairwise(edges)]
    places = list(accumulate(map(len, pieces)))[:-1]
    text = "".join(pieces)
    lead = len(text) - len(text.lstrip())
    text = text.strip()
    parts: list[str] = []
    cuts: list[tuple[int, int]] = []  # end of what was taken out, and how much was taken out up to there
    last = gone = 0
    for found in _LOOSE.finditer(text):
        kept = "\n\n" if found["gap"] else ""
        parts += [text[last : found.start()], kept]
        gone += len(found[0]) - len(kept)
        cuts.append((found.end(), gone))
        last = found.end()
    whole = "".join([*parts, text[last:]])
    ends = [end for end, _ in cuts]
    return whole, tuple(_moved(place - lead, ends, cuts, len(whole)) for place in places)


def _moved(place: int, ends: Sequence[int], cuts: Sequence[tuple[int, int]], length: int) -> int:
    before = bisect_right(ends, place)
    return min(length, max(0, place - (cuts[before - 1][1] if before else 0)))


def join_pages(pages: Sequence[str | None]) -> tuple[str, tuple[int, ...]]:
    """Return the text of all pages, each normalised and without its running lines, and where each begins.

    Two line ends stand between pages; one where a sentence goes on over the page's end.
    """
    starts, parts, length = [], [], 0
    texts = without_running_lines([normalise(page or "")[0] for page in pages])
    for text, following in zip_longest(texts, texts[1:], fillvalue=""):
        starts.append(length)
        parts.append(text)
        if len(parts) < len(texts):
            goes_on = text and following[:1].islower() and not _SENTENCE_END.search(text)
            parts[-1] += "\n" if goes_on else "\n\n"
        length += len(parts[-1])
    return "".join(parts), tuple(starts)
