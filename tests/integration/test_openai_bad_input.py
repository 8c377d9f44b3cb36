"""Bad input on the wire: every one gets a clear error, and the server goes on serving."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from verax.surfaces.http import reply_models
from verax.testing.http_world import HttpWorld
from verax.testing.running_server import RunningServer, run_server

LIMIT_S = 60
CHAT = "/v1/chat/completions"
HELLO: dict[str, Any] = {"model": "assistant", "messages": [{"role": "user", "content": "Hello"}]}
MEGABYTE = 2**20


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer[HttpWorld]]:
    with run_server(lambda: HttpWorld.open(rate_per_minute=None)) as running:
        yield running


@pytest.fixture(scope="module")
def key(server: RunningServer[HttpWorld]) -> str:
    return server.call(server.installation.make_key())


@pytest.fixture
def client(server: RunningServer[HttpWorld], key: str) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=LIMIT_S) as opened:
        yield opened
        # Whatever was sent, the server goes on serving.
        assert opened.post(CHAT, json=HELLO).status_code == 200


def refused(response: httpx.Response, status: int, code: str, param: str | None = None) -> str:
    assert response.status_code == status, response.text
    error = reply_models.ErrorBody.model_validate(response.json()).error
    assert error.code == code
    assert error.param == param
    assert len(response.content) < 2000
    return error.message


def test_a_body_of_100_megabytes_is_refused(client: httpx.Client) -> None:
    body = b'{"model":"assistant","messages":[{"role":"user","content":"' + b"x" * (100 * MEGABYTE) + b'"}]}'
    refused(client.post(CHAT, content=body), 413, "request/body-too-large")


def test_a_large_body_is_refused_before_it_is_sent(server: RunningServer[HttpWorld], key: str) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=LIMIT_S)
    connection.putrequest("POST", CHAT)
    for name, value in (("Authorization", f"Bearer {key}"), ("Content-Length", str(100 * MEGABYTE))):
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_stranger_is_refused_before_the_body_is_read(server: RunningServer[HttpWorld]) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=LIMIT_S)
    connection.putrequest("POST", CHAT)
    connection.putheader("Content-Length", "1000")
    connection.endheaders()
    assert connection.getresponse().status == 401
    connection.close()


def test_a_body_of_undeclared_length_is_refused_when_it_passes_the_limit(client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * MEGABYTE

    refused(client.post(CHAT, content=pieces()), 413, "request/body-too-large")


def test_an_absurd_length_ends_the_connection(server: RunningServer[HttpWorld], key: str) -> None:
    answer = exchange(
        server,
        f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Length: {10**15}\r\n\r\n".encode(),
    )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


def exchange(server: RunningServer[HttpWorld], data: bytes) -> bytes:
    """Send bytes and read until the server closes the connection."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=LIMIT_S) as connection:
        connection.sendall(data)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


@pytest.mark.parametrize(
    "data",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"\x00" * 100 + b"\r\n\r\n",
    ],
)
def test_bytes_that_are_not_http_are_turned_away(
    server: RunningServer[HttpWorld], client: httpx.Client, data: bytes
) -> None:
    assert exchange(server, data).startswith(b"HTTP/1.1 4")


def test_ten_thousand_messages_are_counted_and_refused(client: httpx.Client) -> None:
    body = {**HELLO, "messages": HELLO["messages"] * 10_000}
    message = refused(client.post(CHAT, json=body), 413, "request/too-many-messages", "messages")
    assert "10000" in message


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        (b"", 400, "request/json", None),
        (b"{", 400, "request/json", None),
        (b'{"model": "assistant", "messages": [}', 400, "request/json", None),
        (b"\xff\xfe{}", 400, "request/encoding", None),
        (b'{"model": "assistant", "messages": "\xed\xa0\x80"}', 400, "request/encoding", None),
        (
            b'{"model":"assistant","messages":[{"role":"user","content":"\\ud83d"}]}',
            400,
            "request/encoding",
            "messages[0].content",
        ),
        (b'{"model": "assistant", "messages": "hi"}', 400, "request/invalid", "messages"),
        (b'{"model": 7, "messages": [{"role": "user", "content": "x"}]}', 400, "request/invalid", "model"),
        (b'{"messages": [{"role": "user", "content": "x"}]}', 400, "request/invalid", "model"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "request/json", None),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400, "request/json", None),
        (b'{"model": "nobody", "messages": [{"role": "user", "content": "x"}]}', 404, "channel/unknown", "model"),
        (
            b'{"model": "assistant", "messages": [{"role": "user", "content": "x"}], "best_of": 2}',
            400,
            "request/unsupported-parameter",
            "best_of",
        ),
    ],
)
def test_a_malformed_body_is_explained(
    client: httpx.Client, body: bytes, status: int, code: str, param: str | None
) -> None:
    refused(client.post(CHAT, content=body), status, code, param)


@pytest.mark.parametrize(
    "text", ["\x00", "\u2028\u2029", "\U0001f9d1\u200d\U0001f4bb", "\ufffe", "a" * 200_000, "\u202e"]
)
def test_unusual_text_is_text(client: httpx.Client, text: str) -> None:
    response = client.post(CHAT, json={**HELLO, "messages": [{"role": "user", "content": text}]})
    assert response.status_code == 200
    assert response.json()["choices"][0]["message"]["content"] == text


def test_a_long_header_is_turned_away_or_ignored(client: httpx.Client) -> None:
    response = client.get("/health", headers={"x-long": "x" * 60_000})
    assert response.status_code in (200, 400, 431)


def test_a_key_of_any_length_is_only_a_wrong_key(server: RunningServer[HttpWorld], client: httpx.Client) -> None:
    for key in ("vx-", "vx-" + "a" * 10_000, "vx-../../etc/passwd"):
        response = httpx.get(f"{server.url}/v1/models", headers={"authorization": f"Bearer {key}"}, timeout=LIMIT_S)
        assert response.status_code == 401


def test_errors_are_json_of_one_shape_whatever_went_wrong(client: httpx.Client) -> None:
    for method, path in (("GET", "/v1/nothing"), ("DELETE", CHAT), ("GET", "/v1/receipts/x"), ("PUT", "/")):
        response = client.request(method, path)
        reply_models.ErrorBody.model_validate(json.loads(response.content))
