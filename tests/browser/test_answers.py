"""A chat over a PDF of ten pages: signs behind sentences, the passage with its page, what no source supports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, expect

from verax.surfaces.installation import Installation
from verax.testing.installations import open_installation
from verax.testing.pdfs import make_pdf
from verax.testing.running_server import RunningServer, run_server
from verax.testing.scripted import Reply, Rule, ScriptedBackend
from verax.testing.shelves import NOT_FOUND, answering_release
from verax.testing.verifying import WordVerifier
from verax.truth.knowledge.library import File

if TYPE_CHECKING:
    from tests.browser.conftest import Chat

pytestmark = pytest.mark.browser

LIMIT_MS = 20_000
OPENED, WRONG, ABSENT = (
    "The bridge opened in 1932.",
    "The towers are 90 metres high.",
    "Seven painters work there every summer.",
)
ARCHES, OTHER_ARCHES = "The bridge rests on 5 arches.", "The bridge rests on 6 arches."
PHONE = {"width": 360, "height": 740}
PAGES = [f"Chapter {number}. Notes of the engineers, part {number}." for number in range(1, 11)]
PAGES[6] = f"Chapter 7. Work began in 1924. {OPENED} It is painted grey."
PAGES[2] = f"Chapter 3. {ARCHES}"
PAGES[8] = "Chapter 9. The towers are 89 metres high."


async def _fill(installation: Installation) -> None:
    made = await installation.library.collections.create("keeper", "bridge", is_shared=True)
    await installation.library.add(made.collection_id, "keeper", File(make_pdf(*PAGES), "bridge.pdf"))
    await installation.library.add(made.collection_id, "keeper", File(OTHER_ARCHES.encode(), "newspaper.txt"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer[Installation]]:
    folder = tmp_path_factory.mktemp("answers")
    rules = [
        Rule("painters", ABSENT),
        Rule("arches", ARCHES),
        Rule("draw", Reply((WRONG, OPENED))),
        Rule("sure", Reply((ABSENT, ABSENT, OPENED))),
        Rule(".", f"Hello! {OPENED} {WRONG} {ABSENT}"),
    ]
    backend = ScriptedBackend(rules)
    releases = {
        "assistant": answering_release("mark"),
        "careful": answering_release("strict"),
        "drafting": answering_release("mark", truth="drafts = 2"),
        "unsure": answering_release("mark", collection="", wording="", truth="samples = 2"),
    }
    with run_server(
        lambda: open_installation(folder, backend, releases, verifier=WordVerifier(), rate_per_minute=None)
    ) as running:
        running.call(_fill(running.installation))
        yield running


@pytest.fixture
def chat(server: RunningServer[Installation], open_chat: Callable[..., Chat]) -> Chat:
    opened: Chat = open_chat(server)
    return opened


def sign(chat: Chat, verdict: str, sentence: str) -> Locator:
    return chat.page.get_by_role("button", name=f"{verdict}: {sentence}", exact=True)


def passage(chat: Chat) -> Locator:
    return chat.page.get_by_role("dialog")


def test_a_sentence_shows_the_passage_that_decided_it_with_its_page(chat: Chat) -> None:
    chat.ask("When was the bridge opened?")
    chat.wait_for_end()
    supported = sign(chat, "Supported by a source", OPENED)
    expect(supported).to_be_visible(timeout=LIMIT_MS)
    supported.click()
    expect(passage(chat).locator("mark")).to_have_text(OPENED, timeout=LIMIT_MS)
    expect(passage(chat)).to_contain_text("bridge.pdf")
    expect(passage(chat)).to_contain_text("Page 7")
    chat.page.keyboard.press("Escape")
    expect(passage(chat)).to_have_count(0, timeout=LIMIT_MS)
    expect(sign(chat, "A source says otherwise", WRONG)).to_be_visible()
    expect(sign(chat, "Not found in the sources", ABSENT)).to_be_visible()
    expect(chat.answers.last).to_contain_text("1 supported, 1 contradicted, 1 not found")


def test_verdicts_are_there_when_the_conversation_is_opened_again_and_by_keyboard(chat: Chat) -> None:
    chat.ask("When was the bridge opened?")
    chat.wait_for_end()
    chat.page.reload()
    wrong = sign(chat, "A source says otherwise", WRONG)
    expect(wrong).to_be_visible(timeout=LIMIT_MS)
    sign(chat, "Supported by a source", OPENED).focus()
    chat.page.keyboard.press("Tab")
    expect(passage(chat).locator("mark")).to_contain_text("89 metres", timeout=LIMIT_MS)
    expect(passage(chat)).to_contain_text("Page 9")
    expect(wrong).to_be_focused()


def test_axe_finds_nothing_in_a_marked_answer(chat: Chat, nothing_to_mend: Callable[..., None]) -> None:
    chat.ask("When was the bridge opened?")
    chat.wait_for_end()
    sign(chat, "Supported by a source", OPENED).click()
    expect(passage(chat)).to_be_visible(timeout=LIMIT_MS)
    nothing_to_mend(chat.page)


def test_the_filter_leaves_what_no_source_supports(chat: Chat) -> None:
    chat.ask("When was the bridge opened?")
    chat.wait_for_end()
    chat.button("Show only what is not supported").click()
    expect(chat.answers.last.get_by_role("listitem")).to_have_count(2, timeout=LIMIT_MS)
    expect(chat.answers.last).not_to_contain_text("Hello!")
    chat.button("Show the whole answer").click()
    expect(chat.answers.last).to_contain_text("Hello!", timeout=LIMIT_MS)


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark", "viewport": PHONE}], ids=["light", "dark-narrow"])
def test_both_sides_are_shown_where_sources_disagree(
    server: RunningServer[Installation],
    open_chat: Callable[..., Chat],
    nothing_to_mend: Callable[..., None],
    look: dict[str, object],
) -> None:
    chat = open_chat(server, **look)
    chat.ask("How many arches are there?")
    chat.wait_for_end()
    expect(chat.answers.last).to_contain_text("1 contested", timeout=LIMIT_MS)
    sign(chat, "Sources disagree", ARCHES).click()
    for_it = passage(chat).get_by_role("region", name="It is said here")
    expect(for_it).to_contain_text("bridge.pdf", timeout=LIMIT_MS)
    expect(for_it.locator("mark")).to_have_text(ARCHES)
    against = passage(chat).get_by_role("region", name="Otherwise here")
    expect(against).to_contain_text("newspaper.txt")
    expect(against.locator("mark")).to_have_text(OTHER_ARCHES)
    nothing_to_mend(chat.page)
    chat.page.keyboard.press("Escape")
    chat.button("Show only what is not supported").click()
    expect(chat.answers.last.get_by_role("listitem")).to_have_count(1)


def on_channel(server: RunningServer[Installation], chat: Chat, channel: str) -> None:
    """Open a new conversation on a channel."""
    made = chat.page.context.request.post(
        "/v1/conversations", data={"channel": channel}, headers={"origin": server.url}
    )
    chat.page.goto(f"/c/{made.json()['id']}")


def test_where_no_source_was_asked_the_answer_says_how_sure_the_model_is_and_that_this_is_no_check(
    server: RunningServer[Installation], chat: Chat, nothing_to_mend: Callable[..., None]
) -> None:
    on_channel(server, chat, "unsure")
    chat.ask("Are you sure?")
    chat.wait_for_end()
    sign(chat, "No source was asked", ABSENT).click()
    expect(passage(chat)).to_contain_text("the model says this in 1 of 2 tries", timeout=LIMIT_MS)
    expect(passage(chat)).to_contain_text("no check")
    nothing_to_mend(chat.page)


def test_the_best_supported_draft_is_shown_and_said_to_be_one(server: RunningServer[Installation], chat: Chat) -> None:
    on_channel(server, chat, "drafting")
    chat.ask("Please draw two.")
    chat.wait_for_end()
    expect(sign(chat, "Supported by a source", OPENED)).to_be_visible(timeout=LIMIT_MS)
    expect(chat.answers.last).to_contain_text("The best supported of 2 drafts.")
    expect(chat.answers.last).not_to_contain_text(WRONG)


def test_a_strict_channel_says_that_it_found_nothing(server: RunningServer[Installation], chat: Chat) -> None:
    on_channel(server, chat, "careful")
    chat.ask("Who are the painters?")
    chat.wait_for_end()
    expect(chat.answers.last).to_contain_text(NOT_FOUND, timeout=LIMIT_MS)
    expect(chat.answers.last).to_contain_text("1 sentence of the model was held back")
