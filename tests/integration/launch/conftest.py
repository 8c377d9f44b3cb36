"""A throw-away installation that attacks may ruin: its own environment, packages and clone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from verax.surfaces.launch.inventory import normal_name, read_locks
from verax.surfaces.launch.launcher import isolated_command

ROOT = Path(__file__).resolve().parents[3]
PROBE = Path(__file__).with_name("probe.py")
LIMIT_S = 180

# The rooms that the launcher needs; a whole server would only make every attack slower.
_ROOMS = ("kernel", "surfaces/launch")
_FILES = ("__init__.py", "py.typed", "surfaces/__init__.py")


class Running:
    """A probe that measured itself and now serves under its seal."""

    def __init__(self, process: subprocess.Popen[str], first: dict[str, Any]) -> None:
        self._process, self.first = process, first

    def ask(self, line: str) -> dict[str, Any]:
        """Send one line and return the next answer that is not a violation."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return next(answer for answer in self._answers() if "violation" not in answer)

    def next_violation(self) -> str:
        """Wait for the seal to see something; the process is ended when it sees nothing."""
        return str(next(answer["violation"] for answer in self._answers() if "violation" in answer))

    def _answers(self) -> Iterator[dict[str, Any]]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield json.loads(line)


@dataclass(frozen=True)
class Installation:
    """Where the parts of the throw-away installation lie."""

    package: Path
    python: Path
    site: Path

    def measure(self, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Start isolated, measure, and return what was printed."""
        command = self._command()
        done = subprocess.run(
            command, input="", capture_output=True, text=True, timeout=LIMIT_S, env=dict(environ or {}), check=False
        )
        assert done.stdout, done.stderr
        first: dict[str, Any] = json.loads(done.stdout.splitlines()[0])
        return first

    @contextmanager
    def running(self) -> Iterator[Running]:
        """Start isolated, measure, seal, and stay up."""
        pipe = subprocess.PIPE
        process = subprocess.Popen(self._command(), stdin=pipe, stdout=pipe, text=True, env={})
        try:
            assert process.stdout is not None
            yield Running(process, json.loads(process.stdout.readline()))
        finally:
            process.kill()
            process.communicate(timeout=LIMIT_S)

    def _command(self) -> list[str]:
        # The very flags of the product, with the probe in front of its boot file.
        flags = isolated_command([])[1:-1]
        boot = self.package / "surfaces" / "launch" / "boot.py"
        return [str(self.python), *flags, str(PROBE), str(boot)]


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Install the core for real into an environment of its own, once."""
    root = tmp_path_factory.mktemp("installation")
    clone, environment = root / "clone", root / "env"
    package = clone / "src" / "verax"
    for room in _ROOMS:
        shutil.copytree(
            ROOT / "src" / "verax" / room, package / room, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in _FILES:
        shutil.copy(ROOT / "src" / "verax" / name, package / name)
    shutil.copytree(ROOT / "requirements", clone / "requirements")
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, clone / name)
    venv.EnvBuilder(with_pip=False, symlinks=True).create(environment)
    python = environment / "bin" / "python"
    [site] = environment.glob("lib/python*/site-packages")
    _copy_locked(site)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install", "--quiet"]
    flags = ["--no-index", "--no-deps", "--no-build-isolation", "--root-user-action", "ignore", "--editable"]
    subprocess.run([*pip, *flags, str(clone)], check=True, timeout=LIMIT_S)
    return Installation(package, python, site)


@pytest.fixture(scope="session")
def untouched(pristine: Installation) -> dict[str, Any]:
    """What the installation measures as long as nobody attacked it."""
    return pristine.measure()


@pytest.fixture
def installation(pristine: Installation, untouched: dict[str, Any]) -> Iterator[Installation]:
    """The throw-away installation; what a test changes in it is put back."""
    roots = (pristine.package, pristine.site)
    before = {path: path.stat().st_mtime_ns for root in roots for path in root.rglob("*") if path.is_file()}
    kept: dict[Path, bytes] = {path: path.read_bytes() for path in before if path.suffix in (".py", ".pth", "")}
    yield pristine
    for root in roots:
        for path in sorted(root.rglob("*"), reverse=True):
            if path.is_file() and path not in before:
                path.unlink()
    for path, data in kept.items():
        if not path.is_file() or path.stat().st_mtime_ns != before[path]:
            path.write_bytes(data)


def _copy_locked(site: Path) -> None:
    """Copy the distributions that the core lock names out of the environment that runs the tests."""
    wanted = read_locks([ROOT / "requirements" / "core.lock"])
    for distribution in metadata.distributions():
        if normal_name(distribution.name) in wanted:
            base = Path(str(distribution.locate_file("")))
            for file in distribution.files or ():
                source, target = base / file, site / file
                if not str(file).startswith("..") and source.is_file() and "__pycache__" not in source.parts:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(source, target)
