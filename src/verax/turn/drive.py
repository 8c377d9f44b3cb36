"""One turn, step by step, from the moment it has an id until it is recorded (`verax.turn.path`)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from verax.guard.policy import Policy
from verax.kernel.errors import (
    ConflictError,
    CorruptStore,
    IntegrityError,
    RequestError,
    StorageError,
    VeraxError,
)
from verax.kernel.record import Status
from verax.models.base import ModelCall, Sent, Usage
from verax.store.turns import FinishedTurn, OpenTurn
from verax.turn.compose import Composition, compose
from verax.turn.events import ClaimVerdict, Completed, Failed, Refusal, Started, TurnEvent
from verax.turn.generate import generate
from verax.turn.guard import GuardedReply
from verax.turn.ports import BackendSource, Governance, RuntimeIdentity, Turns
from verax.turn.recall import recall
from verax.turn.record import Draft, build_record, delivered_bytes
from verax.turn.resolve import is_withdrawn
from verax.turn.screen import check_bans, screen
from verax.turn.trim import MAX_STEPS, trim

__all__ = ["Drive", "EngineParts"]

_TOO_LONG = "request/context-length"

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EngineParts:
    """What the path is made of; time and randomness are handed in.

    Attributes:
        now_ms: The wall clock, milliseconds since 1970.
        random_bytes: A cryptographic source.
    """

    governance: Governance
    turns: Turns
    backends: BackendSource
    runtime: RuntimeIdentity
    now_ms: Callable[[], int]
    random_bytes: Callable[[int], bytes]


class Drive:
    """One turn from the moment it has an id until it is recorded.

    Attributes:
        events: What happened, in order; the engine adds None when the task has ended.
    """

    def __init__(self, parts: EngineParts, draft: Draft) -> None:
        self.events: asyncio.Queue[TurnEvent | None] = asyncio.Queue()
        self._parts = parts
        self._draft = draft
        self._reply: GuardedReply | None = None
        self._opening: asyncio.Future[None] | None = None
        self._is_started = False
        self._stage: Literal["waiting", "cancelled", "answering", "recording"] = "waiting"

    def cancel(self, task: asyncio.Task[None]) -> None:
        """End the turn that `task` runs; its record is written all the same."""
        if self._stage == "waiting":
            # A task that is cancelled before its first step would run no line of it.
            self._stage = "cancelled"
        elif self._stage == "answering":
            self._stage = "cancelled"
            task.cancel()

    async def run(self) -> None:
        """Run the steps and record how they ended."""
        status: Status
        failure: VeraxError | None = None
        try:
            if self._stage == "cancelled":
                raise asyncio.CancelledError
            self._stage = "answering"
            status = await self._answer()
        except asyncio.CancelledError:
            status = "cancelled"
        except VeraxError as error:
            status, failure = "failed", error
        except Exception:  # noqa: BLE001 - a request ends here; a defect is recorded like any failure
            _LOG.exception("turn %s failed by a defect", self._draft.turn_id)
            status, failure = "failed", VeraxError("turn: an internal error", hint="the server log has the details")
        self._stage = "recording"
        try:
            await self._record(status, failure)
        except VeraxError as error:
            await self._raise_alarm(_as_found(error))
            self.events.put_nowait(Failed.of(_as_found(error), self._draft.turn_id))

    async def _answer(self) -> Status:
        """Answer, with fewer of the oldest lines each time that the model refuses the prompt as too long."""
        draft, release, asked = self._draft, self._draft.resolution.release, self._draft.request
        for step in range(MAX_STEPS + 1):
            trimmed = trim(asked, release, step)
            if step and trimmed.items == draft.request.items:
                continue
            draft.request, draft.kept = trimmed, None
            try:
                return await self._attempt()
            except RequestError as error:
                if not asked.trim or self._is_started or error.reason_code != _TOO_LONG:
                    raise
                refusal = error
            if self._opening is not None:
                # The row is made of the draft, which the next attempt changes.
                await asyncio.shield(self._opening)
        raise refusal

    async def _attempt(self) -> Status:
        draft, release = self._draft, self._draft.resolution.release
        screening = screen(draft.request, release)
        if screening.category:
            await self._start()
            draft.guard[screening.category] += 1
            self._tell(Refusal(screening.category, screening.reason, screening.next_step))
            return "refused"
        held = await recall(draft.request, self._parts.turns)
        today = datetime.fromtimestamp(draft.time_ms / 1000, UTC).date()
        composition = compose(release, draft.request, held, today, draft.seed)
        check_bans(composition.segments, draft.resolution.state.bans_on(draft.resolution.channel))
        draft.segments, draft.options = composition.segments, composition.options
        self._reply = GuardedReply(Policy.from_rules(release.guard.output), composition.options.n)
        await self._generate(composition, self._reply)
        for event in self._reply.close():
            self._tell(event)
        return self._status(self._reply)

    async def _generate(self, composition: Composition, reply: GuardedReply) -> None:
        draft = self._draft
        backend = await self._parts.backends.resolve(draft.resolution.release)
        draft.identity = backend.identity
        call = ModelCall(
            draft.resolution.release, composition.segments, composition.options, stream=draft.request.stream
        )
        events = generate(backend, call, composition.tool_style, self._call_id)
        async with contextlib.aclosing(events):
            async for event in events:
                if isinstance(event, Sent):
                    draft.sent = event.data
                    self._opening = asyncio.ensure_future(self._open(again=self._opening is not None))
                elif isinstance(event, Usage):
                    draft.prompt_tokens, draft.completion_tokens = event.prompt_tokens, event.completion_tokens
                else:
                    if not self._is_started:
                        await self._start()
                    if is_withdrawn(draft.resolution, self._parts.governance.state):
                        reply.withdraw()
                    for out in reply.take(event):
                        self._tell(out)
                    if reply.is_cut:
                        return

    def _tell(self, event: TurnEvent) -> None:
        """Hand an event to the surface; verdicts are counted on the way, for the monitor."""
        if isinstance(event, ClaimVerdict):
            self._draft.claims[event.verdict] += 1
        self.events.put_nowait(event)

    def _status(self, reply: GuardedReply) -> Status:
        if reply.refusal:
            return "refused"
        if reply.is_cut:
            return "withdrawn"
        if reply.is_rewritten:
            return "rewritten"
        return "length" if reply.is_length else "complete"

    async def _open(self, *, again: bool) -> None:
        """Write the open row, or replace the one that an earlier attempt of this turn wrote."""
        draft = self._draft
        turns = self._parts.turns
        row = OpenTurn(
            user_id=draft.request.caller.user_id,
            key_id=draft.request.caller.key_id,
            secret=draft.secret,
            draft=build_record(draft, turns.origin, "failed", ()),
            segments=draft.segments,
        )
        await (turns.reopen(row) if again else turns.open(row))

    async def _start(self) -> None:
        """Wait until the open row is durable, then say that the turn began."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open(again=False))
        await asyncio.shield(self._opening)
        self._is_started = True
        draft, resolution = self._draft, self._draft.resolution
        self.events.put_nowait(
            Started(
                turn_id=draft.turn_id,
                channel=resolution.channel,
                release=resolution.release.id,
                runtime=resolution.runtime,
                arm=resolution.arm,
                mode=resolution.mode,
                created_ms=draft.time_ms,
                left_out=draft.request.older,
            )
        )

    async def _record(self, status: Status, failure: VeraxError | None) -> None:
        draft, turns = self._draft, self._parts.turns
        if not self._is_started:
            await self._start()
        choices = self._reply.choices() if self._reply is not None else ()
        if self._reply is not None:
            draft.guard.update(self._reply.findings)
        record = build_record(draft, turns.origin, status, choices)
        promise = await turns.finish(
            FinishedTurn(
                record=record,
                reply=delivered_bytes(choices)[1],
                prompt_tokens=draft.prompt_tokens,
                completion_tokens=draft.completion_tokens,
                duration_ms=max(0, self._parts.now_ms() - draft.time_ms),
                guard=draft.guard,
                claims=draft.claims,
            )
        )
        await self._raise_alarm(failure)
        if failure is not None:
            self.events.put_nowait(Failed.of(failure, self._draft.turn_id))
            return
        self.events.put_nowait(
            Completed(
                turn_id=draft.turn_id,
                status=status,
                choices=choices,
                prompt_tokens=draft.prompt_tokens,
                completion_tokens=draft.completion_tokens,
                record=record.to_dict(),
                secret=draft.secret.data.hex(),
                promise=promise,
            )
        )

    async def _raise_alarm(self, failure: VeraxError | None) -> None:
        code, resolution = _alarm_code(failure), self._draft.resolution
        if code:
            await self._parts.governance.alarm(code, resolution.channel, {"release": resolution.release.id})

    def _call_id(self) -> str:
        return "call_" + self._parts.random_bytes(12).hex()


def _as_found(error: VeraxError) -> VeraxError:
    """Say what it means that the row which a turn has just opened is not there when it ends."""
    if not isinstance(error, ConflictError):
        return error
    return CorruptStore(
        f"{error.message}: its row was changed behind this server",
        hint="find out who else writes to the database; the reply was not promised to anybody",
    )


def _alarm_code(failure: VeraxError | None) -> str:
    """Return the alarm that a failed turn raises; empty for none.

    Something stored is wrong, something cannot be stored, or a ban was tried.
    """
    if isinstance(failure, IntegrityError | StorageError):
        return failure.reason_code
    return "attempt/banned" if failure is not None and failure.reason_code == "governance/banned" else ""
