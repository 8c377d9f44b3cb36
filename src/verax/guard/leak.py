"""Prompt leak: the release's own instructions, quoted word for word.

* A run of `RUN_WORDS` words that stands in the release's prompt is a quotation; a Chinese character
  counts as a word. What people write in passing, three words of a run, is no part of it: the
  finding begins with the fourth word, so that a stream need not hold every word that a prompt uses.
* Case, punctuation and look-alike letters make no difference. A translation or a paraphrase is
  not found.
* Published prompts are no secret in Verax (invariant 4); what this protects is a reader who should
  be answered, and an edition for children that should stay in its role.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from verax.guard.detectors import Finding
from verax.guard.normal import plain

__all__ = ["RUN_WORDS", "PromptLeak"]

RUN_WORDS = 12
"""Words in a row that make a quotation."""

_LEAD = 3
_TAIL_CHARS = 2_000
_WORD = re.compile(r"[\u3400-\u9fff]|(?:(?![\u3400-\u9fff])\w)+")


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


class PromptLeak:
    """Quotations of a prompt.

    Args:
        prompts: Texts that must not be quoted.
    """

    name = "prompt_leak"
    by_sentence = False

    def __init__(self, prompts: Iterable[str] = ()) -> None:
        self._runs: set[tuple[str, ...]] = set()
        self._next: dict[tuple[str, ...], set[str]] = {}
        for prompt in prompts:
            words = [word.text for word in _words(prompt)]
            self._runs |= _grams(words, RUN_WORDS)
            for gram in _grams(words, _LEAD + 1):
                self._next.setdefault(gram[:-1], set()).add(gram[-1])

    def find(self, text: str) -> list[Finding]:
        """Return every quotation from its fourth word on."""
        if not self._runs:
            return []
        words = _words(text)
        texts = [word.text for word in words]
        found: list[Finding] = []
        for place in range(len(words) - RUN_WORDS + 1):
            if tuple(texts[place : place + RUN_WORDS]) not in self._runs:
                continue
            start, end = words[place + _LEAD].start, words[place + RUN_WORDS - 1].end
            if found and start <= found[-1].end:
                found[-1] = Finding(found[-1].start, end, "quotation")
            else:
                found.append(Finding(start, end, "quotation"))
        return found

    def held(self, text: str) -> int:
        """Hold the stretch at the end that follows the prompt, from its fourth word on."""
        if not self._next:
            return 0
        tail = text[-_TAIL_CHARS:]
        words = _words(tail)
        texts = [word.text for word in words]
        first = len(words)
        while first > _LEAD and self._may_follow(texts, first - 1):
            first -= 1
        return len(tail) - words[first].start if first < len(words) else 0

    def _may_follow(self, texts: list[str], place: int) -> bool:
        """Say whether the word at `place` follows its three predecessors in the prompt; the last may be unfinished."""
        following = self._next.get(tuple(texts[place - _LEAD : place]), set())
        if texts[place] in following:
            return True
        is_last = place == len(texts) - 1
        return is_last and any(word.startswith(texts[place]) for word in following)


def _words(text: str) -> list[_Word]:
    normal = plain(text)
    return [_Word(match.group(), *normal.span(*match.span())) for match in _WORD.finditer(normal.text)]


def _grams(words: list[str], size: int) -> set[tuple[str, ...]]:
    return {tuple(words[place : place + size]) for place in range(len(words) - size + 1)}
