"""`conformance/check_receipt.py` as people run it: a file of its own, no network, plain words."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .conftest import CONFORMANCE, load_vectors

SCRIPT = CONFORMANCE / "check_receipt.py"
VECTORS = {vector["name"]: vector for vector in [*load_vectors("good"), *load_vectors("witnesses")]}
PLAIN = VECTORS["plain"]
MANY_KEYS = VECTORS["key-file-of-many"]["key"]

# Every socket the process opens, and every import outside of the standard library, ends it with status 99.
GUARD = """
import os, runpy, sys
def hook(event, args):
    if event.startswith("socket.") or event in ("subprocess.Popen", "os.system"):
        os._exit(99)
sys.addaudithook(hook)
sys.path[:] = [p for p in sys.path if "site-packages" not in p]
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    own = {"__main__", "__mp_main__", "check_governance", "check_receipt"}
    if {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names - own:
        os._exit(98)
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    for name in ("receipt", "key", "reply"):
        (tmp_path / name).write_bytes(PLAIN[name])
    (tmp_path / "policy").write_text("quorum none\n")
    return {name: tmp_path / name for name in ("receipt", "key", "reply", "policy")}


def run(*arguments: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "-c", GUARD, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def test_the_script_is_under_300_lines_and_imports_only_the_standard_library() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 300
    assert max(map(len, source.splitlines())) <= 120
    nodes = list(ast.walk(ast.parse(source)))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names
    assert not imported & {"socket", "http", "urllib", "ssl", "subprocess", "ctypes"}


def test_a_good_receipt_ends_with_0_and_names_every_step(files: dict[str, Path]) -> None:
    done = run(files["receipt"], "--key", files["key"], "--reply", files["reply"], "--policy", files["policy"])
    assert (done.returncode, done.stderr) == (0, "")
    steps = [line.split()[:2] for line in done.stdout.splitlines()[:7]]
    names = ["record", "proof", "signature", "inclusion", "reply", "witnesses", "governance"]
    assert steps == [[str(number), name] for number, name in enumerate(names, 1)]
    assert done.stdout.count(" verified ") == 6
    assert "governance not checked" in done.stdout
    assert "mode       solo" in done.stdout
    assert "proved" not in done.stdout.lower()


def test_the_reply_and_the_policy_may_be_left_out(files: dict[str, Path]) -> None:
    done = run(files["receipt"], "--key", files["key"])
    assert done.returncode == 0
    assert done.stdout.count("not checked") == 3


def test_a_step_that_was_asked_for_and_fails_ends_with_3(files: dict[str, Path]) -> None:
    files["reply"].write_bytes(PLAIN["reply"] + b"\n")
    done = run(files["receipt"], "--key", files["key"], "--reply", files["reply"])
    assert done.returncode == 3
    assert "Only the line end after the text differs" in done.stdout
    assert "DOES NOT HOLD" in done.stdout
    files["policy"].write_text("no policy\n")
    assert run(files["receipt"], "--key", files["key"], "--policy", files["policy"]).returncode == 3


def test_a_wrong_key_is_told_in_plain_words(files: dict[str, Path]) -> None:
    files["key"].write_bytes(load_other_key())
    done = run(files["receipt"], "--key", files["key"])
    assert done.returncode == 3
    assert "3 signature  failed       The checkpoint is not signed, once, by the key given" in done.stdout
    assert "An earlier step failed." in done.stdout
    assert "Traceback" not in done.stderr


def load_other_key() -> bytes:
    bad = {vector["name"]: vector for vector in load_vectors("clause_12")}
    return bytes(bad["key-of-another-seed"]["key"])


@pytest.mark.parametrize("arguments", [[], ["receipt"], ["receipt", "--key"], ["--key", "key"], ["receipt", "--what"]])
def test_bad_usage_ends_with_2(files: dict[str, Path], arguments: list[str]) -> None:
    done = run(*[files.get(argument, argument) for argument in arguments])
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_a_file_that_is_not_there_is_bad_usage(files: dict[str, Path]) -> None:
    done = run(files["receipt"], "--key", files["key"].with_name("missing"))
    assert done.returncode == 2
    assert "missing" in done.stderr


def test_random_files_are_refused_without_a_traceback(files: dict[str, Path]) -> None:
    for content in (b"", b"\x00" * 100, b"{}", b"[]", b"5", b'{"v":1,"record":{},"proof":"","open":{}}'):
        files["receipt"].write_bytes(content)
        done = run(files["receipt"], "--key", files["key"], "--reply", files["reply"])
        assert (done.returncode, done.stderr) == (3, "")


# --- one changed byte anywhere


def holds(checker: ModuleType, receipt: bytes, key: bytes, reply: bytes | None) -> bool:
    results, record = checker.run(receipt, key, reply)
    return record is not None and all(state != "failed" for state, _ in results)


def flips(data: bytes, change: int) -> list[bytes]:
    return [data[:at] + bytes([data[at] ^ change]) + data[at + 1 :] for at in range(len(data))]


@pytest.mark.parametrize("change", [0x01, 0x20, 0x80])
def test_any_changed_byte_of_the_receipt_is_rejected(checker: ModuleType, change: int) -> None:
    assert holds(checker, PLAIN["receipt"], PLAIN["key"], PLAIN["reply"])
    for at, receipt in enumerate(flips(PLAIN["receipt"], change)):
        assert not holds(checker, receipt, PLAIN["key"], PLAIN["reply"]), at


@pytest.mark.parametrize("change", [1 << bit for bit in range(8)])
def test_any_changed_byte_of_the_reply_is_rejected(checker: ModuleType, change: int) -> None:
    for at, reply in enumerate(flips(PLAIN["reply"], change)):
        assert not holds(checker, PLAIN["receipt"], PLAIN["key"], reply), at


@pytest.mark.parametrize("change", [1 << bit for bit in range(8)])
@pytest.mark.parametrize("key", [PLAIN["key"], MANY_KEYS], ids=["one key", "two keys"])
def test_any_changed_byte_of_the_key_file_is_rejected(checker: ModuleType, key: bytes, change: int) -> None:
    assert holds(checker, PLAIN["receipt"], key, PLAIN["reply"])
    for at, changed in enumerate(flips(key, change)):
        assert not holds(checker, PLAIN["receipt"], changed, PLAIN["reply"]), at


def test_any_byte_removed_is_rejected(checker: ModuleType) -> None:
    data = PLAIN["receipt"]
    for at in range(len(data)):
        assert not holds(checker, data[:at] + data[at + 1 :], PLAIN["key"], PLAIN["reply"]), at


@pytest.mark.parametrize("name", ["receipt", "key", "reply"])
def test_a_changed_file_ends_the_process_with_3(files: dict[str, Path], name: str) -> None:
    data = PLAIN[name]
    for at in range(0, len(data), max(1, len(data) // 8)):
        files[name].write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        done = run(files["receipt"], "--key", files["key"], "--reply", files["reply"])
        assert (done.returncode, done.stderr) == (3, ""), at
