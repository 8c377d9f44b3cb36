"""The cross-encoder on `onnxruntime`: a claim and a piece of evidence in, three logits out.

* One pair a call, never padded, one thread: the same pair gives the same bits, whatever else is scored at the time. So
  the scores of the last `_KEPT` pairs are kept: a reply that repeats itself, or is read again, is not computed again.
* What is read of a pair, and what a score is worth, stands beside the weights: ``calibration.json`` (slope, offset)
  and ``manifest.json`` (most words of a piece, most word pieces of a pair, digests of both other files). A file that is
  not what the manifest names is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from verax.kernel import canonical
from verax.kernel.errors import DigestMismatch
from verax.truth.knowledge.graphs import open_graph
from verax.truth.knowledge.wordpiece import WordPieces
from verax.truth.verifier.calibration import Calibration

__all__ = ["CALIBRATION", "MANIFEST", "WEIGHTS", "Manifest", "VerifierModel", "read_manifest", "write_manifest"]

WEIGHTS = "verifier.int8.onnx"
CALIBRATION = "calibration.json"
MANIFEST = "manifest.json"
_KEPT = 2_048
_VOCABULARY = Path(__file__).parents[1] / "knowledge" / "minilm" / "vocab.txt"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What lies in a folder of weights.

    Attributes:
        name: The run of the lab that they come from.
        max_words: Words of a piece of evidence.
        max_pieces: Word pieces of a pair, its marks included.
        weights, calibration: SHA-256 of the files.
    """

    name: str
    max_words: int
    max_pieces: int
    weights: str
    calibration: str

    @property
    def digest(self) -> str:
        """SHA-256 over all of it, in RFC 8785 bytes."""
        return canonical.hex_digest(canonical.encode(asdict(self)))


def read_manifest(folder: Path) -> Manifest | None:
    """Return what lies in a folder, None where no weights do."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    given = json.loads(path.read_text(encoding="utf-8"))
    return Manifest(
        str(given["name"]), int(given["max_words"]), int(given["max_pieces"]), given["weights"], given["calibration"]
    )


def write_manifest(folder: Path, name: str, max_words: int, max_pieces: int) -> Manifest:
    """Describe the weights and the calibration that lie in a folder."""
    digests = [hashlib.sha256((folder / item).read_bytes()).hexdigest() for item in (WEIGHTS, CALIBRATION)]
    made = Manifest(name, max_words, max_pieces, *digests)
    (folder / MANIFEST).write_text(json.dumps(asdict(made), indent=1) + "\n", encoding="utf-8")
    return made


class VerifierModel:
    """Weights that were loaded; `logits` may be called from several threads at once."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Load the weights of a folder.

        Raises:
            DigestMismatch: a file is not what the manifest names.
        """
        weights = _checked(folder / WEIGHTS, manifest.weights)
        given = json.loads(_checked(folder / CALIBRATION, manifest.calibration))
        self.calibration = Calibration(float(given["slope"]), float(given["offset"]))
        self.manifest = manifest
        self._words = WordPieces(_VOCABULARY)
        self._session = open_graph(weights)
        self._scored = lru_cache(maxsize=_KEPT)(self._score)

    def fits(self, claim: str) -> bool:
        """Say whether a claim leaves half of a pair to its evidence."""
        try:
            self._words.encode_pair(claim, "", self.manifest.max_pieces // 2)
        except ValueError:
            return False
        return True

    def logits(self, claim: str, piece: str) -> Sequence[float]:
        """Return the logits of *supported*, *contradicted* and *not found*; blocks for some milliseconds."""
        return self._scored(claim, piece)

    def _score(self, claim: str, piece: str) -> Sequence[float]:
        import numpy as np

        ids, second = self._words.encode_pair(claim, piece, self.manifest.max_pieces)
        types = [0] * second + [1] * (len(ids) - second)
        given = {
            "ids": np.array([ids], dtype=np.int64),
            "types": np.array([types], dtype=np.int64),
        }
        [found] = self._session.run(["logits"], given)
        return tuple(float(value) for value in found[0])


def _checked(path: Path, digest: str) -> bytes:
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        raise DigestMismatch(
            f"verifier: {path.name}: expected {digest[:12]}…, found {found[:12]}…",
            hint="install the verifier again: scripts/install_verifier.py",
        )
    return data
