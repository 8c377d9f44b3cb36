"""A witness on a real socket: what the standard says, and what strangers send."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from verax.kernel.canonical import b64_encode
from verax.kernel.note import NoteSigner, parse_note
from verax.kernel.witness import MAX_SUBMISSION_BYTES, Submission, origin_digest, parse_answer, parse_size
from verax.store.clock import SystemClock
from verax.surfaces.witness.protocol import MAX_HEAD_BYTES
from verax.testing.histories import Histories
from verax.testing.running_witness import RunningWitness, run_witness

ORIGIN = "verax.test/log"
SEED = bytes(32)
LIMIT_S = 20.0


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[RunningWitness]:
    with run_witness(tmp_path, [NoteSigner(ORIGIN, SEED).verifier], head_limit_s=0.5, body_limit_s=0.5) as running:
        yield running


@pytest.fixture
def histories() -> Histories:
    return Histories(ORIGIN, SEED)


@pytest.fixture
def connection(witness: RunningWitness) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection("127.0.0.1", witness.port, timeout=LIMIT_S)
    yield opened
    opened.close()


def post(connection: http.client.HTTPConnection, body: bytes) -> tuple[int, str, bytes]:
    connection.request("POST", "/add-checkpoint", body=body)
    answer = connection.getresponse()
    return answer.status, answer.headers["content-type"], answer.read()


def test_a_log_gets_its_cosignatures_on_one_kept_connection(
    connection: http.client.HTTPConnection, witness: RunningWitness, histories: Histories
) -> None:
    socks = set()
    for old, new in ((0, 3), (3, 9), (9, 9)):
        status, kind, body = post(connection, histories.submission("a", old, new).to_bytes())
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        text = histories.checkpoint("a", new).to_text()
        found = parse_answer(body, text, {"w": witness.key.verifier}, SystemClock().now_ms() // 1000)
        assert set(found) == {"w"}
        assert body.startswith("— w.test ".encode()) and body.endswith(b"\n")
        socks.add(id(connection.sock))
    assert len(socks) == 1


def test_every_status_of_the_standard(connection: http.client.HTTPConnection, histories: Histories) -> None:
    assert post(connection, histories.submission("a", 0, 5).to_bytes())[0] == 200
    good = histories.submission("a", 5, 9)
    assert post(connection, b"old 10\n\n" + good.note)[0] == 400
    assert post(connection, b"old 05\n\n" + good.note)[0] == 400
    assert post(connection, Histories("verax.test/unknown", SEED).submission("a", 0, 3).to_bytes())[0] == 404
    assert post(connection, Histories(ORIGIN, b"f" * 32).submission("a", 5, 9).to_bytes())[0] == 403
    status, kind, body = post(connection, histories.submission("a", 0, 9).to_bytes())
    assert (status, kind, parse_size(body)) == (409, "text/x.tlog.size", 5)
    status, kind, _ = post(connection, histories.submission("b", 5, 5).to_bytes())
    assert (status, kind) == (409, "text/plain; charset=utf-8")
    assert post(connection, histories.submission("b", 5, 9).to_bytes())[0] == 422
    assert post(connection, good.to_bytes())[0] == 200


def test_only_what_the_standard_names_is_there(connection: http.client.HTTPConnection, histories: Histories) -> None:
    for method, path, status in (
        ("GET", "/add-checkpoint", 405),
        ("PUT", "/add-checkpoint", 405),
        ("POST", "/add-checkpoint/", 404),
        ("POST", "/add-entries", 404),
        ("GET", "/../key.json", 404),
        ("GET", "/%2e%2e/%2e%2e/key.json", 404),
        ("GET", f"/{origin_digest(ORIGIN)}/checkpoint", 404),
        ("GET", f"/{'0' * 64}/checkpoint", 404),
        ("POST", "/", 405),
    ):
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status, (method, path)
        assert (answer.headers["allow"] is not None) == (status == 405)


def test_anybody_may_read_the_newest_checkpoint_and_the_key(
    connection: http.client.HTTPConnection, witness: RunningWitness, histories: Histories
) -> None:
    post(connection, histories.submission("a", 0, 5).to_bytes())
    connection.request("GET", f"/{origin_digest(ORIGIN)}/checkpoint")
    note = connection.getresponse().read()
    assert parse_note(note).text == histories.checkpoint("a", 5).to_text()
    assert [line.name for line in parse_note(note).signatures] == [ORIGIN, "w.test"]
    connection.request("GET", "/")
    assert connection.getresponse().read().decode() == f"{witness.key.verifier}\n"


# What strangers send


def exchange(port: int, data: bytes) -> bytes:
    """Send bytes, and return everything that comes back until the witness closes or falls silent."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as opened:
        try:
            opened.sendall(data)
            while chunk := opened.recv(65536):
                received += chunk
        except (ConnectionResetError, BrokenPipeError):
            return received
    return received


def head(length: int | str) -> bytes:
    return f"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n".encode()


def is_well(witness: RunningWitness, histories: Histories) -> bool:
    fresh = http.client.HTTPConnection("127.0.0.1", witness.port, timeout=LIMIT_S)
    try:
        return post(fresh, histories.submission("a", 0, 3).to_bytes())[0] in (200, 409)
    finally:
        fresh.close()


_CHUNKS = (b"4000\r\n" + bytes(0x4000) + b"\r\n") * 6
ODD = {
    "one byte too many": head(MAX_SUBMISSION_BYTES + 1),
    "a length of many digits": head(10**18),
    "a length of very many digits": head("9" * 5000),
    "a negative length": head("-1"),
    "a length that is none": head("x"),
    "odd bytes": head(5) + b"\x00\xff\x00\xff\x00",
    "endless chunks": b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n" + _CHUNKS,
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "an unknown version": b"GET / HTTP/9.9\r\n\r\n",
    "empty lines": b"\r\n" * 1000,
    "zeros": bytes(300_000),
    "an endless header": b"POST / HTTP/1.1\r\nX-Pad: " + b"a" * (4 * MAX_HEAD_BYTES + MAX_SUBMISSION_BYTES),
}


@pytest.mark.parametrize("what", ODD)
def test_odd_and_huge_requests_get_no_200_and_leave_the_witness_well(
    witness: RunningWitness, histories: Histories, what: str
) -> None:
    received = exchange(witness.port, ODD[what])
    assert b" 200 " not in received.split(b"\r\n")[0]
    assert b" 500 " not in received.split(b"\r\n")[0]
    assert is_well(witness, histories)


def test_a_body_of_exactly_the_largest_size_is_read(
    connection: http.client.HTTPConnection, witness: RunningWitness
) -> None:
    assert post(connection, b"old 0\n\n" + bytes(MAX_SUBMISSION_BYTES - 7))[0] == 400
    # The head alone: bytes that are on their way when the connection closes would take the answer with them.
    assert b" 413 " in exchange(witness.port, head(MAX_SUBMISSION_BYTES + 1))


PARTS = {"nothing": b"", "half a line": b"POST /add-", "a head": head(100), "half a body": head(100) + b"old 0\n\n"}


@pytest.mark.parametrize("what", PARTS)
def test_a_client_that_sends_no_more_is_not_waited_for(
    witness: RunningWitness, histories: Histories, what: str
) -> None:
    received = exchange(witness.port, PARTS[what])  # would last LIMIT_S if the witness waited
    assert received == b"" or b" 408 " in received
    assert is_well(witness, histories)


def test_slow_clients_do_not_keep_others_waiting(witness: RunningWitness, histories: Histories) -> None:
    slow = [socket.create_connection(("127.0.0.1", witness.port), timeout=LIMIT_S) for _ in range(50)]
    try:
        for opened in slow:
            opened.sendall(head(100)[:20])
        assert is_well(witness, histories)
    finally:
        for opened in slow:
            opened.close()


def test_integers_at_every_edge(connection: http.client.HTTPConnection, histories: Histories) -> None:
    note = histories.note("a", 3)
    for number in ("9223372036854775807", "9223372036854775808", "18446744073709551616", "-1", "1e3", "", "0x3"):
        assert post(connection, f"old {number}\n\n".encode() + note)[0] == 400
    hashes = (b64_encode(bytes(32)) + "\n").encode()
    assert post(connection, b"old 0\n" + hashes * 63 + b"\n" + note)[0] == 422
    assert post(connection, b"old 0\n" + hashes * 64 + b"\n" + note)[0] == 400


def test_two_histories_sent_at_once_by_many_get_one_answer(witness: RunningWitness, histories: Histories) -> None:
    signed: list[str] = []
    for branch in "ab":
        histories.branch(branch, 20)

    def work(branch: str) -> None:
        opened = http.client.HTTPConnection("127.0.0.1", witness.port, timeout=LIMIT_S)
        size = 0
        for new in range(1, 21):
            status, kind, body = post(opened, histories.submission(branch, size, new).to_bytes())
            if status == 409 and kind == "text/x.tlog.size":
                size = min(parse_size(body), 20)
                status, _, _ = post(opened, histories.submission(branch, size, max(size, new)).to_bytes())
            if status == 200:
                signed.append(branch)
        opened.close()

    threads = [threading.Thread(target=work, args=(branch,)) for branch in "abab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(set(signed)) == 1
    seen = witness.seen(ORIGIN)
    assert seen is not None and seen.seen == histories.checkpoint(signed[0], 20)


def test_a_restart_on_the_same_folder_goes_on(witness: RunningWitness, histories: Histories) -> None:
    assert is_well(witness, histories)
    witness.stop()
    witness.start()
    fresh = http.client.HTTPConnection("127.0.0.1", witness.port, timeout=LIMIT_S)
    assert post(fresh, histories.submission("b", 3, 3).to_bytes())[0] == 409
    assert post(fresh, Submission(3, (), histories.note("a", 3)).to_bytes())[0] == 200
    fresh.close()
