"""A server that is killed in mid-stream loses the words in flight and nothing else."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from verax.testing.serve_world import NAME, PASSWORD
from verax.testing.talk import Talk, events_of

LIMIT_S = 90


@dataclass
class Served:
    """A world in a process of its own."""

    process: subprocess.Popen[str]
    url: str

    @contextlib.contextmanager
    def sign_in(self) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.url, headers={"origin": self.url}, timeout=LIMIT_S) as client:
            client.post("/v1/session", json={"name": NAME, "password": PASSWORD}).raise_for_status()
            yield client

    def hear_and_kill(self, talk: Talk, run_id: str) -> str:
        """Watch a run, kill the server at its first word, and return the turn's id."""
        turn_id = ""
        with (
            contextlib.suppress(httpx.HTTPError),
            talk.client.stream("GET", f"{talk.path}/runs/{run_id}/events") as response,
        ):
            for _, event in events_of(response.iter_lines()):
                if event["type"] == "started":
                    turn_id = event["turn_id"]
                elif event["type"] == "text":
                    self.process.send_signal(signal.SIGKILL)
                assert event["type"] != "completed"
        return turn_id


@contextlib.contextmanager
def served(home: Path) -> Iterator[Served]:
    command = [sys.executable, "-m", "verax.testing.serve_world", "--home", str(home), "--long", "40"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://localhost:\d+", process.stdout.readline())
        assert found is not None
        try:
            yield Served(process, found[0])
        finally:
            process.kill()


def test_what_was_said_is_there_after_a_crash_and_can_be_asked_again(tmp_path: Path) -> None:
    with served(tmp_path) as first, first.sign_in() as client:
        listed = client.get("/v1/conversations").json()["data"]
        assert any(conversation["messages"] == 40 for conversation in listed)
        made = client.post("/v1/conversations", json={"channel": "assistant"}).json()
        talk = Talk(client, made["id"])
        before = talk.ask("", "Who wrote Hamlet?")
        begun = talk.say(before["id"], "slowly", client_id="tab-1-message-2")
        turn_id = first.hear_and_kill(talk, begun["run"]["id"])
        assert first.process.wait(LIMIT_S) == -signal.SIGKILL
    with served(tmp_path) as second, second.sign_in() as client:
        talk = Talk(client, made["id"])
        page = talk.messages()
        assert [message["text"] for message in page["data"]] == ["Who wrote Hamlet?", before["text"], "slowly"]
        assert page["conversation"]["running"] == []
        assert page["data"][-1]["id"] == begun["message"]["id"]
        lost = client.get(f"{talk.path}/runs/{begun['run']['id']}/events")
        assert (lost.status_code, lost.json()["error"]["code"]) == (404, "run/unknown")
        record = client.get(f"/v1/receipts/{turn_id}")
        assert record.json()["record"]["status"] == "failed"
        # The browser did not hear that its message was stored, and sends it again.
        repeated = talk.say(before["id"], "slowly", client_id="tab-1-message-2")
        assert repeated["message"]["id"] == begun["message"]["id"]
        talk.post(f"/runs/{repeated['run']['id']}/stop")
        again = talk.ask(begun["message"]["id"], "Who wrote Hamlet?")
        assert again["turn"]["status"] == "complete"
        assert client.get(before["turn"]["receipt"]).status_code == 200
