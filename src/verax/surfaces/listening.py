"""Listening sockets: bound before anything else is done, so that a busy port ends a start early."""

from __future__ import annotations

import errno
import socket

from verax.kernel.errors import VeraxError

__all__ = ["bind_all"]


def bind_all(host: str, port: int, hint: str) -> list[socket.socket]:
    """Bind every address of `host`; ``localhost`` has one or two.

    Args:
        hint: What to do where the port is held.

    Raises:
        VeraxError: no address of it can be bound.
    """
    sockets: list[socket.socket] = []
    problem = "it has no address here"
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        addresses, problem = [], error.strerror or problem
    for family, kind, protocol, _, address in dict.fromkeys(addresses):
        try:
            sockets.append(_bind(family, kind, protocol, address))
        except OSError as error:
            problem = error.strerror or problem
            # A machine without IPv6 still has localhost.
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                break
    else:
        if sockets:
            return sockets
    for bound in sockets:
        bound.close()
    raise VeraxError(f"address {host}:{port}: cannot be listened on: {problem}", hint=hint, code="server/port-busy")


def _bind(family: int, kind: int, protocol: int, address: tuple[object, ...]) -> socket.socket:
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound
