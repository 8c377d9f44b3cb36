"""The frame: palette, shortcuts, drawer, languages, looks, zoom, keyboard; axe on every page of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.browser.shell.conftest import House, Person

pytestmark = pytest.mark.browser

PAGES = ("/settings", "/settings/account", "/settings/keys", "/settings/about", "/nowhere")
PHONE = {"width": 360, "height": 740}
_OVERFLOW = """() => Math.max(
  ...[document.documentElement, document.querySelector('#main')].map((one) => one.scrollWidth - one.clientWidth))"""
_FOCUSED = """() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"""
ZOOMED = {"width": 320, "height": 256}
"""A screen of 1280 by 1024 at 400 %."""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(
    person: Callable[..., Person], theme: str, nothing_to_mend: Callable[..., None]
) -> None:
    ann = person(color_scheme=theme)
    ann.talk("Plays", "Who wrote Hamlet?")
    ann.talk("من كتب هاملت؟")
    page = ann.page
    for path in PAGES:
        ann.open(path)
        expect(ann.conversation("Plays")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).not_to_be_empty()
        expect(page.get_by_text("Loading")).to_have_count(0)
        nothing_to_mend(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens_above_a_page(
    person: Callable[..., Person], theme: str, nothing_to_mend: Callable[..., None]
) -> None:
    ann = person(color_scheme=theme)
    ann.talk("Plays", "Who wrote Hamlet?")
    page = ann.open("/settings").page
    expect(ann.conversation("Plays")).to_be_visible()

    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("ham")
    expect(page.get_by_role("group", name="Messages")).to_be_visible()
    nothing_to_mend(page)
    page.keyboard.press("Escape")

    page.keyboard.press("Control+/")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    nothing_to_mend(page)
    page.keyboard.press("Escape")

    ann.list.get_by_role("button", name=re.compile("Plays")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_visible()
    # A menu belongs to its button, and stands outside of every landmark wherever menus are made like this.
    nothing_to_mend(page, without=("region",))
    page.keyboard.press("Escape")

    ann.act("Plays", "Select")
    nothing_to_mend(page)
    page.get_by_role("toolbar").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    nothing_to_mend(page)
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    nothing_to_mend(page)
    page.get_by_role("button", name="Undo").click()

    page.get_by_role("textbox", name="Search conversations").fill("hamlet")
    expect(ann.list.locator("mark").first).to_be_visible()
    nothing_to_mend(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_the_sign_in_page(
    house: House, page_at: Callable[..., Page], theme: str, nothing_to_mend: Callable[..., None]
) -> None:
    page = page_at(house.url, "/sign-in", color_scheme=theme)
    page.get_by_label("Name").fill("nobody")
    page.get_by_role("textbox", name="Password").fill("nothing at all")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    nothing_to_mend(page)


def test_nothing_is_cut_off_or_scrolls_sideways_at_four_times_the_size(person: Callable[..., Person]) -> None:
    ann = person(viewport=ZOOMED)
    ann.talk("A conversation with a long title that does not fit anywhere on this screen")
    page = ann.page
    for path in (*PAGES, "/"):
        ann.open(path)
        expect(page.get_by_role("button", name="Open side bar")).to_be_visible()
        expect(page.get_by_text("Loading")).to_have_count(0)
        assert _overflow(page) <= 0, path
        page.get_by_role("button", name="Open side bar").click()
        expect(page.get_by_role("dialog", name="Side bar")).to_be_visible()
        assert _overflow(page) <= 0, path
        page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_in_viewport()
    expect(page.get_by_role("option").first).to_be_in_viewport()


def _overflow(page: Page) -> int:
    return int(page.evaluate(_OVERFLOW))


def test_on_a_phone_the_side_bar_is_a_drawer(
    person: Callable[..., Person], nothing_to_mend: Callable[..., None]
) -> None:
    ann = person(viewport=PHONE, has_touch=True)
    ann.talk("Plays", "Who wrote Hamlet?")
    page = ann.open("/settings").page
    expect(ann.list).to_be_hidden()
    page.get_by_role("button", name="Open side bar").tap()
    drawer = page.get_by_role("dialog", name="Side bar")
    expect(ann.conversation("Plays")).to_be_visible()
    expect(drawer.get_by_role("button", name=re.compile("Actions for"))).to_be_visible()
    expect(page.get_by_role("tooltip")).to_have_count(0)
    nothing_to_mend(page)
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.get_by_role("button", name="Open side bar")).to_be_focused()
    page.get_by_role("button", name="Open side bar").tap()
    ann.conversation("Plays").tap()
    expect(drawer).to_be_hidden()
    expect(page).to_have_url(re.compile("/c/"))


def test_the_palette_starts_commands_and_finds_conversations(person: Callable[..., Person]) -> None:
    ann = person()
    found = ann.talk("Plays", "Who wrote Hamlet?")
    page = ann.open("/settings").page
    expect(ann.conversation("Plays")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("combobox")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("play")
    expect(page.get_by_role("option")).to_have_text(["Plays"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{ann.house.url}/c/{found}")
    page.keyboard.press("Control+k")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_hidden()


def test_shortcuts_work_in_fields_except_single_characters(person: Callable[..., Person]) -> None:
    ann = person()
    page = ann.open("/settings").page
    search = page.get_by_role("textbox", name="Search conversations")
    search.press("?")
    expect(search).to_have_value("?")
    search.press("Control+/")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet).to_be_visible()
    sheet.get_by_role("switch").click()
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("?")
    page.keyboard.press("Control+\\")
    expect(sheet).to_be_hidden()
    expect(ann.list).to_be_hidden()
    page.keyboard.press("Control+\\")
    expect(ann.list).to_be_visible()
    page.keyboard.press("Control+;")
    expect(page).to_have_url(f"{ann.house.url}/")


def test_language_and_theme_go_with_the_person_and_the_text_size_with_the_screen(
    person: Callable[..., Person], open_context: Callable[..., object], signing_in: Callable[..., None]
) -> None:
    ann = person()
    page = ann.open("/settings").page
    page.get_by_role("radio", name="简体中文").check()
    expect(page.get_by_role("heading", level=1, name="通用")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    with page.expect_response(lambda answer: '"dark"' in (answer.request.post_data or "")):
        page.get_by_role("radio", name="深色").check()
    page.get_by_role("radio", name="特大").check()
    expect(page.locator("html")).to_have_css("font-size", "21px")
    page.reload()
    expect(page.get_by_role("radio", name="特大")).to_be_checked()
    with open_context(ann.house.url) as elsewhere:  # type: ignore[attr-defined]
        signing_in(elsewhere, ann.house.url, ann.name)
        other = elsewhere.new_page()
        other.goto("/settings")
        expect(other.get_by_role("heading", level=1, name="通用")).to_be_visible()
        expect(other.locator("html")).to_have_attribute("data-theme", "dark")
        expect(other.locator("html")).to_have_css("font-size", "16px")


def test_the_app_is_worked_by_keyboard_alone(person: Callable[..., Person]) -> None:
    ann = person()
    for title in ("A", "B"):
        ann.talk(title, "Who wrote Hamlet?")
    page = ann.open("/settings").page
    expect(ann.conversation("A")).to_be_visible()
    expect(page.get_by_role("link", name="General")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    stops = []
    for _ in range(12):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(_FOCUSED))
    assert [re.sub(r"[\u2068\u2069]|Ctrl.*", "", stop) for stop in stops] == [
        "Verax, new chat",
        "Close side bar",
        "New chat",
        "Search conversations",
        "Archive",
        "B",
        "Actions for “B”",
        "Collections",
        "Junior",
        "Behind the answers",
        f"{ann.name}Member",
        "General",
    ]
    for _ in range(6):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    expect(ann.conversation("A")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/c/"))
    expect(page.get_by_role("heading", level=1, name="A")).to_be_attached()
    expect(page.get_by_role("status").filter(has_text=re.compile("^A$"))).to_be_attached()


def test_going_somewhere_tells_where_one_is(person: Callable[..., Person]) -> None:
    ann = person()
    page = ann.open("/settings").page
    expect(page).to_have_title("General · Settings · Verax")
    page.get_by_role("link", name="About").click()
    expect(page).to_have_title("About · Settings · Verax")
    expect(page.get_by_role("status").filter(has_text="About")).to_be_attached()
    expect(page.get_by_role("link", name="About")).to_be_focused()
    page.get_by_role("button", name=ann.name).click()
    page.get_by_role("menuitem", name="Settings").click()
    expect(page.get_by_role("heading", level=1, name="General")).to_be_focused()
    page.get_by_role("link", name="Skip to content").press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_whoever_may_not_open_a_page_is_told(house: House, page_at: Callable[..., Page]) -> None:
    page = page_at(house.url, "/nowhere/at/all")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_the_app_can_be_installed_and_names_its_parts(person: Callable[..., Person]) -> None:
    ann = person()
    page = ann.open("/settings/about").page
    manifest = ann.get("/site.webmanifest")
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        answer = page.context.request.get(icon["src"])
        assert answer.ok
        assert answer.headers["content-type"] == icon["type"]
    page.get_by_role("button", name="Show the licences").click()
    notices = page.get_by_role("region", name="Parts by others").last
    for name in ("react 19", "source-serif-4", "OPEN FONT LICENSE", "Permission is hereby granted"):
        expect(notices).to_contain_text(name)
