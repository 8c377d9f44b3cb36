"""Run the benchmark of truth: ``python -m bench.truth [OUTPUT.json] [--quick | --seen=NAME:N,...] [--only=NAME,...]``.

Balanced accuracy, with an interval, area under the curve and calibration error for each source of ``dev.jsonl.gz``, of
every way to tell:

* ``overlap``: the share of the claim's words in its evidence; all rows;
* ``overlap_exact``: the same, but a claim with a number, date or negation that conflicts with its evidence scores 0;
* ``cosine``: the untrained sentence encoder, in the lab's environment (``make lab``);
* ``prompted``: the embedded model asked for yes or no;
* ``model``: the weights that ship, with their calibration;
* ``verifier``: what a user sees: the same, corrected by the exact checks.

Those after overlap see a sample that the rows' ids fix, of at most so many rows a source as `SEEN` says; every figure
has its n. Overlap and cosine become probabilities by a calibration on held-out rows of the training sets, the prompted
model by none. ``--only`` names what is measured, of `PARTS`; what it leaves out is missing. Rows come from the folder
that ``VERAX_LAB_CLAIMS`` names. Scores are kept in ``bench/.work/truth``, so a run that was stopped goes on.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.machine import describe
from bench.truth.exact_checks import by_kind, findings_in, has_conflict
from bench.truth.overlap import overlap
from bench.truth.prompted import prompted
from bench.truth.rows import held_out, sample
from bench.truth.shipped import load_shipped
from bench.truth.speed import speed
from lab.verifier.calibration import fit
from lab.verifier.evaluation import by_source
from lab.verifier.rows import Row, read_rows, training_rows
from lab.verifier.scores import score_rows
from verax.truth.verifier.calibration import Calibration

ROOT = Path(__file__).resolve().parents[2]
LAB_PYTHON = ROOT / ".venv-lab" / "bin" / "python"
WORK = ROOT / "bench" / ".work" / "truth"
WEIGHTS = Path(sys.prefix) / "share" / "verax" / "weights"
FITTED_PER_SOURCE = 60
# Rows of each source that the slow ways see: on two idle cores together about half an hour.
SEEN = {"cosine": 300, "prompted": 60, "shipped": 400}
PARTS = ("overlap", "cosine", "prompted", "shipped", "speed")
LABELS = ("SUPPORTS", "REFUTES", "NEI", "NOT_SUPPORTED")
# Measured and published by others, on sets that are not ours; repeated nowhere here.
PUBLISHED = (
    {"model": "7B", "set": "LLM-AggreFact, average", "balanced_accuracy": 0.774},
    {"model": "GPT-4o", "set": "LLM-AggreFact, average", "balanced_accuracy": 0.759},
    {"model": "0.8B", "set": "LLM-AggreFact, average", "balanced_accuracy": 0.750},
    {"model": "0.4B", "set": "LLM-AggreFact, average", "balanced_accuracy": [0.731, 0.735]},
    {"model": "HHEM-2.1-open, 0.1B", "set": "LLM-AggreFact, average", "balanced_accuracy": 0.718},
    {"model": "0.5B, prompted", "set": "LLM-AggreFact, average", "balanced_accuracy": 0.642},
    {"model": "1B, prompted", "set": "LLM-AggreFact, average", "balanced_accuracy": 0.503},
    {"model": "0.4B", "set": "ClaimVerify", "balanced_accuracy": 0.774},
    {"model": "7B", "set": "WiCE", "balanced_accuracy": 0.819},
    {"model": "0.4B", "set": "WiCE", "balanced_accuracy": 0.676},
)


@dataclass
class Way:
    """One way to tell, its results, and what it could not do."""

    name: str
    rows: list[Row]
    results: list[dict[str, object]] = field(default_factory=list)
    pooled: dict[str, object] = field(default_factory=dict)
    claims_per_s: float | None = None
    missing: str = ""


def main(arguments: list[str]) -> int:
    """Measure every way that can run here and write the figures as JSON."""
    output = next((Path(argument) for argument in arguments if not argument.startswith("-")), None)
    is_quick = "--quick" in arguments
    seen = _seen(arguments, is_quick)
    folder = os.environ.get("VERAX_LAB_CLAIMS")
    if not folder:
        print("bench.truth: VERAX_LAB_CLAIMS names no folder with train.jsonl.gz and dev.jsonl.gz", file=sys.stderr)
        return 1
    dev = list(read_rows(Path(folder) / "dev.jsonl.gz"))
    fitted = held_out(training_rows(Path(folder) / "train.jsonl.gz"), FITTED_PER_SOURCE // (10 if is_quick else 1))
    machine = describe()
    plain = sample(dev, 50 if is_quick else None)
    findings = findings_in(plain)
    only = _only(arguments)
    ways = []
    if "overlap" in only:
        ways += [
            _overlap(plain, fitted),
            _overlap_exact(plain, [has_conflict(found) for found in findings], fitted),
        ]
    if "cosine" in only:
        ways.append(_cosine(sample(dev, seen["cosine"]), fitted))
    if "prompted" in only:
        ways.append(_prompted(sample(dev, seen["prompted"])))
    if "shipped" in only:
        ways += _shipped(sample(dev, seen["shipped"]))
    result: dict[str, Any] = {"suite": "truth", "quick": is_quick, "machine": machine}
    result["ways"] = {
        way.name: {"missing": way.missing, "claims_per_s": way.claims_per_s, "all": way.pooled, "sources": way.results}
        for way in ways
    }
    result |= {"exact": by_kind(plain, findings), "fitted_on": len(fitted), "published": PUBLISHED}
    result["speed"] = speed(sample(dev, 100)) if "speed" in only else None
    result["table"] = [row for way in ways for row in _table(way)] + _speed_table(result["speed"])
    text = json.dumps(result, indent=1)
    if output is not None:
        output.write_text(text + "\n")
    print(text)
    return 0


def _only(arguments: Sequence[str]) -> Sequence[str]:
    """Return the parts to measure: those of ``--only=NAME,...``, else all."""
    given = next((argument.partition("=")[2] for argument in arguments if argument.startswith("--only=")), "")
    named = [name for name in given.split(",") if name]
    if unknown := set(named) - set(PARTS):
        raise SystemExit(f"bench.truth: --only names {', '.join(sorted(unknown))}; expected {', '.join(PARTS)}")
    return named or PARTS


def _seen(arguments: Sequence[str], is_quick: bool) -> dict[str, int]:
    """Return how many rows of each source the slow ways see; ``--seen=cosine:100,prompted:20`` changes some."""
    if is_quick:
        return dict.fromkeys(SEEN, 4)
    given = next((argument.partition("=")[2] for argument in arguments if argument.startswith("--seen=")), "")
    changed = {name: int(count) for name, _, count in (part.partition(":") for part in given.split(",") if part)}
    if unknown := changed.keys() - SEEN.keys():
        raise SystemExit(f"bench.truth: --seen names {', '.join(sorted(unknown))}; expected {', '.join(SEEN)}")
    return SEEN | changed


def _overlap(rows: list[Row], fitted: list[Row]) -> Way:
    way = Way("overlap", rows)
    started = time.perf_counter()
    scores = [overlap(row.claim, row.evidence) for row in rows]
    way.claims_per_s = round(len(rows) / (time.perf_counter() - started), 1)
    return _measure(way, scores, _fit([overlap(row.claim, row.evidence) for row in fitted], fitted))


def _overlap_exact(rows: list[Row], conflicts: Sequence[bool], fitted: list[Row]) -> Way:
    calibration = _fit([overlap(row.claim, row.evidence) for row in fitted], fitted)
    cases = zip(rows, conflicts, strict=True)
    scores = [0.0 if is_conflict else overlap(row.claim, row.evidence) for row, is_conflict in cases]
    return _measure(Way("overlap_exact", rows), scores, calibration)


def _cosine(rows: list[Row], fitted: list[Row]) -> Way:
    way = Way("cosine", rows)
    if not LAB_PYTHON.exists():
        way.missing = "the lab's environment is missing: make lab"
        return way
    calibration = _fit(_in_lab("cosine", "fitted", fitted), fitted)
    return _measure(way, _timed(way, "cosine"), calibration)


def _prompted(rows: list[Row]) -> Way:
    way = Way("prompted", rows)
    weights = next(iter(sorted(WEIGHTS.glob("*.gguf"))), None)
    if weights is None:
        way.missing = "the embedded weights are missing: make setup-dev"
        return way
    WORK.mkdir(parents=True, exist_ok=True)
    with prompted(weights) as model:
        started, path = time.perf_counter(), _path("prompted", "rows", rows)
        known = _known(path)
        scores = [found["margin"] for found in score_rows(lambda row: {"margin": model.margin(row)}, rows, path)]
    way.claims_per_s = _rate(len(rows) - known, time.perf_counter() - started)
    return _measure(way, scores, Calibration(1.0, 0.0))


def _shipped(rows: list[Row]) -> tuple[Way, Way]:
    model, verifier = Way("model", rows), Way("verifier", rows)
    shipped = load_shipped()
    if shipped is None:
        model.missing = verifier.missing = "no weights in src/verax/truth/verifier/weights"
        return model, verifier
    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / f"shipped-{shipped.digest[:12]}-{len(rows)}.jsonl"
    known, started = _known(path), time.perf_counter()
    found = list(score_rows(shipped.score, rows, path))
    verifier.claims_per_s = _rate(len(rows) - known, time.perf_counter() - started)
    plain = Calibration(1.0, 0.0)
    return (
        _measure(model, [scores["model"] for scores in found], plain),
        _measure(verifier, [scores["verifier"] for scores in found], plain),
    )


def _measure(way: Way, scores: Sequence[float], calibration: Calibration) -> Way:
    probabilities = [calibration.probability(score) for score in scores]
    way.results = [result.as_object() for result in by_source(way.rows, probabilities)]
    together = [replace(row, source="all sources") for row in way.rows]
    way.pooled = next((result.as_object() for result in by_source(together, probabilities)), {})
    return way


def _fit(scores: Sequence[float], rows: Sequence[Row]) -> Calibration:
    return fit(scores, [row.is_supported for row in rows])


def _timed(way: Way, method: str) -> list[float]:
    """Score rows in the lab's environment; note how many claims a second were scored, the start included."""
    known, started = _known(_path(method, "rows", way.rows)), time.perf_counter()
    scores = _in_lab(method, "rows", way.rows)
    way.claims_per_s = _rate(len(way.rows) - known, time.perf_counter() - started)
    return scores


def _in_lab(method: str, name: str, rows: Sequence[Row]) -> list[float]:
    WORK.mkdir(parents=True, exist_ok=True)
    given, scores = WORK / f"{method}-{name}.jsonl.gz", _path(method, name, rows)
    with gzip.open(given, "wt", encoding="utf-8") as lines:
        for row in rows:
            line = {"src": row.source, "id": row.id, "claim": row.claim, "evidence": row.evidence}
            lines.write(json.dumps({**line, "label": LABELS[row.label]}) + "\n")
    command: list[str | Path] = [LAB_PYTHON, "-m", "bench.truth.lab_worker", method, given, scores]
    subprocess.run(command, cwd=ROOT, check=True)
    return [found["margin"] for found in map(json.loads, scores.read_text().splitlines())]


def _path(method: str, name: str, rows: Sequence[Row]) -> Path:
    return WORK / f"{method}-{name}-{len(rows)}.jsonl"


def _known(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


def _rate(scored: int, seconds: float) -> float | None:
    return round(scored / seconds, 2) if scored > 0 else None


def _table(way: Way) -> list[dict[str, object]]:
    if way.missing:
        return [{"figure": f"{way.name}: balanced accuracy", "aim": "", "reached": way.missing}]
    return [
        {
            "figure": f"{way.name} on {found['source']} (n {found['n']})",
            "aim": "",
            "reached": f"{found['balanced_accuracy']:.3f} ({found['low']:.3f} to {found['high']:.3f}), "
            f"area {found['area_under_curve']:.3f}, calibration error {found['calibration_error']:.3f}",
        }
        for found in [*way.results, way.pooled]
    ]


def _speed_table(found: dict[str, Any] | None) -> list[dict[str, object]]:
    aims = {
        "pairs_per_s_2": ("pairs of claim and piece a second, two threads", ">= 50"),
        "ten_claims_p95_s": ("10 claims against 5 passages each, p95, s", "< 0.5"),
        "one_claim_p95_s": ("one claim against 5 passages, p95, s", ""),
        "first_verdict_p95_s": ("first verdict of a stream after its sentence's end, p95, s", "< 0.3"),
        "peak_mib": ("memory that the verifier adds, at most, MiB", "< 400"),
    }
    return [{"figure": what, "aim": aim, "reached": found[name]} for name, (what, aim) in aims.items()] if found else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
