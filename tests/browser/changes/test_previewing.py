"""A reviewer looks at what a change would do: prompts before and after, and replies of both releases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from verax.surfaces.installation import Installation

if TYPE_CHECKING:
    from tests.browser.changes.conftest import Hall, Person

pytestmark = pytest.mark.browser

SitDown = Callable[..., "Person"]
SHORT = "\n[sampling]\nmax_tokens = 3\n"


@pytest.fixture(scope="module")
def change(hall: Hall) -> str:
    """A change that makes the assistant kinder, and cuts it short."""
    return hall.propose("ann", hall.release("You answer kindly.", "kind", SHORT))


def statuses(page: Page) -> list[str | None]:
    """Return how the two newest replies stand."""
    newest = page.locator("[data-pair]").first
    return [newest.locator(f"[data-side={side}]").get_attribute("data-status") for side in ("base", "candidate")]


def test_prompts_before_and_after_name_their_authors_and_are_checked_against_the_published_wording(
    change: str, sit_down: SitDown, nothing_to_mend: Callable[..., None]
) -> None:
    page = sit_down("bob").open(f"/changes/{change}")
    section = page.get_by_role("region", name="What it would do")
    expect(section.locator("[data-wording=verified]")).to_be_visible()
    section.get_by_label("Your own question").fill("Are you kind?")
    section.get_by_role("button", name="Show its prompt").click()
    own = section.locator("[data-example=own]")
    changed = own.locator("[data-row=changed]")
    expect(changed.locator("[data-by=release]").first).to_contain_text("You answer.")
    expect(changed.locator("ins")).to_have_text([" kindly"])
    expect(own.locator("[data-row=same] [data-by=user]")).to_contain_text("Are you kind?")
    section.get_by_text("A question with a file").click()
    refused = section.locator("[data-example=file]")
    expect(refused.get_by_text("No prompt after: attachments: this channel's release has no wording")).to_be_visible()
    nothing_to_mend(page)


def test_replies_stand_beside_each_other_with_what_differs_and_their_receipts(
    hall: Hall, change: str, sit_down: SitDown, nothing_to_mend: Callable[..., None]
) -> None:
    page = sit_down("bob", color_scheme="dark", viewport={"width": 360, "height": 800}).open(f"/changes/{change}")
    section = page.get_by_role("region", name="What it would do")
    section.get_by_label("Ask both", exact=True).fill("one two three four five")
    section.get_by_role("button", name="Ask both releases").click()
    pair = page.locator("[data-pair]").first
    expect(pair.get_by_text("differs")).to_be_visible()
    assert statuses(page) == ["complete", "length"]
    expect(pair.locator("[data-side=base] del")).to_have_text(["four five"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    nothing_to_mend(page)
    link = pair.locator("[data-side=candidate]").get_by_role("link", name="Receipt")
    turn = str(link.get_attribute("href")).rpartition("/")[2]
    record = hall.server.call(hall.server.installation.turns.get(turn)).record
    assert record is not None
    assert (record.arm, record.release) == ("preview", hall.governance.state.changes[change].candidate)
    link.click()
    expect(page.get_by_text("a preview for reviewers")).to_be_visible()


def test_a_reviewer_stops_both_replies_and_both_turns_are_recorded_as_cancelled(hall: Hall, sit_down: SitDown) -> None:
    change = hall.propose("ann", hall.release("You answer at length.", "long"))
    page = sit_down("bob").open(f"/changes/{change}")
    section = page.get_by_role("region", name="What it would do")
    section.get_by_label("Ask both", exact=True).fill("slowly, please")
    section.get_by_role("button", name="Ask both releases").click()
    expect(page.locator("[data-status=writing]", has_text="word word")).to_have_count(2)
    section.get_by_role("button", name="Stop").click()
    expect(page.locator("[data-status=stopped]")).to_have_count(2)
    expect(section.get_by_role("button", name="Stop")).to_have_count(0)
    hall.server.call(idle(hall.server.installation))
    links = page.locator("[data-pair]").get_by_role("link", name="Receipt").all()
    turns = [str(link.get_attribute("href")).rpartition("/")[2] for link in links]
    records = [hall.server.call(hall.server.installation.turns.get(turn)).record for turn in turns]
    assert [record.status for record in records if record is not None] == ["cancelled", "cancelled"]


async def idle(installation: Installation) -> None:
    """Wait until no turn is in flight; the caller limits how long."""
    while installation.engine.running:
        await asyncio.sleep(0.05)
