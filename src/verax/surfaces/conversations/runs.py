"""The runs of a process: started, found again, watched, stopped, forgotten.

* A run goes on when nobody watches it. It ends by itself, by `Runs.stop`, or when its
  conversation is erased.
* Runs live in memory. One that has ended stays for ten minutes, for readers who come late; a
  process that starts again knows none, and the stored messages say how far each came.
* Everything is bounded: runs at a time and runs kept of one account, and the text kept of all.
* A repeated request with the same `client_id` finds the run that the first one started.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from verax.kernel.errors import BusyError, ConflictError, RequestError, TooLarge, UnknownObject
from verax.store.attachments import StoredAttachment
from verax.store.clock import Clock
from verax.store.identifiers import new_id
from verax.store.messages import Line, Message
from verax.store.messages_rows import ATTACHMENTS, title_of
from verax.surfaces.conversations.history import release_for
from verax.surfaces.conversations.run import Observer, Run, RunParts
from verax.turn.files import check_files
from verax.turn.request import Caller

__all__ = ["Ask", "Begun", "RunLimits", "Runs"]

_STOP_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class RunLimits:
    """How much there may be.

    Attributes:
        running: Runs of one account at a time.
        text_chars: Characters of one message.
        kept_s: How long a run that has ended can still be read.
        kept: Runs of one account that have ended and are kept.
        kept_chars: Characters of all runs that have ended and are kept.
    """

    running: int = 4
    text_chars: int = 500_000
    kept_s: float = 600.0
    kept: int = 64
    kept_chars: int = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked: a new message below `parent_id`, or, without a text, another answer to it."""

    parent_id: str
    text: str | None = None
    client_id: str = ""
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A run and the message that was stored for it, None where it answers one again."""

    run: Run
    message: Message | None


class Runs:
    """All runs of one process.

    Args:
        parts: What a run works with.
        clock: Says when a run began, and how long ago it ended.
    """

    def __init__(self, parts: RunParts, clock: Clock, limits: RunLimits | None = None) -> None:
        self._parts = parts
        self._clock = clock
        self._limits = limits or RunLimits()
        self._runs: dict[str, Run] = {}
        self._starting: dict[tuple[str, str, str], asyncio.Task[Begun]] = {}
        self._ended_s: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: set[str] = set()
        self._observers: list[Observer] = []

    def observe(self, observer: Observer) -> None:
        """Let somebody see every event, for metrics."""
        self._observers.append(observer)

    async def start(self, caller: Caller, conversation_id: str, ask: Ask) -> Begun:
        """Store the message, start the turn that answers it, and return before it has begun.

        Raises:
            UnknownObject: no such conversation of this caller, or no such message in it.
            BusyError: the account has as many runs as it may have at a time.
            TooLarge, RequestError, ConflictError: what is asked cannot be answered.
        """
        self._sweep()
        if not ask.client_id:
            return await self._start(caller, conversation_id, ask)
        key = (caller.user_id, conversation_id, ask.client_id)
        task = self._starting.get(key)
        if task is None:
            task = self._starting[key] = asyncio.create_task(self._start(caller, conversation_id, ask))
            task.add_done_callback(lambda done: self._start_ended(key, done))
        # A second request with the same id waits for the same start; neither may end it for the other.
        return await asyncio.shield(task)

    def find(self, caller: Caller, conversation_id: str, run_id: str) -> Run:
        """Return a run of this caller.

        Raises:
            UnknownObject: there is none, it ended long ago, or the server was started again.
        """
        self._sweep()
        run = self._runs.get(run_id)
        if run is None or run.caller.user_id != caller.user_id or run.conversation_id != conversation_id:
            raise UnknownObject(
                "run: not known here, or it ended a while ago",
                hint="load the messages of the conversation",
                code="run/unknown",
            )
        return run

    def running_in(self, conversation_id: str) -> list[dict[str, str]]:
        """Return the runs in flight of a conversation; the caller checks whose it is."""
        return [
            {"id": run.run_id, "parent_id": run.parent_id}
            for run in self._runs.values()
            if run.conversation_id == conversation_id and run.parent_id and not run.buffer.is_closed
        ]

    async def stop(self, run: Run) -> None:
        """End a run and wait until its message is stored."""
        run.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_LIMIT_S):
                await run.ended.wait()

    @contextlib.asynccontextmanager
    async def closing(self, conversation_id: str) -> AsyncIterator[None]:
        """End every run of a conversation, let none begin inside the block, and forget all of them after it."""
        self._closing.add(conversation_id)
        try:
            for run in [run for run in self._runs.values() if run.conversation_id == conversation_id]:
                await self.stop(run)
            yield
            for run in [run for run in self._runs.values() if run.conversation_id == conversation_id]:
                self._forget(run)
        finally:
            self._closing.discard(conversation_id)

    def forget_turn(self, turn_id: str) -> None:
        """Forget the run of a turn that was erased."""
        for run in [run for run in self._runs.values() if run.turn_id == turn_id]:
            self._forget(run)

    async def close(self, timeout_s: float) -> None:
        """Let runs in flight end, then stop what is left and wait until it is stored."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=timeout_s)
        for run in list(self._runs.values()):
            run.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _start(self, caller: Caller, conversation_id: str, ask: Ask) -> Begun:
        if conversation_id in self._closing:
            raise UnknownObject("conversation: no such conversation", hint="it was deleted")
        self._check_room(caller.user_id)
        now_ms = self._clock.now_ms()
        run = Run(new_id("run", now_ms), caller, conversation_id, now_ms)
        self._runs[run.run_id] = run
        try:
            message = await self._store(run, ask)
        except BaseException:
            del self._runs[run.run_id]
            run.ended.set()
            raise
        task = asyncio.create_task(run.drive(self._parts, self._observers))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._ended(run))
        return Begun(run, message)

    async def _store(self, run: Run, ask: Ask) -> Message | None:
        messages, user_id, conversation_id = self._parts.messages, run.caller.user_id, run.conversation_id
        conversation = await messages.conversation(conversation_id, user_id)
        if ask.text is None:
            page = await messages.path(conversation_id, user_id, leaf_id=ask.parent_id, limit=1)
            _check_question(page.messages[0])
            await messages.show(conversation_id, user_id, ask.parent_id, to_end=False)
            run.parent_id = ask.parent_id
            return None
        files = await self._files(run, conversation.channel, ask)
        self._check_text(ask.text, has_files=bool(files))
        line = Line("user", ask.text, {ATTACHMENTS: [file.reference() for file in files]} if files else {})
        if ask.client_id:
            found = await messages.append_once(conversation_id, user_id, ask.parent_id, line, ask.client_id)
            message_id = found.message_id
            if not found.is_new:
                await self._check_unanswered(run, message_id)
        else:
            message_id = (await messages.append(conversation_id, user_id, ask.parent_id, [line]))[0].message_id
        if not conversation.title and not ask.parent_id:
            await messages.rename(conversation_id, user_id, title_of(ask.text) or title_of(files[0].name))
        page = await messages.path(conversation_id, user_id, leaf_id=message_id, limit=1)
        run.parent_id = message_id
        return page.messages[0]

    async def _check_unanswered(self, run: Run, message_id: str) -> None:
        end = await self._parts.messages.show(run.conversation_id, run.caller.user_id, message_id)
        if end != message_id:
            raise ConflictError(
                "run: this message was answered already",
                hint="load the messages of the conversation",
                code="run/answered",
            )

    async def _files(self, run: Run, channel: str, ask: Ask) -> list[StoredAttachment]:
        """Return the files of a message; refuse, before anything is stored, those that no model would read."""
        if not ask.attachments:
            return []
        if len(set(ask.attachments)) != len(ask.attachments):
            raise RequestError("attachments: one stands there twice", param="attachments")
        sources = self._parts.sources
        files = await sources.attachments.many(ask.attachments, run.caller.user_id)
        check_files(release_for(sources.heads, run.caller, channel), [file.kind for file in files])
        return files

    def _check_text(self, text: str, *, has_files: bool) -> None:
        if not text.strip() and not has_files:
            raise RequestError("text: expected a message, found nothing", param="text")
        if len(text) > self._limits.text_chars:
            raise TooLarge(
                f"text: expected at most {self._limits.text_chars} characters, found {len(text)}",
                hint="attach long texts as a file",
                param="text",
            )

    def _check_room(self, user_id: str) -> None:
        running = [run for run in self._runs.values() if run.caller.user_id == user_id and not run.buffer.is_closed]
        if len(running) >= self._limits.running:
            raise BusyError(
                f"runs: this account has {len(running)} answers in flight, the most it may have",
                retry_after_s=2,
                hint="wait for one of them, or stop it",
                code="busy/runs",
            )

    def _start_ended(self, key: tuple[str, str, str], task: asyncio.Task[Begun]) -> None:
        """Forget a start that failed, so that the request can be sent again."""
        if task.cancelled() or task.exception() is not None:
            self._starting.pop(key, None)

    def _ended(self, run: Run) -> None:
        if run.run_id in self._runs:
            self._ended_s[run.run_id] = self._clock.monotonic_s()
            self._sweep()

    def _sweep(self) -> None:
        """Forget runs that ended long ago, and the oldest ones where they are too many or too large."""
        now_s, limits = self._clock.monotonic_s(), self._limits
        chars, counts = 0, dict[str, int]()
        for run_id in reversed(list(self._ended_s)):
            run = self._runs[run_id]
            user_id = run.caller.user_id
            chars += run.buffer.chars
            counts[user_id] = counts.get(user_id, 0) + 1
            is_late = now_s - self._ended_s[run_id] >= limits.kept_s
            if is_late or counts[user_id] > limits.kept or chars > limits.kept_chars:
                self._forget(run)

    def _forget(self, run: Run) -> None:
        self._runs.pop(run.run_id, None)
        self._ended_s.pop(run.run_id, None)
        for key, task in list(self._starting.items()):
            if task.done() and task.result().run is run:
                del self._starting[key]


def _check_question(message: Message) -> None:
    if message.role != "user" or message.erased_ms is not None:
        raise RequestError(
            "parent_id: only a user's message that is still there can be answered again", param="parent_id"
        )
