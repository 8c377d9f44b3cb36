"""Connections break, servers start again, sessions end: no word is lost or doubled, and the page says what is."""

from __future__ import annotations

import contextlib
import random
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Route, expect

from verax.surfaces.installation import Installation
from verax.testing.cutting_proxy import CuttingProxy
from verax.testing.installations import open_installation
from verax.testing.running_server import RunningServer, run_server
from verax.testing.scripted import Reply, Rule, ScriptedBackend

if TYPE_CHECKING:
    from tests.browser.conftest import Chat

pytestmark = pytest.mark.browser

WORDS = " ".join(f"word{number}" for number in range(400))
PASSWORD = "correct horse"


class Place:
    """An installation behind a proxy, which breaks connections to it and leads to the next server after a restart."""

    def __init__(self, folder: Path, proxy: CuttingProxy) -> None:
        self.proxy = proxy
        self.server: RunningServer[Installation]
        self._folder = folder
        self._running = contextlib.ExitStack()

    def start(self) -> None:
        """Start a server on the same folder; the proxy leads to it from now on."""
        backend = ScriptedBackend([Rule("^slowly", Reply((WORDS,), delay_s=0.01))])
        settings = {"rate_per_minute": None, "public_url": self.proxy.url}
        opened = run_server(lambda: open_installation(self._folder, backend, **settings))
        self.server = self._running.enter_context(opened)
        self.proxy.target = ("127.0.0.1", int(self.server.url.rpartition(":")[2]))
        self.proxy.is_down = False

    def stop(self) -> None:
        """Stop the server; whoever asks from now on is refused."""
        self.proxy.is_down = True
        self.proxy.cut()
        self._running.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with CuttingProxy("127.0.0.1", 1) as proxy:
        made = Place(tmp_path, proxy)
        made.start()
        yield made
        made.stop()


@pytest.fixture
def chat(place: Place, open_chat: Callable[..., Chat]) -> Chat:
    """The chat of a person who reaches the place through its proxy, after a first answer."""
    opened: Chat = open_chat(place.server, place.proxy.url)
    opened.ask("hello")
    opened.wait_for_end()
    return opened


@pytest.mark.parametrize("seed", range(3))
def test_no_word_is_lost_or_doubled_when_connections_break_at_random(place: Place, chat: Chat, seed: int) -> None:
    draw = random.Random(seed)
    place.proxy.cut_after = lambda: draw.randrange(400, 8_000)
    place.proxy.cut()
    chat.ask("slowly")
    expect(chat.answers).to_have_count(2)
    before = place.proxy.cuts
    while chat.page.locator("article[aria-busy=true]").count():
        shown = chat.words() if chat.answers.last.locator("div p").count() else ""
        assert WORDS.startswith(shown.removesuffix("Waiting for the first word"))
        chat.wait_for_frame()
    place.proxy.cut_after = None
    assert chat.words() == WORDS
    assert place.proxy.cuts - before >= 3
    chat.page.reload()
    expect(chat.answers.last).to_contain_text("word399")
    assert chat.words() == WORDS


def test_a_message_sent_while_the_connection_is_gone_is_sent_once(place: Place, chat: Chat) -> None:
    place.proxy.is_down = True
    place.proxy.cut()
    chat.ask("are you there?")
    expect(chat.page.get_by_text("are you there?")).to_be_visible()
    place.proxy.is_down = False
    expect(chat.answers.last).to_contain_text("are you there?", timeout=30_000)
    chat.wait_for_end()
    messages = chat.call(f"/v1/conversations/{chat.page.url.rpartition('/')[2]}/messages")["data"]
    assert [message["text"] for message in messages] == ["hello", "hello", "are you there?", "are you there?"]


def test_a_session_that_ends_in_mid_stream_asks_for_the_password_and_goes_on(place: Place, chat: Chat) -> None:
    chat.ask("slowly")
    expect(chat.answers.last).to_contain_text("word20")
    accounts = place.server.installation.accounts
    for session in place.server.call(accounts.sessions(chat.user_id)):
        place.server.call(accounts.end_session_of(chat.user_id, session.session_id))
    place.proxy.cut()
    dialog = chat.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert WORDS.startswith(chat.words())
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_label("Password", exact=True).press("Enter")
    chat.wait_for_end()
    assert chat.words() == WORDS


def test_a_server_that_is_started_again_ends_what_it_was_saying_first(place: Place, chat: Chat) -> None:
    chat.ask("slowly")
    expect(chat.answers.last).to_contain_text("word20 ")
    place.stop()
    expect(chat.page.get_by_text("The connection broke.")).to_be_visible()
    assert WORDS.startswith(chat.words())
    place.start()
    chat.wait_for_end()
    assert chat.words() == WORDS


def test_a_part_of_the_page_whose_styles_fail_to_load_is_asked_for_again(chat: Chat) -> None:
    failed: set[str] = set()

    def fail_once(route: Route) -> None:
        if route.request.url in failed:
            route.continue_()
        else:
            failed.add(route.request.url)
            route.abort()

    chat.page.route("**/assets/*.css", fail_once)
    chat.page.get_by_role("button", name=re.compile("^Receipt")).last.click()
    expect(chat.page.get_by_role("dialog")).to_contain_text("This receipt holds")
    assert failed
    sheets = "[...document.querySelectorAll('link[rel=stylesheet]')]"
    assert chat.page.evaluate(f"{sheets}.filter((link) => link.sheet === null).map((link) => link.href)") == []


def test_a_receipt_whose_checker_cannot_be_loaded_says_so_and_is_checked_after_a_reload(chat: Chat) -> None:
    chat.page.route("**/assets/*", lambda route: route.abort())
    chat.page.get_by_role("button", name=re.compile("^Receipt")).last.click()
    mark = chat.button("Receipt not at hand solo")
    expect(mark).to_be_visible()
    chat.page.unroute("**/assets/*")
    # This Chromium keeps failed modules as long as the page is open.
    chat.page.reload()
    chat.page.get_by_role("button", name=re.compile("^Receipt")).last.click()
    expect(chat.page.get_by_role("dialog")).to_contain_text("This receipt holds")


class World:
    """A server in a process of its own, which can be killed."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self._command = [sys.executable, "-m", "verax.testing.serve_world", "--port", str(self.port)]
        self._command += ["--home", str(folder), "--long", "20", "--delay-ms", "10"]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it serves."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith(self.url)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=30)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.start()
    yield made
    made.kill()


def test_an_answer_that_a_crash_ended_is_marked_and_asked_for_again(
    world: World, open_signed_in: Callable[..., Chat]
) -> None:
    chat = open_signed_in(world.url, "ann")
    said = " ".join(f"word{number}" for number in range(500))
    chat.ask(said)
    expect(chat.answers.last).to_contain_text("word20 ")
    world.kill()
    expect(chat.page.get_by_text("The connection broke.")).to_be_visible()
    world.start()
    expect(chat.page.get_by_text("The server was started again in the middle of this answer.")).to_be_visible(
        timeout=40_000
    )
    assert said.startswith(chat.words())
    chat.button("Ask again").click()
    chat.wait_for_end()
    assert chat.words() == said
