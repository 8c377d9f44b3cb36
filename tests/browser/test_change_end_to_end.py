"""Two people at two browsers change the assistant with passkeys, watch it go out, and take it back."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from verax.drill.obedient import ObedientModel
from verax.kernel.short_code import short_code
from verax.testing.gate_world import GateWorld, served
from verax.testing.scripted import ScriptedBackend

# The first test may have to make the engine's environment.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse"
# A gate asks 240 questions of two releases.
GATE_MS = 180_000
PEOPLE = ("ann", "bob", "carol")


class Person:
    """Somebody at a browser of their own, with an authenticator that no other browser has."""

    def __init__(self, world: GateWorld, name: str, page: Page) -> None:
        self.world = world
        self.name = name
        self.page = page

    def open(self, path: str) -> Page:
        """Open an address and wait for the frame."""
        self.page.goto(path)
        expect(self.page.locator("#main")).to_be_visible()
        return self.page

    def add_passkey(self) -> str:
        """Add a passkey in the settings, and return its short code."""
        page = self.open("/settings/signing")
        page.get_by_role("button", name="Add a passkey").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill(f"{self.name}'s phone")
        dialog.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_text("not in the root document")).to_be_visible()
        [passkey] = page.context.request.get("/v1/passkeys").json()["data"]
        code: str = passkey["code"]
        expect(page.get_by_text(code)).to_be_visible()
        return code

    def sign_waiting(self) -> None:
        """Sign the one statement that waits in the settings."""
        page = self.open("/settings/signing")
        page.get_by_role("button", name="Look and sign").click()
        self.sign(page.get_by_role("dialog"))
        expect(page.get_by_role("dialog").get_by_role("status")).to_be_visible()

    def sign(self, where: Locator) -> str:
        """Sign what stands in `where`, and return the code that it shows."""
        code = where.locator("code", has_text=re.compile(r"^([0-9a-z]{4}-){3}[0-9a-z]{4}$")).last.inner_text()
        where.get_by_role("button", name="Sign with a passkey").click()
        return code

    def do(self, action: str) -> str:
        """Press a button, sign what it brings, wait until it stands in the log, and return its code."""
        self.page.get_by_role("button", name=action, exact=True).click()
        dialog = self.page.get_by_role("dialog", name=action)
        code = self.sign(dialog)
        expect(dialog).to_have_count(0)
        return code

    def standing(self, kind: str) -> None:
        """Wait until the change that is open stands so, by this browser's own fold."""
        expect(self.page.locator(f"[data-standing={kind}]")).to_be_visible()


class Team:
    """An installation that three people govern, authority off the server."""

    def __init__(self, world: GateWorld, people: dict[str, Person]) -> None:
        self.world = world
        self.ann, self.bob, self.carol = (people[name] for name in PEOPLE)

    @property
    def head(self) -> str:
        """The release that the assistant serves."""
        head = self.world.server.installation.governance.state.channels["assistant"].head
        assert head is not None
        return head


def verax(world: GateWorld, *arguments: str) -> str:
    """Run the command line as the owner; in a process of its own, since Playwright has this thread's loop."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("verax")), *arguments],
        env={**world.environ, "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def engine() -> Path:
    """The environment of the evaluation engine, made by the project's own script where it is not current."""
    script = [sys.executable, str(ROOT / "scripts" / "setup.py"), "gates"]
    subprocess.run(script, check=True, timeout=900, capture_output=True)
    return ROOT / ".venv-gates"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Iterator[GateWorld]:
    """An installation of one person, whose model does what its prompt says."""
    backend = ScriptedBackend(obey=ObedientModel().answer)
    with served(
        tmp_path_factory.mktemp("team"), backend, rate_per_minute="none", gates_environment=str(engine)
    ) as made:
        yield made


@pytest.fixture
def team(
    world: GateWorld,
    open_context: Callable[..., AbstractContextManager[BrowserContext]],
    signing_in: Callable[..., object],
    plug_in: Callable[[Page], object],
) -> Iterator[Team]:
    """Three people enrol passkeys in their browsers; the owner proposes the team, and two of them sign for it."""
    accounts = world.server.installation.accounts
    with ExitStack() as stack:
        people: dict[str, Person] = {}
        members: list[str] = []
        for name in PEOPLE:
            roles = ("author", "reviewer", "operator")
            world.server.call(accounts.create_user(name, password=PASSWORD, roles=roles))
            context = stack.enter_context(open_context(world.server.url))
            signing_in(context, world.server.url, name)
            page = context.new_page()
            plug_in(page)
            people[name] = Person(world, name, page)
            members += ["--member", f"{name}=passkey:{people[name].add_passkey()}"]
        verax(world, "team", "create", *members, "--gate", "off_topic", "--drop-recovery", "--yes")
        people["ann"].sign_waiting()
        people["bob"].sign_waiting()
        root = world.server.installation.governance.state.root
        assert not root.is_solo
        yield Team(world, people)


def test_two_people_change_the_assistant_with_passkeys_watch_it_go_out_and_take_it_back(
    team: Team, nothing_to_mend: Callable[..., None]
) -> None:
    first = team.head
    change = propose(team.ann, "You answer briefly and kindly, and you say when you are not sure.")
    code = short_code(change)
    expect(team.ann.page.locator("code", has_text=code).first).to_be_visible()
    expect(team.ann.page.get_by_text("You proposed this, so somebody else has to review it.")).to_be_visible()

    page = team.bob.open("/changes")
    page.get_by_role("link", name=code).click()
    expect(page.get_by_text("and you say when you are not sure").first).to_be_visible()
    team.bob.do("Approve")
    expect(page.get_by_text("reviews: 1 of 1")).to_be_visible()

    page.get_by_role("button", name="Run the gates").click()
    expect(page.get_by_role("progressbar", name="Samples of off_topic")).to_be_visible()
    expect(page.get_by_text("passed, 240 samples")).to_be_visible(timeout=GATE_MS)
    nothing_to_mend(page)

    page.get_by_label("First share, %").fill("10")
    page.get_by_label("Then, %").fill("50")
    team.bob.do("Begin the canary")
    team.bob.standing("canary")
    assert team.head == first
    team.bob.do("Step on to 50 %")
    expect(page.get_by_text("It serves 50 % of the users.")).to_be_visible()
    team.bob.do("Serve everybody")
    team.bob.standing("full")
    candidate = team.head
    assert candidate != first

    for person in (team.ann, team.bob):
        told = person.open("/transparency/channel/assistant")
        expect(told.locator("[data-verified=true]")).to_be_visible()
        expect(told.locator(f"a[href='/transparency/release/{candidate}']").first).to_be_visible()

    page = team.ann.open(f"/changes/{change}")
    page.get_by_text("Take back or freeze").click()
    page.get_by_label("Cause").fill("It answers too briefly.")
    team.ann.do("Roll back")
    team.ann.standing("rolledBack")
    assert team.head == first
    for path in ("/changes", "/changes/new"):
        page = team.ann.open(path)
        expect(page.locator("[data-verified=true]")).to_be_visible()
        nothing_to_mend(page)


def propose(person: Person, system: str) -> str:
    """Propose another prompt in the browser, sign it, and return the id of the change."""
    page = person.open("/changes")
    page.get_by_role("link", name="Propose a change").click()
    page.get_by_label("System prompt").fill(system)
    page.get_by_label("Reason").fill("People should know what it does not know.")
    page.get_by_role("button", name="Show every difference").click()
    expect(page.get_by_role("group", name="Differences in prompt.system")).to_be_visible()
    person.sign(page.get_by_role("region", name="Sign"))
    expect(page.get_by_role("heading", name="Change of assistant")).to_be_visible()
    return page.url.rpartition("/")[2]
