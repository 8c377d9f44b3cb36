"""Files with a message: chosen, dropped, pasted, refused and taken off, kept with the draft, read by the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, expect

from verax.surfaces.installation import Installation
from verax.testing.installations import chat_backend, open_installation
from verax.testing.running_server import RunningServer, run_server

if TYPE_CHECKING:
    from tests.browser.conftest import Chat

pytestmark = pytest.mark.browser

PASTE = """(field, text) => {
    const data = new DataTransfer()
    data.setData('text/plain', text)
    field.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))
}"""
DROP = """(page, name) => {
    const data = new DataTransfer()
    data.items.add(new File(['dropped words'], name, {type: 'text/plain'}))
    for (const type of ['dragenter', 'dragover', 'drop'])
        page.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}))
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer[Installation]]:
    folder = tmp_path_factory.mktemp("files")
    with run_server(lambda: open_installation(folder, chat_backend(0), rate_per_minute=None)) as running:
        yield running


@pytest.fixture
def chat(server: RunningServer[Installation], open_chat: Callable[..., Chat]) -> Chat:
    opened: Chat = open_chat(server)
    return opened


def files(chat: Chat) -> Locator:
    """Return the lines of the files that wait in the composer."""
    return chat.page.locator("form").get_by_role("list", name="Attached files").get_by_role("listitem")


def choose(chat: Chat, *paths: Path) -> None:
    """Choose files as a person does in the picker of the browser."""
    with chat.page.expect_file_chooser() as chooser:
        chat.button("Attach files").click()
    chooser.value.set_files([str(path) for path in paths])


def test_a_file_is_sent_with_its_message_and_can_be_had_back(chat: Chat, tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("# The red door\n")
    choose(chat, notes)
    expect(files(chat)).to_contain_text("notes.md")
    chat.ask("What is this?")
    chat.wait_for_end()
    link = chat.page.get_by_role("link", name="notes.md")
    with chat.page.expect_download() as download:
        link.click()
    assert download.value.path().read_text() == "# The red door\n"
    turn = chat.call(f"/v1/conversations/{chat.page.url.rpartition('/')[2]}/messages")["data"][1]["turn"]
    segments = chat.call(f"/v1/turns/{turn['id']}/segments")["segments"]
    assert any("The red door" in segment["text"] for segment in segments)
    expect(files(chat)).to_have_count(0)


def test_files_alone_are_a_message(chat: Chat, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("words")
    choose(chat, page)
    expect(chat.button("Send")).to_be_enabled()
    chat.button("Send").click()
    expect(chat.page.get_by_role("link", name="page.txt")).to_be_visible()


def test_a_file_of_an_unknown_kind_is_refused_and_holds_the_message_back_until_it_is_taken_off(
    chat: Chat, tmp_path: Path
) -> None:
    thing = tmp_path / "thing.bin"
    thing.write_bytes(b"\x00\x01\x02\xff" * 100)
    choose(chat, thing)
    expect(files(chat).get_by_role("alert")).to_contain_text("expected text in UTF-8, a PDF or a picture")
    chat.field.fill("hello")
    expect(chat.button("Send")).to_be_disabled()
    chat.button("Remove thing.bin").click()
    expect(files(chat)).to_have_count(0)
    expect(chat.button("Send")).to_be_enabled()


def test_a_picture_is_not_taken_where_the_model_sees_none(chat: Chat, tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    choose(chat, picture)
    expect(chat.page.get_by_text("The model behind this channel sees no pictures.").first).to_be_visible()
    expect(files(chat)).to_have_count(0)


def test_files_are_dropped_anywhere_and_stay_with_the_draft(chat: Chat) -> None:
    chat.page.locator("main").evaluate(DROP, "dropped.txt")
    expect(files(chat)).to_contain_text("dropped.txt")
    expect(files(chat).get_by_role("progressbar")).to_have_count(0)
    chat.page.reload()
    expect(files(chat)).to_contain_text("dropped.txt")
    chat.ask("still there?")
    expect(chat.page.get_by_role("link", name="dropped.txt")).to_be_visible()


def test_a_very_long_paste_becomes_a_file(chat: Chat) -> None:
    chat.field.evaluate(PASTE, "a line of a long text\n" * 9_000)
    offer = chat.page.get_by_role("alertdialog")
    expect(offer).to_contain_text("198,000 characters")
    expect(offer.get_by_role("button", name="Attach as a file")).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(files(chat)).to_contain_text("pasted text.txt")
    expect(chat.field).to_be_focused()


def test_a_very_long_paste_goes_where_the_cursor_is(chat: Chat) -> None:
    chat.field.fill("before after")
    chat.field.evaluate("field => field.setSelectionRange(7, 7)")
    chat.field.evaluate(PASTE, "word " * 4_000)
    chat.page.get_by_role("button", name="Put into the message").click()
    expect(chat.field).to_have_value("before " + "word " * 4_000 + "after")
    chat.field.press("Control+End")
    chat.page.keyboard.type(" and more")
    expect(chat.field).to_have_value("before " + "word " * 4_000 + "after and more")
    chat.field.press("Enter")
    chat.wait_for_end()
    expect(chat.page.get_by_role("button", name="Show all")).to_be_visible()
