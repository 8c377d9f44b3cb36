"""What a newcomer does: clone, ``make up``, ask, check the receipt; then again with the network off."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SETUP_LIMIT_S = 900
LIMIT_S = 180

pytestmark = [pytest.mark.slow, pytest.mark.model, pytest.mark.timeout(SETUP_LIMIT_S + LIMIT_S)]

# Brings up the loopback interface of a network that has nothing else (SIOCSIFFLAGS, IFF_UP | IFF_RUNNING).
_LOOPBACK_UP = """
import fcntl, socket, struct
with socket.socket() as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", 0x41))
"""


@dataclass(frozen=True)
class Newcomer:
    """A clone with a data folder, keys and a port of its own."""

    clone: Path
    environ: dict[str, str]

    def run(self, *command: str, limit_s: float = LIMIT_S) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone; stdin is closed, as in continuous integration."""
        return subprocess.run(
            command,
            cwd=self.clone,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    folder = tmp_path_factory.mktemp("newcomer")
    git = ["git", "-c", "safe.directory=*", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder / "clone")]
    subprocess.run(git, check=True, timeout=LIMIT_S)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "LANG") if name in os.environ}
    own = {"VERAX_HOME": str(folder / "home"), "VERAX_KEYRING": str(folder / "keys"), "VERAX_PORT": str(port)}
    person = Newcomer(folder / "clone", {**kept, **own, "PYTHON": sys.executable})
    yield person
    person.run("make", "down")


@pytest.fixture(scope="module")
def first_up(newcomer: Newcomer) -> subprocess.CompletedProcess[str]:
    done = newcomer.run("make", "up", limit_s=SETUP_LIMIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def checker_command(newcomer: Newcomer, said: str) -> list[str]:
    """Return the command that ``verax ask`` says checks its receipt."""
    [line] = [line for line in said.splitlines() if "check_receipt.py" in line]
    return shlex.split(line[line.index("python3") :])


def test_the_first_start_says_where_the_server_is_and_how_to_sign_in(
    newcomer: Newcomer, first_up: subprocess.CompletedProcess[str]
) -> None:
    said = first_up.stdout + first_up.stderr
    assert f"http://localhost:{newcomer.environ['VERAX_PORT']}" in said
    assert "password" in said
    assert "fingerprint" in said


def test_a_newcomer_goes_from_the_printed_link_to_a_checked_receipt_in_the_browser(
    newcomer: Newcomer, first_up: subprocess.CompletedProcess[str]
) -> None:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome-stable")
    if program is None:
        pytest.skip("no Chromium here: install it (apt-get install chromium) or name one in CHROMIUM")
    link = re.search(r"http://localhost:\d+/welcome#\S+", first_up.stdout + first_up.stderr)
    assert link is not None
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        page = browser.new_page()
        foreign: list[str] = []
        page.on("request", lambda request: None if is_ours(request.url, link[0]) else foreign.append(request.url))
        page.set_default_timeout(LIMIT_S * 1000)
        page.goto(link[0])
        page.get_by_label("New password").fill("three unrelated words")
        page.get_by_role("button", name="Start chatting").click()
        page.get_by_role("textbox", name="Message", exact=True).fill("Who wrote Hamlet?")
        page.keyboard.press("Enter")
        page.get_by_text("Receipt checked").first.click()
        page.get_by_text("This receipt holds").wait_for()
        assert page.get_by_text("solo").count() > 0
        assert "#" not in page.url, "the code of the link does not stay in the address"
        page.goto(link[0].partition("/welcome")[0] + "/transparency")
        page.get_by_text("Computed in this browser").wait_for()
        browser.close()
    assert foreign == []


def is_ours(url: str, link: str) -> bool:
    """Say whether a page asked the installation itself, and nobody else."""
    return url.startswith((link.partition("/welcome")[0], "blob:", "data:"))


@pytest.mark.usefixtures("first_up")
def test_a_real_answer_has_a_receipt_that_the_checker_accepts_until_a_byte_changes(newcomer: Newcomer) -> None:
    asked = newcomer.run(".venv/bin/verax", "ask", "Who wrote Hamlet?")
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.strip()
    command = checker_command(newcomer, asked.stderr)
    accepted = newcomer.run(*command)
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    receipt = Path(command[2])
    original = receipt.read_bytes()
    position = original.index(b'"time_ms":') + len(b'"time_ms":')
    receipt.write_bytes(
        original[:position] + (b"2" if original[position : position + 1] != b"2" else b"1") + original[position + 1 :]
    )
    try:
        assert newcomer.run(*command).returncode == 3
    finally:
        receipt.write_bytes(original)


@pytest.mark.usefixtures("first_up")
def test_making_a_key_prints_only_the_key(newcomer: Newcomer) -> None:
    made = newcomer.run(".venv/bin/verax", "key", "create", "laptop")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("vx-")
    assert len(made.stdout.splitlines()) == 1


@pytest.mark.usefixtures("first_up")
def test_a_second_make_up_finds_the_server_running(newcomer: Newcomer) -> None:
    again = newcomer.run("make", "up")
    assert again.returncode == 0, again.stderr
    assert "already running" in again.stdout + again.stderr


@pytest.mark.usefixtures("first_up")
def test_after_a_stop_it_starts_and_answers_with_the_network_off(newcomer: Newcomer) -> None:
    assert newcomer.run("make", "down").returncode == 0
    isolate = shutil.which("unshare")
    if isolate is None or newcomer.run(isolate, "-rn", "true").returncode != 0:
        pytest.skip("this machine does not let a test make a network of its own")
    steps = [f"{shlex.quote(sys.executable)} -c {shlex.quote(_LOOPBACK_UP)}", "make up"]
    steps += ['.venv/bin/verax ask --json "Who wrote Hamlet?"', "make down"]
    done = newcomer.run(isolate, "-rn", "sh", "-c", " && ".join(steps))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "setting up" not in done.stderr
    assert json.loads(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])
