"""What the classifiers are measured against: a word list, and the nearest centroid on the untrained encoder.

Both learn from the rows of training sets that the classifiers learn from too, constructed ones left out, and choose
their threshold there.

* *Word list*: the `_WORDS` words (for Chinese, pairs of characters) that occur most unevenly in positive rows; the
  score is how many of a text's words are in the list.
* *Centroid*: the cosine of a text's vector with the mean vector of positive rows, less that with the mean of the
  others.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from verax.guard.normal import normalise
from verax.truth.knowledge.encoder import Encoder

__all__ = ["Fitted", "Kept", "Score", "centroid", "texts_of", "word_list"]

_WORDS = 200
_AT_LEAST = 4
_WORD = re.compile(r"\w+")

Score = Callable[[str], float]


@dataclass(frozen=True)
class Fitted:
    """A way to score texts, and the threshold with the best balanced accuracy on what it was fitted on."""

    score: Score
    threshold: float


class Kept:
    """Scores that are kept in a file, so that a run that was stopped, or measures new weights, does not repeat them."""

    def __init__(self, path: Path, score: Score) -> None:
        self._path, self._score = path, score
        self._known: dict[str, float] = {}
        if path.exists():
            self._known = dict(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())

    def __call__(self, text: str) -> float:
        """Return the score of a text."""
        if text not in self._known:
            self._known[text] = self._score(text)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps([text, self._known[text]]) + "\n")
        return self._known[text]


def word_list(positive: Sequence[str], others: Sequence[str], *, chinese: bool = False) -> Fitted:
    """Fit a word list."""
    terms = _pairs if chinese else _words
    seen = [Counter(term for text in texts for term in terms(text)) for texts in (positive, others)]
    sums = [len(positive) + 1, len(others) + 1]

    def unevenness(term: str) -> float:
        return math.log((seen[0][term] + 0.5) / sums[0]) - math.log((seen[1][term] + 0.5) / sums[1])

    usual = [term for term, count in seen[0].items() if count >= min(_AT_LEAST, max(2, len(positive) // 50))]
    listed = set(sorted(usual, key=lambda term: (-unevenness(term), term))[:_WORDS])
    return _with_threshold(lambda text: float(len(terms(text) & listed)), positive, others)


def centroid(positive: Sequence[str], others: Sequence[str], encoder: Encoder, folder: Path) -> Fitted:
    """Fit a direction between two means of vectors; scores are kept in `folder`, by what was fitted on."""
    digest = hashlib.sha256(json.dumps([positive, others]).encode()).hexdigest()[:16]
    means = [np.mean([_vector(encoder, text) for text in texts], axis=0) for texts in (positive, others)]
    units = [mean / np.linalg.norm(mean) for mean in means]

    def score(text: str) -> float:
        return float(_vector(encoder, text) @ (units[0] - units[1]))

    return _with_threshold(Kept(folder / f"centroid-{digest}.jsonl", score), positive, others)


def _with_threshold(score: Score, positive: Sequence[str], others: Sequence[str]) -> Fitted:
    scored = sorted(
        [(score(text), True) for text in positive] + [(score(text), False) for text in others], reverse=True
    )
    best, threshold, hits, alarms = 0.0, math.inf, 0, 0
    for index, (value, is_positive) in enumerate(scored):
        hits, alarms = hits + is_positive, alarms + (not is_positive)
        is_last_of_value = index + 1 == len(scored) or scored[index + 1][0] < value
        gain = hits / len(positive) - alarms / len(others)
        if is_last_of_value and gain > best:
            best, threshold = gain, value
    return Fitted(score, threshold)


def _vector(encoder: Encoder, text: str) -> np.ndarray:
    values = np.frombuffer(encoder.encode(text), dtype=np.int8).astype(np.float32)
    return values / (np.linalg.norm(values) + 1e-9)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(normalise(text).text))


def _pairs(text: str) -> set[str]:
    return {first + second for first, second in itertools.pairwise(text)}


def texts_of(rows: Iterable[tuple[str, bool]]) -> tuple[list[str], list[str]]:
    """Return positive and other texts of labelled ones."""
    parted: tuple[list[str], list[str]] = ([], [])
    for text, is_positive in rows:
        parted[not is_positive].append(text)
    return parted
