"""The proxy forwards everything until it is told to break connections."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator

import pytest

from verax.testing.cutting_proxy import CuttingProxy

LIMIT_S = 20


class Echo:
    """A server that repeats what it is told, each piece after its name."""

    def __init__(self, name: bytes) -> None:
        self._name = name
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._repeat, args=(client,), daemon=True).start()

    def _repeat(self, client: socket.socket) -> None:
        with client:
            while piece := _receive(client):
                client.sendall(self._name + piece)


def _receive(end: socket.socket) -> bytes:
    try:
        return end.recv(4096)
    except OSError:
        return b""


@pytest.fixture
def proxy() -> Iterator[CuttingProxy]:
    echo = Echo(b"one:")
    with CuttingProxy("127.0.0.1", echo.port) as running:
        yield running
    echo.close()


def connect(proxy: CuttingProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), timeout=LIMIT_S)


def say(end: socket.socket) -> bytes:
    end.sendall(b"x")
    got = b""
    while len(got) < 5 and (piece := end.recv(5)):
        got += piece
    return got


def test_it_forwards_everything_both_ways(proxy: CuttingProxy) -> None:
    sent = bytes(range(256)) * 200
    with connect(proxy) as client:
        threading.Thread(target=client.sendall, args=(sent,), daemon=True).start()
        got = b""
        while len(got.replace(b"one:", b"")) < len(sent):
            got += client.recv(4096)
        assert got.replace(b"one:", b"") == sent
    assert proxy.cuts == 0


def test_it_breaks_what_is_connected_now(proxy: CuttingProxy) -> None:
    with connect(proxy) as client:
        assert say(client) == b"one:x"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with connect(proxy) as client:
        assert say(client) == b"one:x"


def test_it_breaks_each_connection_after_so_many_bytes_of_answers(proxy: CuttingProxy) -> None:
    sizes = itertools.count(2)
    proxy.cut_after = lambda: next(sizes)
    for size in (2, 3):
        with connect(proxy) as client:
            client.sendall(b"x")
            assert [client.recv(1) for _ in range(size)] == [b"o", b"n", b"e"][:size]
            with pytest.raises(ConnectionResetError):
                client.recv(1)
    assert proxy.cuts == 2


def test_it_leads_to_another_server_later_and_refuses_while_it_is_down(proxy: CuttingProxy) -> None:
    other = Echo(b"two:")
    proxy.target = ("127.0.0.1", other.port)
    with connect(proxy) as client:
        assert say(client) == b"two:x"
    proxy.is_down = True
    with pytest.raises(ConnectionResetError), connect(proxy) as client:
        client.recv(1)
    other.close()
