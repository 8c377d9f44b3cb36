"""The verifier that ships, asked as the product asks it, but for what decided: that is not measured here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import verax.truth.verifier
from lab.verifier.rows import Row
from verax.truth.verifier.calibration import log_odds
from verax.truth.verifier.judging import Asked, Judging
from verax.truth.verifier.model import VerifierModel, read_manifest

__all__ = ["Shipped", "load_shipped"]

_FOLDER = Path(verax.truth.verifier.__file__).with_name("weights")


@dataclass(frozen=True)
class Shipped:
    """The weights, and the digest of their manifest."""

    judging: Judging
    digest: str

    def score(self, row: Row) -> dict[str, float]:
        """Return log odds of *supported*: ``model`` by the weights alone, ``verifier`` after the exact checks."""
        readings = self.judging.readings(Asked(row.claim, row.claim, [row.evidence]))
        return {
            "model": max((log_odds(reading.raw) for reading in readings), default=-1.0),
            "verifier": max((log_odds(reading.probability) for reading in readings), default=-1.0),
        }


def load_shipped() -> Shipped | None:
    """Load the weights; None where there are none."""
    manifest = read_manifest(_FOLDER)
    if manifest is None:
        return None
    model = VerifierModel(_FOLDER, manifest)
    return Shipped(Judging(model.logits, model.calibration, manifest.max_words), manifest.digest)
