"""How long a sentence waits for the shipped classifiers, and what they take in memory."""

from __future__ import annotations

import os
import re
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from verax.guard.classifiers import LocalClassifier

__all__ = ["speed"]

_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*")
_SENTENCES = 400


def speed(texts: Sequence[str]) -> dict[str, Any]:
    """Return the figures for sentences of the texts, each read once, in milliseconds and MiB; one thread, one at a
    time.

    Normalising, telling the language and every category are counted; reading the weights is told apart.
    """
    sentences = list(dict.fromkeys(part for text in texts for part in _SENTENCE.split(text) if part.strip()))
    chosen = sentences[:: max(1, len(sentences) // _SENTENCES)][:_SENTENCES]
    before_mib = _resident_mib()
    classifier = LocalClassifier()
    started = time.perf_counter()
    classifier.scores("The first text waits for the weights.")
    loaded_s = time.perf_counter() - started
    waits, spent = [], []
    for sentence in chosen:
        began, used = time.perf_counter(), time.thread_time()
        classifier.scores(sentence)
        waits.append((time.perf_counter() - began) * 1000)
        spent.append((time.thread_time() - used) * 1000)
    return {
        "sentences": len(chosen),
        "median_ms": round(statistics.median(waits), 2),
        "p95_ms": round(statistics.quantiles(waits, n=20)[-1], 2),
        "processor_median_ms": round(statistics.median(spent), 2),
        "processor_p95_ms": round(statistics.quantiles(spent, n=20)[-1], 2),
        "load_s": round(loaded_s, 2),
        "grown_mib": round(_resident_mib() - before_mib, 1),
    }


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
