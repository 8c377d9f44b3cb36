"""People who talk to an assistant: many accounts, each with a session of its own, over HTTP as a browser asks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from verax.kernel.errors import VeraxError
from verax.surfaces.cli.client import Client

__all__ = ["Crowd", "Heard"]

_TIMEOUT_S = 60.0
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """A reply that somebody got.

    Attributes:
        release: What answered, as the reply itself says.
        ended_s: When it was there, on the clock of `time.time`.
    """

    release: str
    text: str
    ended_s: float


class Crowd:
    """Accounts of one server, made as they are needed.

    Args:
        url: Address of the server.
        owner: Makes the accounts.
    """

    def __init__(self, url: str, owner: Client) -> None:
        self._url = url
        self._owner = owner
        self._cookies: list[str] = []
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="verax-crowd")

    def __len__(self) -> int:
        return len(self._cookies)

    def close(self) -> None:
        """Ask nothing more."""
        self._threads.shutdown()

    def join(self, count: int) -> None:
        """Let `count` more people sign in, each by a one-time link."""
        numbers = range(len(self), len(self) + count)
        names = [f"visitor{number:04d}" for number in numbers]
        links = [self._owner.post_json("/v1/admin/users", {"name": name})["link"]["url"] for name in names]
        self._cookies += self._threads.map(self._sign_in, links)

    def ask(self, channel: str, users: Sequence[int], question: Callable[[int], str]) -> list[Heard]:
        """Let each of `users`, by number, ask one question, a few at a time; returns the replies in their order.

        Raises:
            VeraxError: the server refused one.
        """
        return list(self._threads.map(lambda number: self._ask(channel, number, question(number)), users))

    def _ask(self, channel: str, number: int, text: str) -> Heard:
        body = {"model": channel, "messages": [{"role": "user", "content": text}]}
        answer, _ = self._post("/v1/chat/completions", body, self._cookies[number])
        told, message = answer["verax"], answer["choices"][0]["message"]
        return Heard(told["release"], message["content"] or "", time.time())

    def _sign_in(self, link: str) -> str:
        _, cookie = self._post("/v1/session/link", {"code": link.partition("#")[2]}, "")
        return cookie.partition(";")[0]

    def _post(self, path: str, body: object, cookie: str) -> tuple[Any, str]:
        parts = urlsplit(self._url)
        headers = {"Content-Type": "application/json", "Origin": self._url, "Connection": "close"}
        if cookie:
            headers["Cookie"] = cookie
        with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)) as line:
            line.request("POST", path, json.dumps(body), headers)
            response = line.getresponse()
            answer = json.loads(response.read())
        if response.status >= 400:
            raise VeraxError(f"{path}: {answer['error']['message']}", code=str(answer["error"]["code"]))
        return answer, response.getheader("set-cookie", "")
