"""Chromium for the tests of the web app, and what every page is held to.

The built app is served by a real server; the browser is the machine's own. A page that asks
anybody but our server, breaks the content policy or throws an error fails its test.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)

from verax.surfaces.installation import Installation
from verax.testing.running_server import RunningServer

ROOT = Path(__file__).resolve().parents[2]
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_LIMIT_MS = 30_000
_AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
_TOOLS = "import sys; sys.path.insert(0, 'scripts'); import webapp; webapp.prepared()"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_STILL = """() => Promise.all(document.getAnimations()
  .filter((one) => one.effect.getTiming().iterations !== Infinity).map((one) => one.finished.catch(() => null)))"""
_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
_LOCAL_SCHEMES = frozenset({"data", "blob", "about"})


class Watched:
    """What the pages of one context asked for, and what went wrong in them.

    Attributes:
        requests: Addresses asked for, oldest first.
        problems: Errors of scripts, and what the content policy stopped.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[str] = []
        self.problems: list[str] = []
        context.on("request", self._see_request)
        context.on("weberror", lambda error: self.problems.append(f"error: {error.error}"))
        context.on("console", self._see_console)

    def outside(self, origin: str) -> list[str]:
        """Return what was asked of anybody but `origin`."""
        parts = ((address, urlsplit(address)) for address in self.requests)
        return [
            address
            for address, part in parts
            if part.scheme not in _LOCAL_SCHEMES and f"{part.scheme}://{part.netloc}" != origin
        ]

    def _see_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _see_console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.problems.append(message.text)


# How long a busy machine may take; what is waited for usually comes at once.
expect.set_options(timeout=20_000)

PASSWORD = "correct horse"
_names = itertools.count(1)

Opener = Callable[..., contextlib.AbstractContextManager[BrowserContext]]


# Not for the session: while Playwright lives, its event loop runs in this thread, and no other test could run one.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, or the one that CHROMIUM names."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if found is None:
        pytest.skip("no Chromium here: install it (apt-get install chromium) or name one in CHROMIUM")
    with sync_playwright() as playwright:
        # The sandbox of Chromium refuses to run for root, who runs tests in containers.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def _webapp() -> None:
    """Build the web app where it is not current."""
    subprocess.run([sys.executable, str(ROOT / "scripts" / "webapp.py"), "build"], check=True, timeout=600)


@pytest.fixture
def open_context(chromium: Browser) -> Opener:
    """Return what opens a browser of its own at a server: cookies, storage and what it asks for are kept apart."""

    @contextlib.contextmanager
    def open_at(url: str, **options: object) -> Iterator[BrowserContext]:
        context = chromium.new_context(base_url=url, **options)  # type: ignore[arg-type]
        context.set_default_timeout(_LIMIT_MS)
        watched = Watched(context)
        try:
            yield context
        finally:
            with contextlib.suppress(Error):
                context.close()
        assert watched.outside(url) == []
        assert watched.problems == []

    return open_at


@pytest.fixture
def page_at(open_context: Opener) -> Iterator[Callable[..., Page]]:
    """Return what opens a page at a server; what it asked for is checked when the test ends."""
    with contextlib.ExitStack() as stack:

        def open_page(url: str, path: str = "/", **options: object) -> Page:
            page = stack.enter_context(open_context(url, **options)).new_page()
            page.goto(path)
            return page

        yield open_page


class Chat:
    """A person's window on the chat.

    Attributes:
        page: The page itself.
        user_id: Who is signed in.
    """

    def __init__(self, page: Page, user_id: str) -> None:
        self.page = page
        self.user_id = user_id
        self.field = page.get_by_role("textbox", name="Message", exact=True)
        # Not by role: behind a dialog nothing has one, and the answer still goes on.
        self.answers = page.locator("article", has=page.locator("h2", has_text="Answer"))

    def ask(self, text: str) -> None:
        """Write a message and send it, once what goes with it is at the server and nothing else is being answered."""
        self.field.fill(text)
        expect(self.button("Send")).to_be_enabled()
        self.field.press("Enter")

    def button(self, name: str) -> Locator:
        """Return the last button of this name."""
        return self.page.get_by_role("button", name=name, exact=True).last

    def wait_for_end(self) -> None:
        """Wait until no answer is on its way."""
        expect(self.page.locator("article[aria-busy=true]")).to_have_count(0, timeout=_LIMIT_MS)

    def wait_for_frame(self) -> None:
        """Wait until what changed is drawn."""
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def words(self) -> str:
        """Return the text of the last answer's first paragraph."""
        return self.answers.last.locator("p").first.inner_text()

    def call(self, path: str) -> Any:
        """Ask the server with the person's own session."""
        response = self.page.context.request.get(path)
        assert response.ok, response.text()
        return response.json()


@pytest.fixture
def open_signed_in(open_context: Opener) -> Iterator[Callable[..., Chat]]:
    """Return what opens the chat of a person; what the page asked for is checked when the test ends."""
    with contextlib.ExitStack() as stack:

        def open_window(url: str, name: str, path: str = "/", **options: object) -> Chat:
            context = stack.enter_context(open_context(url, **options))
            user_id = sign_in(context, url, name)
            page = context.new_page()
            page.goto(path)
            chat = Chat(page, user_id)
            expect(chat.field).to_be_visible()
            return chat

        yield open_window


@pytest.fixture
def open_chat(open_signed_in: Callable[..., Chat]) -> Callable[..., Chat]:
    """Return what opens the chat of a new person at a running server, or at the address that leads to it."""

    def open_window(server: RunningServer[Installation], url: str = "", path: str = "/", **options: object) -> Chat:
        name = f"ann-{next(_names)}"
        server.call(server.installation.accounts.create_user(name, password=PASSWORD, roles=("member",)))
        return open_signed_in(url or server.url, name, path, **options)

    return open_window


def sign_in(context: BrowserContext, url: str, name: str) -> str:
    """Open a session without the form, and return who it is of."""
    done = context.request.post("/v1/session", data={"name": name, "password": PASSWORD}, headers={"Origin": url})
    assert done.ok, done.text()
    user_id: str = done.json()["user_id"]
    return user_id


class Authenticator:
    """A device of Chromium's own that holds passkeys and recognizes its owner; of one page alone."""

    def __init__(self, page: Page) -> None:
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("WebAuthn.enable")
        made = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})
        self._id = made["authenticatorId"]

    def put(self, credential_id: str, private_key: bytes, rp_id: str) -> None:
        """Let it hold a passkey that exists already.

        Args:
            credential_id: Base64url.
            private_key: PKCS #8, DER.
        """
        credential = {
            "credentialId": base64.b64encode(base64.urlsafe_b64decode(credential_id + "==")).decode("ascii"),
            "isResidentCredential": False,
            "rpId": rp_id,
            "privateKey": base64.b64encode(private_key).decode("ascii"),
            "signCount": 1,
        }
        self._devtools.send("WebAuthn.addCredential", {"authenticatorId": self._id, "credential": credential})

    def verify(self, is_verified: bool) -> None:
        """Let it recognize its owner, or not, from now on."""
        self._devtools.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": is_verified})


@pytest.fixture
def plug_in() -> Callable[[Page], Authenticator]:
    """Return what gives a page an authenticator."""
    return Authenticator


@pytest.fixture(scope="session")
def signing_in() -> Callable[..., object]:
    """Return `sign_in`, for tests that have a window of another kind."""
    return sign_in


@pytest.fixture(scope="session")
def nothing_to_mend() -> Callable[..., None]:
    """Return what has axe look at a page: it must find nothing, and must have looked at something."""

    def look(page: Page, without: tuple[str, ...] = ()) -> None:
        # What still moves has another contrast than what stands.
        page.evaluate(_STILL)
        page.evaluate(_axe())
        found = page.evaluate("(tags) => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })", _RULES)
        assert len(found["passes"]) > 10
        assert [_shown(rule) for rule in found["violations"] if rule["id"] not in without] == []

    return look


def _shown(rule: dict[str, Any]) -> str:
    places = [f"{node['target']} {node['failureSummary']}" for node in rule["nodes"]]
    return json.dumps([rule["id"], rule["help"], *places], ensure_ascii=False)


@cache
def _axe() -> str:
    if not _AXE.is_file():
        subprocess.run([sys.executable, "-c", _TOOLS], cwd=ROOT, check=True, timeout=600)
    return _AXE.read_text(encoding="utf-8")
