"""The one path of a turn, for every surface and every product.

::

    admit → resolve → screen → recall → compose → generate → verify → guard → record

* A turn runs in a task of its own: a surface that stops reading, or forgets to close, can
  neither skip the record nor hold the turn open (invariant 9).
* `admit` and `resolve` raise: what they refuse never became a turn. From then on every end
  is an event, and every end is recorded, an error and a vanished client included.
* No text leaves before the open row is durable (clause 10).
* Forward moves leave a turn alone; a rollback, ban or freeze of its release ends it at the
  next sentence as ``withdrawn`` (clause 6).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from verax.guard.policy import Policy
from verax.kernel.errors import BusyError, VeraxError
from verax.kernel.record import Status, TurnSecret
from verax.models.base import ModelCall, Sent, Usage
from verax.store.turns import FinishedTurn, OpenTurn
from verax.turn.admit import admit
from verax.turn.compose import Composition, compose
from verax.turn.events import Completed, Failed, Refusal, Started, TurnEvent
from verax.turn.generate import PromptDiffers, generate
from verax.turn.guard import GuardedReply
from verax.turn.ports import BackendSource, Governance, RuntimeIdentity, Turns
from verax.turn.recall import recall
from verax.turn.record import Draft, build_record, delivered_bytes
from verax.turn.request import TurnRequest
from verax.turn.resolve import Resolution, is_withdrawn, resolve
from verax.turn.screen import check_bans, screen

__all__ = ["EngineParts", "TurnEngine"]

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


class TurnEngine:
    """Runs turns."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._running: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> int:
        """Number of turns in flight."""
        return len(self._running)

    async def run(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        """Run one turn and yield its events; closing the iterator cancels it.

        The last event is `Completed` or `Failed`, and by then the turn is recorded.

        Raises:
            RequestError, AccessError, RefusedError, IntegrityError: what was asked never
                became a turn; raised before the first event.
        """
        admit(request)
        resolution = resolve(request, self._parts.governance, self._parts.runtime)
        events: asyncio.Queue[TurnEvent | None] = asyncio.Queue()
        run = _Run(self._parts, self._draft(request, resolution), events)
        task = asyncio.create_task(run.drive())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await task
        finally:
            if not task.done():
                task.cancel()

    async def drain(self, timeout_s: float) -> None:
        """Wait for turns in flight, then cancel what is left and wait until it is recorded."""
        if not self._running:
            return
        _, late = await asyncio.wait(set(self._running), timeout=timeout_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _draft(self, request: TurnRequest, resolution: Resolution) -> Draft:
        parts = self._parts
        fresh = int.from_bytes(parts.random_bytes(4), "big") >> 1
        asked = request.sampling.seed
        return Draft(
            turn_id=parts.random_bytes(16).hex(),
            secret=TurnSecret(parts.random_bytes(32)),
            request=request,
            resolution=resolution,
            time_ms=parts.now_ms(),
            seed=fresh if asked is None else asked,
        )


class _Run:
    """One turn from the moment it has an id until it is recorded."""

    def __init__(self, parts: EngineParts, draft: Draft, events: asyncio.Queue[TurnEvent | None]) -> None:
        self._parts = parts
        self._draft = draft
        self._events = events
        self._reply: GuardedReply | None = None
        self._opening: asyncio.Future[None] | None = None
        self._is_started = False

    async def drive(self) -> None:
        """Run the steps and record how they ended."""
        status: Status
        failure: VeraxError | None = None
        try:
            status = await self._answer()
        except asyncio.CancelledError:
            status = "cancelled"
        except VeraxError as error:
            status, failure = "failed", error
        except Exception:  # noqa: BLE001 - a request ends here; a defect is recorded like any failure
            _LOG.exception("turn %s failed by a defect", self._draft.turn_id)
            status, failure = "failed", VeraxError("turn: an internal error", hint="the server log has the details")
        try:
            await self._record(status, failure)
        except VeraxError as error:
            self._events.put_nowait(self._failed(error))

    async def _answer(self) -> Status:
        draft, release = self._draft, self._draft.resolution.release
        screening = screen(draft.request, release)
        if screening.category:
            await self._start()
            self._events.put_nowait(Refusal(screening.category, screening.reason, screening.next_step))
            return "refused"
        held = await recall(draft.request, self._parts.turns)
        today = datetime.fromtimestamp(draft.time_ms / 1000, UTC).date()
        composition = compose(release, draft.request, held, today, draft.seed)
        check_bans(composition.segments, draft.resolution.state.bans_on(draft.resolution.channel))
        draft.segments, draft.options = composition.segments, composition.options
        self._reply = GuardedReply(Policy.from_rules(release.guard.output), composition.options.n)
        await self._generate(composition, self._reply)
        for event in self._reply.close():
            self._events.put_nowait(event)
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
                    self._opening = asyncio.ensure_future(self._open())
                elif isinstance(event, Usage):
                    draft.prompt_tokens, draft.completion_tokens = event.prompt_tokens, event.completion_tokens
                else:
                    if not self._is_started:
                        await self._start()
                    if is_withdrawn(draft.resolution, self._parts.governance.state):
                        reply.withdraw()
                    for out in reply.take(event):
                        self._events.put_nowait(out)
                    if reply.is_cut:
                        return

    def _status(self, reply: GuardedReply) -> Status:
        if reply.refusal:
            return "refused"
        if reply.is_cut:
            return "withdrawn"
        if reply.is_rewritten:
            return "rewritten"
        return "length" if reply.is_length else "complete"

    async def _open(self) -> None:
        draft = self._draft
        turns = self._parts.turns
        await turns.open(
            OpenTurn(
                user_id=draft.request.caller.user_id,
                key_id=draft.request.caller.key_id,
                secret=draft.secret,
                draft=build_record(draft, turns.origin, "failed", ()),
                segments=draft.segments,
            )
        )

    async def _start(self) -> None:
        """Wait until the open row is durable, then say that the turn began."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open())
        await asyncio.shield(self._opening)
        self._is_started = True
        draft, resolution = self._draft, self._draft.resolution
        self._events.put_nowait(
            Started(
                turn_id=draft.turn_id,
                channel=resolution.channel,
                release=resolution.release.id,
                runtime=resolution.runtime,
                arm=resolution.arm,
                mode=resolution.mode,
                created_s=draft.time_ms // 1000,
            )
        )

    async def _record(self, status: Status, failure: VeraxError | None) -> None:
        draft, turns = self._draft, self._parts.turns
        if not self._is_started:
            await self._start()
        choices = self._reply.choices() if self._reply is not None else ()
        record = build_record(draft, turns.origin, status, choices)
        promise = await turns.finish(
            FinishedTurn(
                record=record,
                reply=delivered_bytes(choices)[1],
                prompt_tokens=draft.prompt_tokens,
                completion_tokens=draft.completion_tokens,
                duration_ms=max(0, self._parts.now_ms() - draft.time_ms),
            )
        )
        if isinstance(failure, PromptDiffers):
            await self._parts.governance.alarm("prompt/differs", draft.resolution.channel, {"turn": draft.turn_id})
        if failure is not None:
            self._events.put_nowait(self._failed(failure))
            return
        self._events.put_nowait(
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

    def _failed(self, error: VeraxError) -> Failed:
        return Failed(
            turn_id=self._draft.turn_id,
            code=error.reason_code,
            message=error.message,
            hint=error.hint,
            http_status=error.status,
            retry_after_s=error.retry_after_s if isinstance(error, BusyError) else None,
            param=error.param,
        )

    def _call_id(self) -> str:
        return "call_" + self._parts.random_bytes(12).hex()
