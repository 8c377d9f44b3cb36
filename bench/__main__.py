"""Run the benchmarks and print one table: ``python -m bench [SUITE ...] [--quick] [--OPTION=VALUE ...]``.

Each suite gets the options as they are, runs in a process of its own, writes
``bench/results/SUITE.json`` with the machine it ran on, and gives rows of ``{figure, aim, reached}``.
With ``--quick`` nothing is kept: the figures are rough. A suite that fails is named, the others
still run, and the exit code is 1. Suites that take an hour or a folder of data run when they are
named; a run of everything else prints below its table what they gave last.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
SUITES = (
    "gateway",
    "replylog",
    "messages",
    "chat",
    "embedded",
    "checker",
    "install",
    "web",
    "gates",
    "retrieval",
    "truth",
    "truth.questions",
    "truth.verifier",
    "guard",
    "guard.endpoint",
    "monitor",
    "monitor.unchanged",
    "monitor.embedded",
    "moves",
    "moves_processes",
    "soak",
    "mutations",
    "junior",
)
ON_REQUEST = (
    "gates",
    "retrieval",
    "truth",
    "truth.questions",
    "truth.verifier",
    "guard",
    "guard.endpoint",
    "soak",
    "mutations",
)


def main(arguments: list[str]) -> int:
    """Run the named suites, by default all that need neither an hour nor a folder of data."""
    names = list(itertools.takewhile(lambda argument: not argument.startswith("-"), arguments))
    flags = arguments[len(names) :]
    wanted = names or [suite for suite in SUITES if suite not in ON_REQUEST]
    unknown = sorted(set(wanted) - set(SUITES))
    if unknown:
        print(f"bench: unknown suite {unknown[0]}; known: {', '.join(SUITES)}", file=sys.stderr)
        return 2
    failed, rows = [], []
    for suite in wanted:
        print(f"bench: {suite} …", file=sys.stderr, flush=True)
        result = _run(suite, flags)
        if result is None:
            failed.append(suite)
        else:
            rows += [{"suite": suite, **row} for row in result["table"]]
    _print(rows)
    if not names:
        print("\nnot run now, as bench/results keeps it (with the machine; name a suite to take it again):")
        _print(_kept())
    if failed:
        print(f"bench: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(suite: str, flags: list[str]) -> dict[str, Any] | None:
    with tempfile.TemporaryDirectory(prefix="verax-bench-") as folder:
        output = Path(folder) / "result.json" if "--quick" in flags else RESULTS / f"{suite}.json"
        command = [sys.executable, "-m", f"bench.{suite}", str(output), *flags]
        shown = None if "--json" in flags else subprocess.DEVNULL
        done = subprocess.run(command, cwd=ROOT, stdout=shown, check=False)
        if done.returncode != 0 or not output.exists():
            return None
        result: dict[str, Any] = json.loads(output.read_text())
        return result


def _kept() -> list[dict[str, Any]]:
    """Return the rows of the suites that run on request, as they were last taken."""
    rows: list[dict[str, Any]] = []
    for suite in ON_REQUEST:
        path = RESULTS / f"{suite}.json"
        if path.exists():
            rows += [{"suite": suite, **row} for row in json.loads(path.read_text())["table"]]
    return rows


def _print(rows: list[dict[str, Any]]) -> None:
    width = max((len(str(row["figure"])) for row in rows), default=0)
    for row in rows:
        print(f"{row['suite']:<17} {row['figure']:<{width}}  {row['aim']:>9}  {row['reached']}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
