"""Receipts and what stands behind the answers, checked in a real browser against a real server."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, Route, expect

from verax.surfaces.installation import Installation
from verax.testing.installations import chat_backend, open_installation
from verax.testing.running_server import RunningServer, run_server

if TYPE_CHECKING:
    from tests.browser.conftest import Chat

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module", autouse=True)
def _axe(_webapp: None) -> None:
    """The packages that only tests use; building the app leaves them out."""
    if not AXE.is_file():
        script = "import webapp; webapp.prepared()"
        subprocess.run([sys.executable, "-c", script], cwd=ROOT / "scripts", check=True, timeout=600)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer[Installation]]:
    """A real installation with a scripted model; its logs and receipts are the real ones."""
    folder = tmp_path_factory.mktemp("proof")
    with run_server(lambda: open_installation(folder, chat_backend(0), rate_per_minute=None)) as running:
        yield running


def ask(chat: Chat) -> str:
    """Ask, wait for the answer, and return the id of its turn."""
    chat.ask("Who wrote Hamlet?")
    expect(chat.answers.last).to_contain_text("William Shakespeare")
    chat.wait_for_end()
    conversation = chat.page.url.rpartition("/")[2]
    return str(chat.call(f"/v1/conversations/{conversation}/messages")["data"][-1]["turn"]["id"])


def open_receipt(page: Page) -> None:
    """Open the receipt of the last answer."""
    page.get_by_role("button", name=re.compile("^(Receipt|The receipt|Checking)")).last.click()


def assert_accessible(page: Page) -> None:
    """Hold a page against axe's rules for WCAG 2.2 AA."""
    # Not as a script of the page: its own policy forbids that.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        ".then(({violations}) => violations.map(({id, nodes}) => [id, nodes.map(({html}) => html)]))"
    )
    assert found == []


def test_a_new_answer_is_checked_by_itself_and_its_receipt_shows_every_step(
    server: RunningServer[Installation], open_chat: Callable[..., Chat]
) -> None:
    chat = open_chat(server)
    ask(chat)
    expect(chat.page.get_by_role("button", name="Receipt checked solo")).to_be_visible()
    open_receipt(chat.page)
    sheet = chat.page.get_by_role("dialog")
    expect(sheet.locator("[data-verdict=holds]")).to_be_visible()
    outcomes = [item.get_attribute("data-outcome") for item in sheet.locator("ol [data-outcome]").all()]
    assert outcomes == ["verified"] * 5 + ["not_checked", "verified"]
    expect(sheet).to_contain_text("One person alone decided what answers here.")
    sheet.get_by_role("button", name="Open the prompt").click()
    expect(sheet.locator("[data-check=sent][data-outcome=verified]")).to_be_visible()
    assert [item.get_attribute("data-outcome") for item in sheet.locator("[data-check]").all()] == ["verified"] * 3
    expect(sheet).to_contain_text("You answer what you are asked.")
    assert_accessible(chat.page)
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_role("button", name="Receipt checked solo")).to_be_focused()


def test_the_saved_files_are_checked_by_the_stand_alone_script(
    server: RunningServer[Installation], open_chat: Callable[..., Chat], tmp_path: Path
) -> None:
    chat = open_chat(server)
    ask(chat)
    open_receipt(chat.page)
    sheet = chat.page.get_by_role("dialog")
    for name in ("Receipt", "Keys of the log", "Reply", "Decisions"):
        with chat.page.expect_download() as saving:
            sheet.get_by_role("button", name=name, exact=True).click()
        saving.value.save_as(tmp_path / saving.value.suggested_filename)
    command = sheet.locator("code", has_text="check_receipt.py").inner_text().split()
    command = [sys.executable, str(ROOT / command[1]), *command[2:]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "7 governance verified" in done.stdout
    assert "THE RECEIPT HOLDS" in done.stdout


def test_a_changed_record_is_unmissable(
    server: RunningServer[Installation], open_chat: Callable[..., Chat], tmp_path: Path
) -> None:
    chat = open_chat(server)

    def change(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text().replace('"seed":', '"seed":1', 1))

    chat.page.route(re.compile(r"/v1/receipts/[0-9a-f]+$"), change)
    ask(chat)
    mark = chat.page.get_by_role("button", name="The receipt does not hold solo")
    expect(mark).to_be_visible()
    mark.click()
    sheet = chat.page.get_by_role("dialog")
    alarm = sheet.get_by_role("alert")
    expect(alarm).to_contain_text("This receipt does not hold")
    expect(sheet.get_by_text("What it says")).to_have_count(0)
    with chat.page.expect_download() as saving:
        alarm.get_by_role("button", name="Save the evidence").click()
    saving.value.save_as(tmp_path / "evidence.json")
    assert '"failed"' in (tmp_path / "evidence.json").read_text(encoding="utf-8")
    assert_accessible(chat.page)


def test_whoever_holds_the_id_checks_the_receipt_without_an_account(
    server: RunningServer[Installation], open_chat: Callable[..., Chat], page_at: Callable[..., Page]
) -> None:
    turn = ask(open_chat(server))
    page = page_at(server.url, f"/receipt/{turn}")
    expect(page.locator("[data-verdict=holds]")).to_be_visible()
    page.get_by_role("button", name="Open the prompt").click()
    expect(page.get_by_text("Only the person who asked can open it.")).to_be_visible()
    assert_accessible(page)


def test_a_log_that_went_back_is_seen_by_a_browser_that_was_here_before(
    server: RunningServer[Installation], page_at: Callable[..., Page]
) -> None:
    page = page_at(server.url, "/transparency")
    expect(page.locator("[data-verified=true]")).to_be_visible()
    # The browser once saw one entry more than the server shows now.
    page.evaluate(
        """() => {
          const pins = JSON.parse(localStorage.getItem('verax/pins'))
          for (const log of pins.logs) log.size += 1
          localStorage.setItem('verax/pins', JSON.stringify(pins))
        }"""
    )
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("This log is not what it was")
    assert_accessible(page)


@pytest.mark.parametrize("path", ["", "/channel/assistant", "/decisions", "/logs", "/check"])
@pytest.mark.parametrize("look", ["light", "dark", "narrow"])
def test_the_pages_behind_the_answers_are_open_to_everybody(
    server: RunningServer[Installation], page_at: Callable[..., Page], path: str, look: str
) -> None:
    options = {"viewport": {"width": 390, "height": 844}} if look == "narrow" else {"color_scheme": look}
    page = page_at(server.url, f"/transparency{path}", **options)
    if path != "/check":
        expect(page.locator("[data-verified=true]")).to_be_visible()
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_pages_speak_chinese(server: RunningServer[Installation], page_at: Callable[..., Page]) -> None:
    page = page_at(server.url, "/transparency/channel/assistant", locale="zh-CN")
    expect(page.get_by_role("heading", name="答案的背后")).to_be_visible()
    expect(page.get_by_text("模型收到的每一个字")).to_be_visible()
    expect(page.get_by_text("You answer what you are asked.")).to_be_visible()
