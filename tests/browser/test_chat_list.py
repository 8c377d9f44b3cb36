"""A long conversation: it stands still while it is read, follows its end while nobody reads, and opens anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, expect

from verax.surfaces.installation import Installation
from verax.testing.installations import open_installation
from verax.testing.long_conversation import fill_conversation
from verax.testing.running_server import RunningServer, run_server
from verax.testing.scripted import Reply, Rule, ScriptedBackend

if TYPE_CHECKING:
    from tests.browser.conftest import Chat

pytestmark = pytest.mark.browser

COUNT = 3_000
PARAGRAPHS = "\n\n".join(f"Paragraph {number} of an answer that is long." for number in range(60))
PLACES = """list => Object.fromEntries([...list.querySelectorAll('li[data-index]')].map(
    line => [line.dataset.index, line.getBoundingClientRect().top - list.getBoundingClientRect().top]))"""
NEAR_END = "([list, most]) => list.scrollHeight - list.clientHeight - list.scrollTop <= most"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer[Installation]]:
    backend = ScriptedBackend([Rule("^stream", Reply((PARAGRAPHS,), delay_s=0.004))])
    folder = tmp_path_factory.mktemp("list")
    with run_server(lambda: open_installation(folder, backend, rate_per_minute=None)) as running:
        yield running


@pytest.fixture
def chat(server: RunningServer[Installation], open_chat: Callable[..., Chat]) -> Chat:
    """The chat of a person with a long conversation, which is open."""
    opened: Chat = open_chat(server)
    path = f"/c/{fill_conversation(server.installation.database, opened.user_id, COUNT)}"
    opened.page.goto(path)
    expect(messages(opened).locator("li[data-last]")).to_be_visible()
    return opened


def messages(chat: Chat) -> Locator:
    """Return the list."""
    return chat.page.get_by_role("region", name="Messages", exact=True)


def wait_for_end_in_view(chat: Chat, most: int = 1) -> None:
    """Wait until so few pixels are below the view: what was added a moment ago is followed in the next frame."""
    chat.page.wait_for_function(NEAR_END, arg=[messages(chat).element_handle(), most])


def test_it_opens_at_its_end_with_only_what_is_near_in_the_page(chat: Chat) -> None:
    wait_for_end_in_view(chat)
    assert messages(chat).locator("li").count() < 40
    assert messages(chat).locator("li[data-last]").get_attribute("aria-setsize") == str(COUNT - COUNT // 40)


def test_nothing_moves_but_by_the_reader_while_older_messages_load(chat: Chat) -> None:
    messages(chat).hover()
    for _ in range(60):
        before = messages(chat).evaluate(PLACES)
        top = messages(chat).evaluate("list => list.scrollTop")
        chat.page.mouse.wheel(0, -350)
        chat.page.wait_for_function(
            "([list, top]) => list.scrollTop !== top", arg=[messages(chat).element_handle(), top]
        )
        chat.wait_for_frame()
        after = messages(chat).evaluate(PLACES)
        moves = {index: after[index] - before[index] for index in before if index in after}
        in_view = [move for index, move in moves.items() if -200 <= before[index] <= 700]
        assert in_view
        assert max(in_view) - min(in_view) <= 2, moves
        assert 300 <= in_view[0] <= 400, moves


def test_home_and_end_go_to_the_ends(chat: Chat) -> None:
    messages(chat).focus()
    chat.page.keyboard.press("Home")
    expect(messages(chat).locator('li[data-index="0"] article')).to_be_visible()
    expect(chat.page.get_by_role("button", name="Newest message")).to_be_visible()
    chat.page.keyboard.press("End")
    expect(messages(chat).locator("li[data-last] article")).to_be_visible()
    expect(chat.page.get_by_role("button", name="Newest message")).to_be_hidden()


def test_it_follows_an_answer_until_the_reader_goes_up_and_again_from_the_button_on(chat: Chat) -> None:
    chat.ask("stream")
    expect(chat.answers.last).to_contain_text("Paragraph 15")
    wait_for_end_in_view(chat, 45)
    messages(chat).hover()
    chat.page.mouse.wheel(0, -300)
    expect(chat.page.get_by_role("button", name="Newest message")).to_be_visible()
    chat.wait_for_frame()
    stood = messages(chat).evaluate("list => list.scrollTop")
    chat.wait_for_end()
    assert abs(messages(chat).evaluate("list => list.scrollTop") - stood) <= 2
    chat.page.get_by_role("button", name="Newest message").click()
    expect(chat.page.get_by_role("button", name="Newest message")).to_be_hidden()
    expect(messages(chat).locator("li[data-last] article")).to_be_visible()


def test_the_end_stays_in_view_while_the_field_grows(chat: Chat) -> None:
    chat.field.fill("one\ntwo\nthree\nfour\nfive\nsix\nseven")
    chat.wait_for_frame()
    wait_for_end_in_view(chat)


def test_a_branch_that_is_switched_to_begins_where_the_other_one_began(chat: Chat) -> None:
    chat.ask("stream")
    chat.wait_for_end()
    chat.ask("short")
    chat.wait_for_end()
    question = messages(chat).locator("article", has_text="stream").first
    question.scroll_into_view_if_needed()
    chat.wait_for_frame()
    question.get_by_role("button", name="Edit").click()
    edit = chat.page.get_by_role("textbox", name="Edit message")
    edit.fill("something else")
    edit.press("Enter")
    chat.wait_for_end()
    place = messages(chat).locator("article", has_text="something else").first
    before = place.bounding_box()
    place.get_by_role("button", name="Previous version (2 of 2)").click()
    expect(messages(chat).locator("article", has_text="something else")).to_have_count(0)
    chat.wait_for_frame()
    after = messages(chat).locator("article", has_text="stream").first.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) <= 3


def test_an_address_that_names_a_message_opens_the_conversation_there(
    server: RunningServer[Installation], chat: Chat
) -> None:
    conversation_id = chat.page.url.rpartition("/")[2]
    page = chat.call(f"/v1/conversations/{conversation_id}/messages?before=41&limit=1")
    wanted = page["data"][0]
    chat.page.goto(f"/c/{conversation_id}?message={wanted['id']}")
    line = messages(chat).locator('li[data-index="40"]')
    expect(line).to_be_in_viewport()
    expect(line).to_have_attribute("data-sought", "true")
    expect(chat.page).to_have_url(f"{server.url}/c/{conversation_id}")
