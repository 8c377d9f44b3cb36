"""How fast the verifier that ships judges, through the door that the product uses.

* *Pairs*: claim and piece of about 100 words, one call each, on one thread and on two.
* *Ten claims* against five passages each, all at once, as a reply of ten sentences asks: what decided is
  looked for too.
* *First verdict*: one claim against five passages, nothing else running: what stands between a sentence's end and its
  mark in a stream.

Texts are those of ``dev``; passages are cut to `PASSAGE_CHARS`, about what collections cut.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import verax.truth.verifier
from lab.verifier.rows import Row
from verax.truth.verdicts import Evidence
from verax.truth.verifier.local import LocalVerifier
from verax.truth.verifier.model import VerifierModel, read_manifest

__all__ = ["speed"]

PASSAGE_CHARS = 700
_FOLDER = Path(verax.truth.verifier.__file__).with_name("weights")
_PAIRS, _ROUNDS, _CLAIMS, _PASSAGES = 200, 20, 10, 5


def speed(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Return the figures; None without weights."""
    manifest = read_manifest(_FOLDER)
    if manifest is None:
        return None
    before_mib = _resident_mib()
    usable = [row for row in rows if 60 <= len(row.evidence.split()) <= 120 and len(row.claim.split()) <= 30]
    model = VerifierModel(_FOLDER, manifest)
    pairs = [(row.claim, row.evidence) for row in usable[:_PAIRS]]
    figures = {f"pairs_per_s_{threads}": _pairs_per_s(model, pairs, threads) for threads in (1, 2)}
    return figures | asyncio.run(_judged(usable)) | {"grown_mib": _resident_mib() - before_mib}


def _pairs_per_s(model: VerifierModel, pairs: Sequence[tuple[str, str]], threads: int) -> float:
    model.logits(*pairs[0])
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        for _ in pool.map(lambda pair: model.logits(*pair), pairs):
            pass
        return round(len(pairs) / (time.perf_counter() - started), 1)


async def _judged(rows: Sequence[Row]) -> dict[str, float]:
    verifier = LocalVerifier()
    texts = itertools.cycle([row.evidence[:PASSAGE_CHARS] for row in rows])
    claims = itertools.cycle([row.claim for row in rows])

    async def one() -> None:
        given = [Evidence(next(texts), "bench", "0" * 64) for _ in range(_PASSAGES)]
        await verifier.judge(next(claims), "", given)

    await one()
    together, alone = [], []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(_CLAIMS)))
        together.append(time.perf_counter() - started)
        started = time.perf_counter()
        await one()
        alone.append(time.perf_counter() - started)
    verifier.close()
    return {"ten_claims_p95_s": _p95(together), "one_claim_p95_s": _p95(alone)}


def _p95(seconds: Sequence[float]) -> float:
    return round(statistics.quantiles(seconds, n=20)[-1], 3)


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 0)
