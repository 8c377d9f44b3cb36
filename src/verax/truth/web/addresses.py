"""Which addresses of the web may be asked.

* ``http`` and ``https`` to a public host, on the ports that the rules allow, without name and password.
* An IP address is public if it is global unicast and in none of the ranges that the registries set
  aside: private, shared (carrier-grade NAT), loopback, link-local, documentation, benchmarks,
  multicast, reserved; for IPv6 also what carries an IPv4 address to somewhere else (mapped, 6to4,
  Teredo, NAT64). A network that reaches the IPv4 web by NAT64 alone therefore fetches nothing there.
* Hosts are written one way before they are looked at, and asked as they were looked at: in ASCII
  (IDNA), small letters, IP addresses in their usual form only.

Source of the ranges: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its
updates). They stand here because `ipaddress.is_global` differs between versions of Python.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urljoin, urlsplit, urlunsplit

from verax.kernel.errors import RequestError

__all__ = ["MAX_ADDRESS_CHARS", "IpAddress", "WebAddress", "is_public", "parse_address", "parse_redirect"]

IpAddress = IPv4Address | IPv6Address

MAX_ADDRESS_CHARS = 2_000
_PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_MAX_HOST = 253
_NOT_PUBLIC_4 = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",  # public by its number, and Azure's own service inside every machine there
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_GLOBAL_6 = ip_network("2000::/3")
_NOT_PUBLIC_6 = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An address that may be asked if its host is public.

    Attributes:
        url: The whole, with the host as it is asked and without a fragment.
        literal: The host where it is an IP address.
    """

    url: str
    scheme: str
    host: str
    port: int
    literal: IpAddress | None


def is_public(address: IpAddress) -> bool:
    """Say whether an address is reached over the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _GLOBAL_6 and not any(address in network for network in _NOT_PUBLIC_6)


def parse_address(text: str) -> WebAddress:
    """Return the parts of an address that a person gave.

    Raises:
        RequestError: it is not an address of a page; the message says what is wrong.
    """
    if len(text) > MAX_ADDRESS_CHARS:
        raise _malformed(f"expected at most {MAX_ADDRESS_CHARS} characters")
    if not text.isprintable() or "\\" in text or text != text.strip():
        raise _malformed("expected an address without blanks at its ends, control characters and backslashes")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _malformed("expected an address such as https://example.org/page") from None
    if parts.scheme not in _PORTS:
        raise _malformed("expected an address that begins with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise _malformed("expected an address without a name and password in it")
    host, literal = _host(parts.hostname or "")
    shown = f"[{host}]" if ":" in host else host
    usual = _PORTS[parts.scheme]
    netloc = shown if port in (None, usual) else f"{shown}:{port}"
    url = urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
    return WebAddress(url, parts.scheme, host, usual if port is None else port, literal)


def parse_redirect(base: WebAddress, location: str) -> WebAddress:
    """Return where a redirect leads; raises `RequestError` as `parse_address` does."""
    try:
        joined = urljoin(base.url, location.strip())
    except ValueError:
        raise _malformed("its server redirects to something that is no address") from None
    return parse_address(joined)


def _host(name: str) -> tuple[str, IpAddress | None]:
    """Return a host as it is asked, and as an IP address where it is one."""
    if ":" in name:
        return _literal(name)
    try:
        host = name.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise _malformed("expected the name of a host") from None
    labels = host.split(".")
    if len(host) > _MAX_HOST or not all(_LABEL.match(label) for label in labels):
        raise _malformed("expected the name of a host")
    # A last label that is a number makes an IPv4 address (WHATWG URL, "ends in a number checker"); octal,
    # hexadecimal and shortened forms reach the same machines past checks that do not know them.
    if labels[-1].isdigit() or re.match(r"0x[0-9a-f]*\Z", labels[-1]):
        return _literal(host)
    return host, None


def _literal(name: str) -> tuple[str, IpAddress]:
    try:
        found = ip_address(name)
    except ValueError:
        raise _malformed("expected an IP address in its usual form") from None
    if getattr(found, "scope_id", None):
        raise _malformed("expected an IP address in its usual form")
    return str(found), found


def _malformed(reason: str) -> RequestError:
    return RequestError(
        f"url: {reason}",
        hint="copy the address from the browser's address bar",
        param="url",
        code="fetch/address",
    )
