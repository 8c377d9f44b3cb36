"""How long the stand-alone receipt checker takes: ``python -m bench.checker [OUTPUT.json] [--quick]``.

A receipt from a log of 5,000 leaves is made with the project's own fakes. `check_ms` is
what the script itself reports for its checks, `process_ms` the whole process, Python's start included.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.machine import describe
from bench.output import output_of, write_result
from verax.kernel.record import TurnSecret
from verax.testing.logs import NAME
from verax.testing.simulated_log import SimulatedLog, issue_receipt, sample_record

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "conformance" / "check_receipt.py"
LEAVES = 5_000
_TOOK = re.compile(r"\(([0-9.]+) ms\)")


def main(arguments: list[str]) -> int:
    """Measure and write the figures as JSON."""
    result = {"suite": "checker", "machine": describe(), **measure(10 if "--quick" in arguments else 100)}
    write_result(result, output_of(arguments))
    return 0


def measure(runs: int) -> dict[str, Any]:
    """Check one receipt `runs` times in processes of their own."""
    with tempfile.TemporaryDirectory(prefix="verax-bench-") as name:
        folder = Path(name)
        command = _prepare(folder)
        checks, wholes = [], []
        for _ in range(runs):
            start = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            wholes.append((time.perf_counter() - start) * 1000)
            found = _TOOK.search(done.stdout)
            if found is None:
                raise RuntimeError("the checker did not say how long it took")
            checks.append(float(found.group(1)))
        size = (folder / "receipt.json").stat().st_size
    found = {
        "receipt_bytes": size,
        "check_ms": {"p50": statistics.median(checks), "max": max(checks)},
        "process_ms": {"p50": round(statistics.median(wholes), 1), "max": round(max(wholes), 1)},
    }
    found["table"] = [
        {
            "figure": "verifying a receipt in the stand-alone script, ms",
            "aim": "< 15",
            "reached": found["check_ms"]["p50"],
        },
        {"figure": "the same with Python's own start, ms", "aim": "", "reached": found["process_ms"]["p50"]},
        {"figure": "size of a receipt, bytes", "aim": "<= 4096", "reached": size},
    ]
    return found


def _prepare(folder: Path) -> list[str]:
    log = SimulatedLog(f"{NAME}/replies/0", bytes(range(32)))
    for index in range(LEAVES):
        log.append(index.to_bytes(32, "big"))
    reply = b"Hamlet was written by William Shakespeare."
    secret = TurnSecret(bytes(range(32)))
    receipt = issue_receipt(log, sample_record(secret, reply, log.origin), secret)
    (folder / "receipt.json").write_bytes(receipt.to_bytes())
    (folder / "log.keys").write_text(f"{log.signer.verifier}\n")
    (folder / "reply.txt").write_bytes(reply)
    names = ["receipt.json", "--key", "log.keys", "--reply", "reply.txt"]
    return [sys.executable, str(SCRIPT), *(name if name.startswith("--") else str(folder / name) for name in names)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
