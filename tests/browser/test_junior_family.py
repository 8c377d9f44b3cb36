"""Junior's pages for guardians: set-up, settings and consent, alerts, log, export, erasure, PIN, a whole class."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from verax.store.junior.records import Exchange
from verax.store.junior.types import required_terms
from verax.surfaces.installation import Installation
from verax.testing.installations import chat_backend, open_installation
from verax.testing.running_server import RunningServer, run_server

if TYPE_CHECKING:
    from tests.browser.conftest import Chat

pytestmark = pytest.mark.browser

TABLET = {"width": 820, "height": 1180}
PHONE = {"width": 390, "height": 844}
PIN = "4711"
_OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer[Installation]]:
    folder = tmp_path_factory.mktemp("family")
    with run_server(lambda: open_installation(folder, chat_backend(0), rate_per_minute=None)) as running:
        yield running


@pytest.fixture
def guardian(server: RunningServer[Installation], open_chat: Callable[..., Chat]) -> Callable[..., Chat]:
    """Return what opens the pages of a new guardian, on a tablet in Berlin."""

    def open_window(path: str = "/family", **options: object) -> Chat:
        usual = {"viewport": TABLET, "locale": "en-GB", "timezone_id": "Europe/Berlin"}
        chat: Chat = open_chat(server, **{**usual, **options})
        chat.page.goto(path)
        return chat

    return open_window


def make_profile(chat: Chat, url: str, **changes: Any) -> str:
    """Make a profile without the pages, and return its id."""
    fields = {"band": "5-7", "colour": "blue", "animal": "owl", "country": "DE", "time_zone": "Europe/Berlin"}
    body = {**fields, **changes, "agreed": sorted(required_terms(changes.get("log_days")))}
    made = chat.page.context.request.post("/v1/junior/profiles", data=body, headers={"Origin": url})
    assert made.status == 201, made.text()
    return str(made.json()["id"])


def set_pin(chat: Chat, url: str) -> None:
    done = chat.page.context.request.put("/v1/junior/pin", data={"pin": PIN}, headers={"Origin": url})
    assert done.ok, done.text()


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def test_a_new_parent_sets_up_a_child_in_seven_short_steps(guardian: Callable[..., Chat]) -> None:
    chat = guardian()
    page = chat.page
    page.get_by_role("link", name="Set up the first child").click()
    expect(page.get_by_text("Step 1 of 7")).to_be_visible()
    page.get_by_role("radio", name="5 to 7 years").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("radio", name="Green").check()
    page.get_by_role("radio", name="Fox").check()
    expect(page.get_by_text("the green fox")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("radio", name="15 min").first.check()
    expect(page.get_by_role("combobox", name="Time zone")).to_have_value("Europe/Berlin")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("combobox", name="Country")).to_have_value("GB")
    expect(page.get_by_text("0800 1111")).to_be_visible()
    page.get_by_role("checkbox", name="Space").check()
    page.get_by_role("button", name="Next").click()

    # Nothing is agreed to by itself, and nothing is made without it.
    expect(page.get_by_role("switch", name="Keep a readable log")).not_to_be_checked()
    assert not any(box.is_checked() for box in page.get_by_role("checkbox").all())
    page.get_by_role("button", name="Agree and make the profile").click()
    expect(page.get_by_role("alert").filter(has_text="Tick every line first")).to_be_visible()
    assert chat.call("/v1/junior/profiles")["data"] == []
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Agree and make the profile").click()

    heading(page, "Your PIN")
    page.get_by_label("New PIN").fill("1234")
    page.get_by_label("The same again").fill("1234")
    page.get_by_role("button", name="Set the PIN").click()
    expect(page.get_by_text("That one is tried first.")).to_be_visible()
    page.get_by_label("New PIN").fill(PIN)
    page.get_by_label("The same again").fill(PIN)
    page.get_by_role("button", name="Set the PIN").click()
    expect(page.get_by_text("Step 7 of 7")).to_be_visible()
    expect(page.get_by_text("You will be signed out in this browser.")).to_be_visible()
    (made,) = chat.call("/v1/junior/profiles")["data"]
    wanted = {
        "band": "5-7",
        "colour": "green",
        "animal": "fox",
        "country": "GB",
        "daily_minutes": 15,
        "session_minutes": 20,
        "bedtime": {"start": "19:30", "end": "07:00"},
        "time_zone": "Europe/Berlin",
        "topics_held": ["space"],
        "log_days": None,
    }
    assert {name: made[name] for name in wanted} == wanted
    page.get_by_role("button", name="Later").click()
    heading(page, "The green fox")


def test_set_up_needs_no_mouse(guardian: Callable[..., Chat], server: RunningServer[Installation]) -> None:
    chat = guardian("/family/new")
    page = chat.page
    set_pin(chat, server.url)
    page.reload()
    expect(page.get_by_text("Step 1 of 6")).to_be_visible()
    for title in ("A colour and an animal", "How long, and when", "Where you live, and what waits", "What is kept"):
        page.get_by_role("button", name="Next").press("Enter")
        heading(page, title)
        # The keyboard stands at the top of the step, and what is asked comes next.
        expect(page.locator("#step-title")).to_be_focused()
    for _ in required_terms(None):
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
    page.get_by_role("button", name="Agree and make the profile").press("Enter")
    heading(page, "Hand over the device")
    assert len(chat.call("/v1/junior/profiles")["data"]) == 1


def test_keeping_a_log_asks_for_consent_again_and_the_log_says_that_the_child_knows(
    guardian: Callable[..., Chat], server: RunningServer[Installation]
) -> None:
    chat = guardian()
    page = chat.page
    profile = make_profile(chat, server.url)
    page.goto(f"/family/{profile}/log")
    expect(page.get_by_text("No log is kept")).to_be_visible()
    page.get_by_role("link", name="Keep one").click()
    page.get_by_role("switch", name="Keep a readable log").click()
    page.get_by_role("radio", name="30 days").check()
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="More will be kept")
    expect(dialog.get_by_role("checkbox")).to_have_count(len(required_terms(30)))
    dialog.get_by_role("button", name="Agree and save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Tick every line first")
    for box in dialog.get_by_role("checkbox").all():
        box.check()
    dialog.get_by_role("button", name="Agree and save").click()
    expect(dialog).to_have_count(0)
    assert chat.call(f"/v1/junior/profiles/{profile}")["log_days"] == 30

    said = Exchange("why is the sky blue", "Light from the sun has many colours.")
    server.call(server.installation.junior.records.add(profile, said))
    page.goto(f"/family/{profile}/log")
    expect(page.get_by_text("The child’s page says that a log is kept.")).to_be_visible()
    expect(page.get_by_text("why is the sky blue")).to_be_visible()
    page.get_by_role("button", name="Empty the log").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Empty the log").click()
    expect(page.get_by_text("Nothing was said yet.")).to_be_visible()


def test_limits_are_changed_without_consent_and_a_taken_pair_is_refused(
    guardian: Callable[..., Chat], server: RunningServer[Installation]
) -> None:
    chat = guardian()
    page = chat.page
    profile = make_profile(chat, server.url)
    make_profile(chat, server.url, animal="cat")
    page.goto(f"/family/{profile}/settings")
    page.get_by_role("group", name="Time in a day").get_by_role("radio", name="60 min").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.", exact=True).first).to_be_visible()
    assert chat.call(f"/v1/junior/profiles/{profile}")["daily_minutes"] == 60
    page.get_by_role("radio", name="Cat", exact=True).check()
    expect(page.get_by_role("alert").filter(has_text="Another child has this")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()


def test_a_parent_names_the_helpline_that_was_looked_up(
    guardian: Callable[..., Chat], server: RunningServer[Installation], nothing_to_mend: Callable[..., None]
) -> None:
    chat = guardian()
    page = chat.page
    profile = make_profile(chat, server.url, country="GB")
    page.goto(f"/family/{profile}/settings")
    expect(page.get_by_text("Nobody has checked these numbers for you")).to_be_visible()
    page.get_by_role("switch", name="Name another helpline").click()
    page.get_by_label("Its name").fill("Blue Line")
    page.get_by_label("Its number").fill("call me")
    expect(page.get_by_text("Both are needed")).to_be_visible()
    expect(page.get_by_text("Junior names Childline, 0800 1111.")).to_be_visible()
    page.get_by_label("Its number").fill("0800 123")
    expect(page.get_by_text("Junior names Blue Line, 0800 123.")).to_be_visible()
    nothing_to_mend(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(_OVERFLOW) <= 0
    page.set_viewport_size({"width": 820, "height": 1180})
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert chat.call(f"/v1/junior/profiles/{profile}")["helpline"] == {"name": "Blue Line", "phone": "0800 123"}
    page.reload()
    expect(page.get_by_label("Its name")).to_have_value("Blue Line")
    page.get_by_role("switch", name="Name another helpline").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Junior names Childline, 0800 1111.")).to_be_visible()


def test_an_alert_says_what_to_do_and_is_dismissed(
    guardian: Callable[..., Chat], server: RunningServer[Installation]
) -> None:
    chat = guardian()
    page = chat.page
    profile = make_profile(chat, server.url)
    server.call(server.installation.junior.records.alert(profile, ["emergency"]))
    page.reload()
    expect(page.get_by_text("Your child told of an emergency")).to_be_visible()
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_text("Your child told of an emergency")).to_have_count(0)
    assert chat.call("/v1/junior/alerts")["data"] == []
    page.goto(f"/family/{profile}")
    expect(page.get_by_text("an empty list does not prove that all is well")).to_be_visible()


def test_everything_kept_is_taken_along_and_erased_with_a_receipt(
    guardian: Callable[..., Chat], server: RunningServer[Installation]
) -> None:
    chat = guardian()
    page = chat.page
    profile = make_profile(chat, server.url)
    page.goto(f"/family/{profile}/data")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download").click()
    kept = json.loads(Path(taken.value.path()).read_text("utf-8"))
    assert {entry["type"] for entry in kept["data"]} >= {"profile", "consent"}
    page.get_by_role("button", name="Erase this child’s profile").click()
    question = page.get_by_role("alertdialog", name="Erase the blue owl?")
    question.get_by_role("button", name="Erase this child’s profile").click()
    heading(page, "Erased")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the receipt").click()
    receipt = json.loads(Path(saved.value.path()).read_text("utf-8"))
    assert receipt["count"] >= 2
    assert len(receipt["salt"]) == 32
    page.get_by_role("link", name="All children").last.click()
    expect(page.get_by_role("link", name="Set up the first child")).to_be_visible()


def test_a_forgotten_pin_is_replaced_with_the_password(
    guardian: Callable[..., Chat], server: RunningServer[Installation]
) -> None:
    chat = guardian()
    page = chat.page
    make_profile(chat, server.url)
    set_pin(chat, server.url)
    page.reload()
    page.get_by_role("button", name="Set another PIN").click()
    dialog = page.get_by_role("dialog", name="Set another PIN")
    for label, text in (("New PIN", "8051"), ("The same again", "8051"), ("Your account’s password", "wrong")):
        dialog.get_by_label(label).fill(text)
    dialog.get_by_role("button", name="Set the PIN").click()
    expect(dialog.get_by_text("The present password is not right.")).to_be_visible()
    dialog.get_by_label("Your account’s password").fill("correct horse")
    dialog.get_by_role("button", name="Set the PIN").click()
    expect(dialog).to_have_count(0)


def test_a_teacher_makes_a_class_at_once(guardian: Callable[..., Chat]) -> None:
    chat = guardian("/family/classroom")
    page = chat.page
    page.get_by_role("spinbutton", name="How many").fill("12")
    page.get_by_role("radio", name="8 to 12 years").check()
    for box in page.locator("fieldset", has_text="I agree that this is kept").get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Make 12 profiles").click()
    heading(page, "Junior")
    expect(page.get_by_role("link", name=re.compile("In a classroom"))).to_have_count(12)
    made = chat.call("/v1/junior/profiles")["data"]
    assert {one["place"] for one in made} == {"classroom"}
    assert len({(one["colour"], one["animal"]) for one in made}) == 12


def test_a_class_joins_with_a_code_from_the_board(
    guardian: Callable[..., Chat],
    server: RunningServer[Installation],
    open_context: Callable[..., Any],
    nothing_to_mend: Callable[..., None],
) -> None:
    chat = guardian()
    page = chat.page
    set_pin(chat, server.url)
    make_profile(chat, server.url, place="classroom", animal="bee", colour="red")
    page.reload()
    page.get_by_role("button", name="Make a code").click()
    code = page.get_by_text(re.compile(r"^\d{4} \d{4}$"))
    expect(code).to_be_visible()
    nothing_to_mend(page)
    with open_context(server.url, viewport=TABLET, locale="en-GB") as tablet:
        child = tablet.new_page()
        child.goto("/junior")
        child.get_by_role("link", name="I have a code from my class").click()
        child.get_by_label("The code of your class").fill("00000000")
        child.get_by_role("radio", name="Red").check()
        child.get_by_role("button", name="Open Junior").click()
        expect(child.get_by_text("Type the code and choose your animal.")).to_be_visible()
        child.get_by_role("radio", name="Bee", exact=True).check()
        child.get_by_role("button", name="Open Junior").click()
        expect(child.get_by_text("That did not fit together.")).to_be_visible()
        nothing_to_mend(child)
        child.get_by_label("The code of your class").fill(code.inner_text())
        child.get_by_role("button", name="Open Junior").click()
        expect(child.get_by_role("heading", name="Hello, red bee!")).to_be_visible()
        assert tablet.request.get("/v1/account").status == 403
    page.get_by_role("button", name="End the code now").click()
    expect(code).to_have_count(0)


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark", "viewport": PHONE}], ids=["light", "dark-phone"])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    guardian: Callable[..., Chat],
    server: RunningServer[Installation],
    nothing_to_mend: Callable[..., None],
    look: dict[str, object],
) -> None:
    chat = guardian(**look)
    page = chat.page
    expect(page.get_by_role("link", name="Set up the first child")).to_be_visible()
    nothing_to_mend(page)
    set_pin(chat, server.url)
    profile = make_profile(chat, server.url, log_days=7)
    server.call(server.installation.junior.records.alert(profile, ["self_harm"]))
    server.call(server.installation.junior.records.add(profile, Exchange("hello", "Hello!")))
    for path in ("", f"/{profile}", f"/{profile}/settings", f"/{profile}/log", f"/{profile}/data", "/classroom"):
        page.goto(f"/family{path}")
        expect(page.get_by_role("heading", level=1)).not_to_be_empty()
        expect(page.get_by_role("status").filter(has_text="Loading")).to_have_count(0)
        nothing_to_mend(page)
        assert page.evaluate(_OVERFLOW) <= 0, path
    page.goto("/family/new")
    for at in range(1, 5):
        expect(page.get_by_text(f"Step {at} of 6")).to_be_visible()
        nothing_to_mend(page)
        assert page.evaluate(_OVERFLOW) <= 0
        page.get_by_role("button", name="Next").click()
    heading(page, "What is kept")
    nothing_to_mend(page)
