"""The witness of a drill: a process of its own, with a folder that the insider cannot reach."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from verax.kernel.note import VerifierKey
from verax.store.witness import WitnessFolder
from verax.surfaces.cli.processes import SERVER_LOG, start_in_background

__all__ = ["NAME", "WitnessProcess", "end_process", "make_witness"]

NAME = "elsewhere"
"""What the root document's policy calls it."""

_ENTRY = "from verax.surfaces.cli.main import main; main()"
_LISTENS = re.compile(r" at (http://127\.0\.0\.1:[0-9]+), follows")
_STOP_S = 60.0


def make_witness(folder: Path, keys: Sequence[VerifierKey]) -> VerifierKey:
    """Make the folder and key of a witness that follows the logs of `keys`; returns its verifier key."""
    place = WitnessFolder(folder)
    place.make()
    for origin in sorted({key.name for key in keys if not key.name.endswith("/promise")}):
        place.follow([key for key in keys if key.name == origin])
    return place.make_key("witness.drill", os.urandom).verifier


class WitnessProcess:
    """``verax witness serve`` on a free loopback port, by the installation that plays the drill."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Start it and wait until it says where it listens.

        Raises:
            VeraxError: it ended before.
        """
        arguments = ["witness", "serve", "--folder", str(self._folder), "--host", "127.0.0.1", "--port", "0"]
        command = [sys.executable, "-c", _ENTRY, *arguments]
        log = self._folder / SERVER_LOG
        log.unlink(missing_ok=True)

        def is_ready() -> bool:
            found = _LISTENS.search(log.read_text(encoding="utf-8", errors="replace"))
            self.url = found[1] if found else ""
            return found is not None

        self._process = start_in_background(command, os.environ, self._folder, is_ready)

    def stop(self) -> None:
        """End it; safe to call twice."""
        if self._process is not None:
            end_process(self._process)
            self._process = None


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and end it where it does not."""
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
