"""Running heads, feet and page numbers of a document's pages: what stands on the paper and is no part of the text.

A line is one where it is the first or the last of its page, ends no sentence, and the same line is first or last on
at least `_PAGES` pages. *The same* means: letter for letter, but for one number that counts the pages, the first or
the last of the line; a line that is a number alone, Roman or not, is the same as another such. A head with words
stays where it begins the document: it is its title, most likely.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

__all__ = ["without_running_lines"]

_PAGES = 3
_ROUNDS = 2  # lines at each end of a page that may be running ones
_MAX_CHARS = 120
_MAX_NUMBER = 999  # of a page, where words stand beside it: "Report 2024" counts no pages
_NUMBER = re.compile(r"\d{1,5}")
_ALONE = re.compile(r"\W*(?:\d{1,5}|[ivxlc]{1,7})\W*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?。！？][\"'”’)\]]*\Z")

Key = tuple[str, int]


def without_running_lines(pages: Sequence[str]) -> list[str]:
    """Return the pages, each normalised, without their running lines; a page that is one line stays as it is."""
    found = [page.split("\n") for page in pages]
    for end in (0, -1):
        for _ in range(_ROUNDS):
            found = _without(found, end)
    return ["\n".join(lines).strip("\n") for lines in found]


def _without(pages: Sequence[list[str]], end: int) -> list[list[str]]:
    """Take running lines away at one end of the pages: 0 the first lines, -1 the last."""
    keys = [list(_keys(lines[end], number)) if len(lines) > 1 else [] for number, lines in enumerate(pages)]
    counted = Counter(key for page in keys for key in page)
    kept = []
    for number, (lines, page) in enumerate(zip(pages, keys, strict=True)):
        is_running = any(counted[key] >= _PAGES for key in page)
        is_title = end == 0 and number == 0 and not _ALONE.fullmatch(lines[0])
        kept.append(_trimmed(lines, end) if is_running and not is_title else lines)
    return kept


def _keys(line: str, page: int) -> Iterator[Key]:
    """Yield what makes a line the same as one of another page; nothing for what is no running line."""
    if not line.strip() or len(line) > _MAX_CHARS or _SENTENCE_END.search(line):
        return
    if _ALONE.fullmatch(line):
        yield "", 0
        return
    yield line, 0
    numbers = list(_NUMBER.finditer(line))
    for found in {id(found): found for found in (*numbers[:1], *numbers[-1:])}.values():
        if int(found[0]) <= _MAX_NUMBER:
            yield f"{line[: found.start()]}\0{line[found.end() :]}", int(found[0]) - page


def _trimmed(lines: list[str], end: int) -> list[str]:
    """Return the lines without the one at an end, and without empty ones that are then at that end."""
    rest = lines[1:] if end == 0 else lines[:-1]
    while len(rest) > 1 and not rest[end].strip():
        rest = rest[1:] if end == 0 else rest[:-1]
    return rest
