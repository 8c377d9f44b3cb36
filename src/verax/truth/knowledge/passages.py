"""A document cut into passages: short enough to be shown and encoded whole, long enough to mean something.

* A passage lies on one page and below one heading. ``text[start:end]`` is the passage, exactly.
* It ends where a paragraph does if one ends in time, else where a sentence does, else between
  words, else where it must.
* At most `MAX_CHARS` characters, which the encoder reads whole (256 word pieces); a third of that
  where the text is Chinese, Japanese or Korean, whose characters are word pieces each.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from verax.truth.knowledge.normal import Heading, NormalText

__all__ = ["MAX_CHARS", "Passage", "cut_passages"]

MAX_CHARS = 1_000
_LEAST_SHARE = 0.4
_MAX_TRAIL = 300
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_DENSE_SHARE = 0.3
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"[.!?…][\"'”’)\]]*(?=\s)|[。！？][”’）」』]*")
_BLANK = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document.

    Attributes:
        start, end: Offsets into the normalised text.
        page: From 1; None where the document has none.
        heading: The headings above it, outermost first, joined by `` › ``; empty for none.
    """

    start: int
    end: int
    page: int | None
    heading: str


def cut_passages(document: NormalText) -> tuple[Passage, ...]:
    """Return the passages of a document in order; together they hold all of its words."""
    starts = sorted({0, *document.page_starts, *(heading.start for heading in document.headings)})
    trails = _trails(document.headings)
    heading_starts = [heading.start for heading in document.headings]
    found = []
    for start, end in zip(starts, [*starts[1:], len(document.text)], strict=True):
        page = bisect_right(document.page_starts, start) if document.page_starts else None
        above = bisect_right(heading_starts, start)
        trail = trails[above - 1] if above else ""
        found += [Passage(low, high, page, trail) for low, high in _cut(document.text, start, end)]
    return tuple(found)


def _trails(headings: tuple[Heading, ...]) -> list[str]:
    """Return for each heading the words of those above it and its own."""
    trails: list[str] = []
    open_ones: list[Heading] = []
    for heading in headings:
        open_ones = [above for above in open_ones if above.level < heading.level] + [heading]
        trails.append(" › ".join(above.title for above in open_ones)[-_MAX_TRAIL:])
    return trails


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the pieces of one section, without the blanks around them."""
    section = text[start:end]
    dense = len(_DENSE.findall(section)) > _DENSE_SHARE * max(1, len(section))
    most = MAX_CHARS // 3 if dense else MAX_CHARS
    while start < end:
        stop = end if end - start <= most else _stop(text, start, start + most)
        low, high = start, stop
        while low < high and text[low].isspace():
            low += 1
        while high > low and text[high - 1].isspace():
            high -= 1
        if low < high:
            yield low, high
        start = stop


def _stop(text: str, start: int, limit: int) -> int:
    """Return the best place to end between a least length and `limit`."""
    least = start + int((limit - start) * _LEAST_SHARE)
    for pattern in (_PARAGRAPH, _SENTENCE, _BLANK):
        ends = [found.end() for found in pattern.finditer(text, least, limit)]
        if ends:
            return ends[-1]
    return limit
