"""The web app's files as the server hands them out."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from verax.surfaces.http.app import create_app
from verax.surfaces.http.pages import JUNIOR_PATHS, PAGE_PATHS, WebApp
from verax.testing.http_installation import FakeInstallation

BASE = "http://localhost:8420"
SCRIPT = b"console.log(1)\n" * 100
PAGE = b'<!doctype html><meta name="csp-nonce" content=""><script type="module" src="/assets/a-1.js"></script>'


@pytest.fixture
async def browser(installation: FakeInstallation, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    folder = tmp_path / "webapp"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(PAGE)
    (folder / "junior.html").write_bytes(b"<!doctype html><title>Junior</title>")
    for path in ("theme.js", "junior-worker.js"):
        (folder / path).write_bytes(SCRIPT)
    (folder / "assets" / "a-1.js").write_bytes(SCRIPT)
    (folder / "assets" / "f-1.woff2").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "secret.txt").write_text("not for anyone")
    transport = httpx.ASGITransport(create_app(installation, WebApp(folder)))
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers={"accept": "text/html"}) as opened:
        yield opened


def nonce_of(answer: httpx.Response) -> str:
    found = re.search(r'name="csp-nonce" content="([^"]+)"', answer.text)
    assert found is not None
    return found[1]


async def test_every_address_of_the_web_app_opens_the_page(browser: httpx.AsyncClient) -> None:
    for path in ("/", *(path.replace("{rest:path}", "some/where") for path in PAGE_PATHS)):
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert "/assets/a-1.js" in answer.text


async def test_an_address_that_is_nobodys_is_a_page_to_people_and_an_error_to_programs(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/nowhere/at/all")
    assert answer.status_code == 404
    assert "/assets/a-1.js" in answer.text
    assert "nonce-" in answer.headers["content-security-policy"]
    for path in ("/v1/nowhere", "/log/nowhere", "/replies/x/nowhere", "/assets/nowhere.js"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json"), path
    assert (await browser.get("/nowhere", headers={"accept": "*/*"})).json()["error"]["code"] == "request/no-such-path"
    assert (await browser.post("/nowhere")).json()["error"]["code"] == "request/no-such-path"


async def test_each_answer_has_a_nonce_of_its_own_and_a_policy_that_lets_nothing_in(browser: httpx.AsyncClient) -> None:
    first, second = await browser.get("/"), await browser.get("/")
    assert nonce_of(first) != nonce_of(second)
    policy = first.headers["content-security-policy"]
    assert f"'nonce-{nonce_of(first)}'" in policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == rules["font-src"] == "'self'"
    assert "http" not in policy
    assert "unsafe" not in policy


async def test_juniors_page_is_another_one_that_takes_nothing_from_elsewhere(browser: httpx.AsyncClient) -> None:
    for path in JUNIOR_PATHS:
        answer = await browser.get(path)
        assert answer.status_code == 200
        assert "<title>Junior</title>" in answer.text
    policy = answer.headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules.pop("img-src") == "'self' data:"
    assert set(rules.values()) == {"'none'", "'self'"}
    assert "microphone=(self)" in answer.headers["permissions-policy"]
    assert "microphone=()" in (await browser.get("/")).headers["permissions-policy"]
    worker = (await browser.get("/junior-worker.js")).headers["content-security-policy"]
    assert worker == "default-src 'none'; connect-src 'self'"


async def test_programs_still_get_json_at_the_root(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/", headers={"accept": "application/json"})
    assert answer.json()["name"] == "verax"
    assert "accept" in answer.headers["vary"]


async def test_files_named_by_their_digest_are_kept_for_good_and_others_are_not(browser: httpx.AsyncClient) -> None:
    assert "immutable" in (await browser.get("/assets/a-1.js")).headers["cache-control"]
    assert "immutable" not in (await browser.get("/theme.js")).headers["cache-control"]


async def test_text_is_packed_for_those_who_can_unpack_it(browser: httpx.AsyncClient) -> None:
    plain = await browser.get("/assets/a-1.js", headers={"accept-encoding": "identity"})
    assert plain.content == SCRIPT
    assert "content-encoding" not in plain.headers
    packed = await browser.get("/assets/a-1.js", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == SCRIPT
    assert int(packed.headers["content-length"]) == len(gzip.compress(SCRIPT, 9))
    font = await browser.get("/assets/f-1.woff2", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in font.headers
    assert font.headers["content-type"] == "font/woff2"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/none.js",
        "/assets/../secret.txt",
        "/assets/%2e%2e/secret.txt",
        "/assets//etc/passwd",
        "/index.html",
        "/junior.html",
    ],
)
async def test_what_was_not_built_is_not_served(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert "not for anyone" not in answer.text


async def test_without_a_build_the_root_is_a_plain_page_and_nothing_else(anonymous: httpx.AsyncClient) -> None:
    page = await anonymous.get("/", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "<script" not in page.text
    assert (await anonymous.get("/settings", headers={"accept": "text/html"})).status_code == 404
