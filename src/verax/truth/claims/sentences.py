"""Sentences of a text that may still be on its way, with the characters they stand at.

* However a text is fed, in one piece or letter by letter, the sentences are the same. A sentence is given out once
  what follows can no longer change it, and `Splitter.finish` gives out the rest.
* A full stop ends a sentence where a blank and no lower-case letter follow, and where it belongs to no abbreviation,
  initial or number. Chinese signs end one at once, with the quotes and brackets that close behind them.
* An empty line ends a sentence, and so does a line that begins as a heading, a list's item, a quotation, a table or
  code. Any other line break is a blank, except behind a short line (`SHORT_LINE`) with a capital or digit after it.
* Marks of lists and quotations are no part of a sentence; fenced code and tables hold none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["MAX_SENTENCE", "SHORT_LINE", "Sentence", "Splitter", "split"]

MAX_SENTENCE = 2_000
"""Characters after which a text without an end is cut."""

SHORT_LINE = 50
"""Characters below which a line was not broken because it was full."""

Block = Literal["text", "heading"]

_PART = 2_000
_MARKED = 10  # the longest mark of a line, with the blank behind it: "9999. [x] "
_FENCE = re.compile(r"(?P<fence>`{3,}|~{3,})")
_MARK = re.compile(r"(?:>[ \t]?|[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?|\(?\d{1,4}[.)][ \t]+|[一二三四五六七八九十]{1,3}、)+")
_HEADING = re.compile(r"#{1,6}[ \t]+")
_RULE = re.compile(r"(?:[-*_=][ \t\r]*){3,}(?=\n|\Z)")
_END = re.compile(
    r"(?P<dense>[。！？]+[”’」』）》\"*_]*)|(?P<sign>(?:\.{3}|…|[.!?])+[\"'”’)\]»*_]*)(?=\s|\Z)",
)
_WORD_BEFORE = re.compile(r"[\w.’'&-]+\Z")
_NEXT_WORD = re.compile(r"[\"'“‘(\[*_]*(\w+)?")
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof sr jr st mt ft gen col lt capt sgt cmdr rev hon gov sen rep pres messrs e.g i.e cf vs v viz al "
    "ca approx est nos fig figs eq sec ch vol vols pp p ed eds art para dept univ assn bros jan feb mar apr jun "
    "jul aug sept sep oct nov dec mon tue wed thu fri sat sun".split()
)
# These end a sentence where a word follows that begins one.
_MAY_END = frozenset("no etc inc ltd corp co u.s u.k u.n e.u d.c a.m p.m b.c a.d ph.d m.d b.a m.a".split())
_STARTERS = frozenset(
    "The A An It He She They We I You This That These Those In On At By For From As But And However Its His Her Their "
    "There After Before When While Since Although If So Then Today Now Many Most Some Both One No".split()
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """``text[start:end]`` of what was fed is `text`; without blanks around it."""

    text: str
    start: int
    end: int
    block: Block = "text"


def split(text: str) -> list[Sentence]:
    """Return the sentences of a whole text."""
    splitter = Splitter()
    return [*splitter.feed(text), *splitter.finish()]


class Splitter:
    """Cuts a text into sentences while it comes."""

    def __init__(self) -> None:
        self._text = ""  # what was fed and is not given out
        self._start = 0  # its place in the whole text
        self._column = 0  # its place in its line
        self._fence = ""  # the mark that closes the code around the current line
        self._at_line_start = True
        self._is_whole = False

    def feed(self, text: str) -> list[Sentence]:
        """Take more text; return the sentences that are whole now."""
        found: list[Sentence] = []
        # What waits is copied at every sentence, so a long text is taken a part at a time.
        for place in range(0, len(text), _PART):
            self._text += text[place : place + _PART]
            found += self._take()
        return found

    def finish(self) -> list[Sentence]:
        """Say that nothing follows; return what is left."""
        self._is_whole = True
        return list(self._take())

    def _take(self) -> Iterator[Sentence]:
        while True:
            self._drop_blanks()
            if not self._text:
                return
            if self._at_line_start:
                if not self._are_marks_whole():
                    return
                if self._fence or _FENCE.match(self._text) or _RULE.match(self._text) or self._text[0] == "|":
                    if not self._skip_line():
                        return
                    continue
            is_heading = self._at_line_start and _HEADING.match(self._text) is not None
            end = self._heading_end() if is_heading else self._sentence_end()
            if end is None:
                return
            yield from self._cut(end, "heading" if is_heading else "text")

    def _are_marks_whole(self) -> bool:
        """Say whether the marks that begin the line are all here."""
        marks = _MARK.match(self._text)
        behind = len(self._text) - (marks.end() if marks else 0)
        return self._is_whole or "\n" in self._text or behind > _MARKED

    def _drop_blanks(self) -> None:
        rest = self._text.lstrip()
        blanks = self._text[: len(self._text) - len(rest)]
        self._at_line_start = self._at_line_start or "\n" in blanks
        self._drop(len(blanks))

    def _skip_line(self) -> bool:
        """Drop a line of code or of a table; False where its end is not here yet."""
        line, end, _ = self._text.partition("\n")
        if not end and not self._is_whole:
            return False
        fence = _FENCE.match(line)
        if self._fence:
            self._fence = "" if line.startswith(self._fence) else self._fence
        elif fence:
            self._fence = fence["fence"]
        self._drop(len(line) + len(end))
        return True

    def _heading_end(self) -> int | None:
        place = self._text.find("\n")
        return place if place >= 0 else len(self._text) if self._is_whole else None

    def _sentence_end(self) -> int | None:
        """Return where the first sentence ends, None where that cannot be told yet."""
        if self._at_line_start:
            mark = _MARK.match(self._text)
            self._drop(mark.end() if mark else 0)
            self._at_line_start = False
            if not self._text.strip():
                return None
        limit = min(len(self._text), MAX_SENTENCE)
        place, is_break = self._line_end(limit)
        for found in _END.finditer(self._text, 0, place):
            ends = True if is_break and found.end() == place else self._is_end(found)
            if ends is None:
                return None
            if ends:
                return found.end()
        if is_break:
            return place
        if place < limit:
            return None
        if len(self._text) > MAX_SENTENCE:
            return max(self._text.rfind(" ", 1, MAX_SENTENCE), 0) or MAX_SENTENCE
        return len(self._text) if self._is_whole else None

    def _line_end(self, limit: int) -> tuple[int, bool]:
        """Return the first line break that ends a sentence, or may do so, and whether it does; `limit` for none."""
        place = self._text.find("\n", 0, limit)
        while place >= 0:
            ends = self._breaks(place)
            if ends is not False:
                return place, bool(ends)
            place = self._text.find("\n", place + 1, limit)
        return limit, False

    def _breaks(self, place: int) -> bool | None:
        """Say whether the line break at `place` ends a sentence; None where the next line is not known yet."""
        rest = self._text[place + 1 :]
        line = rest.lstrip(" \t\r")
        if not line:
            return self._is_whole or None
        if line[0] == "\n":
            return True
        if len(line) <= _MARKED and "\n" not in line and not self._is_whole:
            return None
        rule = _RULE.match(line)
        if rule and rule.end() == len(line) and not self._is_whole:
            return None
        if rule or any(pattern.match(line) for pattern in (_MARK, _HEADING, _FENCE)) or line[0] == "|":
            return True
        begin = self._text.rfind("\n", 0, place) + 1
        length = place - begin + (0 if begin else self._column)
        return length < SHORT_LINE and (line[0].isupper() or line[0].isdigit())

    def _is_end(self, found: re.Match[str]) -> bool | None:
        """Say whether a sign ends a sentence; None where what follows is not here yet."""
        if found["dense"]:
            return True if found.end() < len(self._text) or self._is_whole else None
        after = self._text[found.end() :].lstrip()
        if not after:
            return self._is_whole or None
        word = _NEXT_WORD.match(after)
        is_word_whole = self._is_whole or (word is not None and word.end() < len(after))
        if not is_word_whole:
            return None
        following = (word[1] or "") if word else ""
        if following[:1].islower():
            return False
        if found["sign"][0] != "." or found["sign"].startswith("..."):
            return True
        before = _WORD_BEFORE.search(self._text, 0, found.start())
        said = before[0].strip("'’").lower() if before else ""
        if said in _ABBREVIATIONS:
            return False
        if said in _MAY_END:
            return following in _STARTERS
        is_initial = len(said) == 1 and said.isalpha() and said != "i"
        return not is_initial or following in _STARTERS

    def _cut(self, end: int, block: Block) -> Iterator[Sentence]:
        raw = self._text[:end]
        mark = _HEADING.match(raw) if block == "heading" else None
        lead = mark.end() if mark else 0
        lead += len(raw[lead:]) - len(raw[lead:].lstrip())
        text = raw[lead:].rstrip()
        if text:
            yield Sentence(text, self._start + lead, self._start + lead + len(text), block)
        self._drop(end)
        self._at_line_start = False

    def _drop(self, count: int) -> None:
        gone, self._text = self._text[:count], self._text[count:]
        self._start += count
        self._column = count - gone.rfind("\n") - 1 + (0 if "\n" in gone else self._column)
