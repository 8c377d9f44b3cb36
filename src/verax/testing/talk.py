"""A person in a conversation, as a test writes it: one client, one conversation, short forms.

::

    with Talk.begin(server) as talk:
        answer = talk.ask("", "Who wrote Hamlet?")
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import httpx

from verax.store.accounts import Accounts
from verax.surfaces.http.ports import Installation
from verax.surfaces.http.stream_models import StreamEvent
from verax.testing.running_server import RunningServer

__all__ = ["Talk", "events_of"]

_LIMIT_S = 60.0
_numbers = itertools.count(1)


class _WithAccounts(Installation, Protocol):
    @property
    def accounts(self) -> Accounts: ...


class Talk:
    """One conversation of an account of its own.

    Attributes:
        client: Speaks with the account's key.
        id: The conversation.
    """

    def __init__(self, client: httpx.Client, conversation_id: str) -> None:
        self.client = client
        self.id = conversation_id
        self.path = f"/v1/conversations/{conversation_id}"

    @classmethod
    @contextlib.contextmanager
    def begin(cls, server: RunningServer[_WithAccounts], channel: str = "assistant") -> Iterator[Talk]:
        """Make an account and a conversation."""
        key = server.call(_make_key(server.installation.accounts, f"talker-{next(_numbers)}"))
        headers = {"authorization": f"Bearer {key}"}
        with httpx.Client(base_url=server.url, headers=headers, timeout=_LIMIT_S) as client:
            made = client.post("/v1/conversations", json={"channel": channel})
            made.raise_for_status()
            yield cls(client, made.json()["id"])

    def post(self, path: str, body: Any = None) -> httpx.Response:
        """Post to a path below the conversation."""
        return self.client.post(self.path + path, json=body)

    def say(self, parent_id: str, text: str | None, **more: Any) -> dict[str, Any]:
        """Start a run and return what the server says of it; raises for an error."""
        body = {"parent_id": parent_id, **({} if text is None else {"text": text}), **more}
        started: dict[str, Any] = self.post("/runs", body).raise_for_status().json()
        return started

    def watch(self, run_id: str, after: int = 0) -> list[dict[str, Any]]:
        """Read the events of a run to their end."""
        path = f"{self.path}/runs/{run_id}/events"
        with self.client.stream("GET", path, params={"after": after}) as response:
            response.raise_for_status()
            return [event for _, event in events_of(response.iter_lines())]

    def ask(self, parent_id: str, text: str | None, **more: Any) -> dict[str, Any]:
        """Start a run, wait for its end, and return the stored answer."""
        last = self.watch(self.say(parent_id, text, **more)["run"]["id"])[-1]
        message: dict[str, Any] = last["message"] if last["type"] == "completed" else last["stored"]
        return message

    def attach(self, name: str, data: bytes) -> dict[str, Any]:
        """Upload a file and return what the server says of it; raises for an error."""
        attachment: dict[str, Any] = self.upload(name, data).raise_for_status().json()
        return attachment

    def upload(self, name: str, data: bytes) -> httpx.Response:
        """Upload a file."""
        return self.client.post("/v1/attachments", params={"name": name}, content=data)

    def messages(self, **query: Any) -> dict[str, Any]:
        """Return a window of the path that is shown."""
        page: dict[str, Any] = self.client.get(f"{self.path}/messages", params=query).raise_for_status().json()
        return page


def events_of(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number and data of each server-sent event, held against the models; comments are passed over."""
    number = 0
    for line in lines:
        if line.startswith("id: "):
            number = int(line[4:])
        elif line.startswith("data: "):
            data: dict[str, Any] = json.loads(line[6:])
            StreamEvent.model_validate(data)
            yield number, data


async def _make_key(accounts: Accounts, name: str) -> str:
    user = await accounts.create_user(name)
    return (await accounts.create_key("test", user.user_id)).plain
