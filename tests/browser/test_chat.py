"""A person talks: first message, stop, another try, edits and the way back, drafts, two tabs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from verax.surfaces.installation import Installation
from verax.testing.installations import open_installation
from verax.testing.running_server import RunningServer, run_server
from verax.testing.scripted import Reply, Rule, ScriptedBackend

if TYPE_CHECKING:
    from tests.browser.conftest import Chat

pytestmark = pytest.mark.browser

WORDS = " ".join(f"word{number}" for number in range(300))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer[Installation]]:
    """A real installation whose model streams, hangs, or says again what it is asked."""
    backend = ScriptedBackend(
        [Rule("^slowly", Reply((WORDS,), delay_s=0.01)), Rule("^hang", Reply(("x",), delay_s=999))]
    )
    folder = tmp_path_factory.mktemp("chat")
    with run_server(lambda: open_installation(folder, backend, rate_per_minute=None)) as running:
        yield running


def test_the_first_message_makes_a_conversation_and_shows_its_answer(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    expect(chat.page.get_by_role("heading", name="Ask, and check the answer")).to_be_visible()
    chat.ask("Who wrote *Hamlet*?")
    expect(chat.answers.last).to_contain_text("Who wrote Hamlet?")
    chat.wait_for_end()
    expect(chat.page).to_have_url(re.compile(r"/c/conv_\w+$"))
    expect(chat.page).to_have_title("Who wrote *Hamlet*? · Verax")
    expect(chat.page.get_by_role("status").first).to_contain_text("The answer is complete")
    expect(chat.field).to_be_focused()
    chat.page.reload()
    expect(chat.answers.last).to_contain_text("Who wrote Hamlet?")


def test_an_answer_is_stopped_and_asked_for_again(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    chat.ask("slowly")
    expect(chat.answers.last).to_contain_text("word9")
    chat.page.keyboard.press("Escape")
    expect(chat.answers.last).to_contain_text("This answer was stopped here.")
    stopped = chat.words()
    assert WORDS.startswith(stopped)
    assert len(stopped) < len(WORDS)
    chat.answers.last.get_by_role("button", name="Ask again").first.click()
    chat.wait_for_end()
    assert chat.words() == WORDS
    expect(chat.answers.last).to_contain_text("2 of 2")
    chat.button("Previous version (2 of 2)").click()
    expect(chat.answers.last).to_contain_text("This answer was stopped here.")
    assert chat.words() == stopped


def test_a_run_that_says_nothing_is_stopped_too(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    chat.ask("hang")
    expect(chat.answers.last).to_contain_text("Waiting for the first word")
    chat.button("Stop the answer").click()
    expect(chat.answers.last).to_contain_text("before its first word")


def test_an_edit_is_a_branch_with_a_way_back_that_a_reload_keeps(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    for text in ("first", "second", "third"):
        chat.ask(text)
        expect(chat.answers.last).to_contain_text(text)
        chat.wait_for_end()
    chat.field.press("ArrowUp")
    edit = chat.page.get_by_role("textbox", name="Edit message")
    expect(edit).to_have_value("third")
    edit.fill("another third")
    edit.press("Enter")
    expect(chat.answers.last).to_contain_text("another third")
    chat.wait_for_end()
    chat.button("Previous version (2 of 2)").click()
    expect(chat.answers.last).not_to_contain_text("another")
    chat.page.reload()
    expect(chat.answers.last).to_have_text(re.compile("third"))
    expect(chat.page.get_by_text("1 of 2")).to_be_attached()
    chat.button("Next version (1 of 2)").click()
    expect(chat.answers.last).to_contain_text("another third")


def test_a_draft_survives_the_page_and_belongs_to_its_conversation(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    chat.ask("first")
    chat.wait_for_end()
    chat.field.fill("half a thought")
    address = chat.page.url
    chat.page.goto("/")
    expect(chat.field).to_have_value("")
    chat.page.goto(address)
    expect(chat.field).to_have_value("half a thought")


def test_two_tabs_show_the_same_answer_while_it_comes(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    chat.ask("first")
    chat.wait_for_end()
    second = chat.page.context.new_page()
    second.goto(chat.page.url)
    other = type(chat)(second, chat.user_id)
    expect(other.answers.last).to_contain_text("first")
    chat.ask("slowly")
    expect(other.answers.last).to_contain_text("word5")
    assert WORDS.startswith(other.words())
    chat.wait_for_end()
    other.wait_for_end()
    assert chat.words() == other.words() == WORDS
    other.ask("from the other side")
    expect(chat.answers.last).to_contain_text("from the other side")


def test_text_keeps_its_lines_and_its_direction(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    text = "من كتب هاملت؟\nline two\n\nz\u0351\u0351\u0351 👩\u200d🚀"
    chat.ask(text)
    chat.wait_for_end()
    said = chat.page.get_by_role("article").first.locator("p[dir=auto]")
    assert said.inner_text() == text
    assert said.evaluate("p => getComputedStyle(p).direction") == "rtl"
    assert chat.answers.last.locator("p").first.evaluate("p => getComputedStyle(p).direction") == "rtl"


def test_enter_that_ends_a_composition_sends_nothing(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    chat.field.focus()
    session = chat.page.context.new_cdp_session(chat.page)
    session.send("Input.imeSetComposition", {"text": "nihao", "selectionStart": 5, "selectionEnd": 5})
    keys = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229, "nativeVirtualKeyCode": 229}
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **keys})
    session.send("Input.insertText", {"text": "你好"})
    expect(chat.field).to_have_value("你好")
    expect(chat.page).to_have_url(re.compile(r"/$"))
    chat.field.press("Enter")
    expect(chat.answers.last).to_contain_text("你好")
