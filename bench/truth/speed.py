"""How fast the verifier that ships judges, through the door that the product uses.

* *Pairs*: claim and piece of about 100 words, one call each, on one thread and on two.
* *Ten claims* against five passages each, all at once, as a reply of ten sentences asks: what decided is
  looked for too.
* *One claim* against five passages, nothing else running.
* *First verdict* of a reply in a stream: from the end of its first sentence until its mark is told, through the path of
  a turn: the search of a small collection, the verifier, the records.
* *Memory*: what the process grew by, at the end and at most.

Texts are those of ``dev``; passages are cut to `PASSAGE_CHARS`, about what collections cut.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import verax.truth.verifier
from lab.verifier.rows import Row
from verax.testing.installations import open_installation
from verax.testing.scripted import Rule, ScriptedBackend
from verax.testing.shelves import Page, answering_release, fill
from verax.truth.verdicts import Evidence
from verax.truth.verifier.local import LocalVerifier
from verax.truth.verifier.model import VerifierModel, read_manifest
from verax.turn.events import ClaimVerdict, TextDelta
from verax.turn.request import Caller, InputItem, TurnRequest

__all__ = ["speed"]

PASSAGE_CHARS = 700
_FOLDER = Path(verax.truth.verifier.__file__).with_name("weights")
_PAIRS, _ROUNDS, _CLAIMS, _PASSAGES, _SHELF = 200, 20, 10, 5, 60


def speed(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Return the figures; None without weights."""
    manifest = read_manifest(_FOLDER)
    if manifest is None:
        return None
    before_mib = _resident_mib("VmRSS")
    usable = [row for row in rows if 60 <= len(row.evidence.split()) <= 120 and len(row.claim.split()) <= 30]
    pairs = [(row.claim, row.evidence) for row in usable[:_PAIRS]]
    # A model of its own each time, since it keeps the scores of pairs.
    figures = {
        f"pairs_per_s_{threads}": _pairs_per_s(VerifierModel(_FOLDER, manifest), pairs, threads) for threads in (1, 2)
    }
    figures |= asyncio.run(_judged(usable)) | asyncio.run(_streamed(usable))
    return figures | {"grown_mib": _resident_mib("VmRSS") - before_mib, "peak_mib": _resident_mib("VmHWM") - before_mib}


def _pairs_per_s(model: VerifierModel, pairs: Sequence[tuple[str, str]], threads: int) -> float:
    model.logits("A first claim.", "A first text.")
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        for _ in pool.map(lambda pair: model.logits(*pair), pairs):
            pass
        return round(len(pairs) / (time.perf_counter() - started), 1)


async def _judged(rows: Sequence[Row]) -> dict[str, float]:
    verifier = LocalVerifier()
    # One fewer than claims, so that no claim meets a passage twice.
    texts = itertools.cycle([row.evidence[:PASSAGE_CHARS] for row in rows[1:]])
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


async def _streamed(rows: Sequence[Row]) -> dict[str, float]:
    """Return how long after its sentence's end the first verdict of a reply comes, through the path of a turn."""
    claims = [row.claim for row in rows[: 2 * _ROUNDS]]
    replies = [
        Rule(f"question {number}$", f"{claims[2 * number]} {claims[2 * number + 1]}") for number in range(_ROUNDS)
    ]
    waits = []
    with tempfile.TemporaryDirectory(prefix="verax-bench-") as folder:
        opened = open_installation(
            Path(folder), ScriptedBackend(replies), {"assistant": answering_release("mark")}, rate_per_minute=None
        )
        async with opened as installation:
            await fill(installation.library, "bridge", *(Page(row.evidence[:PASSAGE_CHARS]) for row in rows[:_SHELF]))
            while await installation.library.meaning.encode_waiting():
                pass
            for number in range(_ROUNDS):
                items = (InputItem("user", f"This is question {number}"),)
                ended, told = None, 0
                async for event in installation.engine.run(TurnRequest("assistant", Caller("bench"), items)):
                    if isinstance(event, TextDelta):
                        told += len(event.text)
                        ended = time.perf_counter() if ended is None and told > len(claims[2 * number]) else ended
                    elif isinstance(event, ClaimVerdict) and ended is not None:
                        waits.append(time.perf_counter() - ended)
                        break
    return {
        "first_verdict_p50_s": round(statistics.median(waits), 3),
        "first_verdict_p95_s": _p95(waits),
        "streams": len(waits),
    }


def _p95(seconds: Sequence[float]) -> float:
    return round(statistics.quantiles(seconds, n=20)[-1], 3)


def _resident_mib(field: str) -> float:
    """Return memory of this process: ``VmRSS`` now, ``VmHWM`` at most so far."""
    found = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return round(int(found[1]) / 1024, 0) if found else 0.0
