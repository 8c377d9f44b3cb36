"""The command line as its own process, with nothing of an installation around it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

VERAX = Path(sys.executable).with_name("verax")


@pytest.fixture
def bare_environ(tmp_path: Path) -> dict[str, str]:
    """An environment in which no installation, keyring or setting can be found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VERAX_", "XDG_"))}
    return {**kept, "HOME": str(tmp_path / "home of nobody")}


@pytest.fixture
def verax(bare_environ: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs ``verax ARGUMENTS`` to its end."""

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [str(VERAX), *map(str, arguments)]
        return subprocess.run(command, env=bare_environ, capture_output=True, text=True, timeout=60, check=False)

    return call
