"""A reply's receipt as the command line checks it, against servers that tell the truth and that do not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.errors import IntegrityError, VeraxError
from verax.kernel.merkle import leaf_hash
from verax.kernel.note import NoteSigner, VerifierKey, sign_note
from verax.kernel.promise import promise_text
from verax.kernel.record import Record, TurnSecret, entry_of
from verax.surfaces.cli import proofs
from verax.surfaces.cli.client import Client, Response
from verax.surfaces.cli.keyring import Credentials, Keyring
from verax.testing.simulated_log import SimulatedLog, issue_receipt, sample_record

NAME = "a" * 26
ORIGIN = f"{NAME}/replies/0"
SECRET = TurnSecret(bytes(range(32)))
REPLY = "Hamlet was written by William Shakespeare."
PROMISE_SIGNER = NoteSigner(f"{NAME}/promise", bytes([7]) * 32)


class ScriptedClient(Client):
    """Answers from a list, one answer a request; the last one stays."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        super().__init__("http://localhost:1")
        self.answers = list(answers)
        self.asked: list[str] = []

    def get(self, path: str) -> Response:
        self.asked.append(path)
        status, data = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Response(status, {}, data)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs.time, "sleep", lambda seconds: None)


@pytest.fixture
def log() -> SimulatedLog:
    log = SimulatedLog(ORIGIN, bytes([3]) * 32)
    log.append(bytes(32))
    return log


def completion(record: Record, **changes: Any) -> dict[str, Any]:
    text = promise_text(ORIGIN, leaf_hash(entry_of(record)), 1_795_392_060_000)
    return {
        "id": record.id,
        "release": record.release,
        "channel": record.channel,
        "record": record.to_dict(),
        "secret": SECRET.data.hex(),
        "promise": sign_note(text, PROMISE_SIGNER).decode(),
        **changes,
    }


def keys(log: SimulatedLog) -> tuple[VerifierKey, ...]:
    return (log.signer.verifier, PROMISE_SIGNER.verifier)


def checked(log: SimulatedLog, client: Client, verax: dict[str, Any], text: str = REPLY) -> proofs.CheckedReply:
    return proofs.check_reply(client, lambda: keys(log), text, verax)


def receipt_of(log: SimulatedLog, record: Record) -> bytes:
    return issue_receipt(log, record, SECRET, ()).to_bytes()


def test_a_receipt_is_waited_for_opened_and_verified(log: SimulatedLog) -> None:
    record = sample_record(SECRET, REPLY.encode(), ORIGIN)
    client = ScriptedClient((202, b"{}"), (202, b"{}"), (200, receipt_of(log, record)))
    found = checked(log, client, completion(record))
    assert found.state == "verified"
    assert found.receipt is not None
    assert found.receipt.open == {"reply": SECRET.salt("reply")}
    assert client.asked == [f"/v1/receipts/{record.id}"] * 3


def test_another_text_than_the_recorded_one_fails(log: SimulatedLog) -> None:
    record = sample_record(SECRET, REPLY.encode(), ORIGIN)
    found = checked(log, ScriptedClient((200, receipt_of(log, record))), completion(record), REPLY + " ")
    assert found.state == "failed"
    assert "not the one that was recorded" in found.problem


def test_a_receipt_of_another_record_than_the_promised_one_fails(log: SimulatedLog) -> None:
    record = sample_record(SECRET, REPLY.encode(), ORIGIN)
    other = replace(record, seed=8)
    found = checked(log, ScriptedClient((200, receipt_of(log, other))), completion(record))
    assert found.problem == "the record in the log is not the one that was promised"


@pytest.mark.parametrize("changes", [{"release": "99" * 32}, {"channel": "junior"}])
def test_a_reply_that_names_another_release_than_its_record_fails(log: SimulatedLog, changes: dict[str, str]) -> None:
    record = sample_record(SECRET, REPLY.encode(), ORIGIN)
    found = checked(log, ScriptedClient((200, receipt_of(log, record))), completion(record, **changes))
    assert found.problem == "the record names another release or channel than the reply"


def test_a_log_signed_by_another_key_fails(log: SimulatedLog) -> None:
    record = sample_record(SECRET, REPLY.encode(), ORIGIN)
    forged = SimulatedLog(ORIGIN, bytes([4]) * 32)
    found = checked(log, ScriptedClient((200, receipt_of(forged, record))), completion(record))
    assert found.state == "failed"


@pytest.mark.parametrize("data", [b"", b"{}", b"<html>", b"\xff"])
def test_what_is_no_receipt_fails(log: SimulatedLog, data: bytes) -> None:
    record = sample_record(SECRET, REPLY.encode(), ORIGIN)
    assert checked(log, ScriptedClient((200, data)), completion(record)).state == "failed"


@pytest.mark.parametrize("missing", ["record", "secret", "promise", "release"])
def test_a_completion_without_its_parts_fails(log: SimulatedLog, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "_WAIT_S", 0.0)
    record = sample_record(SECRET, REPLY.encode(), ORIGIN)
    verax = completion(record)
    del verax[missing]
    status = (202, b"{}") if missing == "promise" else (200, receipt_of(log, record))
    assert checked(log, ScriptedClient(status), verax).state == "failed"


def test_a_leaf_that_is_not_there_yet_is_promised(log: SimulatedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "fetch_receipt", lambda client, turn: None)
    record = sample_record(SECRET, REPLY.encode(), ORIGIN)
    assert checked(log, ScriptedClient((202, b"{}")), completion(record)).state == "promised"


def test_a_promise_about_another_leaf_or_by_another_key_fails(
    log: SimulatedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "fetch_receipt", lambda client, turn: None)
    record = sample_record(SECRET, REPLY.encode(), ORIGIN)
    other = completion(replace(record, seed=8))["promise"]
    assert checked(log, ScriptedClient((202, b"")), completion(record, promise=other)).problem
    text = promise_text(ORIGIN, leaf_hash(entry_of(record)), 1)
    forged = sign_note(text, NoteSigner(f"{NAME}/promise", bytes(32))).decode()
    assert checked(log, ScriptedClient((202, b"")), completion(record, promise=forged)).state == "failed"


def test_waiting_for_a_receipt_has_an_end() -> None:
    client = ScriptedClient((202, b"{}"))
    assert proofs.fetch_receipt(client, "ab" * 16, wait_s=0) is None
    with pytest.raises(VeraxError, match="not in the log yet"):
        proofs.require_receipt(None, "ab" * 16)


def test_the_keys_of_a_server_are_pinned_on_first_contact_only(tmp_path: Path, log: SimulatedLog) -> None:
    governance = NoteSigner(f"{NAME}/governance", bytes([5]) * 32)
    shown = f"{governance.verifier}\n{log.signer.verifier}\n".encode()
    keyring = Keyring(tmp_path)
    identity = proofs.meet(keyring, ScriptedClient((200, shown)))
    assert identity.credentials.name == NAME
    assert identity.log_keys() == shown.decode().splitlines()
    other = f"{NoteSigner(f'{NAME}/governance', bytes(32)).verifier}\n".encode()
    assert proofs.meet(keyring, ScriptedClient((200, other))).log_keys() == shown.decode().splitlines()
    assert [str(key) for key in proofs.pinned_keys(identity, ScriptedClient((200, other)))] == identity.log_keys()


def test_an_identity_without_pins_takes_those_of_its_server(tmp_path: Path, log: SimulatedLog) -> None:
    identity = Keyring(tmp_path).create(Credentials(name=NAME, url="http://localhost:1"))
    shown = f"{log.signer.verifier}\n".encode()
    assert [str(key) for key in proofs.pinned_keys(identity, ScriptedClient((200, shown)))] == identity.log_keys()


def test_a_server_that_shows_no_keys_is_not_met(tmp_path: Path) -> None:
    with pytest.raises(VeraxError):
        proofs.meet(Keyring(tmp_path), ScriptedClient((200, b"<html>")))
    assert Keyring(tmp_path).identities() == []


def test_a_receipt_stays_canonical_when_a_part_is_opened(log: SimulatedLog) -> None:
    from verax.kernel.receipt import Receipt

    record = sample_record(SECRET, REPLY.encode(), ORIGIN)
    closed = Receipt.parse(receipt_of(log, record))
    opened = proofs.open_parts(closed, SECRET.data.hex(), ("reply", "request"))
    assert set(json.loads(opened.to_bytes())["open"]) == {"reply", "request"}
    assert closed.open == {}


def test_the_checker_command_can_be_copied(tmp_path: Path) -> None:
    command = proofs.checker_command(tmp_path / "a b.json", tmp_path / "k", tmp_path / "r", tmp_path / "g")
    assert f"'{tmp_path}/a b.json' --key {tmp_path}/k --reply {tmp_path}/r --governance {tmp_path}/g" in command


def test_keys_that_cannot_be_read_fail_the_receipt(log: SimulatedLog) -> None:
    def no_keys() -> tuple[VerifierKey, ...]:
        raise IntegrityError("log keys: gone")

    record = sample_record(SECRET, REPLY.encode(), ORIGIN)
    found = proofs.check_reply(ScriptedClient((200, b"")), no_keys, REPLY, completion(record))
    assert (found.state, found.problem) == ("failed", "log keys: gone")
