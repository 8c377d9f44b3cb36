"""How long the whole guard holds one sentence: normalising, exact rules, classifiers, policy, both ways; and how much
later an adult's first word comes.

* *A sentence:* what a turn does about it on the way in (`ScoreBook.learn`, `check_input`) and on the way out
  (`OutputGuard` fed piece by piece), for an adult and for a child; no score is remembered from before.
* *The first word of an adult:* the message is screened before the model begins; then the first pieces of the reply pass
  the guard until some text leaves. Both together are what the guard adds; the time that a model takes is not in it.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from verax.guard.audience import Audience
from verax.guard.categories import Category
from verax.guard.classifiers import LocalClassifier
from verax.guard.judges import LocalJudge, ScoreBook
from verax.guard.moderation import policy_for
from verax.guard.policy import Policy, check_input, texts_to_score
from verax.guard.stream import OutputGuard

__all__ = ["stack"]

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_PIECE = re.compile(r"\s*\S+")
_SENTENCES, _WARM = 200, 5


def stack(texts: Sequence[str]) -> dict[str, Any]:
    """Return milliseconds by audience, and what it takes in memory; sentences of the texts, each read once."""
    sentences = list(dict.fromkeys(part for text in texts for part in _SENTENCE.split(text) if part.strip()))
    chosen = sentences[:: max(1, len(sentences) // _SENTENCES)][:_SENTENCES]
    before_mib = _resident_mib()
    found: dict[str, Any] = {"sentences": len(chosen)}
    for audience in (Audience.ADULT, Audience.EIGHT_TO_TWELVE):
        found[str(audience)] = asyncio.run(_times(audience, chosen))
    return found | {"grown_mib": round(_resident_mib() - before_mib, 1)}


async def _times(audience: Audience, sentences: Sequence[str]) -> dict[str, Any]:
    asked, told = policy_for(audience, "input"), policy_for(audience, "output")
    ways: dict[str, list[float]] = {"input": [], "output": [], "both": [], "first_word": []}
    spent: list[float] = []
    for number, sentence in enumerate(sentences):
        began, used = time.perf_counter(), time.process_time()
        await _screen(asked, sentence)
        middle = time.perf_counter()
        first = await _say(told, sentence, holds=audience.is_minor)
        ended = time.perf_counter()
        if number < _WARM:
            continue
        ways["input"].append(middle - began)
        ways["output"].append(ended - middle)
        ways["both"].append(ended - began)
        ways["first_word"].append(middle - began + first)
        spent.append(time.process_time() - used)
    return {name: _summary(values) for name, values in ways.items()} | {"processor": _summary(spent)}


async def _screen(policy: Policy, text: str) -> None:
    book = ScoreBook([LocalJudge(LocalClassifier())])
    await book.learn(texts_to_score(policy, [text]))
    check_input(policy, [text], book.scores)


async def _say(policy: Policy, text: str, *, holds: bool) -> float:
    """Stream a sentence through the guard; return the seconds that the guard took until text left."""
    book = ScoreBook([LocalJudge(_Marked())])
    guard = OutputGuard(policy, holds=holds, scores_of=book.scores)
    began, first = time.perf_counter(), 0.0
    for piece in _PIECE.findall(text):
        await book.learn(guard.unread(piece))
        if guard.feed(piece) and not first:
            first = time.perf_counter() - began
    await book.learn(guard.unread_end())
    guard.finish()
    return first or time.perf_counter() - began


class _Marked(LocalClassifier):
    """Reads a text with a full stop before it: a sentence of a reply is another one than that of its question, which
    would be remembered."""

    def scores(self, text: str) -> Mapping[Category, float]:
        """Return the scores of the marked text."""
        return super().scores(f". {text}")


def _summary(seconds: Sequence[float]) -> dict[str, float]:
    return {
        "median_ms": round(statistics.median(seconds) * 1000, 2),
        "p95_ms": round(statistics.quantiles(seconds, n=20)[-1] * 1000, 2),
    }


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
