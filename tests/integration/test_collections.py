"""Collections over real sockets and from the command line: filled, searched, shared, erased; and the web searched."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from verax.surfaces.cli.main import run
from verax.surfaces.cli.shapes import SHAPES, find_mismatch
from verax.surfaces.http import collection_models as models
from verax.surfaces.http.web_search import WebResults
from verax.surfaces.installation import Installation
from verax.testing.installations import chat_backend, open_installation
from verax.testing.pdfs import make_pdf
from verax.testing.running_server import RunningServer, run_server
from verax.testing.talk import Talk
from verax.testing.websites import HERE, WebSite, answer, redirect
from verax.truth.web.fetch import FetchRules

LIMIT_BYTES = 2**20
Cli = Callable[..., Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, site: WebSite) -> Iterator[RunningServer[Installation]]:
    folder = tmp_path_factory.mktemp("collections")
    settings = {
        "rate_per_minute": None,
        "max_document_bytes": LIMIT_BYTES,
        "web_search": "searxng",
        "web_search_url": site.url("", HERE),
        "web_owner_names": "Ann Roe",
    }
    fetcher = site.fetcher(FetchRules(size_bytes=LIMIT_BYTES))
    with run_server(lambda: open_installation(folder, chat_backend(0), fetcher=fetcher, **settings)) as running:
        yield running


@pytest.fixture(scope="module")
def site() -> Iterator[WebSite]:
    """A site on a loopback port, on a loop of its own, since the server fetches from it while it runs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    opened = WebSite({"/old": redirect("/bees"), "/picture": answer(b"\x89PNG", "image/png")})
    asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(60)
    yield opened
    asyncio.run_coroutine_threadsafe(opened.__aexit__(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    loop.close()


@pytest.fixture
def client(server: RunningServer[Installation]) -> Iterator[httpx.Client]:
    with Talk.begin(server) as begun:
        yield begun.client


@pytest.fixture
def verax(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cli:
    """Run a command as the client's account; JSON where it prints JSON."""
    monkeypatch.setenv("VERAX_URL", str(client.base_url).rstrip("/"))
    monkeypatch.setenv("VERAX_API_KEY", client.headers["authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("VERAX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VERAX_KEYRING", str(tmp_path / "keyring"))

    def call(*arguments: str, code: int = 0) -> Any:
        capsys.readouterr()
        found = run(arguments)
        out, err = capsys.readouterr()
        assert found == code, err
        if "--json" not in arguments:
            return out + err
        value = json.loads(out)
        name = " ".join(arguments[: 2 if arguments[0] == "collection" else 1])
        assert find_mismatch(value, SHAPES[name]) == ""
        return value

    return call


@pytest.fixture
def cli(verax: Cli) -> Cli:
    """Run a command of ``verax collection``."""
    return partial(verax, "collection")


def make(client: httpx.Client, name: str = "bees") -> str:
    answer = client.post("/v1/collections", json={"name": name})
    assert answer.status_code == 201
    return str(models.CollectionShown.model_validate(answer.json()).id)


def add(client: httpx.Client, collection: str, name: str, data: bytes, **query: str) -> dict[str, Any]:
    answer = client.post(f"/v1/collections/{collection}/documents", params={"name": name, **query}, content=data)
    answer.raise_for_status()
    added: dict[str, Any] = answer.json()
    models.DocumentAdded.model_validate(added)
    return added


def search(client: httpx.Client, collection: str, query: str, **more: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/collections/{collection}/search", json={"query": query, **more})
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    models.PassageHits.model_validate(found)
    return found


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_a_passage_names_its_page_and_is_the_text_between_its_offsets(client: httpx.Client) -> None:
    collection = make(client)
    added = add(client, collection, "paper.pdf", make_pdf("Nothing of use.", "The queen bee lays the eggs."))
    [hit] = search(client, collection, "Which bee lays eggs?")["data"]
    assert (hit["page"], hit["text"], hit["document"]) == (2, "The queen bee lays the eggs.", added["id"])
    whole = client.get(f"/v1/collections/{collection}/documents/{added['id']}").json()
    models.DocumentText.model_validate(whole)
    assert whole["text"][hit["start"] : hit["end"]] == hit["text"]


def test_a_search_that_names_a_version_is_answered_from_it_or_not_at_all(client: httpx.Client) -> None:
    collection = make(client)
    assert add(client, collection, "a.txt", b"one bee")["is_new"]
    assert not add(client, collection, "a.txt", b"one bee")["is_new"]
    version = client.get(f"/v1/collections/{collection}").json()["version"]
    assert search(client, collection, "bee", version=version)["version"] == version
    add(client, collection, "b.txt", b"two bees", label="self")
    refused = client.post(f"/v1/collections/{collection}/search", json={"query": "bee", "version": version})
    assert code_of(refused) == (409, "collection/version-moved")
    names = [hit["name"] for hit in search(client, collection, "bee", exclude=["self"])["data"]]
    assert names == ["a.txt"]
    assert len(search(client, collection, "bee")["data"]) == 2


def test_an_empty_collection_has_a_version_and_no_passages(client: httpx.Client) -> None:
    found = search(client, make(client), "bee")
    assert found["data"] == []
    assert len(found["version"]) == 64


def test_what_is_not_taken_is_told_with_a_code(client: httpx.Client) -> None:
    collection = make(client)
    path = f"/v1/collections/{collection}/documents"
    refused = client.post(path, params={"name": "a.txt"}, content=bytes(LIMIT_BYTES + 1))
    assert code_of(refused) == (413, "request/body-too-large")
    assert code_of(client.post(path, params={"name": "a.txt"}, content=b"")) == (400, "document/empty")
    assert code_of(client.post(path, params={"name": "a.bin"}, content=b"\x7fELF")) == (400, "document/unsupported")
    for query in ({"name": ""}, {"name": "a.txt", "label": "mine"}, {"name": "a.txt", "source": "x" * 3000}):
        assert client.post(path, params=query, content=b"text").status_code == 400
    assert code_of(client.post("/v1/collections", json={"name": "bees"})) == (409, "collection/name-taken")
    shared = client.post("/v1/collections", json={"name": "all", "is_shared": True})
    assert code_of(shared) == (403, "access/forbidden")
    assert client.get(path).json()["data"] == []


def test_nobody_else_finds_a_collection_unless_an_owner_shared_it(
    client: httpx.Client, server: RunningServer[Installation]
) -> None:
    collection = make(client)
    document = add(client, collection, "a.txt", b"my own bees")["id"]
    shared = server.call(_share(server.installation))
    with Talk.begin(server) as other:
        for path in ("", "/documents", f"/documents/{document}"):
            assert code_of(other.client.get(f"/v1/collections/{collection}{path}")) == (404, "collection/unknown")
        assert other.client.delete(f"/v1/collections/{collection}").status_code == 404
        listed = models.CollectionList.model_validate(other.client.get("/v1/collections").json())
        assert [(item.name, item.is_own) for item in listed.data] == [("house rules", False)]
        assert search(other.client, shared, "bee")["data"] == []
        assert code_of(other.client.delete(f"/v1/collections/{shared}")) == (403, "access/not-yours")


async def _share(installation: Installation) -> str:
    made = await installation.library.collections.create("user_of_the_house", "house rules", is_shared=True)
    return made.collection_id


def test_the_command_line_fills_searches_and_empties_a_collection(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    (folder / "deep").mkdir(parents=True)
    (folder / "one.txt").write_text("The queen bee lays the eggs.")
    (folder / "deep" / "two.txt").write_text("A worker bee lives for six weeks.")
    (folder / ".hidden.txt").write_text("unseen")
    cli("create", "bees")
    assert "2 added, 0 as they were, 0 not taken" in cli("add", "bees", str(folder))
    (folder / "one.txt").write_text("The queen bee lays 2,000 eggs a day.")
    (folder / "big.txt").write_bytes(b"x" * (LIMIT_BYTES + 1))
    assert "1 added, 1 as they were, 1 not taken" in cli("add", "bees", str(folder), code=1)
    [listed] = [item for item in cli("list", "--json")["collections"] if item["own"]]
    assert (listed["name"], listed["documents"], listed["passages"]) == ("bees", 2, 2)
    found = cli("search", "bees", "How many eggs does a queen lay?", "--json", "--limit", "1")
    assert [hit["text"] for hit in found["passages"]] == ["The queen bee lays 2,000 eggs a day."]
    assert "papers/one.txt" in cli("search", "bees", "eggs")
    shown = cli("show", "bees", "--json")
    assert [item["source"] for item in shown["list"]] == ["papers/deep/two.txt", "papers/one.txt"]
    cli("remove", "bees", "papers/one.txt")
    assert "papers/one.txt" not in cli("search", "bees", "eggs")
    cli("delete", "bees", "--yes")
    cli("search", "bees", "eggs", code=1)


def fetch(client: httpx.Client, collection: str, url: str, **more: str) -> httpx.Response:
    return client.post(f"/v1/collections/{collection}/documents", params={"url": url, **more})


def test_a_page_is_kept_under_its_last_address_and_again_only_where_it_changed(
    client: httpx.Client, site: WebSite
) -> None:
    collection = make(client)
    site.pages["/bees"] = answer(b"The queen bee lays the eggs.", "text/plain")
    first = fetch(client, collection, site.url("/old"))
    added = models.DocumentAdded.model_validate(first.json())
    assert (first.status_code, added.source, added.name, added.replaced) == (201, site.url("/bees"), "bees", None)
    assert added.fetched_ms is not None
    version = client.get(f"/v1/collections/{collection}").json()["version"]
    again = fetch(client, collection, site.url("/bees"))
    same = models.DocumentAdded.model_validate(again.json())
    assert (again.status_code, same.id, same.is_new, same.replaced) == (200, added.id, False, None)
    assert same.fetched_ms is not None and same.fetched_ms >= added.fetched_ms
    site.pages["/bees"] = answer(b"The queen bee lays 2,000 eggs a day.", "text/plain")
    changed = models.DocumentAdded.model_validate(fetch(client, collection, site.url("/bees")).json())
    assert (changed.is_new, changed.replaced) == (True, added.digest)
    assert changed.digest != added.digest
    assert client.get(f"/v1/collections/{collection}").json()["version"] != version
    assert [hit["text"] for hit in search(client, collection, "eggs")["data"]] == [
        "The queen bee lays 2,000 eggs a day."
    ]


def test_a_page_that_is_not_taken_leaves_the_collection_as_it_was(
    client: httpx.Client, server: RunningServer[Installation], site: WebSite
) -> None:
    collection = make(client)
    assert code_of(fetch(client, collection, "http://169.254.169.254/latest/")) == (400, "fetch/address-refused")
    assert code_of(fetch(client, collection, "file:///etc/passwd")) == (400, "fetch/address")
    assert code_of(fetch(client, collection, site.url("/picture"))) == (400, "fetch/type")
    assert code_of(fetch(client, collection, site.url("/missing"))) == (502, "fetch/status")
    assert code_of(fetch(client, collection, site.url("/old"), name="a.txt")) == (400, "request/invalid")
    both = client.post(f"/v1/collections/{collection}/documents", params={"url": site.url("/old")}, content=b"file")
    assert code_of(both) == (400, "request/invalid")
    asked = len(site.asked)
    with Talk.begin(server) as other:
        assert code_of(fetch(other.client, collection, site.url("/old"))) == (404, "collection/unknown")
    assert len(site.asked) == asked
    assert client.get(f"/v1/collections/{collection}").json()["documents"] == 0


def test_the_command_line_adds_pages_and_tells_what_changed(cli: Cli, site: WebSite, tmp_path: Path) -> None:
    site.pages["/bees"] = answer(b"<p>One bee.", "text/html")
    cli("create", "pages")
    (tmp_path / "one.txt").write_text("A file beside them.")
    said = cli("add", "pages", site.url("/old"), str(tmp_path / "one.txt"))
    assert f"kept as {site.url('/bees')}" in said
    assert "2 added, 0 as they were, 0 not taken" in said
    assert "0 added, 1 as they were, 0 not taken" in cli("add", "pages", site.url("/bees"))
    site.pages["/bees"] = answer(b"<p>Two bees.", "text/html")
    said = cli("add", "pages", site.url("/bees"), site.url("/missing"), code=1)
    assert "it changed: " in said
    assert "1 added, 0 as they were, 1 not taken" in said
    shown = {item["source"]: item for item in cli("show", "pages", "--json")["list"]}
    assert shown["one.txt"]["fetched"] is None
    assert shown[site.url("/bees")]["fetched"]


def test_the_web_is_searched_for_this_request_alone(client: httpx.Client, site: WebSite) -> None:
    rows = [{"title": "Bees", "url": site.url("/hive"), "content": "said"}, {"title": "", "url": site.url("/gone")}]
    site.pages["/search"] = answer(json.dumps({"results": rows}).encode(), "application/json")
    site.pages["/hive"] = answer(b"A hive has one queen bee.", "text/plain")
    asked = {"question": "How many queens has a hive?"}
    found = WebResults.model_validate(client.post("/v1/search/web", json=asked).json())
    assert [(passage.source, passage.text) for passage in found.passages] == [
        (site.url("/hive"), "A hive has one queen bee.")
    ]
    assert [page.problem for page in found.pages] == [None, "fetch/status"]
    owner = client.post("/v1/search/web", json={**asked, "query": "Roe on queens"})
    assert code_of(owner) == (400, "search/names-owner")
    assert [item for item in client.get("/v1/collections").json()["data"] if item["is_own"]] == []


def test_the_command_line_searches_the_web(verax: Cli, site: WebSite) -> None:
    rows = [{"title": "Nest", "url": site.url("/nest"), "content": "said"}, {"title": "", "url": site.url("/gone")}]
    site.pages["/search"] = answer(json.dumps({"results": rows}).encode(), "application/json")
    site.pages["/nest"] = answer(b"A wasp builds a nest of paper.", "text/plain")
    found = verax("search", "What is a nest made of?", "--json")
    assert [passage["text"] for passage in found["passages"]] == ["A wasp builds a nest of paper."]
    said = verax("search", "What is a nest made of?")
    assert site.url("/nest") in said
    assert "/gone: not read (fetch/status)" in said
    verax("search", "What is a nest made of?", "--query", "ann roe", code=1)


def test_erasing_a_person_erases_their_collections(client: httpx.Client, server: RunningServer[Installation]) -> None:
    collection = make(client)
    marker = b"erasemequickly"
    add(client, collection, "a.txt", b"words with " + marker)
    installation = server.installation

    async def erase() -> None:
        rows = await installation.database.read(
            lambda tx: tx.execute("SELECT user_id FROM collections WHERE id = ?", (collection,))
        )
        await installation.eraser.user(rows[0][0])

    assert any(marker in path.read_bytes() for path in installation.home.path.glob("verax.db*"))
    server.call(erase())
    assert [path for path in installation.home.path.glob("verax.db*") if marker in path.read_bytes()] == []
