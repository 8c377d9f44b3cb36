"""One page of the web, fetched for a person who named it.

*Order of a hop.* The address is parsed; its host is resolved once; every answer is checked; the
connection goes to these checked addresses and to no other, while ``Host``, TLS name and
certificate are those of the host. A name that changes its answer meanwhile (DNS rebinding) changes
nothing. A redirect is another hop, checked in the same way, never from https to http.

* Nothing of the server's surroundings is sent: no cookie, no referrer, no proxy or credential of
  the environment. What is sent says that it is Verax.
* Time covers everything from the first lookup to the last byte, so a server that trickles gains
  nothing. Size holds for the packed and the unpacked body, while it comes.
* Only kinds of documents that a collection takes are read (`verax.truth.knowledge.formats`).
* ``robots.txt`` is not asked: RFC 9309 speaks to crawlers, and here a person asks for one page; no
  link of it is followed.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from verax import __version__
from verax.kernel.errors import BusyError, FetchError, ForbiddenError, RequestError, TooLarge
from verax.truth.knowledge.formats import MEDIA_TYPES
from verax.truth.web.addresses import IpAddress, WebAddress, is_public, parse_address, parse_redirect
from verax.truth.web.bodies import BodyDamaged, BodyTooLarge, BoundedBody, CodingUnknown

__all__ = ["FetchRules", "Fetched", "Fetcher", "Resolve", "resolve_by_system"]

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the IP addresses of a host; raises `OSError` where it has none."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A server that cannot tell says this one; the bytes decide then.
_UNTOLD = "application/octet-stream"
_HEADERS = {
    "User-Agent": f"Verax/{__version__}",
    "Accept": "text/html, application/xhtml+xml, application/pdf, text/plain, text/markdown, */*;q=0.5",
    "Accept-Encoding": "gzip, deflate",
}
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class FetchRules:
    """What may be fetched, and how much a fetch may take.

    Attributes:
        is_on: Whether anything may be.
        ports: Ports that may be asked.
        redirects: Most redirects of one fetch.
        total_s: Longest time of one fetch, lookups and redirects included.
        connect_s: Longest wait for one connection, TLS included.
        size_bytes: Most bytes of a page, packed or unpacked.
        at_once: Fetches side by side; the next is refused.
        allows: Whether an IP address may be asked; tests hand in their own.
    """

    is_on: bool = True
    ports: frozenset[int] = frozenset({80, 443})
    redirects: int = 5
    total_s: float = 30.0
    connect_s: float = 10.0
    size_bytes: int = 64 * 2**20
    at_once: int = 8
    allows: Callable[[IpAddress], bool] = is_public


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it came.

    Attributes:
        url: Where it was in the end, after redirects.
        name: The last part of its path, or its host.
        media_type: What its server called it; empty where it did not tell.
    """

    url: str
    name: str
    media_type: str
    data: bytes


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Return the addresses that the machine's resolver knows."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class Fetcher:
    """Fetches pages under one set of rules.

    Args:
        resolve: How names become addresses.
        tls: Whom to believe; None for the certificate authorities of the machine.
    """

    def __init__(
        self, rules: FetchRules | None = None, resolve: Resolve = resolve_by_system, tls: ssl.SSLContext | None = None
    ) -> None:
        self.rules = rules or FetchRules()
        self._resolve = resolve
        self._tls = tls
        self._running = 0

    async def fetch(self, url: str) -> Fetched:
        """Return the page at an address.

        Raises:
            ForbiddenError: the administrator turned fetching off.
            RequestError: not an address, not a public one, or not a kind of document that is read.
            TooLarge: the page is.
            FetchError: its server cannot be reached, is too slow, or does not give the page.
            BusyError: too many pages are being fetched.
        """
        if not self.rules.is_on:
            raise ForbiddenError(
                "fetch: the administrator of this installation turned fetching from the web off",
                hint="add the page as a file",
                code="fetch/off",
            )
        address = parse_address(url)
        if self._running >= self.rules.at_once:
            raise BusyError("fetch: too many pages are being fetched", retry_after_s=5, code="busy/fetches")
        self._running += 1
        try:
            async with asyncio.timeout(self.rules.total_s):
                return await self._follow(address)
        except TimeoutError:
            raise FetchError(
                f"fetch: the page did not come within {self.rules.total_s:g} s",
                hint="try again later, or add it as a file",
                code="fetch/timeout",
            ) from None
        finally:
            self._running -= 1

    async def _follow(self, address: WebAddress) -> Fetched:
        for _ in range(self.rules.redirects + 1):
            found = await self._hop(address)
            if isinstance(found, Fetched):
                return found
            if address.scheme == "https" and found.scheme == "http":
                raise FetchError(
                    "fetch: the page redirects from https to http, where anybody on the way could change it",
                    hint="add it as a file",
                    code="fetch/downgrade",
                )
            address = found
        raise FetchError(
            f"fetch: the page redirects more than {self.rules.redirects} times",
            hint="open it in a browser and copy the address that it ends at",
            code="fetch/redirects",
        )

    async def _hop(self, address: WebAddress) -> Fetched | WebAddress:
        """Ask one address; return the page, or where it redirects to."""
        connector = aiohttp.TCPConnector(
            resolver=_Pinned(address.host, await self._checked(address)), force_close=True, use_dns_cache=False
        )
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self.rules.connect_s, connect=self.rules.connect_s)
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=timeout,
            headers=_HEADERS,
        )
        try:
            async with (
                session,
                session.get(address.url, allow_redirects=False, ssl=self._tls or True) as response,
            ):
                if response.status in _REDIRECTS:
                    return parse_redirect(address, _location(response))
                return await self._read(response)
        except aiohttp.ClientConnectorCertificateError:
            raise FetchError(
                f"fetch: the certificate of {address.host} was not accepted",
                hint="open the page in a browser to see why",
                code="fetch/certificate",
            ) from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise _unreachable(address.host) from None
        except (aiohttp.ClientError, ValueError) as error:
            raise FetchError(
                f"fetch: {address.host} broke off, or does not speak HTTP ({type(error).__name__})",
                hint="try again later, or add the page as a file",
                code="fetch/cut-short",
            ) from None

    async def _checked(self, address: WebAddress) -> list[IpAddress]:
        """Return the addresses of a host, all of them checked."""
        if address.port not in self.rules.ports:
            raise RequestError(
                f"url: port {address.port} is not asked: expected {', '.join(map(str, sorted(self.rules.ports)))}",
                hint="the setting web_ports of the server allows others",
                param="url",
                code="fetch/port",
            )
        if address.literal is not None:
            found = [address.literal]
        else:
            try:
                texts = await self._resolve(address.host, address.port)
            except (OSError, UnicodeError):
                raise _unreachable(address.host) from None
            found = [ip_address(text.partition("%")[0]) for text in texts]
        if not found:
            raise _unreachable(address.host)
        if not all(self.rules.allows(item) for item in found):
            raise RequestError(
                f"url: {address.host} is not on the public internet, and nothing else is asked",
                hint="add the page as a file",
                param="url",
                code="fetch/address-refused",
            )
        return found

    async def _read(self, response: aiohttp.ClientResponse) -> Fetched:
        if response.status != 200:
            raise FetchError(
                f"fetch: {response.url.host} answered {response.status} instead of the page",
                hint="open the address in a browser; pages behind a sign-in are added as files",
                code="fetch/status",
            )
        media_type = "" if response.content_type == _UNTOLD else response.content_type
        if media_type and media_type not in MEDIA_TYPES:
            raise RequestError(
                "url: it leads to something that no collection takes: expected a page, PDF, Word, Markdown, CSV, "
                "e-mail or text",
                hint="give the address of a document",
                param="url",
                code="fetch/type",
            )
        data = await self._body(response)
        url = str(response.url)
        path = urlsplit(url).path.rstrip("/")
        name = unquote(path.rpartition("/")[2]) or response.url.host or ""
        shown = "".join(letter for letter in name if letter.isprintable() and letter not in "/\\").strip()
        return Fetched(url, shown[-_MAX_NAME:] or "page", media_type, data)

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        limit = self.rules.size_bytes
        if (response.content_length or 0) > limit:
            raise _too_large(limit)
        try:
            body = BoundedBody(limit, response.headers.get("Content-Encoding", ""))
            while piece := await response.content.readany():
                body.add(piece)
            return body.finish()
        except BodyTooLarge:
            raise _too_large(limit) from None
        except CodingUnknown:
            raise FetchError(
                "fetch: the page is packed in a way that was not asked for",
                hint="add it as a file",
                code="fetch/coding",
            ) from None
        except BodyDamaged:
            raise FetchError(
                "fetch: the page came damaged or cut off", hint="try again later", code="fetch/cut-short"
            ) from None


class _Pinned(AbstractResolver):
    """Answers one host with the addresses that were checked, and no other."""

    def __init__(self, host: str, addresses: Sequence[IpAddress]) -> None:
        self._host = host
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the checked addresses; raises `OSError` for another host."""
        if host != self._host:
            raise OSError("a host that was not checked")
        return [
            ResolveResult(
                hostname=host,
                host=str(item),
                port=port,
                family=socket.AF_INET if item.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for item in self._addresses
            if family in (socket.AF_UNSPEC, socket.AF_INET if item.version == 4 else socket.AF_INET6)
        ]

    async def close(self) -> None:
        """Nothing to free."""


def _location(response: aiohttp.ClientResponse) -> str:
    location = response.headers.get("Location", "")
    if not location:
        raise FetchError(
            f"fetch: {response.url.host} redirects, and does not say where to",
            hint="open the page in a browser and copy the address that it ends at",
            code="fetch/redirects",
        )
    return location


def _unreachable(host: str) -> FetchError:
    return FetchError(
        f"fetch: {host} could not be reached",
        hint="check the address; the server of this installation may have no way to the internet",
        code="fetch/unreachable",
    )


def _too_large(limit_bytes: int) -> TooLarge:
    return TooLarge(
        f"fetch: the page has over {limit_bytes} bytes",
        hint="the setting max_document_bytes of the server moves the limit",
        code="fetch/too-large",
    )
