"""Exact detectors: rules where rules are better than a model. Here are what a detector is, and two of them.

* ``secrets``: credentials that have a fixed shape (this server's own keys, private keys in
  PEM, and the well-known prefixes of large services). Entropy is not guessed at: a string
  without a known shape is not found, and the docs say so.
* ``hidden_text``: characters that a reader cannot see and a model can: Unicode tag
  characters outside flag emoji, bidirectional overrides, interlinear annotation marks.

Every detector is a pure function of the text and says, for a stream, how many trailing
characters could still become part of a finding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Detector", "Finding", "HiddenText", "Secrets"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: character offsets in the text and what was found there."""

    start: int
    end: int
    kind: str


class Detector(Protocol):
    """Finds one category of content."""

    @property
    def name(self) -> str:
        """The category."""
        ...

    @property
    def by_sentence(self) -> bool:
        """Whether it needs whole sentences; others find what they look for as soon as it ends."""
        ...

    def find(self, text: str) -> list[Finding]:
        """Return findings in order, not overlapping."""
        ...

    def held(self, text: str) -> int:
        """Return how many trailing characters of `text` may yet become part of a finding."""
        ...


class Secrets:
    """Credentials of a fixed shape."""

    name = "secrets"
    by_sentence = False
    _WORD = re.compile(r"[A-Za-z0-9_\-]+\Z")
    _PREFIXES = (
        *("vx-", "sk-", "ghp_", "gho_", "ghs_", "ghu_", "github_pat_"),
        *("glpat-", "xoxb-", "xoxp-", "AKIA", "ASIA", "AIza"),
    )
    _TOKEN = re.compile(
        r"(?<![A-Za-z0-9_\-])(?:"
        r"vx-[A-Za-z0-9]{24,}"
        r"|sk-[A-Za-z0-9_\-]{20,}"
        r"|gh[posu]_[A-Za-z0-9]{36,}"
        r"|github_pat_[A-Za-z0-9_]{60,}"
        r"|glpat-[A-Za-z0-9_\-]{20,}"
        r"|xox[bp]-[A-Za-z0-9\-]{20,}"
        r"|(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"
        r"|AIza[A-Za-z0-9_\-]{35}"
        r")[A-Za-z0-9_\-]*"
    )
    _PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
    _PEM_HEAD = "-----BEGIN "
    _PEM_BEGIN = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
    _PEM_PARTIAL = re.compile(r"-----BEGIN [A-Z ]*-{0,4}\Z")
    _PEM_END = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")

    def find(self, text: str) -> list[Finding]:
        """Return keys of known shape and PEM private keys, an unfinished one to the end of the text."""
        pem = [Finding(m.start(), m.end(), "private_key") for m in self._PEM.finditer(text)]
        tokens = [Finding(m.start(), m.end(), "api_key") for m in self._TOKEN.finditer(text)]
        outside = [t for t in tokens if not any(p.start <= t.start < p.end for p in pem)]
        return sorted(pem + outside, key=lambda finding: finding.start)

    def held(self, text: str) -> int:
        """Hold an unfinished PEM block, or a last word that begins like a known key."""
        begin = text.find(self._PEM_HEAD)
        while begin >= 0:
            if self._is_open_pem(text[begin:]):
                return len(text) - begin
            begin = text.find(self._PEM_HEAD, begin + 1)
        return max(self._held_head(text), self._held_word(text))

    def _held_head(self, text: str) -> int:
        sizes = range(min(len(self._PEM_HEAD) - 1, len(text)), 0, -1)
        return next((size for size in sizes if self._PEM_HEAD.startswith(text[-size:])), 0)

    def _held_word(self, text: str) -> int:
        word = self._WORD.search(text)
        if word is None:
            return 0
        found = word.group()
        starts = any(found.startswith(prefix) or prefix.startswith(found) for prefix in self._PREFIXES)
        return len(found) if starts else 0

    @classmethod
    def _is_open_pem(cls, tail: str) -> bool:
        head = cls._PEM_BEGIN.match(tail)
        if head is not None:
            return cls._PEM_END.search(tail, head.end()) is None
        return cls._PEM_PARTIAL.match(tail) is not None


class HiddenText:
    """Characters that a reader cannot see and a model can."""

    name = "hidden_text"
    by_sentence = False
    _FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f")
    _HIDDEN = re.compile("[\U000e0000-\U000e007f\u202d\u202e\ufff9-\ufffb]+")
    _TRAILING = re.compile("[\U000e0000-\U000e007f\u202d\u202e\ufff9-\ufffb]+\\Z")

    def find(self, text: str) -> list[Finding]:
        """Return runs of hidden characters that are not part of a flag emoji."""
        flags = [(m.start(), m.end()) for m in self._FLAG.finditer(text)]
        return [
            Finding(m.start(), m.end(), "hidden")
            for m in self._HIDDEN.finditer(text)
            if not any(start <= m.start() < end for start, end in flags)
        ]

    def held(self, text: str) -> int:
        """Hold a flag that may not be finished, and a run of hidden characters that may go on."""
        run = self._TRAILING.search(text)
        held = len(run.group()) if run is not None else 0
        flag = text.rfind("\U0001f3f4", max(0, len(text) - 10))
        if flag < 0 or self._FLAG.match(text, flag):
            return held
        tail = text[flag + 1 :]
        unfinished = all("\U000e0020" <= c <= "\U000e007e" for c in tail)
        return max(held, len(text) - flag) if unfinished else held
