"""A place for one installation's files, and a way to run the command line in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from verax.surfaces.cli.main import run


@dataclass(frozen=True)
class Ran:
    """What one command line did."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder and a keyring of the test's own, and a port where nothing listens."""
    for name in ("VERAX_URL", "VERAX_API_KEY", "VERAX_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VERAX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VERAX_KEYRING", str(tmp_path / "keys"))
    monkeypatch.setenv("VERAX_PORT", "1")
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def verax(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``verax ARGUMENTS`` and returns exit code, stdout and stderr."""

    def call(*arguments: str) -> Ran:
        code = run(list(arguments))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call
