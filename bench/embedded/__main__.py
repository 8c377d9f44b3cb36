"""Run the engine benchmark: ``python -m bench.embedded [OUTPUT.json] [--quick]``.

The peer is installed from a hash lock into an environment of its own below ``bench/.peers``, never
beside Verax. Rounds of both engines take turns; the figures of a round are medians, the best round
counts, since other work on the machine only ever slows one down.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

from bench.machine import describe
from bench.output import output_of, write_result
from verax.models.embedded import default_threads
from verax.models.weights import DEFAULT_WEIGHTS_FILE, default_weights_folder

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "bench" / "embedded"
PEER = ROOT / "bench" / ".peers" / "openvino"


def main(arguments: list[str]) -> int:
    """Measure both engines in one run and write the figures as JSON."""
    result = {"suite": "embedded", "machine": describe(), **measure(quick="--quick" in arguments)}
    write_result(result, output_of(arguments))
    return 0


def measure(*, quick: bool) -> dict[str, Any]:
    """Return every figure of the suite."""
    weights = default_weights_folder() / DEFAULT_WEIGHTS_FILE
    peer = _peer()
    threads, generated = str(default_threads()), "32" if quick else "64"
    rounds: dict[str, list[dict[str, Any]]] = {"llama.cpp": [], "openvino-genai": []}
    for _ in range(1 if quick else 3):
        for name, python, script in (
            ("llama.cpp", sys.executable, "llama_worker.py"),
            ("openvino-genai", str(peer), "openvino_worker.py"),
        ):
            rounds[name].append(_run(python, script, str(weights), threads, generated))
    lookups = _lookups(peer)
    llama = max(rounds["llama.cpp"], key=lambda found: found["runs"]["verax"]["generated_tokens_per_s"])
    openvino = max(rounds["openvino-genai"], key=lambda found: found["generated_tokens_per_s"])
    return {
        "threads": int(threads),
        "llama.cpp": llama,
        "openvino-genai": openvino | {"host_names_looked_up_on_import": lookups},
        "rounds": rounds,
        "table": [
            _row("generation of llama.cpp's own server, wall time", ">= 0.95", llama["of_own_server_by_wall_time"]),
            _row("the same by processor time", ">= 0.95", llama["of_own_server_by_processor_time"]),
            _row("openvino-genai generation over ours", "", _over(openvino, llama, "generated_tokens_per_s")),
            _row("openvino-genai prompts over ours", "", _over(openvino, llama, "prompt_tokens_per_s")),
        ],
    }


def _row(name: str, aim: str, value: float) -> dict[str, Any]:
    return {"figure": name, "aim": aim, "reached": value}


def _over(peer: dict[str, Any], ours: dict[str, Any], figure: str) -> float:
    return round(float(peer[figure]) / float(ours["runs"]["verax"][figure]), 2)


def _run(python: str, script: str, *arguments: str) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VERAX_")}
    environment["PYTHONPATH"] = str(ROOT)
    command = [python, str(HERE / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1200, env=environment)
    if done.returncode != 0:
        raise RuntimeError(f"{script} failed: {done.stderr[-800:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _lookups(python: Path) -> int:
    """Return how many host names the peer looks up when it is only imported, with its telemetry as it comes."""
    with tempfile.TemporaryDirectory(prefix="verax-bench-") as home:
        log = Path(home) / "lookups"
        command = [str(python), str(HERE / "openvino_worker.py"), "--lookups", str(log)]
        subprocess.run(command, check=True, capture_output=True, timeout=120, env={**os.environ, "HOME": home})
        return len(log.read_text().splitlines()) if log.exists() else 0


def _peer() -> Path:
    lock = HERE / "openvino.lock"
    stamp = PEER / ".made-from"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        print("setting up OpenVINO GenAI in an environment of its own (a minute)", file=sys.stderr)
        venv.create(PEER, with_pip=True, clear=True)
        install = [str(PEER / "bin" / "pip"), "install", "-q", "--require-hashes", "-r", str(lock)]
        subprocess.run(install, check=True)
        stamp.write_bytes(lock.read_bytes())
    return PEER / "bin" / "python"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
