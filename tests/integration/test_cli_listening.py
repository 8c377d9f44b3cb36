"""Binding the addresses of a host."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from verax.config import Config, load_config
from verax.kernel.errors import VeraxError
from verax.surfaces.cli.serving import listen


def config_of(folder: Path, host: str, port: int) -> Config:
    return load_config({"host": host, "port": port}, environ={"HOME": str(folder)}).config


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_localhost_is_bound_on_loopback_only(tmp_path: Path) -> None:
    sockets = listen(config_of(tmp_path, "localhost", free_port()))
    hosts = {bound.getsockname()[0] for bound in sockets}
    for bound in sockets:
        bound.close()
    assert "127.0.0.1" in hosts
    assert hosts <= {"127.0.0.1", "::1"}


def test_a_busy_port_is_an_error_that_says_so_and_leaves_no_socket(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(VeraxError) as caught:
            listen(config_of(tmp_path, "localhost", port))
    assert caught.value.reason_code == "server/port-busy"
    assert str(port) in caught.value.message


def test_a_name_without_an_address_is_an_error(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "VERAX_UNSAFE_PUBLIC_BIND": "yes"}
    config = load_config({"host": "no-such-host.invalid", "port": 1}, environ=environ).config
    with pytest.raises(VeraxError, match=r"no-such-host\.invalid"):
        listen(config)
