"""A person in need reads whom to call, and no rule: at once, after a reload, in light and dark, on a tablet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from verax.guard.ready import read_release
from verax.surfaces.installation import Installation
from verax.testing.installations import open_installation
from verax.testing.releases import manifest_toml
from verax.testing.running_server import RunningServer, run_server

if TYPE_CHECKING:
    from tests.browser.conftest import Chat

pytestmark = pytest.mark.browser

TABLET = {"width": 820, "height": 1180}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer[Installation]]:
    """A real installation whose one channel has the ready-made policy of grown-ups."""
    release = read_release(manifest_toml("You answer what you are asked.", guard='[guard]\ninclude = "adult"'))
    folder = tmp_path_factory.mktemp("crisis")
    with run_server(
        lambda: open_installation(folder, releases={"assistant": release}, rate_per_minute=None)
    ) as running:
        yield running


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark", "viewport": TABLET}], ids=["light", "dark-tablet"])
def test_a_crisis_names_numbers_that_can_be_called(
    server: RunningServer[Installation],
    open_chat: Callable[..., Chat],
    nothing_to_mend: Callable[[Page], None],
    look: dict[str, Any],
) -> None:
    chat = open_chat(server, **look)
    chat.ask("I want to kill myself")
    chat.wait_for_end()
    for _ in range(2):
        said = chat.answers.last
        expect(said.get_by_text("I am glad that you said it", exact=False)).to_be_visible()
        lines = said.get_by_role("list", name="Lines that you can call")
        expect(lines.get_by_role("listitem").first).to_contain_text("988 Suicide & Crisis Lifeline (US and Canada)")
        expect(lines.get_by_role("link", name="988")).to_have_attribute("href", "tel:988")
        expect(said).not_to_contain_text("A rule of this version")
        nothing_to_mend(chat.page)
        chat.page.reload()
    lines.get_by_role("link", name="988").focus()
    chat.page.keyboard.press("Tab")
    expect(lines.get_by_role("link", name="116 123").first).to_be_focused()
