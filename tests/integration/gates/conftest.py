"""The evaluation engine, and the command line in a world of gates."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from verax.surfaces.cli.main import run
from verax.surfaces.cli.shapes import SHAPES, find_mismatch
from verax.testing.gate_world import GateWorld

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Ran:
    """What one command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(scope="session")
def engine() -> Path:
    """The environment of the evaluation engine, made by the project's own script where it is not current."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "setup.py"), "gates"],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return ROOT / ".venv-gates"


@pytest.fixture
def verax(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs ``verax ARGUMENTS`` in a world and returns exit code, stdout and stderr."""

    def call(world: GateWorld, *arguments: str) -> Ran:
        for name, value in world.environ.items():
            monkeypatch.setenv(name, value)
        code = run(list(arguments))
        captured = capsys.readouterr()
        name = next((name for name in SHAPES if " ".join(arguments).startswith(name)), "")
        if "--json" in arguments and name and captured.out:
            problem = find_mismatch(json.loads(captured.out), SHAPES[name])
            assert not problem, f"verax {name}: {problem}"
        return Ran(code, captured.out, captured.err)

    return call
