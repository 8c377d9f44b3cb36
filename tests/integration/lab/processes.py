"""Processes of the lab's Python: of an interpreter of their own, or forked from one that has PyTorch already."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-lab" / "bin" / "python"
LIMIT_S = 300


class Started:
    """A process that `start` forked.

    Attributes:
        said: What it printed to stdout and to stderr, once it has ended.
    """

    def __init__(self, arguments: list[str]) -> None:
        self.said = ("", "")
        self._arguments = arguments
        self._folder = Path(tempfile.mkdtemp())
        self._pid = int(_ask({"start": arguments, "folder": str(self._folder)})["pid"])
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        if self._code is None:
            self._code = _ask({"poll": self._pid})["code"]
            if self._code is not None:
                out, err = ((self._folder / name).read_text(encoding="utf-8") for name in ("stdout", "stderr"))
                self.said = (out, err)
                shutil.rmtree(self._folder)
        return self._code

    def wait(self) -> int:
        """Return the exit code once it has ended; one that takes too long is ended."""
        deadline = time.monotonic() + LIMIT_S
        while self.poll() is None:
            if time.monotonic() > deadline:
                self.send_signal(signal.SIGKILL)
            time.sleep(0.01)
        return int(self._code or 0)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal while it runs."""
        if self.poll() is None:
            os.kill(self._pid, number)

    def ended(self) -> subprocess.CompletedProcess[str]:
        """Wait for its end, and return what it printed."""
        return subprocess.CompletedProcess(self._arguments, self.wait(), *self.said)


def start(*arguments: object) -> Started:
    """Start what the lab's interpreter would with these arguments, PyTorch imported."""
    return Started([str(argument) for argument in arguments])


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run what the lab's interpreter would with these arguments, PyTorch imported."""
    return start(*arguments).ended()


def run_alone(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the lab's interpreter itself, from its start."""
    command = [str(PYTHON), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT_S)


@cache
def _interpreter() -> subprocess.Popen[str]:
    """Start the interpreter that forks, once in this process."""
    script = Path(__file__).with_name("interpreter.py")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [str(PYTHON), str(script)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    # It ends with its stdin.
    atexit.register(process.communicate)
    return process


def _ask(request: dict[str, object]) -> dict[str, Any]:
    process = _interpreter()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer
