"""Whether memory grows under load: ``python -m bench.soak [OUTPUT.json] [--quick] [--minutes N]``.

Turns through the gateway at a steady half of what it can do, memory read every ten seconds. The
slope is a least-squares line over the second half, so that caches that fill up do not count. An
hour by default; with ``--quick`` two minutes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from bench.gateway import load, peers
from bench.machine import describe
from bench.output import output_of, write_result

MINUTES, QUICK_MINUTES = 60.0, 2.0
STEP_S = 10.0
RATE = 60.0


def main(arguments: list[str]) -> int:
    """Measure and write the figures as JSON."""
    minutes = QUICK_MINUTES if "--quick" in arguments else MINUTES
    names = [argument for argument in arguments if not argument.startswith("-")]
    if "--minutes" in arguments:
        text = arguments[arguments.index("--minutes") + 1]
        minutes = float(text)
        names.remove(text)
    result = {"suite": "soak", "machine": describe(), **measure(minutes)}
    write_result(result, output_of(names))
    return 0


def measure(minutes: float) -> dict[str, Any]:
    """Load Verax for `minutes` and return memory over time."""
    with (
        tempfile.TemporaryDirectory(prefix="verax-bench-") as folder,
        peers.upstream() as behind,
        peers.verax(behind, Path(folder)) as (target, pid),
    ):
        samples, answered, failed = uvloop.run(_load(target, pid, minutes * 60))
    half = samples[len(samples) // 2 :]
    slope = _slope(half)
    return {
        "minutes": minutes,
        "turns": answered,
        "failed": failed,
        "rss_mib": samples,
        "mib_per_minute": slope,
        "table": [
            {"figure": f"growth over {minutes:g} min of load, MiB/min", "aim": "about 0", "reached": slope},
            {"figure": "resident memory at the end, MiB", "aim": "< 250", "reached": samples[-1][1]},
        ],
    }


async def _load(target: load.Target, pid: int, seconds: float) -> tuple[list[tuple[float, float]], int, int]:
    samples: list[tuple[float, float]] = []
    answered = failed = 0
    for step in range(max(2, round(seconds / STEP_S))):
        result = await load.fixed_rate(target, 16, RATE, round(RATE * STEP_S))
        answered += len(result.latencies_ms)
        failed += result.failures
        samples.append((round((step + 1) * STEP_S / 60, 3), await asyncio.to_thread(peers.resident_mib, pid)))
    return samples, answered, failed


def _slope(samples: list[tuple[float, float]]) -> float:
    count = len(samples)
    mean_x = sum(x for x, _ in samples) / count
    mean_y = sum(y for _, y in samples) / count
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    return round(sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread, 4) if spread else 0.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
