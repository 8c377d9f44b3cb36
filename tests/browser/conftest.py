"""Chromium for the tests of the web app, and what every page is held to.

The built app is served by a real server; the browser is the machine's own. A page that asks
anybody but our server, breaks the content policy or throws an error fails its test.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_LIMIT_MS = 30_000
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


Opener = Callable[..., contextlib.AbstractContextManager[BrowserContext]]


@pytest.fixture(scope="session")
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
