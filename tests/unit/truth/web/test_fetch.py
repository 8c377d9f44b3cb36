"""Pages are fetched from sites that keep to the rules, and from none that do not."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from verax.kernel.errors import BusyError, ForbiddenError, VeraxError
from verax.testing.websites import HERE, WebSite, answer, redirect
from verax.truth.web.fetch import Fetcher, FetchRules

PAGE = b"<!doctype html><p>Bees make honey."
METADATA = "169.254.169.254"


async def _endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        writer.write(bytes(8192))
        await writer.drain()


async def _trickle(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Slow: ")
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.01)  # a slow server is what is tested


async def _cut_off(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()


PAGES = {
    "/page": answer(PAGE, "text/html; charset=utf-8", Set_Cookie="seen=1"),
    "/paper.pdf": answer(b"%PDF-1.4", "application/octet-stream"),
    "/packed": answer(gzip.compress(PAGE), "text/html", Content_Encoding="gzip"),
    "/bomb": answer(gzip.compress(bytes(20_000_000)), "text/plain", Content_Encoding="gzip"),
    "/brotli": answer(b"?", "text/plain", Content_Encoding="br"),
    "/picture": answer(b"\x89PNG", "image/png"),
    "/script": answer(b"{}", "application/json"),
    "/private": answer(b"no", "text/html", 403),
    "/moved": redirect("/page?id=1#top"),
    "/loop": redirect("/loop"),
    "/nowhere": answer(b"", "", 302),
    "/to-metadata": redirect(f"http://{METADATA}/latest/meta-data/"),
    "/to-inside": redirect("http://inside.example/"),
    "/to-file": redirect("file:///etc/passwd"),
    "/large": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9999999\r\n\r\n",
    "/endless": _endless,
    "/slow": _trickle,
    "/cut": _cut_off,
    "/garbage": b"\x00\x01\x02 no HTTP\r\n\r\n",
}


@pytest.fixture
async def site() -> AsyncIterator[WebSite]:
    async with WebSite(PAGES) as opened:
        yield opened


async def refusal(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(VeraxError) as caught:
        await fetcher.fetch(url)
    assert caught.value.hint
    return caught.value.reason_code


async def test_a_page_comes_with_its_address_name_and_kind(site: WebSite) -> None:
    found = await site.fetcher().fetch(site.url("/moved"))
    assert (found.url, found.name, found.media_type, found.data) == (site.url("/page?id=1"), "page", "text/html", PAGE)
    assert (await site.fetcher().fetch(site.url("/packed"))).data == PAGE
    assert (await site.fetcher().fetch(site.url("/paper.pdf"))).media_type == ""
    assert (await site.fetcher().fetch(site.url("/page?"))).url == site.url("/page")


async def test_nothing_of_this_machine_is_sent(site: WebSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    fetcher = site.fetcher()
    await fetcher.fetch(site.url("/moved"))
    await fetcher.fetch(site.url("/page"))
    assert [head.split(" ")[1] for head in site.asked] == ["/moved", "/page?id=1", "/page"]
    for head in site.asked:
        names = {line.partition(":")[0].lower() for line in head.strip().splitlines()[1:]}
        assert names == {"host", "user-agent", "accept", "accept-encoding", "connection"}
        assert f"Host: pages.example:{site.port}" in head


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/missing", "fetch/status"),
        ("/private", "fetch/status"),
        ("/picture", "fetch/type"),
        ("/script", "fetch/type"),
        ("/brotli", "fetch/coding"),
        ("/bomb", "fetch/too-large"),
        ("/endless", "fetch/too-large"),
        ("/large", "fetch/too-large"),
        ("/cut", "fetch/cut-short"),
        ("/garbage", "fetch/cut-short"),
        ("/loop", "fetch/redirects"),
        ("/nowhere", "fetch/redirects"),
        ("/to-metadata", "fetch/address-refused"),
        ("/to-file", "fetch/address"),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_its_reason(site: WebSite, path: str, code: str) -> None:
    rules = FetchRules(size_bytes=100_000)
    assert await refusal(site.fetcher(rules), site.url(path)) == code


async def test_a_server_that_trickles_is_left_when_the_time_is_up(site: WebSite) -> None:
    assert await refusal(site.fetcher(FetchRules(total_s=0.3)), site.url("/slow")) == "fetch/timeout"


async def test_a_redirect_into_a_network_is_refused_before_anything_is_asked_there(site: WebSite) -> None:
    site.names["inside.example"] = [["10.0.0.1"]]
    assert await refusal(site.fetcher(), site.url("/to-inside")) == "fetch/address-refused"
    assert site.resolved == ["pages.example", "inside.example"]
    assert len(site.asked) == 1


async def test_one_private_answer_among_public_ones_refuses_the_name(site: WebSite) -> None:
    site.names["pages.example"] = [[HERE, "192.168.0.1"]]
    assert await refusal(site.fetcher(), site.url("/page")) == "fetch/address-refused"
    assert site.asked == []


async def test_a_name_that_changes_its_answer_after_the_check_changes_nothing(site: WebSite) -> None:
    site.names["pages.example"] = [[HERE], [METADATA]]
    assert (await site.fetcher().fetch(site.url("/page"))).data == PAGE
    assert site.resolved == ["pages.example"]
    assert await refusal(site.fetcher(), site.url("/page")) == "fetch/address-refused"


async def test_an_address_in_numbers_is_checked_too(site: WebSite) -> None:
    fetcher = site.fetcher()
    assert (await fetcher.fetch(site.url("/page", HERE))).data == PAGE
    for host in ("127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", METADATA):
        assert await refusal(fetcher, f"http://{host}:{site.port}/page") == "fetch/address-refused"
    assert site.resolved == []


async def test_only_ports_of_the_rules_are_asked(site: WebSite) -> None:
    fetcher = site.fetcher()
    assert await refusal(fetcher, "http://pages.example:22/") == "fetch/port"
    assert site.resolved == []


async def test_a_host_without_an_address_and_one_without_a_server_cannot_be_reached(site: WebSite) -> None:
    site.names["gone.example"] = [[]]
    assert await refusal(site.fetcher(), "http://gone.example/") == "fetch/unreachable"
    url = site.url("/page")
    await site.__aexit__()
    assert await refusal(site.fetcher(), url) == "fetch/unreachable"


async def test_fetching_can_be_off_and_has_a_most_at_once(site: WebSite) -> None:
    with pytest.raises(ForbiddenError, match="turned"):
        await site.fetcher(FetchRules(is_on=False)).fetch(site.url("/page"))
    fetcher = site.fetcher(FetchRules(at_once=1, total_s=10))
    slow = asyncio.create_task(fetcher.fetch(site.url("/slow")))
    while not site.asked:
        await asyncio.sleep(0.001)
    with pytest.raises(BusyError):
        await fetcher.fetch(site.url("/page"))
    slow.cancel()
    await asyncio.wait([slow])
    assert (await fetcher.fetch(site.url("/page"))).data == PAGE


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A site's context with a certificate for its name, and a fetcher's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pages.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("pages.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem: Path = tmp_path_factory.mktemp("tls") / "site.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))


async def test_over_tls_the_name_is_asked_for_and_must_be_certified(
    tls: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    asked: list[str | None] = []
    tls[0].sni_callback = lambda _, name, __: asked.append(name)
    async with WebSite(PAGES, tls[0]) as site:
        fetcher = site.fetcher(tls=tls[1])
        assert (await fetcher.fetch(site.url("/page"))).data == PAGE
        assert asked == ["pages.example"]
        assert await refusal(fetcher, site.url("/page", "other.example")) == "fetch/certificate"
        assert await refusal(site.fetcher(), site.url("/page")) == "fetch/certificate"
        site.pages["/down"] = redirect(site.url("/page").replace("https", "http"))
        assert await refusal(fetcher, site.url("/down")) == "fetch/downgrade"
