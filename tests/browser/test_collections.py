"""Collections in the web app: made, filled by picker, folder, drop and address, searched, emptied and deleted."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from verax.surfaces.installation import Installation
from verax.testing.installations import chat_backend, open_installation
from verax.testing.pdfs import locked_pdf, make_pdf, scanned_pdf
from verax.testing.running_server import RunningServer, run_server
from verax.testing.websites import WebSite, answer
from verax.truth.web.fetch import FetchRules

if TYPE_CHECKING:
    from tests.browser.conftest import Chat

pytestmark = pytest.mark.browser

LIMIT_BYTES = 2**20
PHONE = {"width": 360, "height": 740}
BEES = b"<title>Bees</title><h1>Queens</h1><p>A queen bee lays up to two thousand eggs in a day.</p>"
DROP = """(page, names) => {
    const data = new DataTransfer()
    for (const name of names) data.items.add(new File([`The ${name} is painted red.`], name, {type: 'text/plain'}))
    for (const type of ['dragenter', 'dragover', 'drop'])
        page.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}))
}"""
_OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def site() -> Iterator[WebSite]:
    """A site of the web on a loop of its own, since the server fetches from it while it runs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    opened = WebSite({"/bees": answer(BEES, "text/html")})
    asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(20)
    yield opened
    asyncio.run_coroutine_threadsafe(opened.__aexit__(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)
    loop.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, site: WebSite) -> Iterator[RunningServer[Installation]]:
    folder = tmp_path_factory.mktemp("collections")
    fetcher = site.fetcher(FetchRules(size_bytes=LIMIT_BYTES))
    settings = {"rate_per_minute": None, "max_document_bytes": LIMIT_BYTES}
    with run_server(lambda: open_installation(folder, chat_backend(0), fetcher=fetcher, **settings)) as running:
        yield running


@pytest.fixture
def open_page(server: RunningServer[Installation], open_chat: Callable[..., Chat]) -> Callable[..., Page]:
    """Return what opens the list of collections for a new person."""

    def open_window(**options: object) -> Page:
        page: Page = open_chat(server, **options).page
        page.goto("/collections")
        return page

    return open_window


def make_collection(page: Page, name: str) -> None:
    page.get_by_role("button", name="New collection").click()
    dialog = page.get_by_role("dialog", name="New collection")
    dialog.get_by_role("textbox", name="Name").fill(name)
    dialog.get_by_role("button", name="New collection").click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def choose(page: Page, button: str, *paths: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files([str(path) for path in paths])


def line(page: Page, name: str) -> Locator:
    """Return the line of something on its way."""
    return page.get_by_role("list", name="Documents on their way").get_by_role("listitem").filter(has_text=name)


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("table", name="Documents").get_by_role("row").filter(has_text=name)


def test_files_are_added_searched_and_removed_with_all_that_was_found_of_them(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    make_collection(page, "bridge")
    bridge = tmp_path / "bridge.pdf"
    bridge.write_bytes(make_pdf("Notes of the engineers.", "The bridge opened in 1932."))
    (tmp_path / "notes.md").write_text("# Painters\n\nSeven painters work there every summer.\n")
    choose(page, "Choose files", bridge, tmp_path / "notes.md")
    expect(row(page, "bridge.pdf")).to_contain_text("PDF")
    expect(row(page, "notes.md")).to_contain_text("Markdown")
    expect(line(page, "bridge.pdf")).to_contain_text("Added")
    expect(page.get_by_text("2 documents, 3 passages")).to_be_visible()

    page.get_by_role("searchbox", name="Question or words").fill("When was the bridge opened?")
    page.get_by_role("searchbox").press("Enter")
    hit = page.get_by_role("list", name="Passages").get_by_role("listitem").filter(has_text="1932")
    expect(hit).to_contain_text("Page 2")
    expect(hit).to_contain_text("bridge.pdf")
    page.get_by_role("searchbox").fill("painters")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("listitem").filter(has_text="Seven painters")).to_contain_text("Painters")

    row(page, "notes.md").get_by_role("button", name=re.compile("Remove")).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(row(page, "notes.md")).to_have_count(0)
    expect(page.get_by_text("1 document, 2 passages")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Seven painters")).to_have_count(0)


def test_a_folder_a_drop_and_an_address_add_documents(
    open_page: Callable[..., Page], site: WebSite, tmp_path: Path
) -> None:
    page = open_page()
    make_collection(page, "mixed")
    folder = tmp_path / "minutes"
    folder.mkdir()
    (folder / "may.txt").write_text("In May the roof was mended.")
    (folder / ".hidden").write_text("nothing")
    choose(page, "Choose a folder", folder)
    expect(row(page, "may.txt")).to_contain_text("minutes/may.txt")
    page.locator("body").evaluate(DROP, ["door.txt", "gate.txt"])
    expect(row(page, "door.txt")).to_be_visible()
    expect(row(page, "gate.txt")).to_be_visible()
    page.get_by_role("textbox", name="Address of a page").fill(site.url("/bees"))
    page.get_by_role("textbox", name="Address of a page").press("Enter")
    expect(row(page, "/bees")).to_contain_text("HTML")
    page.get_by_role("textbox", name="Address of a page").fill(site.url("/gone"))
    page.get_by_role("button", name="Fetch and add").click()
    expect(line(page, "/gone")).to_contain_text("404")
    expect(page.get_by_text("4 documents were added. 1 was not.")).to_be_visible()
    page.get_by_role("button", name="Clear this list").click()
    expect(page.get_by_role("list", name="Documents on their way")).to_have_count(0)


def test_each_file_that_cannot_be_read_says_why(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page()
    make_collection(page, "bad")
    bad = {
        "locked.pdf": (locked_pdf(), "locked with a password"),
        "scanned.pdf": (scanned_pdf(), "pictures of its pages and no text"),
        "broken.pdf": (make_pdf("x")[:200], "damaged or cut off"),
        "thing.bin": (b"\x00\x01\xff" * 99, "expected PDF, Word"),
        "large.txt": (b"word " * 300_000, "larger than this server takes"),
    }
    for name, (data, _) in bad.items():
        (tmp_path / name).write_bytes(data)
    choose(page, "Choose files", *(tmp_path / name for name in bad))
    for name, (_, words) in bad.items():
        expect(line(page, name)).to_contain_text(words)
        expect(line(page, name)).to_contain_text("Not added")
    expect(page.get_by_text("0 documents were added. 5 were not.")).to_be_visible()
    expect(page.get_by_text("It holds no document yet.")).to_be_visible()


def test_a_label_is_shown_and_a_collection_is_deleted_with_all_it_holds(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    make_collection(page, "own words")
    (tmp_path / "praise.txt").write_text("The owner says that all is well.")
    page.get_by_role("combobox", name="Who speaks in them").select_option("Speaks for the assistant’s owner")
    choose(page, "Choose files", tmp_path / "praise.txt")
    expect(row(page, "praise.txt")).to_contain_text("Speaks for the assistant’s owner")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="There is no collection yet")).to_be_visible()


def test_a_collection_of_somebody_else_is_searched_and_not_changed(
    server: RunningServer[Installation], open_page: Callable[..., Page]
) -> None:
    made = server.call(server.installation.library.collections.create("keeper", "shared", is_shared=True))
    page = open_page()
    page.get_by_role("link", name="shared").click()
    expect(page.get_by_text("It holds no document yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Choose files")).to_have_count(0)
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    server.call(server.installation.library.collections.delete(made.collection_id, "keeper"))


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark", "viewport": PHONE}], ids=["light", "dark-narrow"])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    open_page: Callable[..., Page], nothing_to_mend: Callable[..., None], tmp_path: Path, look: dict[str, object]
) -> None:
    page = open_page(**look)
    expect(page.get_by_role("heading", name="There is no collection yet")).to_be_visible()
    nothing_to_mend(page)
    make_collection(page, "bridge")
    (tmp_path / "a-name-that-is-long-enough-to-need-a-second-line-on-a-phone.md").write_text("# Top\n\nThe red door.")
    (tmp_path / "scanned.pdf").write_bytes(scanned_pdf())
    choose(page, "Choose files", *tmp_path.iterdir())
    expect(line(page, "scanned.pdf")).to_contain_text("Not added")
    expect(row(page, "a-name")).to_be_visible()
    page.get_by_role("searchbox").fill("red door")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("mark").first).to_be_visible()
    nothing_to_mend(page)
    assert page.evaluate(_OVERFLOW) <= 0
    page.goto("/collections")
    expect(page.get_by_role("link", name="bridge")).to_be_visible()
    nothing_to_mend(page)
