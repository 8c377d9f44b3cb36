"""Answers that mean harm: no script of theirs runs, nothing is fetched from outside, and the page goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from verax.store.messages_types import Line
from verax.surfaces.installation import Installation
from verax.testing.installations import open_installation
from verax.testing.running_server import RunningServer, run_server

if TYPE_CHECKING:
    from tests.browser.conftest import Chat

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
CORPUS = json.loads((ROOT / "web" / "src" / "chat" / "markdown" / "attacks.json").read_text(encoding="utf-8"))


def text_of(attack: dict[str, Any]) -> str:
    """Write an attack out, as `attacks.ts` beside the corpus does."""
    if "depths" in attack:
        return "\n".join(" " * (2 * depth) + attack["line"] for depth in range(attack["depths"]))
    return attack.get("before", "") + attack["text"] * int(attack.get("times", 1)) + attack.get("after", "")


_SHOWN = "list => [...list.querySelectorAll('li[data-index]')].map(line => Number(line.dataset.index))"
_SCROLL_TO_LAST = """list => {
  const last = [...list.querySelectorAll('li[data-index]')].at(-1)
  last.parentElement.parentElement.scrollTop = last.offsetTop
}"""

ATTACKS = [text_of(attack) for attack in CORPUS]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer[Installation]]:
    folder = tmp_path_factory.mktemp("hostile")
    with run_server(lambda: open_installation(folder, rate_per_minute=None)) as running:
        yield running


async def store_answers(installation: Installation, user_id: str) -> str:
    """Write a conversation whose answers are the attacks; models could have said them."""
    messages = installation.messages
    conversation_id = await messages.create(user_id, channel="assistant", title="<b>hostile</b>")
    lines = [
        line
        for number, text in enumerate(ATTACKS)
        for line in (Line("user", f"{number} {text[:2_000]}"), Line("assistant", text))
    ]
    await messages.append(conversation_id, user_id, "", lines)
    return conversation_id


def test_no_answer_of_the_corpus_runs_loads_or_breaks_anything(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    conversation_id = server.call(store_answers(server.installation, chat.user_id))
    chat.page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    chat.page.goto(f"/c/{conversation_id}")
    messages = chat.page.get_by_role("region", name="Messages", exact=True)
    messages.focus()
    messages.press("Home")
    seen: set[int] = set()
    while len(seen) < 2 * len(ATTACKS):
        # The next one is awaited, and all are read at one moment: the list goes on moving between two calls.
        expect(messages.locator(f'li[data-index="{len(seen)}"]')).to_be_attached()
        shown = messages.evaluate(_SHOWN)
        assert set(shown) - seen, f"the list stands still after {len(seen)} messages"
        seen |= set(shown)
        messages.evaluate(_SCROLL_TO_LAST)
    assert chat.page.evaluate("window.hacked") is None
    assert chat.page.locator("main :is(script, iframe, object, embed, img, video, audio, form form)").count() == 0
    assert chat.page.url.endswith(conversation_id)
    expect(chat.field).to_be_enabled()


def test_hostile_words_are_as_harmless_while_they_stream(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    for text in ('<img src="https://evil.example/x.png" onerror="window.hacked=1">', "[x](javascript:window.hacked=1)"):
        chat.ask(f"{text} and ![y](https://evil.example/y.png)")
        chat.wait_for_end()
        expect(chat.answers.last).to_contain_text("not loaded: y")
    assert chat.page.evaluate("window.hacked") is None
    assert chat.answers.last.locator("a").count() == 0


def test_a_link_shows_where_it_leads_and_opens_without_a_way_back_to_us(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    chat.ask(f"[our bank]({server.url}/health/live)")
    chat.wait_for_end()
    chat.answers.last.get_by_role("link", name="our bank").click()
    dialog = chat.page.get_by_role("dialog", name="Leave for this address?")
    expect(dialog).to_contain_text(f"{server.url}/health/live")
    with chat.page.context.expect_page() as opened:
        dialog.get_by_role("button", name="Open").click()
    assert opened.value.evaluate("window.opener") is None
    expect(dialog).to_be_hidden()
