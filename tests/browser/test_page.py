"""The page as it is served: it works under its own policy and asks nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from verax.testing.http_installation import FakeInstallation
from verax.testing.running_server import RunningServer, run_server

pytestmark = pytest.mark.browser


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer[FakeInstallation]]:
    """A server with a scripted installation."""

    @asynccontextmanager
    async def opened():  # type: ignore[no-untyped-def]
        installation = FakeInstallation.open(tmp_path)
        try:
            yield installation
        finally:
            installation.close()

    with run_server(opened) as running:
        yield running


def test_the_page_starts_under_its_policy_and_asks_nobody_else(
    server: RunningServer[FakeInstallation], page_at: Callable[..., Page]
) -> None:
    page = page_at(server.url)
    expect(page.locator("#root > *").first).to_be_attached()
