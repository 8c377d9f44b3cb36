"""The command line's HTTP client against a real server on loopback."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from verax.kernel.errors import (
    AccessError,
    BusyError,
    ConfigError,
    RefusedError,
    RequestError,
    UnknownObject,
    VeraxError,
)
from verax.surfaces.cli.client import NO_SERVER, Client
from verax.surfaces.neighbours import find_model_servers, find_port_holder, is_port_free


@dataclass
class Script:
    """What the server answers to each path, and what it was asked."""

    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    drops: set[str] = field(default_factory=set)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Script

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.script.asked.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
        if self.path in self.script.drops:
            self.script.drops.discard(self.path)
            self.close_connection = True
            return
        status, headers, data = self.script.answers.get(self.path, (404, {}, b"nothing"))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET  # noqa: N815 - http.server's names
    do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        return


@pytest.fixture
def served() -> Iterator[tuple[Script, str]]:
    script = Script()
    handler = type("ScriptedHandler", (Handler,), {"script": script})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield script, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join(60)
    server.server_close()


def error_body(code: str, message: str = "expected x, found y", hint: str = "do z") -> bytes:
    return json.dumps({"error": {"message": message, "type": "t", "param": None, "code": code, "hint": hint}}).encode()


def sse(*events: object) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


def test_a_read_sends_the_key_and_returns_json(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/v1/models"] = (200, {}, b'{"data": []}')
    client = Client(url, "vx-key")
    assert client.get_json("/v1/models") == {"data": []}
    assert script.asked[0][2]["Authorization"] == "Bearer vx-key"
    client.close()


def test_without_a_key_no_credential_is_sent(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/x"] = (200, {}, b"raw")
    client = Client(url + "/")
    assert client.get_bytes("/x") == b"raw"
    assert not client.has_key
    assert "Authorization" not in script.asked[0][2]
    client.close()


def test_a_write_sends_json_and_a_delete_too(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/a"] = (200, {}, b'{"ok": true}')
    client = Client(url)
    assert client.post_json("/a", {"text": "ü"}) == {"ok": True}
    assert client.delete("/a") == {"ok": True}
    assert json.loads(script.asked[0][3]) == {"text": "ü"}
    assert [method for method, *_ in script.asked] == ["POST", "DELETE"]
    client.close()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "request/invalid", RequestError),
        (404, "request/not-found", UnknownObject),
        (404, "channel/unknown", UnknownObject),
        (401, "access/unauthenticated", AccessError),
        (503, "governance/frozen", RefusedError),
        (503, "runtime/not-admitted", RefusedError),
        (500, "verax/internal", VeraxError),
    ],
)
def test_an_error_body_becomes_its_error(
    served: tuple[Script, str], status: int, code: str, kind: type[VeraxError]
) -> None:
    script, url = served
    script.answers["/x"] = (status, {}, error_body(code))
    client = Client(url)
    with pytest.raises(VeraxError) as caught:
        client.get("/x")
    assert isinstance(caught.value, kind)
    assert (caught.value.message, caught.value.hint, caught.value.reason_code) == ("expected x, found y", "do z", code)
    client.close()


def test_a_full_queue_says_when_to_come_back(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/x"] = (429, {"Retry-After": "7"}, error_body("busy/queue-full"))
    client = Client(url)
    with pytest.raises(BusyError) as caught:
        client.get("/x")
    assert caught.value.retry_after_s == 7
    client.close()


def test_another_program_at_the_address_is_noticed(served: tuple[Script, str]) -> None:
    script, url = served
    client = Client(url)
    for answer in ((200, {}, b"<html>"), (200, {}, b"{}"), (404, {}, b"")):
        script.answers["/health/live"] = answer
        assert not client.is_up()
    with pytest.raises(VeraxError) as caught:
        client.get("/v1/models")
    assert caught.value.reason_code == "client/not-verax"
    client.close()


def test_an_unwell_server_still_runs(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/health/live"] = (200, {}, b'{"status": "live"}')
    script.answers["/health"] = (503, {}, b'{"status": "not_ready", "checks": []}')
    client = Client(url)
    assert client.is_up()
    assert client.health() == {"status": "not_ready", "checks": []}
    script.answers["/health"] = (404, {}, b"{}")
    with pytest.raises(VeraxError):
        client.health()
    client.close()


def test_a_stream_yields_each_event_until_done(served: tuple[Script, str]) -> None:
    script, url = served
    body = b": comment\n\n" + sse({"n": 1}) + b'data: {"n":\ndata: 2}\n\n' + b"data: [DONE]\n\n" + sse({"n": 3})
    script.answers["/s"] = (200, {"Content-Type": "text/event-stream"}, body)
    client = Client(url)
    assert [event["n"] for event in client.stream("/s", {})] == [1, 2]
    client.close()


def test_a_stream_that_breaks_off_is_an_error_after_what_came(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/s"] = (200, {}, sse({"n": 1}))
    events = Client(url).stream("/s", {})
    assert next(events) == {"n": 1}
    with pytest.raises(VeraxError, match="ended before the reply was complete"):
        next(events)


def test_a_stream_of_responses_ends_with_its_last_event(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/s"] = (200, {}, sse({"type": "response.created"}, {"type": "response.completed"}))
    assert len(list(Client(url).stream("/s", {}))) == 2


def test_an_error_in_a_stream_becomes_its_error(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/s"] = (200, {}, sse({"n": 1}, json.loads(error_body("governance/withdrawn"))))
    events = Client(url).stream("/s", {})
    next(events)
    with pytest.raises(RefusedError, match="expected x"):
        next(events)


def test_a_refused_stream_becomes_its_error(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/s"] = (503, {}, error_body("governance/no-head"))
    with pytest.raises(RefusedError):
        next(Client(url).stream("/s", {}))


def test_nonsense_in_a_stream_is_noticed(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/s"] = (200, {}, b"data: nonsense\n\n")
    with pytest.raises(VeraxError, match="JSON object in the stream"):
        next(Client(url).stream("/s", {}))


def test_a_read_is_sent_again_when_the_kept_connection_was_closed(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/x"] = (200, {}, b"raw")
    client = Client(url)
    client.get("/x")
    script.drops.add("/x")
    assert client.get_bytes("/x") == b"raw"
    assert len(script.asked) == 3
    client.close()


def test_a_write_is_never_sent_twice(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/x"] = (200, {}, b"{}")
    client = Client(url)
    client.get("/x")
    script.drops.add("/x")
    with pytest.raises(VeraxError, match="the connection to"):
        client.post_json("/x", {})
    assert len(script.asked) == 2
    client.close()


def test_nobody_listening_says_how_to_start() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}")
    assert not client.is_up()
    with pytest.raises(VeraxError) as caught:
        client.get("/health")
    assert caught.value.reason_code == NO_SERVER
    assert "verax up" in caught.value.hint


@pytest.mark.parametrize("url", ["", "localhost:8420", "ftp://x", "http://"])
def test_an_address_that_is_none_is_bad_usage(url: str) -> None:
    with pytest.raises(ConfigError):
        Client(url)


def test_a_port_in_use_is_found_with_its_holder(served: tuple[Script, str]) -> None:
    _, url = served
    port = int(url.rpartition(":")[2])
    assert not is_port_free("127.0.0.1", port)
    holder = find_port_holder(port)
    assert holder is None or holder.pid >= 0


def test_a_model_server_is_found_with_its_models(served: tuple[Script, str]) -> None:
    script, url = served
    script.answers["/v1/models"] = (200, {}, b'{"data": [{"id": "qwen3:8b"}]}')
    port = int(url.rpartition(":")[2])
    found = find_model_servers([("Ollama", port)])
    assert [(server.kind, server.models) for server in found] == [("Ollama", ("qwen3:8b",))]
    script.answers["/v1/models"] = (200, {}, b"[]")
    assert find_model_servers([("Ollama", port)]) == []
