"""Only addresses of the public web are asked, however they are written."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from verax.kernel.errors import RequestError
from verax.truth.web.addresses import MAX_ADDRESS_CHARS, is_public, parse_address, parse_redirect


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.251",
        "239.255.255.250",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_inside_some_network_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "//example.org",
        "ftp://example.org",
        "file:///etc/passwd",
        "gopher://example.org",
        "https://",
        "https://ann@example.org/",
        "https://ann:secret@example.org/",
        "https://@example.org/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0x7f000001/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://１２７.１/",
        "http://[::1%25lo]/",
        "http://[::1/",
        "http://a..b/",
        "http://-a.example/",
        "http://exa mple.org/",
        "http://example.org:99999/",
        "http://example.org:x/",
        "http://example.org\\@evil.example/",
        "http://example.org/\x00",
        "http://exa\nmple.org/",
        " https://example.org",
        "https://" + "a." * 200 + "org/",
        "https://example.org/" + "a" * MAX_ADDRESS_CHARS,
    ],
)
def test_what_is_no_plain_address_of_the_web_is_refused(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_address(text)
    assert caught.value.reason_code == "fetch/address"
    assert "secret" not in str(caught.value)


def test_a_host_is_asked_as_it_was_looked_at() -> None:
    found = parse_address("HTTPS://Bücher.Example.:443/a b?q=1#part")
    assert found.url == "https://xn--bcher-kva.example/a b?q=1"
    assert (found.host, found.port, found.literal) == ("xn--bcher-kva.example", 443, None)
    assert parse_address("http://[2606:4700:0:0::1111]:8080/").url == "http://[2606:4700::1111]:8080/"
    assert str(parse_address("http://１２７.0.0.1/").literal) == "127.0.0.1"


def test_a_redirect_is_read_from_the_page_that_it_stands_on() -> None:
    base = parse_address("https://example.org/a/b")
    assert parse_redirect(base, "../c?d").url == "https://example.org/c?d"
    assert parse_redirect(base, "//other.example/").url == "https://other.example/"
    for location in ("javascript:alert(1)", "http://[", "https://a:b@example.org/", "file:///etc/passwd"):
        with pytest.raises(RequestError):
            parse_redirect(base, location)
