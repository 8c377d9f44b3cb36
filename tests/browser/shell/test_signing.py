"""Passkeys are added in the settings, and sign what waits there once the root document names them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from verax.kernel.dsse import signature_by
from verax.kernel.short_code import short_code

if TYPE_CHECKING:
    from tests.browser.conftest import Authenticator
    from tests.browser.shell.conftest import House

    from verax.surfaces.founding import Founding

pytestmark = pytest.mark.browser


class Desk:
    """The owner of a new installation at the page where one signs, with an authenticator of Chromium's own."""

    def __init__(self, house: House, founding: Founding, page: Page, authenticator: Authenticator) -> None:
        self.house = house
        self.page = page
        assert founding.genesis is not None
        self._daily_key = (founding.genesis.daily_key_id, founding.genesis.daily_seed)
        self.authenticator = authenticator

    def add_passkey(self, name: str) -> None:
        """Add a passkey with the dialog."""
        self.page.get_by_role("button", name="Add a passkey").click()
        self.page.get_by_role("dialog").get_by_label("Name").fill(name)
        self.page.get_by_role("dialog").get_by_role("button", name="Add a passkey").click()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send something with the owner's session."""
        done = self.page.context.request.post(path, data=body, headers={"Origin": self.house.url})
        assert done.ok, done.text()
        return done.json()

    def draft(self, **wish: Any) -> dict[str, Any]:
        """Have a statement written, and show it."""
        draft: dict[str, Any] = self.post("/v1/governance/drafts", wish)
        self.page.reload()
        self.page.get_by_role("listitem").filter(has_text=draft["code"]).get_by_role(
            "button", name="Look and sign"
        ).click()
        return draft

    def name_in_root(self, passkey: dict[str, Any]) -> None:
        """Put a passkey into the root document with the founder's own key."""
        manifest = self.house.installation.governance.state.root.manifest
        roles = dict(manifest["roles"])
        for role in ("author", "reviewer", "operator"):
            roles[role] = {**roles[role], "keys": sorted([*roles[role]["keys"], passkey["key_id"]])}
        keys = {**manifest["keys"], passkey["key_id"]: {**passkey["record"], "person": "owner"}}
        document = {**manifest, "version": manifest["version"] + 1, "keys": keys, "roles": roles}
        draft = self.post("/v1/governance/drafts", {"kind": "root", "document": document})
        signature = signature_by(*self._daily_key, base64.b64decode(draft["payload"]))
        body = {"key_id": signature.key_id, "sig": base64.b64encode(signature.sig).decode("ascii")}
        assert self.post(f"/v1/governance/drafts/{draft['id']}/signatures", body)["index"] is not None


@pytest.fixture
def desk(
    new_house: tuple[House, Founding],
    open_context: Callable[..., AbstractContextManager[BrowserContext]],
    signing_in: Callable[..., None],
    plug_in: Callable[[Page], Authenticator],
) -> Any:
    house, founding = new_house
    with open_context(house.url) as context:
        signing_in(context, house.url, "owner", founding.owner.password)
        page = context.new_page()
        made = Desk(house, founding, page, plug_in(page))
        made.page.goto("/settings/signing")
        yield made


def test_a_passkey_is_added_named_in_the_root_signs_and_is_removed(
    desk: Desk, nothing_to_mend: Callable[..., None]
) -> None:
    page = desk.page
    expect(page.get_by_text("There is no passkey yet.")).to_be_visible()
    expect(page.get_by_text("Nothing waits for signatures.")).to_be_visible()
    desk.add_passkey("my phone")
    expect(page.get_by_text("not in the root document")).to_be_visible()
    [passkey] = page.context.request.get("/v1/passkeys").json()["data"]
    expect(page.get_by_text(passkey["code"])).to_be_visible()
    expect(page.get_by_text(passkey["key_id"])).to_be_visible()
    nothing_to_mend(page)

    cause = "It speaks of one subject only."
    draft = desk.draft(kind="freeze", channel="assistant", cause=cause)
    dialog = page.get_by_role("dialog", name="A statement to sign")
    expect(dialog).to_contain_text("Freezes the channel: it answers nobody")
    expect(dialog).to_contain_text(cause)
    expect(dialog).to_contain_text(short_code(draft["id"]))
    nothing_to_mend(page)
    dialog.get_by_role("button", name="Sign with a passkey").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The root document names no passkey of yours.")

    desk.authenticator.verify(False)
    dialog.get_by_role("button", name="Sign with a passkey").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The passkey was not given.")

    desk.name_in_root(passkey)
    desk.authenticator.verify(True)
    dialog.get_by_role("button", name="Sign with a passkey").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The log does not take this statement.")
    discarded = desk.draft(kind="freeze", channel="assistant", cause="Made by mistake.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=f"Discard the statement {discarded['code']}").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Nothing waits for signatures.")).to_be_visible()

    desk.draft(kind="freeze", channel="assistant", cause=cause)
    dialog.get_by_role("button", name="Sign with a passkey").click()
    expect(dialog.get_by_role("status")).to_have_text(re.compile(r"It stands in the log as entry \d+\."))
    assert desk.house.installation.governance.state.channels["assistant"].frozen

    page.reload()
    expect(page.get_by_text("signs as owner")).to_be_visible()
    page.get_by_role("button", name=re.compile("Remove the passkey")).click()
    expect(page.get_by_role("alertdialog")).to_contain_text("The root document goes on naming it")
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("There is no passkey yet.")).to_be_visible()


def test_a_statement_is_not_signed_without_a_passkey_of_this_address(desk: Desk) -> None:
    desk.draft(kind="freeze", channel="assistant", cause="It speaks of one subject only.")
    dialog = desk.page.get_by_role("dialog", name="A statement to sign")
    dialog.get_by_role("button", name="Sign with a passkey").click()
    expect(dialog.get_by_role("alert")).to_contain_text("There is no passkey of yours for this address.")
