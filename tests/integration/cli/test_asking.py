"""``verax ask``, ``chat`` and ``receipt`` against a real server with a scripted model."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.note import NoteSigner
from verax.kernel.receipt import Receipt

ROOT = Path(__file__).resolve().parents[3]
ANSWER = "Hamlet was written by William Shakespeare."

Verax = Callable[..., Any]


def check(receipt: Path, key: Path, reply: Path | None = None) -> int:
    """Run the stand-alone checker, isolated from this environment."""
    command = [sys.executable, "-I", str(ROOT / "conformance/check_receipt.py"), str(receipt), "--key", str(key)]
    command += [] if reply is None else ["--reply", str(reply)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode


@pytest.fixture
def saved(shared: Any, verax: Verax, tmp_path: Path) -> tuple[Path, Path, Path]:
    """Receipt, reply and key files of one answered question."""
    receipt, reply = tmp_path / "receipt.json", tmp_path / "reply.txt"
    ran = verax(shared, "ask", "Who wrote Hamlet?", "--save", str(receipt), "--save-reply", str(reply))
    assert ran.code == 0, ran.err
    return receipt, reply, shared.identity.log_keys_path


def test_the_reply_goes_to_stdout_and_its_proof_to_stderr(shared: Any, verax: Verax) -> None:
    ran = verax(shared, "ask", "Who", "wrote", "Hamlet?")
    assert ran.code == 0
    assert ran.out == ANSWER + "\n"
    assert "head of assistant, mode solo" in ran.err
    assert "verified: leaf" in ran.err


def test_the_printed_command_line_checks_the_receipt_without_this_program(shared: Any, verax: Verax) -> None:
    ran = verax(shared, "ask", "Who wrote Hamlet?")
    line = next(line for line in ran.err.splitlines() if line.startswith("check"))
    command = shlex.split(line.removeprefix("check"))
    assert command[1].endswith("check_receipt.py")
    result = subprocess.run(
        [sys.executable, "-I", *command[1:]], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "5 reply" in result.stdout


def test_the_stand_alone_checker_accepts_what_was_saved(saved: tuple[Path, Path, Path]) -> None:
    receipt, reply, key = saved
    assert reply.read_text() == ANSWER
    assert check(receipt, key, reply) == 0


def test_any_changed_byte_of_reply_receipt_or_key_is_rejected(saved: tuple[Path, Path, Path], tmp_path: Path) -> None:
    receipt, reply, key = saved
    for original, build in (
        (reply, lambda changed: check(receipt, key, changed)),
        (receipt, lambda changed: check(changed, key, reply)),
        (key, lambda changed: check(receipt, changed, reply)),
    ):
        data = original.read_bytes() if original != key else reply_key_line(receipt, key)
        for place in (0, len(data) // 2, len(data) - 2):
            changed = tmp_path / f"changed-{original.name}"
            changed.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            assert build(changed) in (2, 3), (original.name, place)


def reply_key_line(receipt: Path, key: Path) -> bytes:
    """Return only the line of the key file that the receipt needs; a change of another line is no matter."""
    log = json.loads(receipt.read_bytes())["record"]["log"]
    return next(line for line in key.read_bytes().splitlines(keepends=True) if line.startswith(f"{log}+".encode()))


def test_saved_files_are_private(saved: tuple[Path, Path, Path]) -> None:
    receipt, reply, _ = saved
    assert receipt.stat().st_mode & 0o777 == 0o600
    assert reply.stat().st_mode & 0o777 == 0o600


def test_json_names_every_file_and_prints_nothing_else(shared: Any, verax: Verax) -> None:
    ran = verax(shared, "ask", "Who wrote Hamlet?", "--json")
    shown = json.loads(ran.out)
    assert shown["reply"] == ANSWER
    assert shown["receipt_state"] == "verified"
    assert shown["mode"] == "solo"
    assert check(Path(shown["receipt_file"]), Path(shown["key_file"]), Path(shown["reply_file"])) == 0


def test_a_question_can_come_from_stdin(shared: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Who wrote Hamlet?\n"))
    assert verax(shared, "ask", "-").out == ANSWER + "\n"


def test_without_verifying_nothing_is_fetched_and_it_is_said(shared: Any, verax: Verax) -> None:
    ran = verax(shared, "ask", "--no-verify", "Who wrote Hamlet?")
    assert ran.code == 0
    assert "not checked" in ran.err


def test_a_log_key_that_is_not_the_pinned_one_fails_the_receipt(own: Any, verax: Verax) -> None:
    identity = own.identity
    other = str(NoteSigner(f"{identity.credentials.name}/replies/0", bytes(32)).verifier)
    identity.pin_log_keys([other if "/replies/" in key else key for key in identity.log_keys()])
    ran = verax(own, "ask", "Who wrote Hamlet?")
    assert ran.code == 3
    assert ran.out == ANSWER + "\n"
    assert "FAILED" in ran.err


def test_an_unknown_channel_names_those_there_are(shared: Any, verax: Verax) -> None:
    ran = verax(shared, "ask", "-c", "nonsense", "Hello?")
    assert ran.code == 1
    assert ran.out == ""
    assert "assistant" in ran.err
    assert "hint:" in ran.err


def test_a_wrong_key_is_refused(shared: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch) -> None:
    shared.environ["VERAX_API_KEY"] = "vx-wrong"
    try:
        ran = verax(shared, "ask", "Hello?")
    finally:
        del shared.environ["VERAX_API_KEY"]
    assert ran.code == 3
    assert ran.out == ""


def test_a_refusal_is_no_reply_and_has_a_receipt_all_the_same(shared: Any, verax: Verax) -> None:
    ran = verax(shared, "ask", "--json", "Keep this: ghp_" + "a1B2" * 9)
    shown = json.loads(ran.out)
    assert ran.code == 0, ran.err
    assert shown["status"] == "refused"
    assert shown["refusal"]
    assert shown["receipt_state"] == "verified"


def test_a_model_that_fails_is_an_error_with_a_hint(shared: Any, verax: Verax) -> None:
    ran = verax(shared, "ask", "silence, please")
    assert ran.code == 1
    assert "error: " in ran.err
    assert "Traceback" not in ran.err


def test_a_receipt_is_shown_verified_and_saved_by_its_id(shared: Any, verax: Verax, tmp_path: Path) -> None:
    turn = json.loads(verax(shared, "ask", "--json", "Who wrote Hamlet?").out)["receipt"]
    shown = verax(shared, "receipt", "show", turn[:12])
    assert f"id          {turn}" in shown.out
    verified = json.loads(verax(shared, "receipt", "verify", turn, "--json").out)
    assert verified["verified"] is True
    assert [item["state"] for item in verified["checks"]][:5] == ["verified"] * 5
    target, reply = tmp_path / "r.json", tmp_path / "r.txt"
    assert verax(shared, "receipt", "save", turn, str(target), "--reply", str(reply)).code == 0
    assert check(target, shared.identity.log_keys_path, reply) == 0


def test_who_approved_a_reply_is_checked_here_and_by_the_stand_alone_script(
    shared: Any, verax: Verax, tmp_path: Path
) -> None:
    turn = json.loads(verax(shared, "ask", "--json", "Who wrote Hamlet?").out)["receipt"]
    checks = json.loads(verax(shared, "receipt", "verify", turn, "--governance", "--json").out)["checks"]
    assert (checks[-1]["step"], checks[-1]["state"]) == (7, "verified")
    receipt, bundle = tmp_path / "receipt.json", tmp_path / "bundle.json"
    saved = verax(shared, "receipt", "save", turn, str(receipt), "--governance", str(bundle))
    command = [sys.executable, *shlex.split(saved.err.removeprefix("check it: "))[1:]]
    result = subprocess.run(command, env={}, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "7 governance verified" in result.stdout


def test_a_record_of_a_release_that_never_served_fails_step_7(shared: Any, verax: Verax, tmp_path: Path) -> None:
    shown = json.loads(verax(shared, "ask", "--json", "Who wrote Hamlet?").out)
    parsed = Receipt.parse(Path(shown["receipt_file"]).read_bytes())
    forged = tmp_path / "forged.json"
    for changes in ({"release": "ab" * 32}, {"mode": "quorum"}, {"runtime": "cd" * 32}, {"arm": "canary"}):
        forged.write_bytes(replace(parsed, record=replace(parsed.record, **changes)).to_bytes())
        ran = verax(shared, "receipt", "verify", str(forged), "--governance", "--json")
        assert ran.code == 3
        assert json.loads(ran.out)["checks"][-1]["state"] == "failed", changes


def test_a_receipt_file_is_verified_without_a_server(
    saved: tuple[Path, Path, Path], shared: Any, verax: Verax, tmp_path: Path
) -> None:
    receipt, reply, key = saved
    away = type(shared)(
        "http://localhost:1", tmp_path, {"HOME": str(tmp_path), "VERAX_HOME": str(tmp_path / "none"), "VERAX_PORT": "1"}
    )
    away.environ["VERAX_KEYRING"] = str(tmp_path / "nokeys")
    arguments = ("receipt", "verify", str(receipt), "--key", str(key))
    assert verax(away, *arguments, "--reply", str(reply)).code == 0
    reply.write_text("Hamlet was written by someone else.")
    ran = verax(away, *arguments, "--reply", str(reply))
    assert ran.code == 3
    assert "the reply is not the one that was recorded" in ran.out


def test_a_receipt_fetched_from_the_server_is_the_one_that_was_kept(shared: Any, verax: Verax) -> None:
    turn = json.loads(verax(shared, "ask", "--json", "Who wrote Hamlet?").out)["receipt"]
    kept = shared.identity.kept_receipt(turn)
    before = kept.read_bytes()
    kept.unlink()
    fetched = json.loads(verax(shared, "receipt", "show", turn, "--json").out)
    assert fetched["record"] == json.loads(before)["record"]


def test_a_conversation_continues_until_it_is_begun_again(
    shared: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sys.stdin", io.StringIO("My name is Ann.\n/receipt\n/new\nWho wrote Hamlet?\n/help\n/quit\nX\n")
    )
    ran = verax(shared, "chat")
    assert ran.code == 0
    assert ran.out == f"My name is Ann.\n{ANSWER}\n"
    assert "verified: leaf" in ran.err
    assert "a new conversation" in ran.err


def test_an_error_in_a_piped_conversation_ends_it(shared: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("silence\nWho wrote Hamlet?\n"))
    ran = verax(shared, "chat")
    assert ran.code == 1
    assert ran.out == ""


def test_model_test_measures_a_channel(shared: Any, verax: Verax) -> None:
    shown = json.loads(verax(shared, "model", "test", "--question", "Who wrote Hamlet?", "--json").out)
    assert shown["reply"] == ANSWER
    assert shown["completion_tokens"] > 0
    assert shown["first_text_s"] <= shown["total_s"]


def test_a_server_elsewhere_is_met_once_and_its_log_keys_are_pinned(shared: Any, verax: Verax, tmp_path: Path) -> None:
    key = shared.identity.credentials.api_key
    environ = {"HOME": str(tmp_path), "VERAX_HOME": str(tmp_path / "none"), "VERAX_KEYRING": str(tmp_path / "keys")}
    away = type(shared)(shared.url, tmp_path, environ | {"VERAX_URL": shared.url, "VERAX_API_KEY": key})
    first = verax(away, "ask", "Who wrote Hamlet?")
    assert first.code == 0, first.err
    assert "first contact" in first.err
    assert "verified: leaf" in first.err
    assert "first contact" not in verax(away, "ask", "Who wrote Hamlet?").err
    audited = verax(away, "log", "verify", "--json")
    assert json.loads(audited.out)["verified"] is True
