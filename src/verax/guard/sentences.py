"""Sentences as a guard reads them: without gaps, so that no character is left unread.

* However a text is fed, whole or letter by letter, the sentences are the same; joined they are the text.
* A sentence ends behind ``.``, ``!``, ``?``, ``…`` and the blanks that follow, behind a Chinese sign,
  or at a line's end; one without an end is cut after `MAX_CHARS`.
* A sentence that is too short to say much by itself is read together with what stands before it, so
  that a text in scraps is not read as scraps.

`verax.truth.claims.sentences` cuts for another purpose: it leaves out marks, code and tables.

>>> [sentence.text for sentence in cut("Stop. Sit down! 好。")]
['Stop. ', 'Sit down! ', '好。']
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["MAX_CHARS", "Cutter", "Sentence", "cut"]

MAX_CHARS = 400
"""Characters after which a text without an end is cut: about what a small encoder reads at once."""

_SHORT_CHARS = 32
_BEFORE_CHARS = 160
_CLOSERS = r"[\"'”’」』）》)\]»*_]"
# What follows must be there before an end is certain: it might be one more closing quote.
_END = re.compile(
    rf"[.!?…]++{_CLOSERS}*+\s++(?=\S)"
    rf"|[。！？；]++{_CLOSERS}*+\s*+(?=\S)"
    r"|\n\s*+(?=\S)"
)
_BLANK = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with the blanks behind it.

    Attributes:
        before: What it is read together with, empty for one that is long enough.
        start: Where it begins in the text that was fed.
    """

    text: str
    before: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends in the text that was fed."""
        return self.start + len(self.text)

    @property
    def read(self) -> str:
        """The text that a classifier is given."""
        return (self.before + self.text).strip()


class Cutter:
    """Cuts a text into sentences while it comes."""

    __slots__ = ("_before", "_rest", "_start")

    def __init__(self) -> None:
        self._rest = ""
        self._before = ""
        self._start = 0

    def feed(self, text: str) -> list[Sentence]:
        """Take more text; return the sentences that are whole now."""
        self._rest += text
        found = []
        taken = 0
        while (end := self._end(taken)) > taken:
            found.append(self._sentence(self._rest[taken:end]))
            taken = end
        self._rest = self._rest[taken:]
        return found

    def finish(self) -> list[Sentence]:
        """Say that nothing follows; return what is left."""
        rest, self._rest = self._rest, ""
        return [self._sentence(rest)] if rest else []

    @property
    def is_waiting(self) -> bool:
        """Whether a sentence has begun and not ended."""
        return bool(self._rest)

    def copy(self) -> Cutter:
        """Return another one in the same state, to see what a text would bring."""
        other = Cutter()
        other._rest, other._before, other._start = self._rest, self._before, self._start
        return other

    def _end(self, start: int) -> int:
        """Return where the sentence that begins at `start` ends; `start` where that is not known yet."""
        limit = start + MAX_CHARS
        # No further than the character behind the limit: a long text without ends is read once, not once a cut.
        match = _END.search(self._rest, start, limit + 1)
        if match is not None and match.end() <= limit:
            return match.end()
        if len(self._rest) <= limit:
            return start
        blanks = [blank.end() for blank in _BLANK.finditer(self._rest, start, limit)]
        return blanks[-1] if blanks else limit

    def _sentence(self, text: str) -> Sentence:
        is_short = len(text.strip()) < _SHORT_CHARS
        sentence = Sentence(text, self._before if is_short else "", self._start)
        self._before = (self._before + text)[-_BEFORE_CHARS:]
        self._start += len(text)
        return sentence


def cut(text: str) -> list[Sentence]:
    """Return the sentences of a whole text."""
    cutter = Cutter()
    return [*cutter.feed(text), *cutter.finish()]
