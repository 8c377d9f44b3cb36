"""Run the gateway benchmark: ``python -m bench.gateway [OUTPUT.json] [--quick]``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvloop

from bench.gateway import load, peers
from bench.machine import describe
from bench.output import output_of, write_result

STREAMS_AT_ONCE = 200
PIECES = 20
PAUSE_MS = 20.0


def main(arguments: list[str]) -> int:
    """Measure both gateways in one run and write the figures as JSON."""
    quick = "--quick" in arguments
    result = {"suite": "gateway", "is_quick": quick, "machine": describe(), **measure(quick)}
    write_result(result, output_of(arguments))
    return 0


def measure(quick: bool) -> dict[str, Any]:
    """Return every figure of the suite; `quick` takes a tenth of the requests."""
    scale = 10 if quick else 1
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="verax-bench-") as folder:
        work = Path(folder)
        with peers.upstream() as fast, peers.upstream(PAUSE_MS) as slow:
            found["upstream"] = _plain(fast, scale) | _streaming(slow, scale)
            for name, start in (("verax", peers.verax), ("litellm", peers.litellm)):
                (work / name).mkdir()
                with start(fast, work / name) as (target, pid):
                    idle = peers.resident_mib(pid)
                    found[name] = _plain(target, scale if name == "verax" else scale * 10)
                    found[name] |= {"rss_idle_mib": idle, "rss_after_mib": peers.resident_mib(pid)}
                (work / f"{name}-streams").mkdir()
                with start(slow, work / f"{name}-streams") as (target, pid):
                    found[name] |= _streaming(target, scale)
    found["table"] = _table(found)
    return found


def _plain(target: load.Target, scale: int) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    _run(lambda: load.closed_loop(target, 4, 200))
    for concurrency, count in ((1, 3000), (16, 12000), (64, 12000)):
        figures[f"c{concurrency}"] = _run(lambda c=concurrency, n=count: load.closed_loop(target, c, n // scale))
    rate = 0.5 * figures["c16"]["rate"]
    figures["c16_half_rate"] = _run(lambda: load.fixed_rate(target, 16, rate, max(200, int(rate * 10 / scale))))
    return figures


def _streaming(target: load.Target, scale: int) -> dict[str, Any]:
    one = _run(lambda: load.streams(target, 1, max(10, 60 // scale)))
    many = uvloop.run(load.streams(target, STREAMS_AT_ONCE, STREAMS_AT_ONCE * 2))
    lost = sum(PIECES - pieces for pieces in many.pieces)
    return {
        "stream_c1": one,
        "stream_c200": asdict(load.summarise(many)) | {"streams": len(many.pieces), "lost_pieces": lost},
    }


def _run(work: Callable[[], Awaitable[load.Result]]) -> dict[str, Any]:
    async def go() -> load.Result:
        return await work()

    return asdict(load.summarise(uvloop.run(go())))


def _table(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the issue's rows: what was aimed at and what was reached, ratios from this run."""
    base, ours, theirs = found["upstream"], found["verax"], found["litellm"]
    added = {name: peer["c1"]["p50_ms"] - base["c1"]["p50_ms"] for name, peer in (("v", ours), ("l", theirs))}
    rows: list[dict[str, Any]] = [
        _row("added median at 1, LiteLLM's over ours", ">= 8", added["l"] / added["v"]),
        _row("added median at 1, ms", "", added["v"]),
        _row("added p99 at 1, ms", "<= 3", ours["c1"]["p99_ms"] - base["c1"]["p50_ms"]),
        _row("p99 at 16, half of full rate, ms", "<= 10", ours["c16_half_rate"]["p99_ms"]),
        _row("p99 at 16, saturated, ms", "", ours["c16"]["p99_ms"]),
        _row("throughput at 16, ours over LiteLLM's", ">= 10", ours["c16"]["rate"] / theirs["c16"]["rate"]),
        _row("throughput at 64, ours over LiteLLM's", ">= 10", ours["c64"]["rate"] / theirs["c64"]["rate"]),
        _row("added time to first text, ms", "<= 3", ours["stream_c1"]["p50_ms"] - base["stream_c1"]["p50_ms"]),
        _row("pieces lost at 200 streams", "0", ours["stream_c200"]["lost_pieces"]),
        _row("resident memory without a model, MiB", "<= 250", ours["rss_after_mib"]),
    ]
    return rows


def _row(name: str, aim: str, value: float) -> dict[str, Any]:
    return {"figure": name, "aim": aim, "reached": round(value, 2)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
