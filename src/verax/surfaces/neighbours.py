"""Other programs on this machine: model servers to connect, and whoever holds our port.

Model servers are looked for on loopback and on their usual ports only.
"""

from __future__ import annotations

import errno
import http.client
import json
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MODEL_SERVERS", "ModelServer", "PortHolder", "find_model_servers", "find_port_holder", "is_port_free"]

_TIMEOUT_S = 0.5
_LISTEN = "0A"


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A model server that speaks OpenAI's API on this machine.

    Attributes:
        kind: ``Ollama``, ``vLLM`` or ``LM Studio``.
        url: Base address for OpenAI clients, ending in ``/v1``.
        models: Names that it serves, in its order.
    """

    kind: str
    url: str
    models: tuple[str, ...]

    @property
    def command(self) -> str:
        """The one command that connects it."""
        model = self.models[0] if self.models else "MODEL"
        return f"verax model add {model} --url {self.url}"


@dataclass(frozen=True, slots=True)
class PortHolder:
    """The process that listens on a port; 0 and empty where the system does not say."""

    pid: int
    command: str


# Usual ports: ollama's envconfig, `vllm serve`, LM Studio's local server.
MODEL_SERVERS = (("Ollama", 11434), ("vLLM", 8000), ("LM Studio", 1234))


def find_model_servers(places: Iterable[tuple[str, int]] = MODEL_SERVERS) -> list[ModelServer]:
    """Return the model servers that answer ``/v1/models``; at most half a second for each that hangs."""
    found = []
    for kind, port in places:
        models = _models_at(port)
        if models is not None:
            found.append(ModelServer(kind, f"http://localhost:{port}/v1", models))
    return found


def is_port_free(host: str, port: int) -> bool:
    """Say whether a server could listen on every address of `host` now."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return False
    return all(_can_bind(family, address) for family, _, _, _, address in addresses)


def find_port_holder(port: int, proc: Path = Path("/proc")) -> PortHolder | None:
    """Return who listens on `port`, None where nobody does or this system has no ``/proc``.

    Source: proc(5): ``/proc/net/tcp`` names the socket's inode, ``/proc/<pid>/fd`` who has it open.
    """
    inodes = _listening_inodes(port, proc)
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for folder in sorted(proc.glob("[0-9]*")):
        if _has_open(folder, wanted):
            return PortHolder(int(folder.name), _command_of(folder))
    return PortHolder(0, "")


def _models_at(port: int) -> tuple[str, ...] | None:
    connection = http.client.HTTPConnection("localhost", port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/v1/models")
        response = connection.getresponse()
        listing = json.loads(response.read(2**20)) if response.status == 200 else None
        return tuple(str(model["id"]) for model in listing["data"]) if listing else None
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


def _can_bind(family: int, address: tuple[object, ...]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            # An address family that is switched off is no reason against the port.
            return error.errno not in (errno.EACCES, errno.EADDRINUSE)
    return True


def _listening_inodes(port: int, proc: Path) -> set[str]:
    inodes = set()
    for name in ("net/tcp", "net/tcp6"):
        try:
            lines = (proc / name).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes


def _has_open(folder: Path, wanted: set[str]) -> bool:
    try:
        return any(str(link.readlink()) in wanted for link in (folder / "fd").iterdir())
    except OSError:
        # Another user's process, or one that ended while we looked.
        return False


def _command_of(folder: Path) -> str:
    try:
        words = (folder / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return b" ".join(words).decode("utf-8", "replace").strip()[:120]
