"""The obedient model in a process of its own, to try gates and rollouts on: ``python -m verax.drill.obedient_server``.

A release reaches it as it reaches any remote model: ``verax model add obedient --url URL``. The process listens on
loopback only, prints ``{"url", "model"}`` as one line, and ends when its input ends: it does not outlive whoever
started it.

>>> with served_obedient() as url:
...     client.get_json(f"{url}/models")
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator

from verax.drill.model import ScriptedModel
from verax.drill.obedient import ObedientModel
from verax.kernel.errors import ModelUnavailable

__all__ = ["MODEL", "main", "served_obedient"]

MODEL = "obedient"

_END_LIMIT_S = 10


@contextlib.contextmanager
def served_obedient(share: float = 1.0) -> Iterator[str]:
    """Run the model server until the block ends; returns its address, ``/v1`` included.

    Args:
        share: Part of the prompts in which the model obeys what goes beyond answering, 0 to 1.

    Raises:
        ModelUnavailable: the process did not start.
    """
    command = [sys.executable, "-I", "-m", "verax.drill.obedient_server", "--share", str(share)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            if not line:
                raise ModelUnavailable("the obedient model: its server did not start")
            yield str(json.loads(line)["url"])
        finally:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(_END_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()


def main(arguments: list[str]) -> int:
    """Serve until the input ends."""
    parser = argparse.ArgumentParser(prog="obedient_server", description="A model that does what its prompt says.")
    parser.add_argument("--port", type=int, default=0, help="0 for any free port")
    parser.add_argument("--share", type=float, default=1.0, help="part of the prompts in which it obeys, 0 to 1")
    given = parser.parse_args(arguments)
    with ScriptedModel(ObedientModel(given.share).reply, MODEL, given.port) as model:
        print(json.dumps({"url": model.url, "model": model.name}), flush=True)
        sys.stdin.buffer.read()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
