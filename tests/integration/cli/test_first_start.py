"""The story of the README with real processes: ``verax up --detach``, ``ask``, ``log verify``, ``down``.

The server measures everything in its environment, so an environment that holds a package which no
lock names cannot run it; ``make test`` makes one that can.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from verax.models.weights import DEFAULT_WEIGHTS_FILE, default_weights_folder
from verax.surfaces.launch.environment import kept_environment
from verax.surfaces.launch.inventory import normal_name, read_distributions, read_locks
from verax.surfaces.launch.measure import find_places
from verax.testing.pdfs import make_pdf

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(600)]

_PROGRAM = Path(sys.executable).with_name("verax")
_LIMIT_S = 300


@dataclass(frozen=True)
class Machine:
    """A person's machine: folders of its own, a free port, real processes."""

    folder: Path
    environ: dict[str, str]

    def verax(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command line as the person would."""
        return subprocess.run(
            [str(_PROGRAM), *arguments],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )


@dataclass(frozen=True)
class Started:
    """A machine on which the first start has just been made, and what it printed."""

    machine: Machine
    shown: str


def problem_of_this_environment() -> str:
    """Return why a real server cannot run here; empty where it can."""
    places = find_places()
    locked = read_locks(places.locks)
    known = {"pip", "verax"}
    strange = [
        item.name
        for item in read_distributions(places.site_packages)
        if item.name not in known and item.version not in locked.get(normal_name(item.name), ())
    ]
    if strange:
        return f"no lock names {', '.join(strange)}; make test sets up an environment without"
    if not (default_weights_folder() / DEFAULT_WEIGHTS_FILE).is_file():
        return "the embedded weights are not installed in this environment"
    return "" if _PROGRAM.is_file() else "the verax command is not installed beside this Python"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    problem = problem_of_this_environment()
    if problem:
        pytest.skip(problem)
    folder = tmp_path_factory.mktemp("machine")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {name: value for name, value in kept_environment(os.environ).items() if not name.startswith("VERAX_")}
    environ |= {"VERAX_HOME": str(folder / "home"), "VERAX_KEYRING": str(folder / "keys"), "VERAX_PORT": str(port)}
    machine = Machine(folder, environ)
    done = machine.verax("up", "--detach")
    try:
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        yield Started(machine, done.stderr)
    finally:
        machine.verax("down")


def test_the_first_start_shows_what_is_shown_once(started: Started) -> None:
    home, keys = started.machine.folder / "home", started.machine.folder / "keys"
    for text in (str(home), "http://localhost:", "owner, password ", "fingerprint", "recovery key  vxr-", "verax ask"):
        assert text in started.shown.replace(".venv-dev/bin/", "").replace(".venv/bin/", ""), text
    lines = [line.split() for line in started.shown.splitlines()]
    recovery = next(words[-1] for words in lines if words[:2] == ["recovery", "key"])
    password = next(words[-1] for words in lines if words[:2] == ["sign", "in"])
    link = next(words[-1] for words in lines if words[:1] == ["open"])
    assert link.startswith("http://localhost:")
    code = link.partition("/welcome#")[2]
    assert len(code) == 32
    for path in [*home.rglob("*"), *keys.rglob("*")]:
        if path.is_file():
            data = path.read_bytes()
            assert recovery.encode() not in data, path
            assert password.encode() not in data, path
            assert code.encode() not in data, path


def test_the_printed_link_signs_the_owner_in_once(started: Started) -> None:
    link = next(line.split()[-1] for line in started.shown.splitlines() if line.split()[:1] == ["open"])
    address, code = link.split("/welcome#")

    def follow() -> int:
        body = json.dumps({"code": code}).encode()
        headers = {"content-type": "application/json", "origin": address}
        request = urllib.request.Request(f"{address}/v1/session/link", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    assert [follow(), follow()] == [200, 401]
    again = started.machine.verax("user", "link", "owner")
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith(f"{address}/welcome#")


def test_people_s_keys_do_not_lie_in_the_data_folder(started: Started) -> None:
    keys = started.machine.folder / "keys"
    daily = next(keys.glob("*/daily.key"))
    assert daily.stat().st_mode & 0o777 == 0o600
    assert not list((started.machine.folder / "home").rglob("daily.key"))


def test_a_question_is_answered_and_its_receipt_holds_offline(started: Started) -> None:
    done = started.machine.verax("ask", "Who wrote Hamlet?")
    assert done.returncode == 0, done.stderr
    assert "Shakespeare" in done.stdout
    line = next(line for line in done.stderr.splitlines() if line.startswith("check"))
    command = shlex.split(line.removeprefix("check"))
    checked = subprocess.run(
        [sys.executable, "-I", *command[1:]], env={}, capture_output=True, text=True, timeout=60, check=False
    )
    assert checked.returncode == 0, checked.stdout


def test_a_second_start_finds_the_first(started: Started) -> None:
    done = started.machine.verax("up", "--detach")
    assert done.returncode == 0
    assert "already running" in done.stderr
    assert "password" not in done.stderr


def test_everything_is_verified_and_nothing_is_wrong(started: Started) -> None:
    audited = started.machine.verax("log", "verify", "--json")
    assert json.loads(audited.stdout)["verified"] is True
    looked = json.loads(started.machine.verax("doctor", "--json").stdout)["findings"]
    states = {item["name"]: item["state"] for item in looked}
    assert {states[name] for name in ("server", "runtime", "weights", "governance log", "keyring")} == {"fine"}
    status = started.machine.verax("status", "--json")
    assert json.loads(status.stdout)["status"] == "ready", status.stdout


def test_a_stopped_server_comes_back_as_the_same_installation(started: Started) -> None:
    before = json.loads(started.machine.verax("status", "--json").stdout)["governance"]
    stopped = started.machine.verax("down")
    assert stopped.returncode == 0
    assert "stopped process" in stopped.stderr
    assert started.machine.verax("status").returncode == 1
    assert json.loads(started.machine.verax("log", "verify", "--json").stdout)["verified"] is True
    again = started.machine.verax("up", "--detach")
    assert again.returncode == 0, again.stderr
    assert "recovery key" not in again.stderr
    after = json.loads(started.machine.verax("status", "--json").stdout)["governance"]
    assert (after["name"], after["fingerprint"]) == (before["name"], before["fingerprint"])
    assert started.machine.verax("ask", "Who wrote Hamlet?").returncode == 0


def test_a_sealed_server_reads_a_pdf_by_code_that_it_measured(started: Started) -> None:
    machine = started.machine
    made = machine.verax("key", "create", "uploads")
    assert made.returncode == 0, made.stderr
    address = f"http://localhost:{machine.environ['VERAX_PORT']}"
    request = urllib.request.Request(
        f"{address}/v1/attachments?name=paper.pdf",
        make_pdf("The door is red."),
        {"authorization": f"Bearer {made.stdout.strip()}"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        read = json.load(response)
    assert (read["kind"], read["pages"], read["characters"]) == ("pdf", 1, 16)
    with urllib.request.urlopen(f"{address}/health", timeout=30) as response:
        checks = {check["name"]: check for check in json.load(response)["checks"]}
    assert checks["runtime"]["ready"], checks["runtime"]
