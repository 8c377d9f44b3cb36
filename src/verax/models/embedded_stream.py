"""One choice on its thread, and all choices of a call as one stream of events.

The engine calls back on the thread that runs the choice; chunks cross to the event loop one
by one, in order. The thread looks at `stop` at every chunk, so a cancelled choice ends at its
next token.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verax.kernel.errors import ModelError
from verax.models.base import Delta, Finish, FinishReason, ModelEvent, Options, TokenLogprob, Usage
from verax.models.engine_pool import EnginePool

__all__ = ["Chunk", "Reading", "Worker", "call_soon", "hand_over"]

# -9999 is what OpenAI's API writes where a probability is zero.
_NO_LOGPROB = -9999.0


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a worker hands over: a chunk of the engine, a failure, or, with neither, its end."""

    choice: int
    data: dict[str, Any] | None = None
    failure: Exception | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """Runs one choice on a thread."""

    engine: EnginePool
    choice: int
    body: dict[str, Any]
    stop: threading.Event
    deliver: Callable[[Chunk], None]

    def run(self) -> None:
        try:
            if not self.stop.is_set():
                self.engine.complete(self.body, self._take)
            self.deliver(Chunk(self.choice))
        except Exception as error:  # noqa: BLE001 - a thread ends here; the caller raises it again
            self.deliver(Chunk(self.choice, failure=error))

    def _take(self, chunk: dict[str, Any]) -> bool:
        if self.stop.is_set():
            return True
        self.deliver(Chunk(self.choice, chunk))
        return False


class Reading:
    """Turns the chunks of all choices into events."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._open = set(range(options.n))
        self._texts: dict[int, list[str]] = {choice: [] for choice in self._open}
        self._finished: set[int] = set()
        self._prompt_tokens = 0
        self._completion_tokens = 0

    @property
    def is_complete(self) -> bool:
        return not self._open

    @property
    def usage(self) -> Usage:
        return Usage(self._prompt_tokens, self._completion_tokens)

    def events_of(self, chunk: Chunk) -> list[ModelEvent]:
        if chunk.failure is not None:
            raise chunk.failure
        if chunk.data is None:
            if chunk.choice not in self._finished:
                raise ModelError("embedded model: the engine ended a reply without saying why", code="model/cut-short")
            self._open.discard(chunk.choice)
            return []
        return self._read(chunk.choice, chunk.data)

    def _read(self, choice: int, data: dict[str, Any]) -> list[ModelEvent]:
        events: list[ModelEvent] = []
        for part in data.get("choices") or ():
            text, logprobs = part.get("text") or "", _logprobs(part.get("logprobs"), self._options.top_logprobs)
            if text or logprobs:
                self._texts[choice].append(text)
                events.append(Delta(text, choice, logprobs))
            if part.get("finish_reason"):
                events.append(self._finish(choice, part["finish_reason"]))
        usage = data.get("usage")
        if usage:
            self._prompt_tokens = usage["prompt_tokens"]
            self._completion_tokens += usage["completion_tokens"]
        return events

    def _finish(self, choice: int, found: str) -> Finish:
        reason: FinishReason = "length" if found == "length" else "stop"
        self._finished.add(choice)
        if reason == "stop" and self._options.schema is not None:
            _check_json("".join(self._texts[choice]))
        return Finish(reason, choice)


def hand_over(loop: asyncio.AbstractEventLoop, inbox: asyncio.Queue[Chunk], chunk: Chunk) -> None:
    call_soon(loop, inbox.put_nowait, chunk)


def call_soon(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: Any) -> None:
    # A loop that is gone has nobody left to tell: the process is ending.
    if not loop.is_closed():
        loop.call_soon_threadsafe(function, *arguments)


def _check_json(text: str) -> None:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        raise ModelError("embedded model: the reply is not the demanded JSON", code="model/not-json") from None


def _logprobs(found: Any, top: int | None) -> tuple[TokenLogprob, ...]:
    if top is None or not found:
        return ()
    return tuple(
        TokenLogprob(
            token=item["token"],
            logprob=_number(item["logprob"]),
            bytes=tuple(item["bytes"]),
            top=tuple((other["token"], _number(other["logprob"])) for other in item["top_logprobs"][:top]),
        )
        for item in found["content"]
    )


def _number(value: float | None) -> float:
    return _NO_LOGPROB if value is None or value < _NO_LOGPROB else value
