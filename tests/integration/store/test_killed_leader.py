"""Two real servers on one PostgreSQL: the one that leads is killed, and the other takes over."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from verax.testing.serve_world import NAME, PASSWORD
from verax.testing.talk import Talk, events_of

pytestmark = pytest.mark.postgres

LIMIT_S = 90


class Server:
    """A server process, and a browser that is signed in to it."""

    def __init__(self, home: Path, database: str) -> None:
        arguments = ["--home", str(home), "--database", database, "--long", "10"]
        command = [sys.executable, "-m", "verax.testing.serve_world", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._stack = contextlib.ExitStack()

    def sign_in(self) -> None:
        """Wait until the server answers."""
        assert self.process.stdout is not None
        found = re.search(r"http://localhost:\d+", self.process.stdout.readline())
        assert found is not None
        client = httpx.Client(base_url=found[0], headers={"origin": found[0]}, timeout=LIMIT_S)
        self.client = self._stack.enter_context(client)
        self.client.post("/v1/session", json={"name": NAME, "password": PASSWORD}).raise_for_status()

    def leads(self) -> bool:
        checks = {check["name"]: check["detail"] for check in self.client.get("/health").json()["checks"]}
        return checks["processes"] == "this process leads"

    def speak_slowly(self) -> tuple[Talk, str, str]:
        """Start an answer; return the talk, the run and the turn once it has said something."""
        made = self.client.post("/v1/conversations", json={"channel": "assistant"}).json()
        talk = Talk(self.client, made["id"])
        run = talk.say("", "slowly")["run"]["id"]
        with self.client.stream("GET", f"{talk.path}/runs/{run}/events") as response:
            for _, event in events_of(response.iter_lines()):
                if event["type"] == "started":
                    turn = event["turn_id"]
                elif event["type"] == "text":
                    break
        return talk, run, turn

    def state_of(self, turn_id: str) -> str:
        return self.client.get(f"/v1/receipts/{turn_id}").headers.get("x-verax-receipt-state", "")

    def receipt(self, turn_id: str) -> Any:
        return self.client.get(f"/v1/receipts/{turn_id}").json()

    def close(self) -> None:
        self._stack.close()
        self.process.kill()
        self.process.wait(LIMIT_S)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def servers(postgres_url: str, tmp_path: Path) -> Iterator[list[Server]]:
    """Two servers; the first of them leads."""
    with contextlib.ExitStack() as stack:
        started: list[Server] = []
        for _ in range(2):
            started.append(Server(tmp_path, postgres_url))
            stack.callback(started[-1].close)
            started[-1].sign_in()
        yield started


def until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@pytest.mark.timeout(400)
def test_another_server_takes_over_and_nothing_promised_is_lost(servers: list[Server]) -> None:
    leader, follower = servers
    assert [server.leads() for server in servers] == [True, False]
    _, _, cut_off = leader.speak_slowly()
    talk, run, going_on = follower.speak_slowly()
    made = leader.client.post("/v1/conversations", json={"channel": "assistant"}).json()
    answer = Talk(leader.client, made["id"]).ask("", "Who wrote Hamlet?")

    leader.process.send_signal(signal.SIGKILL)
    leader.process.wait(LIMIT_S)
    until(follower.leads)

    until(lambda: "record" in follower.receipt(cut_off))
    assert follower.receipt(cut_off)["record"]["status"] == "failed"
    until(lambda: follower.state_of(answer["turn"]["id"]) == "integrated")
    assert follower.receipt(going_on)["error"]["code"] == "turn/running", "the turn of a server that lives goes on"
    talk.post(f"/runs/{run}/stop")
    assert follower.receipt(going_on)["record"]["status"] == "cancelled"
    again = Talk(follower.client, made["id"]).ask(answer["id"], "Who wrote Hamlet?")
    assert again["turn"]["status"] == "complete"
