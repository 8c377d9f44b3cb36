"""``verax witness`` as a process of its own: set up, shown, killed at any moment, started again."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from verax.kernel.note import COSIGNATURE_V1, NoteSigner, VerifierKey
from verax.kernel.witness import parse_size
from verax.surfaces.cli.shapes import SHAPES, find_mismatch
from verax.testing.histories import Histories

from .conftest import VERAX

ORIGIN = "verax.test/log"
SEED = bytes(32)
LIMIT_S = 30.0
Verax = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder(tmp_path: Path, verax: Verax) -> Path:
    path = tmp_path / "witness"
    added = verax("witness", "add-log", NoteSigner(ORIGIN, SEED).verifier, "--folder", path)
    assert added.returncode == 0, added.stderr
    return path


@contextlib.contextmanager
def serving(folder: Path, environ: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start a witness process; yields it and its port."""
    command = [str(VERAX), "witness", "serve", "--folder", str(folder), "--host", "127.0.0.1", "--port", "0"]
    process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            found = re.search(r"at http://127\.0\.0\.1:(\d+), follows", line)
            if found:
                yield process, int(found[1])
                break
        else:
            pytest.fail("the witness did not start")
    finally:
        process.kill()
        process.wait(LIMIT_S)
        process.stderr.close()


def post(port: int, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
    try:
        connection.request("POST", "/add-checkpoint", body=body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_key_is_drawn_once_and_named(verax: Verax, tmp_path: Path) -> None:
    first = verax("witness", "key", "--folder", tmp_path / "w", "--name", "witness.test/ann")
    key = VerifierKey.parse(first.stdout.strip(), COSIGNATURE_V1)
    assert key.name == "witness.test/ann"
    assert verax("witness", "key", "--folder", tmp_path / "w").stdout == first.stdout
    other = verax("witness", "key", "--folder", tmp_path / "w", "--name", "another")
    assert (other.returncode, other.stdout) == (1, "")
    unnamed = verax("witness", "key", "--folder", tmp_path / "v")
    assert re.fullmatch(r"witness-[a-z2-7]{16}\+[0-9a-f]{8}\+\S+\n", unnamed.stdout)
    assert verax("witness", "key", "--folder", tmp_path / "u", "--name", "with space").returncode == 3


def test_the_folder_without_a_flag_is_the_users_own(verax: Verax, bare_environ: dict[str, str]) -> None:
    assert verax("witness", "key").returncode == 0
    path = Path(bare_environ["HOME"], ".local", "share", "verax-witness")
    assert (path.stat().st_mode & 0o777, (path / "key.json").stat().st_mode & 0o777) == (0o700, 0o600)


def test_logs_come_from_keys_files_and_nothing_else(verax: Verax, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    names = ("n/governance", "n/replies/0", "n/promise")
    keys.write_text("".join(f"{NoteSigner(name, SEED).verifier}\n" for name in names))
    folder = tmp_path / "w"
    assert verax("witness", "add-log", keys, "--folder", folder).returncode == 0
    shown = verax("witness", "show", "--json", "--folder", folder)
    value = json.loads(shown.stdout)
    assert find_mismatch(value, SHAPES["witness show"]) == ""
    assert [log["log"] for log in value["logs"]] == ["n/governance", "n/replies/0"]
    assert [(log["size"], log["root"], log["refused"]) for log in value["logs"]] == [(0, None, 0)] * 2
    for wrong, code in (("no such file", 3), ("a+b", 3), (tmp_path, 3)):
        assert verax("witness", "add-log", wrong, "--folder", folder).returncode == code
    assert verax("witness", "add-log", "--folder", folder).returncode == 2
    assert "n/governance" in verax("witness", "show", "--folder", folder).stdout


def test_a_witness_listens_to_this_machine_only_unless_told(verax: Verax, folder: Path) -> None:
    refused = verax("witness", "serve", "--folder", folder, "--host", "0.0.0.0")
    assert refused.returncode == 2 and "unsafe-public-bind" in refused.stderr


def test_a_folder_has_one_server_and_logs_may_be_added_to_it(
    verax: Verax, folder: Path, bare_environ: dict[str, str]
) -> None:
    with serving(folder, bare_environ) as (process, port):
        second = verax("witness", "serve", "--folder", folder, "--port", "0", "--host", "127.0.0.1")
        assert second.returncode == 1 and str(process.pid) in second.stderr
        other = Histories("verax.test/other", SEED)
        assert post(port, other.submission("a", 0, 3).to_bytes())[0] == 404
        verax("witness", "add-log", NoteSigner("verax.test/other", SEED).verifier, "--folder", folder)
        assert post(port, other.submission("a", 0, 3).to_bytes())[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0


def test_a_witness_that_is_killed_at_any_moment_signs_one_history(folder: Path, bare_environ: dict[str, str]) -> None:
    histories = Histories(ORIGIN, SEED)
    signed: list[tuple[str, int]] = []
    for lap in range(6):
        branch = "ab"[lap % 2]
        with serving(folder, bare_environ) as (process, port):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
            size = _size(connection, histories, branch)
            for new in range(size, size + 6):
                is_last = new == size + 5
                body = histories.submission(branch, max(new - 1, size), new).to_bytes()
                connection.request("POST", "/add-checkpoint", body=body)
                if is_last:
                    os.kill(process.pid, signal.SIGKILL)  # while it judges, writes or signs
                with contextlib.suppress(OSError, http.client.HTTPException):
                    answer = connection.getresponse()
                    if answer.status == 200 and answer.read():
                        signed.append((branch, new))
                    else:
                        answer.read()
            connection.close()
    assert {branch for branch, _ in signed} == {"a"}
    assert len(signed) >= 15


def _size(connection: http.client.HTTPConnection, histories: Histories, branch: str) -> int:
    """Return what the witness says that it cosigned last."""
    connection.request("POST", "/add-checkpoint", body=histories.submission(branch, 0, 0).to_bytes())
    answer = connection.getresponse()
    body = answer.read()
    return parse_size(body) if answer.status == 409 else 0
