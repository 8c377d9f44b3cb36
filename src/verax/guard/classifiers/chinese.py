"""The Chinese classifier: a weight for each n-gram of one or two characters, found by its hash; no dictionary, no
graph.

The score of a text is the sum of its n-grams' weights over the square root of their number, through a logistic
function. Source: Wang and Manning, "Baselines and Bigrams" (2012), for weights that begin from how unevenly an n-gram
occurs.
"""

from __future__ import annotations

import math
import unicodedata
import zlib
from pathlib import Path

__all__ = ["BUCKETS", "ChineseModel", "buckets"]

BUCKETS = 1 << 18
_LONGEST = 2


def buckets(text: str) -> list[int]:
    """Return the buckets of a text's n-grams, each once, in order."""
    marked = f"^{unicodedata.normalize('NFKC', text).lower()}$"
    grams = (marked[at : at + size] for size in range(1, _LONGEST + 1) for at in range(len(marked) - size + 1))
    return sorted({zlib.crc32(gram.encode()) % BUCKETS for gram in grams})


class ChineseModel:
    """Weights that were loaded."""

    def __init__(self, path: Path) -> None:
        import numpy as np

        with np.load(path) as given:
            self._weights = given["weights"]
            self._scale = float(given["scale"])
            self._slope, self._offset = map(float, given["calibration"])

    def margin(self, text: str) -> float:
        """Return the log odds of an offence before calibration."""
        found = buckets(text)
        return float(self._weights[found].astype(int).sum()) * self._scale / math.sqrt(len(found))

    def probability(self, text: str) -> float:
        """Return the probability that the text offends a group or one of its members."""
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, self._slope * self.margin(text) + self._offset))))
