"""Random mutations of files, rows and environment: ``python -m bench mutations [--count=N] [--seed=S] [--json]``.

A real installation is founded and governed once (`bench.mutations.world`). Then each mutation is made in a
copy of it, at rest or while the server runs, and the same questions are put to it as before
(`bench.mutations.behaviour`, which also says what counts as behaviour and what is people's own data). The
mutators know the formats: files, rows, entries, marks, settings, the package; an insider holds the keys that
lie in the server's folder. The verdicts stand in `bench.mutations.play`. A mutation follows from the seed and
its number:

    python -m bench mutations --seed=1 --only=4711 --json      makes number 4711 of seed 1 again and shows it

Options:

    --count=N      mutations, 10,000 by default; 300 with --quick
    --from=N       the first number, 0 by default
    --only=N       one number
    --seed=S       1 by default
    --jobs=N       processes, 2 by default
    --world=PATH   a folder to make the world in, or that holds one
    --lines=PATH   a file that gets a line of JSON for each mutation; numbers that it holds are not made again
    --json         every outcome as a line of JSON on stdout instead of the summary

A run ends with 1 where any verdict is a fault.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from bench.machine import describe
from bench.mutations.play import FAULTS, GROUPS, play_numbers
from bench.mutations.world import make_world

_CHUNK = 25
_MEMORY = Path("/dev/shm")
"""A file system in memory: nothing here has to last."""


def main(arguments: list[str]) -> int:
    """Play mutations and write the figures as JSON."""
    options = _parse(arguments)
    scratch = _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(prefix="verax-mutations-", dir=scratch) as name:
        world = options.world or Path(name) / "world"
        if not (world / "world.json").exists():
            world.mkdir(parents=True, exist_ok=True)
            asyncio.run(make_world(world, options.seed))
        result = _run(options, world, Path(name))
    text = json.dumps(result, indent=1)
    if options.output:
        Path(options.output).write_text(text + "\n")
    if not options.json:
        print(text)
    return 1 if any(result["verdicts"].get(fault) for fault in FAULTS) else 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench mutations")
    parser.add_argument("output", nargs="?")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--only", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--world", type=Path)
    parser.add_argument("--lines", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    options.count = options.count or (300 if options.quick else 10_000)
    return options


def _run(options: argparse.Namespace, world: Path, scratch: Path) -> dict[str, Any]:
    numbers = range(options.first, options.first + options.count) if options.only is None else [options.only]
    known = _known(options.lines)
    left = [number for number in numbers if number not in known]
    started_s = time.perf_counter()
    outcomes = [known[number] for number in numbers if number in known]
    for outcome in _outcomes(options, left, world, scratch):
        outcomes.append(outcome)
        if options.json:
            print(json.dumps(outcome), flush=True)
    found = {"suite": "mutations", "machine": describe(), "seed": options.seed, "first": numbers[0]}
    return found | _summary(outcomes, round(time.perf_counter() - started_s, 1))


def _outcomes(
    options: argparse.Namespace, numbers: Sequence[int], world: Path, scratch: Path
) -> Iterator[dict[str, Any]]:
    """Yield outcomes as chunks end."""
    chunks = [numbers[start : start + _CHUNK] for start in range(0, len(numbers), _CHUNK)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.jobs, mp_context=context) as pool:
        waiting = [pool.submit(play_numbers, chunk, options.seed, world, scratch, options.lines) for chunk in chunks]
        for done in as_completed(waiting):
            yield from done.result()


def _known(lines: Path | None) -> dict[int, dict[str, Any]]:
    if lines is None or not lines.exists():
        return {}
    found = (json.loads(line) for line in lines.read_text().splitlines())
    return {outcome["number"]: outcome for outcome in found}


def _summary(outcomes: Sequence[dict[str, Any]], seconds: float) -> dict[str, Any]:
    groups = {group: dict(Counter(item["verdict"] for item in outcomes if item["group"] == group)) for group in GROUPS}
    kinds = Counter(f"{item['group']}/{item['kind']}" for item in outcomes)
    verdicts = Counter(item["verdict"] for item in outcomes)
    return {
        "mutations": len(outcomes),
        "while_running": sum(item["is_running"] for item in outcomes),
        "verdicts": dict(verdicts),
        "groups": groups,
        "kinds": dict(sorted(kinds.items())),
        "codes": dict(Counter(code for item in outcomes for code in item["codes"]).most_common()),
        "alarms": dict(Counter(code for item in outcomes for code in item["alarms"]).most_common()),
        "faults": [item for item in outcomes if item["verdict"] in FAULTS],
        "seconds_each": round(sum(item["seconds"] for item in outcomes) / max(1, len(outcomes)), 3),
        "seconds": seconds,
        "table": [
            {"figure": "mutations played", "aim": ">= 10000", "reached": len(outcomes)},
            {"figure": "behaviour identical", "aim": "", "reached": verdicts["identical"]},
            {"figure": "refused and alarmed", "aim": "", "reached": verdicts["refused"]},
            {
                "figure": "another signed history, shown by a reader's checkpoint",
                "aim": "",
                "reached": verdicts["shown outside"],
            },
            {"figure": "signed with a server key, in the log, alarmed", "aim": "", "reached": verdicts["in the open"]},
            {"figure": "signed as the server itself, in the log", "aim": "", "reached": verdicts["as the server"]},
            {"figure": "stored turns gone, as after an erasure", "aim": "", "reached": verdicts["erased"]},
            {"figure": "told to use a place without a log", "aim": "", "reached": verdicts["nowhere to tell"]},
            {"figure": "refused without an alarm", "aim": "0", "reached": verdicts["no alarm"]},
            {"figure": "ended in a defect", "aim": "0", "reached": verdicts["broken"]},
            {"figure": "silently different", "aim": "0", "reached": verdicts["different"]},
        ],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
