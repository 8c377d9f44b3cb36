"""A house with people in it: a real installation with a scripted model, and windows on the frame of its web app."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from verax.surfaces.conversations.runs import Ask
from verax.surfaces.founding import Founding
from verax.surfaces.installation import Installation
from verax.testing.installations import open_installation
from verax.testing.running_server import RunningServer, run_server
from verax.turn.request import Caller

PASSWORD = "a few words together"
_ROOT = Path(__file__).resolve().parents[3]
_names = itertools.count(1)

House = RunningServer[Installation]


class Person:
    """Somebody who is signed in, and the window that they sit at.

    Attributes:
        house: The server.
        name: Under which they sign in.
        user_id: Of their account.
        page: The window.
    """

    def __init__(self, house: House, name: str, user_id: str, page: Page) -> None:
        self.house = house
        self.name = name
        self.user_id = user_id
        self.page = page
        self.list = page.get_by_role("navigation", name="Conversations")

    def talk(self, title: str, *texts: str) -> str:
        """Begin a conversation, ask in it, wait for the answers and give it a title; return its id."""
        installation = self.house.installation

        async def say() -> str:
            made = await installation.messages.create(self.user_id, channel="assistant", title=title)
            for text in texts:
                leaf_id = (await installation.messages.conversation(made, self.user_id)).leaf_id
                caller = Caller(self.user_id, frozenset({"member"}))
                begun = await installation.runs.start(caller, made, Ask(leaf_id, text))
                await begun.run.ended.wait()
            # What changed in the same millisecond has no order.
            done_ms = time.time_ns() // 1_000_000
            while time.time_ns() // 1_000_000 == done_ms:
                await asyncio.sleep(0)
            return made

        return self.house.call(say())

    def open(self, path: str = "/") -> Person:
        """Open an address and wait for the frame."""
        self.page.goto(path)
        expect(self.page.locator("#main")).to_be_visible()
        return self

    def conversation(self, title: str) -> Locator:
        """Return the link of a conversation in the list."""
        return self.list.get_by_role("link", name=title, exact=True)

    def act(self, title: str, action: str) -> None:
        """Choose something from the menu of a conversation."""
        row = self.list.locator("[data-row]").filter(has=self.page.get_by_role("link", name=title, exact=True))
        row.hover()
        row.get_by_role("button").click()
        self.page.get_by_role("menuitem", name=action, exact=True).click()

    def get(self, path: str) -> Any:
        """Ask the server with this person's session."""
        response = self.page.context.request.get(path)
        assert response.ok, response.text()
        return response.json()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house in which somebody lives already."""
    folder = tmp_path_factory.mktemp("house")
    with run_server(lambda: open_installation(folder, rate_per_minute=None)) as running:
        running.call(running.installation.office.facts.put("set_up_ms", "1"))
        yield running


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[tuple[House, Founding]]:
    """A house that was just built, and what its first start printed."""
    founded: list[Founding] = []
    with run_server(lambda: open_installation(tmp_path, on_founded=founded.append, rate_per_minute=None)) as running:
        yield running, founded[0]


@pytest.fixture
def person(
    house: House, open_context: Callable[..., contextlib.AbstractContextManager[BrowserContext]]
) -> Iterator[Callable[..., Person]]:
    """Return what lets a new person sit down at a window of their own, signed in; they have not opened a page yet."""
    with contextlib.ExitStack() as stack:

        def sit_down(roles: tuple[str, ...] = ("member",), **options: object) -> Person:
            name = f"ann-{next(_names)}"
            made = house.call(house.installation.accounts.create_user(name, password=PASSWORD, roles=roles))
            context = stack.enter_context(open_context(house.url, **options))
            sign_in(context, house.url, name)
            return Person(house, name, made.user_id, context.new_page())

        yield sit_down


def sign_in(context: BrowserContext, url: str, name: str, password: str = PASSWORD) -> None:
    """Open a session without the form."""
    done = context.request.post("/v1/session", data={"name": name, "password": password}, headers={"Origin": url})
    assert done.ok, done.text()


@pytest.fixture(scope="session")
def signing_in() -> Callable[..., None]:
    """Return `sign_in`, for tests that have a window of another kind."""
    return sign_in
