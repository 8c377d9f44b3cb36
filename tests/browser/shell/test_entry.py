"""Getting in: the sign-in page, the first run, and a session that ends in the middle of work."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, Route, expect

if TYPE_CHECKING:
    from tests.browser.shell.conftest import House, Person

    from verax.surfaces.founding import Founding

pytestmark = pytest.mark.browser

PASSWORD = "a few words together"
_TEXTS_OF_THE_QUESTION = re.compile(r"/assets/entry-[^/]*\.js$")


def fill_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_signing_in_leads_back_to_where_one_was(house: House, page_at: Callable[..., Page]) -> None:
    house.call(house.installation.accounts.create_user("ada", password=PASSWORD, roles=("member",)))
    page = page_at(house.url, "/settings/about")
    expect(page).to_have_url(re.compile("/sign-in"))
    expect(page.get_by_label("Name")).to_be_focused()
    fill_in(page, "ada", "not the password")
    expect(page.get_by_role("alert")).to_contain_text("do not fit together")
    expect(page.get_by_role("textbox", name="Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{house.url}/settings/about")
    expect(page).to_have_title("About · Settings · Verax")
    page.go_back()
    expect(page).not_to_have_url(re.compile("/sign-in"))


def test_an_address_elsewhere_is_not_followed(house: House, page_at: Callable[..., Page]) -> None:
    house.call(house.installation.accounts.create_user("bea", password=PASSWORD, roles=("member",)))
    page = page_at(house.url, "/sign-in?next=//example.org/c/1")
    fill_in(page, "bea", PASSWORD)
    expect(page).to_have_url(f"{house.url}/")


def test_too_many_tries_are_counted_down(new_house: tuple[House, Founding], page_at: Callable[..., Page]) -> None:
    house, _ = new_house
    page = page_at(house.url, "/sign-in")
    for _ in range(6):
        expect(page.get_by_role("button", name="Sign in")).to_be_enabled()
        fill_in(page, "owner", "a wrong password")
        expect(page.get_by_role("alert")).to_be_visible()
    button = page.get_by_role("button", name=re.compile(r"Try again in \d+ seconds?"))
    expect(button).to_be_disabled()
    first = button.inner_text()
    expect(button).not_to_have_text(first)


def test_a_newcomer_finds_the_link_and_is_in_the_chat_after_one_screen(
    new_house: tuple[House, Founding], page_at: Callable[..., Page], nothing_to_mend: Callable[..., None]
) -> None:
    house, founding = new_house
    page = page_at(house.url)
    expect(page.get_by_role("heading", name="Verax is running, and waits for its owner")).to_be_visible()
    expect(page.get_by_text("The name and a password were printed below it")).to_be_visible()
    nothing_to_mend(page)

    page.goto(f"/welcome#{founding.link}")
    expect(page.get_by_role("heading", name="Welcome. This is your Verax.")).to_be_visible()
    assert founding.link not in page.evaluate("location.href")
    assert founding.genesis is not None
    assert founding.genesis.fingerprint in page.locator("code").inner_text().replace("\n", "")
    expect(page.get_by_text("Mode: solo.")).to_be_visible()
    nothing_to_mend(page)
    with page.expect_download() as kept:
        page.get_by_role("button", name="Download").click()
    assert founding.genesis.fingerprint in kept.value.path().read_text()

    page.get_by_label("Name").fill("ann")
    page.get_by_label("New password").fill("correct horse battery")
    page.get_by_role("radio", name="Dark").check()
    page.get_by_role("button", name="Start chatting").click()
    expect(page).to_have_url(f"{house.url}/")
    expect(page.get_by_role("button", name="ann Owner")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    again = page_at(house.url, f"/welcome#{founding.link}")
    expect(again.get_by_role("heading", name="This link does not work")).to_be_visible()
    again.get_by_role("link", name="Sign in").click()
    fill_in(again, "ann", "correct horse battery")
    expect(again.get_by_role("button", name="ann Owner")).to_be_visible()
    expect(again.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_session_that_ends_asks_for_the_password_and_loses_nothing(person: Callable[..., Person]) -> None:
    ann = person()
    ann.talk("Tides", "Who wrote Hamlet?")
    page = ann.open("/settings").page
    # What still came for the page would find the session ended before the search does.
    expect(ann.conversation("Tides")).to_be_visible()
    expect(page.get_by_role("heading", name="Appearance")).to_be_visible()
    house = ann.house
    for session in house.call(house.installation.accounts.sessions(ann.user_id)):
        house.call(house.installation.accounts.end_session_of(ann.user_id, session.session_id))
    search = page.get_by_role("textbox", name="Search conversations")
    held: list[Route] = []
    page.route(_TEXTS_OF_THE_QUESTION, lambda route: held.append(route))
    with page.expect_request(_TEXTS_OF_THE_QUESTION):
        search.fill("tides")
    expect(search).to_be_focused()
    expect(page.locator("#main")).to_be_visible()
    held[0].continue_()
    question = page.get_by_role("dialog", name="Your session has ended")
    expect(question.get_by_role("textbox", name="Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    expect(search).to_have_value("tides")
    expect(search).to_be_focused()
    expect(page.get_by_role("link", name=re.compile("Tides")).first).to_be_visible()


def test_signing_out_shows_nothing_more_in_any_tab(person: Callable[..., Person]) -> None:
    ann = person()
    ann.talk("Secret plans")
    page = ann.open().page
    other = page.context.new_page()
    other.goto("/settings")
    expect(other.get_by_role("link", name="Secret plans")).to_be_visible()
    page.get_by_role("button", name=ann.name).click()
    page.get_by_role("menuitem", name="Sign out").click()
    for window in (page, other):
        expect(window).to_have_url(re.compile("/sign-in"))
        expect(window.get_by_text("Secret plans")).to_have_count(0)
