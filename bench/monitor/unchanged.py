"""Canaries that are their heads: ``python -m bench.monitor.unchanged [OUTPUT.json] [--quick]``.

Both arms answer alike, faults included, over 10,000 replies each rollout, simulated without a server. How often does
the monitor roll back all the same? Users come back, some of them often. The interval is exact, 95 %.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor, wait
from typing import Any

from bench.machine import describe
from bench.monitor.results import counted, interval, row
from bench.monitor.simulate import no_change_run
from bench.output import output_of, write_result
from verax.gates.rollout.comparison import ALPHA

_RUNS, _REPLIES = 300, 10_000
_QUICK_RUNS, _QUICK_REPLIES = 6, 1_000
_PROCESSES = 4
_LIMIT_S = 1_000
"""After this no rollout begins any more: on a busy machine there are fewer."""


def main(arguments: list[str]) -> int:
    """Measure and write the figures as JSON."""
    is_quick = "--quick" in arguments
    runs, replies = (_QUICK_RUNS, _QUICK_REPLIES) if is_quick else (_RUNS, _REPLIES)
    began_s = time.monotonic()
    result: dict[str, Any] = {"suite": "monitor.unchanged", "quick": is_quick, "machine": describe(), "alpha": ALPHA}
    with ProcessPoolExecutor(_PROCESSES) as processes:
        began = [processes.submit(no_change_run, run, replies) for run in range(runs)]
        wait(began, timeout=_LIMIT_S)
        processes.shutdown(cancel_futures=True)
    done = {future for future in began if future.done() and not future.cancelled()}
    runs, count = len(done), sum(future.result() for future in done)
    result |= {"runs": runs, "replies": replies, "rolled_back": count} | interval(count, runs)
    result["seconds"] = round(time.monotonic() - began_s)
    result["table"] = [
        row(f"rolled back at no change, over {replies} replies", "<= 1 %", counted(result, "rolled_back", "runs"))
    ]
    write_result(result, output_of(arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
