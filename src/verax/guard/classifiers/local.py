"""The classifier that ships: an English and a Chinese model, both on the processor, loaded once a process.

* English text gets a score for every category of `LocalClassifier.categories`, Chinese text for hate alone, and text in
  any other language none: it was not trained to read it.
* A score is the probability that the text belongs to the category where one text in ten does; among ordinary texts,
  where fewer do, the same score means less. ``operating_points`` say what share of harmless held-out texts a threshold
  would stop.
* The weights lie in ``weights/`` with a manifest of digests; a file that is not what it names is refused.

>>> classifier = LocalClassifier()
>>> classifier.scores("I will always love you")[Category.HATE] < 0.5
True
"""

from __future__ import annotations

import hashlib
import json
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from verax.guard.categories import Category
from verax.guard.classifiers.chinese import ChineseModel
from verax.guard.classifiers.english import HEADS, EnglishModel
from verax.guard.classifiers.reading import Language, language_of, readable
from verax.kernel.errors import DigestMismatch

__all__ = ["FILES", "MANIFEST", "WEIGHTS", "LocalClassifier"]

WEIGHTS = Path(__file__).with_name("weights")
MANIFEST = "manifest.json"
FILES = ("guard.int8.onnx", "vocab.txt", "chinese.npz", "calibration.json")
_MAX_CHARS = 4000
_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class _Loaded:
    english: EnglishModel
    chinese: ChineseModel
    calibration: Mapping[str, tuple[float, float]]
    digest: str


class LocalClassifier:
    """Judges short texts by the weights that ship; may be asked from several threads."""

    def __init__(self, folder: Path = WEIGHTS) -> None:
        self._folder = folder

    @property
    def is_available(self) -> bool:
        """Whether the weights are there, and the extra ``knowledge``, which `onnxruntime` comes with."""
        is_installed = find_spec("onnxruntime") is not None and find_spec("numpy") is not None
        return is_installed and (self._folder / MANIFEST).is_file()

    @property
    def identity(self) -> str:
        """The name of the weights and the beginning of their manifest's digest."""
        return f"verax-guard {hashlib.sha256((self._folder / MANIFEST).read_bytes()).hexdigest()[:12]}"

    @property
    def categories(self) -> frozenset[Category]:
        """Every category that English text gets a score for."""
        return frozenset(_CATEGORIES)

    @property
    def operating_points(self) -> Mapping[str, Mapping[str, float]]:
        """For each head the thresholds at which given shares of harmless held-out texts would be stopped.

        Keys are shares as text (``"0.01"``), in the order of the file.
        """
        return self._points("points")

    @property
    def everyday_points(self) -> Mapping[str, Mapping[str, float]]:
        """The same for held-out rows of what people ask and tell on any day alone."""
        return self._points("everyday")

    def scores(self, text: str) -> Mapping[Category, float]:
        """Return the probability of each category that can be told; what is longer than 4,000 characters is not read.

        Raises:
            DigestMismatch: the weights are not those that the manifest names.
        """
        probabilities = self._probabilities(text)
        return {category: probabilities[category] for category in _CATEGORIES if category in probabilities}

    def instruction(self, text: str) -> float | None:
        """Return the probability that a sentence speaks to an assistant, None where it is not English.

        It is no category, since it is what an assistant is for when a person says it; in a document, a thread or a
        tool's result it is an injection.
        """
        return self._probabilities(text).get("instruction")

    def _points(self, kind: str) -> Mapping[str, Mapping[str, float]]:
        given = json.loads((self._folder / "calibration.json").read_text(encoding="utf-8"))
        return {head: dict(values[kind]) for head, values in given.items()}

    def _probabilities(self, text: str) -> Mapping[str, float]:
        read = readable(text[: _MAX_CHARS + 1])
        language = language_of(read)
        if language is Language.UNREAD or len(text) > _MAX_CHARS:
            return {}
        loaded = _load(self._folder)
        if language is Language.CHINESE:
            return {Category.HATE: loaded.chinese.probability(text)}
        return _english(self._folder, read)


_CATEGORIES = tuple(Category(head) for head in HEADS if head in frozenset(Category))
_loading = threading.Lock()


@lru_cache(maxsize=_REMEMBERED)
def _english(folder: Path, read: str) -> Mapping[str, float]:
    """Return the probabilities of a readable text; the same sentence is often asked about twice, out and in."""
    loaded = _load(folder)
    logits = zip(HEADS, loaded.english.logits(read), strict=True)
    return {head: _probability(loaded.calibration[head], logit) for head, logit in logits}


def _probability(calibration: tuple[float, float], logit: float) -> float:
    slope, offset = calibration
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, slope * logit + offset))))


def _load(folder: Path) -> _Loaded:
    with _loading:
        return _load_once(folder)


@lru_cache(maxsize=2)
def _load_once(folder: Path) -> _Loaded:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for name in FILES:
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if found != manifest[name]:
            raise DigestMismatch(
                f"guard: {name}: expected {manifest[name][:12]}…, found {found[:12]}…",
                hint="install Verax again: the classifier's weights were changed",
            )
    given = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    return _Loaded(
        EnglishModel(folder / "guard.int8.onnx", folder / "vocab.txt"),
        ChineseModel(folder / "chinese.npz"),
        {head: (float(values["slope"]), float(values["offset"])) for head, values in given.items()},
        hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest(),
    )
