"""The list of conversations: by time, searched, renamed, pinned, archived, exported, erased; in two tabs; in pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.shell.conftest import Person

pytestmark = pytest.mark.browser

_GONE = """async (path) => {
  for (let tries = 0; tries < 100; tries++) {
    if ((await fetch(path)).status === 404) return 404
    await new Promise((goOn) => setTimeout(goOn, 100))
  }
}"""


def test_a_title_is_changed_in_place(person: Callable[..., Person]) -> None:
    ann = person()
    ann.talk("Old title")
    page = ann.open().page
    ann.act("Old title", "Rename")
    field = page.get_by_role("textbox", name="New title")
    expect(field).to_be_focused()
    page.keyboard.type("A new title")
    page.keyboard.press("Enter")
    expect(ann.conversation("A new title")).to_be_focused()
    page.keyboard.press("F2")
    page.keyboard.type("not this")
    page.keyboard.press("Escape")
    expect(ann.conversation("A new title")).to_be_visible()
    page.reload()
    expect(ann.conversation("A new title")).to_be_visible()


def test_pinned_ones_come_first_and_the_archive_is_a_view_of_its_own(person: Callable[..., Person]) -> None:
    ann = person()
    for title in ("First", "Second", "Third"):
        ann.talk(title)
    page = ann.open().page
    expect(ann.list.get_by_role("heading")).to_have_text(["Today"])
    expect(ann.list.get_by_role("link")).to_have_text(["Third", "Second", "First"])
    ann.act("First", "Pin")
    expect(ann.list.get_by_role("heading")).to_have_text(["Pinned", "Today"])
    expect(ann.list.get_by_role("link")).to_have_text(["First", "Third", "Second"])
    ann.act("Third", "Archive")
    expect(ann.list.get_by_role("link")).to_have_text(["First", "Second"])
    ann.list.get_by_role("button", name="Archive", exact=True).click()
    expect(ann.list.get_by_role("link")).to_have_text(["Third"])
    ann.act("Third", "Take out of the archive")
    expect(page.get_by_text("The archive is empty.")).to_be_visible()
    ann.list.get_by_role("button", name="Back to the conversations").click()
    expect(ann.conversation("Third")).to_be_visible()


def test_an_erasure_says_what_it_does_and_is_undone_in_time(person: Callable[..., Person]) -> None:
    ann = person()
    kept = ann.talk("Keep me", "Who wrote Hamlet?")
    page = ann.open(f"/c/{kept}").page
    ann.act("Keep me", "Delete")
    question = page.get_by_role("alertdialog", name="Delete this conversation?")
    expect(question).to_contain_text("is erased for good: its 2 messages")
    expect(question).to_contain_text("What stays is one line for each answer in the public log")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(ann.conversation("Keep me")).to_be_visible()
    ann.act("Keep me", "Delete")
    question.get_by_role("button", name="Delete").click()
    expect(ann.conversation("Keep me")).to_be_hidden()
    expect(page).to_have_url(f"{ann.house.url}/")
    page.get_by_role("button", name="Undo").click()
    expect(ann.conversation("Keep me")).to_be_visible()
    assert ann.get(f"/v1/conversations/{kept}")["messages"] == 2


def test_an_erasure_happens_when_its_time_is_up(person: Callable[..., Person]) -> None:
    ann = person()
    gone = ann.talk("Erase me", "Who wrote Hamlet?")
    page = ann.page
    page.clock.install()
    ann.open()
    ann.act("Erase me", "Delete")
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Will be erased in 10 seconds.", exact=True)).to_be_visible()
    with page.expect_response(re.compile(gone)) as answer:
        page.clock.run_for(10_000)
    assert answer.value.request.method == "DELETE"
    assert len(answer.value.json()["erasures"]) == 1
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    assert page.context.request.get(f"/v1/conversations/{gone}").status == 404


def test_an_erasure_happens_when_the_tab_is_closed(person: Callable[..., Person]) -> None:
    ann = person()
    gone = ann.talk("Erase me", "Who wrote Hamlet?")
    ann.open()
    ann.act("Erase me", "Delete")
    ann.page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(ann.conversation("Erase me")).to_be_hidden()
    other = ann.page.context.new_page()
    ann.page.close()
    other.goto("/settings")
    expect(other.get_by_text("Nothing here yet.")).to_be_visible()
    # The request of the closed tab may be on its way still; the app that is open again asks a second time.
    assert other.evaluate(_GONE, f"/v1/conversations/{gone}") == 404


def test_several_are_chosen_and_archived_or_deleted_together(person: Callable[..., Person]) -> None:
    ann = person()
    for title in ("A", "B", "C", "D"):
        ann.talk(title)
    page = ann.open().page
    ann.act("A", "Select")
    page.get_by_role("checkbox", name="B").check()
    bar = page.get_by_role("toolbar")
    expect(bar.get_by_text("2 selected")).to_be_visible()
    bar.get_by_role("button", name="Archive").click()
    expect(ann.list.get_by_role("link")).to_have_text(["D", "C"])
    page.get_by_role("button", name="Undo").click()
    expect(ann.list.get_by_role("link")).to_have_text(["D", "C", "B", "A"])
    ann.act("A", "Select")
    bar.get_by_role("checkbox").check()
    bar.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alertdialog", name="Delete 4 conversations?")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    bar.get_by_role("button", name="End the selection").click()
    expect(ann.list.get_by_role("link")).to_have_count(4)


def test_a_conversation_is_exported_in_two_forms(person: Callable[..., Person]) -> None:
    ann = person()
    ann.talk("Plays", "Who wrote Hamlet?")
    page = ann.open().page
    with page.expect_download() as markdown:
        ann.act("Plays", "Export as Markdown")
    text = markdown.value.path().read_text()
    assert "Plays" in text
    assert "Hamlet was written by William Shakespeare." in text
    assert markdown.value.suggested_filename.endswith(".md")
    with page.expect_download() as data:
        ann.act("Plays", "Export as JSON")
    assert "Hamlet was written by William Shakespeare." in json.dumps(json.loads(data.value.path().read_text()))


def test_another_tab_follows(person: Callable[..., Person]) -> None:
    ann = person()
    ann.talk("Shared")
    page = ann.open().page
    other = page.context.new_page()
    other.goto("/settings")
    expect(other.get_by_role("link", name="Shared")).to_be_visible()
    ann.act("Shared", "Rename")
    expect(page.get_by_role("textbox", name="New title")).to_be_focused()
    page.keyboard.type("Renamed")
    page.keyboard.press("Enter")
    expect(other.get_by_role("link", name="Renamed")).to_be_visible()
    ann.act("Renamed", "Delete")
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(other.get_by_role("link", name="Renamed")).to_be_hidden()


def test_a_search_marks_what_it_found_and_leads_to_the_message(person: Callable[..., Person]) -> None:
    ann = person()
    found = ann.talk("Plays", "Who wrote Hamlet?", "Thank you")
    ann.talk("Other", "Nothing of the kind")
    page = ann.open().page
    expect(ann.conversation("Plays")).to_be_visible()
    page.keyboard.press("Control+Shift+F")
    expect(page.get_by_role("textbox", name="Search conversations")).to_be_focused()
    page.keyboard.type("shakespeare")
    hit = ann.list.get_by_role("link", name=re.compile("William Shakespeare"))
    expect(hit.locator("mark")).to_have_text("Shakespeare")
    page.keyboard.press("ArrowDown")
    expect(hit).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/c/{found}\?message=\w+"))
    expect(page.get_by_text("Hamlet was written by William Shakespeare.").last).to_be_in_viewport()
    page.keyboard.press("Control+Shift+F")
    page.get_by_role("textbox", name="Search conversations").fill("no such word")
    expect(page.get_by_text("Nothing holds “no such word”.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(ann.conversation("Other")).to_be_visible()


def test_a_long_list_comes_in_pages_and_draws_only_what_is_seen(person: Callable[..., Person]) -> None:
    ann = person()
    installation, user_id = ann.house.installation, ann.user_id

    async def fill() -> None:
        for number in range(180):
            await installation.messages.create(user_id, channel="assistant", title=f"Talk {number}")

    ann.house.call(fill())
    titles = [talk["title"] for talk in ann.get("/v1/conversations?limit=200")["data"]]
    page = ann.open().page
    expect(ann.conversation(titles[0])).to_be_visible()
    expect(ann.conversation(titles[60])).to_have_count(0)
    # The page that opened takes the focus once; whoever works by keyboard goes on from there.
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_focused()
    ann.conversation(titles[0]).focus()
    for last in (49, 99, 149):
        page.keyboard.press("End")
        expect(ann.conversation(titles[last])).to_be_focused()
        expect(ann.conversation(titles[last + 1])).to_be_attached()
    page.keyboard.press("End")
    expect(ann.conversation(titles[179])).to_be_focused()
    assert ann.list.get_by_role("listitem").count() < 60
    page.keyboard.press("Home")
    expect(ann.conversation(titles[0])).to_be_focused()
