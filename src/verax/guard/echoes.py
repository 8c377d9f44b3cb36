"""Self-poisoning: the assistant's own earlier output, recognised where it comes back as a source.

What the assistant said in public is copied, indexed and found again; read as evidence it would bear
itself out, and read as a description of the assistant it would teach it a character (that is how a
nickname of one summer came back by searching the web).

* A reply is remembered as hashes of runs of `RUN_WORDS` words, under a key of this process: no text
  is kept, and a hash says nothing elsewhere.
* A passage is an echo when at least half of its runs, and at least `MIN_RUNS`, stand in replies that
  were not themselves near copies of a source: a quotation of a document in a reply does not turn the
  document into an echo.
* The newest `MAX_RUNS` runs are remembered, about 5,000 replies of 200 words, since this process
  began. An echo of an older reply, or of another process, is not recognised; nor is a paraphrase.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable

from verax.guard.normal import plain

__all__ = ["MAX_RUNS", "MIN_RUNS", "RUN_WORDS", "Echoes"]

RUN_WORDS = 8
MIN_RUNS = 3
MAX_RUNS = 1_000_000
_SHARE = 0.5
_MAX_CHARS = 20_000
_WORD = re.compile(r"[\u3400-\u9fff]|(?:(?![\u3400-\u9fff])\w)+")


class Echoes:
    """What this process said lately.

    Args:
        max_runs: Runs that are remembered, the newest.
    """

    def __init__(self, max_runs: int = MAX_RUNS) -> None:
        self._max_runs = max_runs
        self._key = secrets.token_bytes(16)
        self._said: OrderedDict[int, None] = OrderedDict()

    def remember(self, reply: str, sources: Iterable[str] = ()) -> None:
        """Remember what was said.

        Args:
            sources: Texts that the reply was made from: runs that stand in them are theirs.
        """
        theirs = {run for source in sources for run in self._runs(source)}
        for run in self._runs(reply):
            if run not in theirs:
                self._said[run] = None
                self._said.move_to_end(run)
        while len(self._said) > self._max_runs:
            self._said.popitem(last=False)

    def is_echo(self, text: str) -> bool:
        """Say whether `text` is mostly what was said here before."""
        if not self._said:
            return False
        runs = self._runs(text)
        known = sum(run in self._said for run in runs)
        return known >= MIN_RUNS and known >= _SHARE * len(runs)

    def _runs(self, text: str) -> list[int]:
        words = _WORD.findall(plain(text[:_MAX_CHARS]).text)
        return [self._hash(words[place : place + RUN_WORDS]) for place in range(len(words) - RUN_WORDS + 1)]

    def _hash(self, words: list[str]) -> int:
        data = " ".join(words).encode("utf-8")
        return int.from_bytes(hashlib.blake2b(data, digest_size=8, key=self._key).digest(), "big")
