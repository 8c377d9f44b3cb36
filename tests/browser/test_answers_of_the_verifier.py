"""A chat over a PDF whose text flows over lines and pages: the verifier that ships judges what the search finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from verax.surfaces.installation import Installation
from verax.testing.installations import open_installation
from verax.testing.pdfs import flowing_pdf
from verax.testing.running_server import RunningServer, run_server
from verax.testing.scripted import Rule, ScriptedBackend
from verax.testing.shelves import answering_release
from verax.truth.knowledge.library import File
from verax.truth.verifier.local import LocalVerifier

if TYPE_CHECKING:
    from tests.browser.conftest import Chat

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not LocalVerifier().is_available, reason="no weights of the verifier here"),
]

LIMIT_MS = 60_000  # a verdict takes the verifier a second, and many on a busy machine
OPENED = (
    "The bridge over the river was opened by the mayor on a cold morning in May 1932, before a crowd of 4,000 people."
)
WRONG = "The towers of the bridge are 96 metres high."
ABSENT = "A bakery at the northern end sells bread on Sundays."
HIGH = (
    "The towers of the bridge are 89 metres high, and each of them was built of granite from the quarry in the hills."
)
FILLER = (
    "The engineers wrote down what they saw every day, and part {0} of their notes tells of the weather. Rain fell in "
    "the valley for most of the week. The workers waited in the huts beside the road and played cards. In the evening "
    "the foreman counted the tools and locked the shed."
)


def paragraphs() -> list[str]:
    """Return what fills several pages, with the sentences that matter far from one another."""
    notes = [FILLER.format(number) for number in range(1, 25)]
    notes[9] = f"{notes[9]} {OPENED} It is painted grey."
    notes[19] = f"{notes[19]} {HIGH}"
    return notes


async def _fill(installation: Installation) -> None:
    made = await installation.library.collections.create("keeper", "bridge", is_shared=True)
    data = flowing_pdf("Notes of the engineers", *paragraphs())
    await installation.library.add(made.collection_id, "keeper", File(data, "notes.pdf"))
    while await installation.library.meaning.encode_waiting():
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer[Installation]]:
    folder = tmp_path_factory.mktemp("verifier")
    backend = ScriptedBackend([Rule(".", f"{OPENED} {WRONG} {ABSENT}")])
    releases = {"assistant": answering_release("mark")}
    with run_server(lambda: open_installation(folder, backend, releases, rate_per_minute=None)) as running:
        running.call(_fill(running.installation))
        yield running


def test_the_verifier_that_ships_marks_sentences_with_the_page_and_the_words_that_decide(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    chat.ask("When was the bridge opened, and how high are its towers?")
    expect(chat.answers.last).to_contain_text("1 supported, 1 contradicted, 1 not found", timeout=LIMIT_MS)

    def sign(verdict: str, sentence: str) -> None:
        chat.page.get_by_role("button", name=f"{verdict}: {sentence}", exact=True).click()

    dialog = chat.page.get_by_role("dialog")
    sign("Supported by a source", OPENED)
    expect(dialog.locator("mark").first).to_have_text(OPENED)
    expect(dialog.locator("mark").first).to_be_in_viewport(ratio=0.9)
    expect(dialog).to_contain_text("notes.pdf")
    expect(dialog).to_contain_text("Page 2")
    chat.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    sign("A source says otherwise", WRONG)
    expect(dialog.locator("mark").first).to_have_text(HIGH)
    expect(dialog.locator("mark").first).to_be_in_viewport(ratio=0.9)
    chat.page.keyboard.press("Escape")
    chat.page.set_viewport_size({"width": 390, "height": 560})
    sign("A source says otherwise", WRONG)
    expect(dialog.locator("mark").first).to_be_in_viewport(ratio=0.9)
    expect(dialog.get_by_text("Page 4")).to_be_in_viewport(ratio=0.9)
    expect(dialog).to_contain_text("Page 4")
