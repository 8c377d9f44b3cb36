"""One run: a turn that answers a message and goes on whoever watches.

*Life of a run.* The message is stored; the lines above it are read; the turn starts; its
events go into a buffer as they come; when the turn is recorded, the answer is stored with the
turn's id, and only then the last event follows. So whoever has seen the last event finds the
message, and whoever finds the message finds the record.

However a turn ends, its message holds exactly what was delivered (clauses 9 and 10). What
never became a turn leaves no message: the user's own can be asked again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from verax.kernel.errors import UnknownObject, VeraxError
from verax.store.messages import Line, Message, Messages
from verax.surfaces.conversations import wire
from verax.surfaces.conversations.events import EventBuffer
from verax.surfaces.conversations.history import Sources, read_request
from verax.surfaces.verdicts import claim_object
from verax.turn.events import (
    ClaimVerdict,
    Completed,
    Failed,
    Refusal,
    Started,
    TextDelta,
    ToolCallDelta,
    TurnEvent,
)
from verax.turn.ports import RunningTurn, TurnStarter
from verax.turn.request import Caller

__all__ = ["Observer", "Run", "RunParts", "TurnEraser"]

_log = logging.getLogger(__name__)

Observer = Callable[[Started, TurnEvent], None]
"""Sees every event of every turn, with the first one of that turn; it must not block."""


class TurnEraser(Protocol):
    """Erases a turn whose conversation is gone."""

    async def turn(self, turn_id: str, user_id: str) -> object:
        """Erase one turn; raises `UnknownObject`."""
        ...


@dataclass(frozen=True, slots=True)
class RunParts:
    """What a run works with."""

    engine: TurnStarter
    sources: Sources
    eraser: TurnEraser

    @property
    def messages(self) -> Messages:
        """Where lines are read from and answers are stored."""
        return self.sources.messages


class Run:
    """A run from the moment its message is stored.

    Attributes:
        parent_id: The user's message that it answers.
        turn_id: Empty until the turn has begun.
        buffer: Its events.
    """

    def __init__(self, run_id: str, caller: Caller, conversation_id: str, created_ms: int) -> None:
        self.run_id = run_id
        self.caller = caller
        self.conversation_id = conversation_id
        self.created_ms = created_ms
        self.parent_id = ""
        self.turn_id = ""
        self.buffer = EventBuffer()
        self.ended = asyncio.Event()
        self._turn: RunningTurn | None = None
        self._is_stopped = False
        self._started: Started | None = None
        self._refusal: Refusal | None = None
        self._text: list[str] = []
        self._calls: list[ToolCallDelta] = []
        self._claims: list[dict[str, Any]] = []

    def stop(self) -> None:
        """End the turn, now or as soon as it has begun; it is recorded as ``cancelled``."""
        self._is_stopped = True
        if self._turn is not None:
            self._turn.cancel()

    def to_dict(self) -> dict[str, Any]:
        """Return the run as the browser reads it."""
        return {
            "id": self.run_id,
            "conversation_id": self.conversation_id,
            "parent_id": self.parent_id,
            "state": "ended" if self.buffer.is_closed else "running",
            "created_ms": self.created_ms,
        }

    async def drive(self, parts: RunParts, observers: list[Observer]) -> None:
        """Run the turn to its end; every end is an event."""
        try:
            await self._answer(parts, observers)
        except VeraxError as error:
            self.buffer.add(wire.error_event(error))
        except Exception:  # noqa: BLE001 - a run ends here
            _log.exception("run %s: unexpected error", self.run_id)
            self.buffer.add(wire.error_event(_internal("run: an internal error")))
        finally:
            self.buffer.close()
            self.ended.set()

    async def _answer(self, parts: RunParts, observers: list[Observer]) -> None:
        request = await read_request(parts.sources, self.caller, self.conversation_id, self.parent_id)
        turn = self._turn = parts.engine.start(request)
        if self._is_stopped:
            turn.cancel()
        last: TurnEvent | None = None
        async for event in turn.events():
            last = event
            await self._take(parts, event)
            if self._started is not None:
                for observe in observers:
                    observe(self._started, event)
        if not isinstance(last, Completed | Failed):
            raise _internal("turn: it ended without a last event")

    async def _take(self, parts: RunParts, event: TurnEvent) -> None:
        if isinstance(event, Started):
            self._started, self.turn_id = event, event.turn_id
            self.buffer.add(wire.started_event(event))
        elif isinstance(event, TextDelta):
            if event.text:
                self._text.append(event.text)
                self.buffer.add_text(event.text)
        elif isinstance(event, ClaimVerdict):
            self._claims.append(claim_object(event))
            self.buffer.add(wire.claim_event(event))
        elif isinstance(event, ToolCallDelta):
            self._calls.append(event)
            self.buffer.add(wire.tool_event(event))
        elif isinstance(event, Refusal):
            self._refusal = event
            self.buffer.add(wire.refusal_event(event))
        elif isinstance(event, Completed):
            message = await self._store(parts, event)
            self.buffer.add(wire.completed_event(event, message))
        else:
            self.buffer.add(wire.failed_event(event, await self._store_failure(parts, event)))

    async def _store(self, parts: RunParts, event: Completed) -> Message:
        if self._started is None:
            raise _internal("turn: it completed before it began")
        text = event.choices[0].text if event.choices else ""
        calls = event.choices[0].tool_calls if event.choices else ()
        data: dict[str, Any] = {"turn": wire.outcome(self._started, event.status, self._refusal, event)}
        if self._claims:
            data["claims"] = self._claims
        if calls:
            data["tool_calls"] = [{"id": c.call_id, "name": c.name, "arguments": c.arguments} for c in calls]
        return await self._append(parts, text, data)

    async def _store_failure(self, parts: RunParts, event: Failed) -> Message | None:
        """Keep what a failed turn delivered; what could not even begin left nothing to keep."""
        if self._started is None:
            return None
        data: dict[str, Any] = {
            "turn": wire.outcome(self._started, "failed", self._refusal),
            "error": {"code": event.code, "message": event.message, "hint": event.hint},
        }
        if self._claims:
            data["claims"] = self._claims
        try:
            return await self._append(parts, "".join(self._text), data)
        except VeraxError as error:
            # The turn's own failure is what the reader must learn.
            _log.warning("run %s: its message was not stored: %s", self.run_id, error.message)
            return None

    async def _append(self, parts: RunParts, text: str, data: dict[str, Any]) -> Message:
        user_id = self.caller.user_id
        line = Line("assistant", text, data, self.turn_id)
        try:
            (added,) = await parts.messages.append(self.conversation_id, user_id, self.parent_id, [line], follows=True)
            page = await parts.messages.path(self.conversation_id, user_id, leaf_id=added.message_id, limit=1)
        except UnknownObject:
            # The conversation was erased meanwhile, and this turn is a part of it.
            await parts.eraser.turn(self.turn_id, user_id)
            raise
        return page.messages[0]


def _internal(message: str) -> VeraxError:
    return VeraxError(message, hint="the server log has the details", code="verax/internal")
