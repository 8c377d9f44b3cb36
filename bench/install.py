"""The first run on a machine, from a clone: ``python -m bench.install [OUTPUT.json] [--quick]``.

Clones this repository's HEAD, runs ``make up`` twice in folders of its own, and measures: seconds
until the server answers, the size of everything that was set up, the memory of the idle server, and
the time to the first reply. With ``--quick`` the same is done: there is nothing to leave out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.gateway.peers import free_port, resident_mib
from bench.machine import describe
from bench.output import output_of, write_result

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Measure and write the figures as JSON."""
    result = {"suite": "install", "machine": describe(), **measure()}
    write_result(result, output_of(arguments))
    return 0


def measure() -> dict[str, Any]:
    """Set up twice from a fresh clone; the second time with everything there."""
    with tempfile.TemporaryDirectory(prefix="verax-bench-") as name:
        folder = Path(name)
        clone = folder / "verax"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("VERAX_")} | {
            "VERAX_HOME": str(folder / "home"),
            "VERAX_KEYRING": str(folder / "keyring"),
            "VERAX_PORT": str(free_port()),
        }
        first_s = _time(["make", "up"], clone, environment)
        try:
            pid = int((folder / "home" / "lock").read_text())
            idle = resident_mib(pid)
            ask = [str(clone / ".venv" / "bin" / "verax"), "ask", "Who wrote Hamlet?"]
            first_reply_s = _time(ask, clone, environment)
            reply_s = _time(ask, clone, environment)
            size_mib = round(_size_mib(clone / ".venv") + _size_mib(folder / "home"), 1)
        finally:
            _time(["make", "down"], clone, environment)
        second_s = _time(["make", "up"], clone, environment)
        _time(["make", "down"], clone, environment)
    return {
        "first_up_s": first_s,
        "second_up_s": second_s,
        "first_reply_s": first_reply_s,
        "reply_s": reply_s,
        "size_mib": size_mib,
        "idle_rss_mib": idle,
        "table": [
            {"figure": "first make up, s", "aim": "< 120", "reached": first_s},
            {"figure": "second make up, s", "aim": "< 5", "reached": second_s},
            {"figure": "set up on disk, MiB", "aim": "<= 572", "reached": size_mib},
            {"figure": "resident memory of the idle server, MiB", "aim": "< 250", "reached": idle},
            {"figure": "first question with the embedded model, s", "aim": "", "reached": first_reply_s},
            {"figure": "second question, s", "aim": "", "reached": reply_s},
        ],
    }


def _time(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[-2:])} failed: {done.stderr[-2000:]}")
    return round(time.perf_counter() - start, 2)


def _size_mib(folder: Path) -> float:
    """Return the room a folder takes on disk; hard links count once."""
    seen, total = set(), 0
    for path in folder.rglob("*"):
        status = path.lstat()
        if status.st_ino not in seen:
            seen.add(status.st_ino)
            total += status.st_blocks * 512
    return round(total / 2**20, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
