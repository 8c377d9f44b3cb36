"""One's own account: name, password, sessions, keys, export, and its erasure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserContext, expect

if TYPE_CHECKING:
    from tests.browser.shell.conftest import House, Person

    from verax.surfaces.founding import Founding

pytestmark = pytest.mark.browser

PASSWORD = "a few words together"


def test_name_and_password_are_changed_and_other_sessions_end(
    person: Callable[..., Person],
    open_context: Callable[..., AbstractContextManager[BrowserContext]],
    signing_in: Callable[..., None],
) -> None:
    ann = person()
    page = ann.open("/settings/account").page
    page.get_by_role("textbox", name="Name", exact=True).fill(f"{ann.name}-again")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name=f"{ann.name}-again Member")).to_be_visible()
    with open_context(ann.house.url) as elsewhere:
        signing_in(elsewhere, ann.house.url, f"{ann.name}-again")
        page.reload()
        expect(page.get_by_role("button", name="End", exact=True)).to_be_visible()
        page.get_by_role("textbox", name="Present password").fill("not the one")
        page.get_by_role("textbox", name="New password").fill("another good password")
        page.get_by_role("button", name="Change the password").click()
        expect(page.get_by_text("The present password is not right.")).to_be_visible()
        page.get_by_role("textbox", name="Present password").fill(PASSWORD)
        page.get_by_role("button", name="Change the password").click()
        expect(page.get_by_text("The password is changed, and other sessions have ended.", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="End", exact=True)).to_have_count(0)
        assert elsewhere.request.get("/v1/session").status == 401
    assert ann.get("/v1/session")["name"] == f"{ann.name}-again"


def test_a_session_elsewhere_is_ended(
    person: Callable[..., Person],
    open_context: Callable[..., AbstractContextManager[BrowserContext]],
    signing_in: Callable[..., None],
) -> None:
    ann = person()
    with open_context(ann.house.url) as elsewhere:
        signing_in(elsewhere, ann.house.url, ann.name)
        page = ann.open("/settings/account").page
        expect(page.get_by_text("This one")).to_be_visible()
        page.get_by_role("button", name="End", exact=True).click()
        expect(page.get_by_role("button", name="End", exact=True)).to_have_count(0)
        assert elsewhere.request.get("/v1/session").status == 401


def test_a_key_is_shown_once_works_and_is_revoked(person: Callable[..., Person]) -> None:
    ann = person()
    page = ann.open("/settings/keys").page
    page.get_by_role("button", name="Make a key").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_focused()
    dialog.get_by_label("Name").fill("my script")
    dialog.get_by_label("Lasts").select_option("30 days")
    dialog.get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("dialog", name="Your new key")).to_contain_text("It is shown this once")
    key = page.get_by_role("dialog").locator("code").inner_text()
    headers = {"Authorization": f"Bearer {key}"}
    assert page.context.request.get("/v1/models", headers=headers).ok
    page.get_by_role("button", name="I have kept it").click()
    row = page.get_by_role("row", name=re.compile("my script"))
    expect(row).to_contain_text(key[:6])
    assert key not in page.content()
    row.get_by_role("button", name=re.compile("Revoke")).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("There is no key yet.")).to_be_visible()
    assert page.context.request.get("/v1/models", headers=headers).status == 401


def test_everything_is_exported_and_then_erased(person: Callable[..., Person]) -> None:
    ann = person()
    ann.talk("Plays", "Who wrote Hamlet?")
    page = ann.open("/settings/account").page
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert any("Who wrote Hamlet?" in json.dumps(line) for line in lines)

    page.get_by_role("button", name="Erase my account").click()
    question = page.get_by_role("alertdialog", name="Erase your account for good?")
    expect(question.get_by_role("button", name="Erase my account")).to_be_disabled()
    question.get_by_role("textbox", name="Your password").fill("not the one")
    question.get_by_role("button", name="Erase my account").click()
    expect(question).to_contain_text("The present password is not right.")
    question.get_by_role("textbox", name="Your password").fill(PASSWORD)
    question.get_by_role("button", name="Erase my account").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    done = page.context.request.post(
        "/v1/session", data={"name": ann.name, "password": PASSWORD}, headers={"Origin": ann.house.url}
    )
    assert done.status == 401


def test_the_last_owner_is_told_why_the_account_stays(
    new_house: tuple[House, Founding],
    open_context: Callable[..., AbstractContextManager[BrowserContext]],
    signing_in: Callable[..., None],
) -> None:
    house, founding = new_house
    with open_context(house.url) as context:
        signing_in(context, house.url, "owner", founding.owner.password)
        page = context.new_page()
        page.goto("/settings/account")
        page.get_by_role("button", name="Erase my account").click()
        question = page.get_by_role("alertdialog", name="Erase your account for good?")
        question.get_by_role("textbox", name="Your password").fill(founding.owner.password)
        question.get_by_role("button", name="Erase my account").click()
        expect(question).to_contain_text("This is the last owner of the installation.")
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Erase my account")).to_be_focused()
