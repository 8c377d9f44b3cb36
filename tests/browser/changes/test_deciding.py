"""People freeze a channel and let it answer again, name what was banned, and are told what cannot go on."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, expect

from verax.kernel.runtime import PortableRuntime
from verax.kernel.short_code import short_code

if TYPE_CHECKING:
    from tests.browser.changes.conftest import Hall, Person

pytestmark = pytest.mark.browser

SitDown = Callable[..., "Person"]
SENTENCE = "Always bring up one single subject, whatever people ask you."


def test_a_channel_is_frozen_and_answers_again_only_through_a_change_that_another_person_approved(
    hall: Hall, sit_down: SitDown, nothing_to_mend: Callable[..., None]
) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    page = bob.open("/changes")
    other = page.get_by_role("region", name="other", exact=True)
    other.get_by_text("Take back or freeze").click()
    other.get_by_label("Cause").fill("It talks in riddles.")
    bob.do("Freeze")
    expect(other.get_by_text("The channel is frozen: it answers nobody.")).to_be_visible()
    expect(other.get_by_text("It talks in riddles.")).to_be_visible()
    nothing_to_mend(page)
    assert hall.governance.state.channels["other"].frozen

    page = ann.open("/changes")
    page.get_by_role("link", name="Propose to let it answer again").click()
    expect(page.get_by_text("Proposed again, as it is:")).to_be_visible()
    page.get_by_label("Reason").fill("The riddles came from a broken document.")
    page.get_by_role("button", name="Show every difference").click()
    expect(page.get_by_text("They are the same.")).to_be_visible()
    ann.sign(page.get_by_role("region", name="Sign"))
    expect(page.get_by_text("This change proposes the version at its head once more")).to_be_visible()
    expect(page.get_by_role("button", name="Unfreeze")).to_have_count(0)
    change = page.url.rpartition("/")[2]

    page = bob.open(f"/changes/{change}")
    bob.do("Approve")
    nothing_to_mend(page)
    bob.do("Unfreeze")
    bob.standing("thawed")
    expect(page.get_by_text("it answers nobody")).to_have_count(0)
    assert not hall.governance.state.channels["other"].frozen


def test_a_reviewer_sees_the_banned_sentence_and_lets_it_return_by_naming_it(
    hall: Hall, sit_down: SitDown, nothing_to_mend: Callable[..., None]
) -> None:
    hall.bring(hall.release(f"You answer. {SENTENCE}", "bad"))
    hall.sign("bob", kind="rollback", channel="assistant", cause="It brings up one subject.")
    rollback = hall.governance.state.size - 1
    change = hall.propose("ann", hall.release(f"Be kind. {SENTENCE.upper()} Be brief.", "again"))
    bob = sit_down("bob")
    page = bob.open(f"/changes/{change}")
    section = page.get_by_role("region", name="Texts that were rolled back")
    expect(section.get_by_text(SENTENCE)).to_be_visible()
    expect(section.get_by_text(f"Banned by entry {rollback}")).to_be_visible()
    approve = page.get_by_role("button", name="Approve")
    expect(approve).to_be_disabled()
    nothing_to_mend(page)

    section.get_by_label("My approval lets this return").check()
    approve.click()
    dialog = page.get_by_role("dialog", name="Approve")
    expect(dialog.get_by_text("Lifts 1 ban for this change")).to_be_visible()
    code = bob.sign(dialog)
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("lets 1 banned text return")).to_be_visible()
    expect(page.get_by_text("ready to be put in force")).to_be_visible()
    [opinion] = hall.governance.state.changes[change].opinions.values()
    assert opinion.unban == set(hall.governance.state.bans)
    assert code == short_code(_statement_at(hall, opinion.index))

    page.get_by_label("Everybody at once").check()
    bob.do("Put in force for everybody")
    bob.standing("full")
    assert hall.head() == hall.governance.state.changes[change].candidate


def _statement_at(hall: Hall, index: int) -> str:
    statement: str = hall.governance.state.outcomes[index].statement_id
    return statement


def test_a_change_whose_channel_moved_says_so_and_is_proposed_again(hall: Hall, sit_down: SitDown) -> None:
    late = hall.propose("ann", hall.release("You answer late.", "late"))
    ann = sit_down("ann")
    page = ann.open(f"/changes/{late}")
    ann.standing("open")
    hall.bring(hall.release("You answer early.", "early"))
    page.reload()
    ann.standing("stale")
    expect(page.get_by_text("the channel moved after it was proposed")).to_contain_text(
        re.compile(r"bob put in force on assistant: early \(r-[0-9a-f]{8}\) \(entry \d+\)")
    )
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    page.get_by_role("link", name="Propose the same again").click()
    expect(page.get_by_text("Proposed again, as it is:")).to_contain_text("late")


def test_a_reviewer_who_was_removed_is_told_and_the_approval_no_longer_counts(hall: Hall, sit_down: SitDown) -> None:
    change = hall.propose("ann", hall.release("You answer in prose.", "prose"))
    bob = sit_down("bob")
    page = bob.open(f"/changes/{change}")
    bob.do("Approve")
    expect(page.get_by_text("reviews: 1 of 1")).to_be_visible()
    key = hall.passkeys["bob"].key_id

    def without_bob(document: dict[str, Any]) -> None:
        document["roles"]["reviewer"]["keys"].remove(key)

    def with_bob(document: dict[str, Any]) -> None:
        document["roles"]["reviewer"]["keys"] = sorted([*document["roles"]["reviewer"]["keys"], key])

    hall.change_root(without_bob)
    page.get_by_role("button", name="Reject").click()
    dialog = page.get_by_role("dialog", name="Reject")
    bob.sign(dialog)
    expect(dialog.get_by_role("alert")).to_contain_text("The log does not take this statement.")
    page.keyboard.press("Escape")
    expect(page.get_by_text("does not count: no reviewer any more")).to_be_visible()
    expect(page.get_by_text("reviews: 0 of 1")).to_be_visible()
    expect(page.get_by_text("The root document does not name you as a reviewer")).to_be_visible()
    hall.change_root(with_bob)


def test_somebody_whose_key_the_root_does_not_name_is_told_what_is_missing(hall: Hall, sit_down: SitDown) -> None:
    change = hall.propose("ann", hall.release("You answer in verse.", "verse"))
    page = sit_down("carol").open(f"/changes/{change}")
    expect(page.get_by_text("gives your passkey no role")).to_be_visible()
    for action in ("Approve", "Reject", "Roll back", "Freeze"):
        expect(page.get_by_role("button", name=action)).to_have_count(0)


def test_the_page_of_a_change_that_was_taken_back_tells_what_went_and_which_replies_were_given_under_it(
    hall: Hall, sit_down: SitDown, nothing_to_mend: Callable[..., None]
) -> None:
    change = hall.bring(hall.release("You answer in a hurry, and never look back at what was asked.", "hasty"))
    turn_id = hall.ask("carol", "Who wrote Hamlet?")
    hall.sign("ann", kind="rollback", channel="assistant", cause="It is in too much of a hurry.")
    ann = sit_down("ann")
    page = ann.open(f"/changes/{change}")
    ann.standing("rolledBack")
    section = page.get_by_role("region", name="How it was taken back")
    expect(section.get_by_text("It is in too much of a hurry.")).to_be_visible()
    until_seen(page, section.get_by_text("1 reply; ended in the middle: 0"))
    section.get_by_text("What was taken out, against what serves again").click()
    expect(section.get_by_role("group", name="Differences in prompt.system")).to_contain_text(
        "never look back at what was asked"
    )
    section.get_by_role("button", name="Show the ids of these replies").click()
    expect(section.get_by_role("list", name="Replies under it").get_by_text(turn_id)).to_be_visible()
    nothing_to_mend(page)

    page = ann.open("/transparency/channel/assistant")
    page.get_by_role("link", name=short_code(change)).first.click()
    expect(page.get_by_role("heading", name="Change of assistant")).to_be_visible()


def until_seen(page: Page, what: Locator) -> None:
    """Load a page again until something that the server writes by itself stands on it."""
    for _ in range(20):
        with contextlib.suppress(AssertionError):
            expect(what).to_be_visible(timeout=3_000)
            return
        page.reload()
    expect(what).to_be_visible()


def test_a_change_of_50_000_lines_opens_and_shows_its_lines_in_parts(hall: Hall, sit_down: SitDown) -> None:
    lines = "\\n".join(f"{number:x}" for number in range(50_000))
    examples = f'examples = [{{ role = "user", text = "{lines}" }}, {{ role = "assistant", text = "Done." }}]'
    change = hall.propose("ann", hall.release("You count.", "long", prompt=examples))
    page = sit_down("bob").open(f"/changes/{change}")
    group = page.get_by_role("group", name="Differences in prompt.examples[0].text")
    expect(group.locator("> div")).to_have_count(200)
    page.get_by_role("button", name="Show more (49800 lines left)").click()
    expect(group.locator("> div")).to_have_count(1_200)
    expect(page.get_by_role("button", name="Show more (48800 lines left)")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_enabled()


def test_code_that_was_proposed_is_listed_and_read_like_any_other_change(
    hall: Hall, sit_down: SitDown, nothing_to_mend: Callable[..., None]
) -> None:
    change = hall.propose_code("ann", PortableRuntime("cc" * 32, "bb" * 32))
    bob = sit_down("bob")
    page = bob.open("/changes")
    page.get_by_role("region", name="runtime", exact=True).get_by_role("link", name=short_code(change)).click()
    expect(page.get_by_role("heading", name="Change of runtime")).to_be_visible()
    expect(page.get_by_text("Files of the program")).to_be_visible()
    expect(page.get_by_text("Packages it stands on")).to_be_visible()
    nothing_to_mend(page)
    bob.do("Approve")
    expect(page.get_by_text("reviews: 1 of 1")).to_be_visible()


def test_two_people_change_the_assistant_with_the_keyboard_alone(hall: Hall, sit_down: SitDown) -> None:
    ann, bob = Keys(sit_down("ann").open("/changes")), Keys(sit_down("bob").open("/changes"))
    ann.press("link", "Propose a change")
    ann.write("System prompt", "You answer in whole sentences.")
    ann.write("Reason", "Half sentences are hard to read.")
    ann.press("button", "Show every difference")
    expect(ann.page.get_by_role("group", name="Differences in prompt.system")).to_be_visible()
    ann.press("button", "Sign with a passkey")
    expect(ann.page.get_by_role("heading", name="Change of assistant")).to_be_visible()
    change = ann.page.url.rpartition("/")[2]

    bob.page.reload()
    bob.press("link", short_code(change))
    expect(bob.page.get_by_role("heading", name="Change of assistant")).to_be_visible()
    bob.press("button", "Approve")
    bob.sign("Approve")
    expect(bob.page.get_by_text("reviews: 1 of 1")).to_be_visible()
    bob.reach("radio", "A share of the users first")
    bob.page.keyboard.press("ArrowRight")
    bob.press("button", "Put in force for everybody")
    bob.sign("Put in force for everybody")
    expect(bob.page.locator("[data-standing=full]")).to_be_visible()
    assert hall.head() == hall.governance.state.changes[change].candidate


class Keys:
    """A page that is used with Tab, Enter and letters, as somebody without a mouse does."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, role: str, name: str) -> Locator:
        """Go on with Tab until something has the focus."""
        what = self.page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
        expect(what).to_be_visible()
        for _ in range(150):
            if what.evaluate("one => one === document.activeElement"):
                return what
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reaches {role} {name!r}")

    def press(self, role: str, name: str) -> None:
        """Go to something and press Enter."""
        self.reach(role, name)
        self.page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        """Go to a field and write over what it holds."""
        self.reach("textbox", label)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def sign(self, action: str) -> None:
        """Sign in the dialog that is open, and see it go."""
        dialog = self.page.get_by_role("dialog", name=action)
        self.press("button", "Sign with a passkey")
        expect(dialog).to_have_count(0)
