"""Put the verifier of a run of the lab where the server looks for it: ``install_verifier.py RUN [--to FOLDER]``.

RUN holds ``verifier.onnx``, ``calibration.json`` and ``recipe.toml`` (steps *export* and *calibrate* of the lab). The
weights are asked one question before anything is replaced. The manifest that is written names weights and calibration
by digest; `scripts/check_tracked.py` takes those weights, and no others, into the repository.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from verax.truth.verifier.model import CALIBRATION, MANIFEST, WEIGHTS, Manifest, VerifierModel, write_manifest

FOLDER = Path(__file__).resolve().parents[1] / "src" / "verax" / "truth" / "verifier" / "weights"
MAX_BYTES = 40 * 10**6
_LOGITS = 3


class Refused(Exception):
    """The run cannot be installed; the text says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Install a run; 0 done, 1 refused."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path, help="the folder of the run")
    parser.add_argument("--to", type=Path, default=FOLDER, help="where the weights go")
    given = parser.parse_args(arguments)
    try:
        print(install(given.run, given.to))
    except (OSError, KeyError, ValueError, Refused) as error:
        print(f"error: {given.run}: {error}", file=sys.stderr)
        return 1
    return 0


def install(run: Path, folder: Path) -> str:
    """Check and copy weights and calibration, write the manifest, and return its digest."""
    recipe = tomllib.loads((run / "recipe.toml").read_text(encoding="utf-8"))
    calibration = json.loads((run / "calibration.json").read_text(encoding="utf-8"))
    if not all(math.isfinite(calibration[name]) for name in ("slope", "offset")) or calibration["slope"] <= 0:
        raise Refused("calibration.json: expected a slope over 0 and an offset")
    size = (run / "verifier.onnx").stat().st_size
    if size > MAX_BYTES:
        raise Refused(f"verifier.onnx: expected at most {MAX_BYTES} bytes, found {size}")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        staged = Path(name)
        shutil.copyfile(run / "verifier.onnx", staged / WEIGHTS)
        fitted = {item: calibration[item] for item in ("slope", "offset")}
        (staged / CALIBRATION).write_text(json.dumps(fitted) + "\n", encoding="utf-8")
        manifest = write_manifest(staged, run.resolve().name, int(recipe["max_words"]), int(recipe["max_tokens"]))
        logits = _answer(staged, manifest)
        if len(logits) != _LOGITS or not all(map(math.isfinite, logits)):
            raise Refused(f"verifier.onnx: expected {_LOGITS} finite logits, found {logits}")
        for item in (WEIGHTS, CALIBRATION, MANIFEST):
            (staged / item).replace(folder / item)
    return manifest.digest


def _answer(folder: Path, manifest: Manifest) -> Sequence[float]:
    try:
        return VerifierModel(folder, manifest).logits("The bridge was opened in 1932.", "It was opened in 1932.")
    except Exception as error:  # noqa: BLE001 - onnxruntime's own classes, which it does not export
        raise Refused(f"verifier.onnx: it does not run: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
