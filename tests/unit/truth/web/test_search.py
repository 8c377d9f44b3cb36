"""The web is searched through each engine; the query says what was asked, and the owner is not looked up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from verax.kernel.errors import BusyError, ForbiddenError, RequestError, VeraxError
from verax.testing.clock import VirtualClock
from verax.testing.websites import WebSite, answer, redirect
from verax.truth.knowledge.convert import Converter
from verax.truth.web.engines import EngineName, EngineSettings, SearchEngine, open_engine
from verax.truth.web.fetch import FetchRules
from verax.truth.web.owners import check_owner_unnamed
from verax.truth.web.search import WebSearch

PATHS: Mapping[EngineName, str] = {"searxng": "/search", "brave": "/res/v1/web/search", "tavily": "/search"}


def results(name: EngineName, *pages: tuple[str, str, str]) -> bytes:
    """Return an answer in the engine's own shape, with fields around those that are read."""
    text = "description" if name == "brave" else "content"
    rows: list[dict[str, Any]] = [{"title": title, "url": url, text: said, "x": 1} for title, url, said in pages]
    whole: dict[str, Any] = {"query": "q", "results": rows, "answers": [], "response_time": 1.0}
    if name == "brave":
        whole = {"type": "search", "query": {"original": "q"}, "web": {"type": "search", "results": rows}}
    return answer(json.dumps(whole).encode(), "application/json")


@pytest.fixture
async def site() -> AsyncIterator[WebSite]:
    pages = {
        "/bees": answer(b"The queen bee lays the eggs.\n\nA hive is warm.", "text/plain"),
        "/wasps": redirect("/wasps/new"),
        "/wasps/new": answer(b"A wasp builds a nest of paper.", "text/plain"),
        "/picture": answer(b"\x89PNG", "image/png"),
    }
    async with WebSite(pages) as opened:
        yield opened


def engine(site: WebSite, name: EngineName = "searxng", key: str = "") -> SearchEngine:
    return open_engine(EngineSettings(name, site.url("", "127.0.0.1"), lambda: key))


def search(site: WebSite, *owner: str, rules: FetchRules | None = None) -> WebSearch:
    converter = Converter(lambda _: None)
    return WebSearch(engine(site), site.fetcher(rules), converter, VirtualClock(), lambda: owner)


@pytest.mark.parametrize("name", PATHS)
async def test_each_engine_is_asked_as_its_interface_says_and_understood(site: WebSite, name: EngineName) -> None:
    site.pages[PATHS[name]] = results(
        name,
        ("One", "https://one.example/", "first\x00 words"),
        ("Two", "ftp://two.example/", ""),
        ("One again", "https://one.example/", ""),
        ("Three", "https://three.example/", ""),
    )
    found = await engine(site, name, "secret").find("bees & wasps", 2)
    assert [(page.title, page.url) for page in found] == [
        ("One", "https://one.example/"),
        ("Three", "https://three.example/"),
    ]
    assert found[0].snippet == "first words"
    head = site.asked[0]
    assert ("X-Subscription-Token: secret" if name == "brave" else "Authorization: Bearer secret") in head
    if name != "tavily":
        assert head.startswith(f"GET {PATHS[name]}?q=bees+%26+wasps&")
        assert "cookie" not in head.lower()


async def test_an_engine_that_refuses_fails_or_talks_nonsense_is_told_apart(site: WebSite) -> None:
    for page, code in (
        (answer(b"", status=403), "search/refused"),
        (answer(b"", status=500), "search/failed"),
        (redirect("/bees"), "search/failed"),
        (answer(b"<html>", "text/html"), "search/protocol"),
        (answer(b'{"results": {}}', "application/json"), "search/protocol"),
        (answer(b'{"results": [1]}', "application/json"), "search/protocol"),
    ):
        site.pages["/search"] = page
        with pytest.raises(VeraxError) as caught:
            await engine(site).find("bees", 5)
        assert caught.value.reason_code == code
    site.pages["/search"] = answer(b"", status=429)
    with pytest.raises(BusyError):
        await engine(site).find("bees", 5)
    nowhere = open_engine(EngineSettings("searxng", "http://127.0.0.1:9"))
    with pytest.raises(VeraxError) as caught:
        await nowhere.find("bees", 5)
    assert caught.value.reason_code == "search/unreachable"


async def test_passages_come_from_the_pages_themselves_with_address_time_and_digest(site: WebSite) -> None:
    site.pages["/search"] = results(
        "searxng",
        ("Bees", site.url("/bees"), "an engine's words about eggs"),
        ("Wasps", site.url("/wasps"), ""),
        ("Picture", site.url("/picture"), ""),
        ("Inside", "http://169.254.169.254/", ""),
    )
    found = await search(site).find("Which bee lays the eggs?")
    assert found.passages[0].text.startswith("The queen bee lays the eggs.")
    assert found.passages[0].source == site.url("/bees")
    assert [page.problem for page in found.pages] == ["", "", "fetch/type", "fetch/address-refused"]
    assert found.pages[1].source == site.url("/wasps/new")
    assert found.pages[0].digest == found.passages[0].document
    assert found.pages[0].fetched_ms == VirtualClock().now_ms()
    assert not any("engine's words" in passage.text for passage in found.passages)
    assert await search(site).evidence("Who builds a nest of paper?")


async def test_nothing_but_the_question_goes_to_the_engine(site: WebSite) -> None:
    site.pages["/search"] = results("searxng")
    found = await search(site, "Ann Roe").find("why " * 200)
    assert found.query == ("why " * 100).strip()
    assert site.asked[0].split(" ")[1] == "/search?q=" + "why+" * 99 + "why&format=json"
    assert (found.pages, found.passages) == ((), ())


async def test_a_query_that_names_the_owner_is_never_sent_unless_the_question_does(site: WebSite) -> None:
    site.pages["/search"] = results("searxng")
    asking = search(site, "Ann Roe", "Zeta Motors")
    for query in ("Ann Roe on bees", "roe bees", "what does ÁNN think", "bees ｚｅｔａ", "bees site:zeta.example"):
        with pytest.raises(RequestError) as caught:
            await asking.find("Are bees good?", query)
        assert caught.value.reason_code == "search/names-owner"
        assert "Roe" not in str(caught.value)
    assert site.asked == []
    await asking.find("What does Ann Roe think of bees?", "Ann Roe bees")
    await asking.find("Are bees good?", "are honey bees useful")
    await asking.find("Are bees good?")
    assert len(site.asked) == 3


def test_words_that_every_text_holds_name_nobody() -> None:
    check_owner_unnamed("the house of bees", "bees?", ["Order of the Owl", ""])
    with pytest.raises(RequestError):
        check_owner_unnamed("bees " * 40 + "roe", "bees?", ["Ann Roe"])


async def test_without_an_engine_or_with_fetching_off_nothing_is_asked(site: WebSite) -> None:
    off = search(site, rules=FetchRules(is_on=False))
    unnamed = WebSearch(None, site.fetcher(), Converter(lambda _: None))
    for asking in (off, unnamed):
        assert not asking.is_available
        with pytest.raises(ForbiddenError):
            await asking.find("bees?")
    with pytest.raises(RequestError):
        await search(site).find("  ")
    assert site.asked == []


async def test_a_page_that_takes_too_long_is_given_up_and_the_others_are_read(site: WebSite) -> None:
    async def never(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    site.pages["/never"] = never
    site.pages["/search"] = results("searxng", ("A", site.url("/never"), ""), ("B", site.url("/bees"), ""))
    asking = WebSearch(engine(site), site.fetcher(), Converter(lambda _: None), pages_s=2.0)
    found = await asking.find("bee eggs")
    assert [page.problem for page in found.pages] == ["fetch/timeout", ""]
    assert found.passages
