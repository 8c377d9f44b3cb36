"""The lines of a page put together to paragraphs, by where they stand. Pure; lengths are points, y grows upwards.

A line break is *soft* where a line ended only because it was full; a soft break becomes a blank, any other stays.
It is soft where all of this holds:

* the first word of the next line would not have fitted behind the line, or the line was stretched to where its
  neighbour ends; the right edges of the lines around that begin where it does say how wide the column is, and a
  column under `_LEAST_COLUMN` is none;
* neither line is higher or bolder than the other: a heading is no part of what it stands above;
* the next line is one line below, as most lines of the page are, or begins a column and goes on in lower case;
* neither is a row of a table: it has no wide gap and no dotted leader;
* the next line begins with no mark of a list.

A paragraph's end is an empty line, the end of a list's item, of a row or of a short line is one line end. Words that
were hyphenated over a line's end are put together: PDFium tells `HYPHEN` for the hyphen, which
`verax.truth.documents.clean_text` takes out. Where it leaves the hyphen (before a capital), no blank follows it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

__all__ = ["DENSE", "HYPHEN", "Line", "Look", "join_lines"]

DENSE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]")
"""Chinese and Japanese letters, which no blank divides."""

HYPHEN = "\ufffe"
"""What PDFium tells for a hyphen that divides a word at a line's end."""

_AROUND = 25  # lines before and after that may say how wide a column is
_LEAST_COLUMN = 15.0  # of a letter's height; from about 30 letters a line
_BULLET = re.compile(r"[•◦▪‣●○■□–—*+-]\s")
_NUMBERED = re.compile(r"(?:\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\([ivx]+\)|\[\d{1,3}\])\s")
_LEADER = re.compile(r"\.{4,}|(?:\. ){3,}|…{2,}")
_HYPHEN = re.compile(r"\w-\Z")
_ENDS = re.compile(r"[.:;!?。！？：；][\"'”’)\]]*\Z")


@dataclass(frozen=True, slots=True)
class Look:
    """How a letter looks.

    Attributes:
        height: From the lowest to the highest that its font has.
        weight: 400 for plain; 0 where that is not known.
    """

    height: float
    weight: int


@dataclass(frozen=True)
class Line:
    """A line as it stands on its page.

    Attributes:
        left, right: Where it begins and ends.
        looks: Its first letter or digit, a character in its middle, its last one.
        first_word: Width of its first word, or of its first letter where that is `DENSE`.
        gaps: The distances between its words.
    """

    text: str
    left: float
    right: float
    baseline: float
    looks: tuple[Look, ...]
    first_word: float
    gaps: tuple[float, ...]

    @property
    def height(self) -> float:
        """The height of its first letter."""
        return self.looks[0].height

    @cached_property
    def is_row(self) -> bool:
        """Whether it looks like a row of a table, or of contents with page numbers.

        Equal gaps, however wide, are those of a line that was stretched.
        """
        widest = max(self.gaps, default=0.0)
        is_stretched = len(self.gaps) > 1 and widest - min(self.gaps) < 0.1 * self.height
        return (widest > 1.5 * self.height and not is_stretched) or _LEADER.search(self.text) is not None

    @property
    def is_ended(self) -> bool:
        """Whether it ends as sentences do."""
        return _ENDS.search(self.text) is not None


def join_lines(lines: Sequence[Line]) -> str:
    """Return the text of a page with its soft line breaks taken out."""
    usual = _usual_drop(lines)
    parts: list[str] = []
    for index, line in enumerate(lines):
        if index:
            parts.append(_between(lines, index - 1, usual))
        parts.append(line.text)
    return "".join(parts)


def _between(lines: Sequence[Line], index: int, usual: float) -> str:
    """Return what stands between a line and the next: nothing, a blank, one line end or two."""
    line, following = lines[index], lines[index + 1]
    if line.text[-1] == HYPHEN:
        return ""
    if _is_apart(line, following, usual):
        return "\n\n"
    if line.is_row or following.is_row or _begins_item(line, following) or not _is_full(lines, index):
        return "\n"
    is_glued = _HYPHEN.search(line.text) or DENSE.match(line.text, len(line.text) - 1)
    return "" if is_glued else " "


def _is_apart(line: Line, following: Line, usual: float) -> bool:
    """Say whether two lines lie in different paragraphs, by how they look and stand."""
    if _looks_otherwise(line, following):
        return True
    height = max(line.height, following.height)
    drop = line.baseline - following.baseline
    if abs(drop) < 0.5 * height:
        return True
    if drop < 0 or abs(following.left - line.left) > 12 * height:
        return line.is_ended or not following.text[0].islower()
    if drop > 1.35 * usual * height:
        return True
    return line.is_ended and following.left - line.left > 0.8 * height and _BULLET.match(line.text) is None


def _looks_otherwise(line: Line, following: Line) -> bool:
    """Say whether all letters looked at of one line are higher, or bolder, than all of the other."""
    for one, other in ((line.looks, following.looks), (following.looks, line.looks)):
        if 0.85 * min(look.height for look in one) > max(look.height for look in other):
            return True
        lightest = min(look.weight for look in one)
        if lightest - max(look.weight for look in other) >= 100 and all(look.weight for look in other):
            return True
    return False


def _begins_item(line: Line, following: Line) -> bool:
    """Say whether a list's item begins; a number that was wrapped to a line's start does not look like one."""
    if _BULLET.match(following.text):
        return True
    may_follow = line.is_ended or following.left < line.left or _NUMBERED.match(line.text)
    return _NUMBERED.match(following.text) is not None and bool(may_follow)


def _is_full(lines: Sequence[Line], index: int) -> bool:
    """Say whether a line ended because its column does."""
    line, following = lines[index], lines[index + 1]
    if any(_ends_alike(line, other) for other in lines[max(0, index - 1) : index + 2] if other is not line):
        return line.right - line.left >= _LEAST_COLUMN * line.height
    edge = _edge(lines, index)
    if edge - line.left < _LEAST_COLUMN * line.height:
        return False
    return line.right + 0.2 * line.height + following.first_word > edge - 0.1 * line.height


def _ends_alike(line: Line, other: Line) -> bool:
    """Say whether two lines were stretched to the same right edge."""
    return abs(line.right - other.right) < 0.05 * line.height and abs(line.left - other.left) <= 3 * line.height


def _edge(lines: Sequence[Line], index: int) -> float:
    """Return where the column of a line ends: the greatest right edge that two lines around it share, about.

    Lines that begin exactly where it does count alone where they are enough: quotations are narrower than other text.
    """
    line = lines[index]
    around = [other for other in lines[max(0, index - _AROUND) : index + _AROUND + 1] if not other.is_row]
    near = [other.right for other in around if abs(other.left - line.left) <= 3 * line.height]
    same = [other.right for other in around if abs(other.left - line.left) <= 0.3 * line.height]
    rights = sorted(same if len(same) >= 3 else near, reverse=True)
    shared = (right for right, lower in pairwise(rights) if right - lower <= 2 * line.height)
    return next(shared, rights[0] if rights else 0.0)


def _usual_drop(lines: Sequence[Line]) -> float:
    """Return how far below a line the next one lies, in heights: the lower quartile of the page."""
    drops = sorted(
        (line.baseline - following.baseline) / line.height
        for line, following in pairwise(lines)
        if line.height > 0 and line.baseline - following.baseline >= 0.5 * line.height
        if not _looks_otherwise(line, following)
    )
    return drops[len(drops) // 4] if drops else 0.0
