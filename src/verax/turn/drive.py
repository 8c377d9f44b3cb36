"""One turn, step by step, from the moment it has an id until it is recorded (`verax.turn.path`)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from verax.guard.audience import Audience
from verax.guard.echoes import Echoes
from verax.guard.guarding import Guarding, policy_of
from verax.guard.judges import ScoreBook
from verax.guard.tally import Tally
from verax.kernel.errors import (
    ConflictError,
    CorruptStore,
    IntegrityError,
    RequestError,
    StorageError,
    VeraxError,
)
from verax.kernel.record import Status
from verax.kernel.release import Release
from verax.models.base import ModelCall, Sent, Usage
from verax.store.turns import FinishedTurn, OpenTurn
from verax.truth.verdicts import Evidence
from verax.turn.compose import Composition, compose
from verax.turn.dispute import Position, find_positions
from verax.turn.drafts import DraftPicker
from verax.turn.events import (
    Choice,
    ClaimVerdict,
    Completed,
    DraftsDrawn,
    Failed,
    Refusal,
    Started,
    TextDelta,
    TurnEvent,
)
from verax.turn.evidence import Outcome, evidence_bytes
from verax.turn.generate import generate
from verax.turn.guard import GuardedReply, Reader
from verax.turn.judging import Judging, TruthParts
from verax.turn.links import LinkFilter
from verax.turn.ports import BackendSource, Governance, RuntimeIdentity, Turns
from verax.turn.recall import look_up, passages_for_prompt, recall
from verax.turn.record import Draft, build_record, delivered_bytes
from verax.turn.resolve import is_withdrawn
from verax.turn.samples import Samples
from verax.turn.screen import Screening, check_bans, screen, texts_from_outside, texts_to_read, without_stopped
from verax.turn.trim import MAX_STEPS, trim
from verax.turn.verify import Marks, StrictFilter, check_request

__all__ = ["Drive", "EngineParts"]

_SCREENED_AT_ONCE_CHARS = 8_000
_REMEMBERED_SOURCES = 12
_SOURCE_CHARS = 8_000
_TOO_LONG = "request/context-length"

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EngineParts:
    """What the path is made of; time and randomness are handed in.

    Attributes:
        now_ms: The wall clock, milliseconds since 1970.
        random_bytes: A cryptographic source.
        truth: Collections and what judges; None refuses the releases that need them.
        guarding: What reads sentences for the policies; without a classifier exact rules alone do.
        tally: Counts what the policies found, for whoever runs the installation.
        echoes: What was said here before, so that it is no source later.
        off_topic: Tells how much of a reply has nothing to do with the texts it answers, 0 to 1; None where
            nobody counts that.
    """

    governance: Governance
    turns: Turns
    backends: BackendSource
    runtime: RuntimeIdentity
    now_ms: Callable[[], int]
    random_bytes: Callable[[int], bytes]
    truth: TruthParts | None = None
    guarding: Guarding = field(default_factory=Guarding)
    tally: Tally = field(default_factory=Tally)
    echoes: Echoes = field(default_factory=Echoes)
    off_topic: Callable[[str, Sequence[str]], float | None] | None = None


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
        self._marks: Marks | None = None
        self._strict: StrictFilter | None = None
        self._drafts: DraftPicker | None = None
        self._samples: Samples | None = None
        self._links: LinkFilter | None = None
        self._book = ScoreBook()
        self._passages: tuple[Evidence, ...] = ()
        self._positions: tuple[Position, ...] | None = None
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
        if self._marks is not None:
            self._marks.cancel()
        try:
            await self._record(status, failure)
        except VeraxError as error:
            await self._raise_alarm(_as_found(error))
            self.events.put_nowait(Failed.of(_as_found(error), self._draft.turn_id))

    async def _answer(self) -> Status:
        """Answer, with fewer of the oldest lines each time that the model refuses the prompt as too long."""
        draft, release = self._draft, self._draft.resolution.release
        self._book = self._parts.guarding.book(release)
        await self._book.learn(texts_to_read(draft.request, release))
        await self._parts.guarding.outside.learn(texts_from_outside(draft.request, release))
        asked = without_stopped(draft.request, release, self._book.scores)
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
        screening = await self._screen()
        if screening.category:
            await self._start()
            draft.guard[screening.category] += 1
            self._tell(Refusal(screening.category, screening.reason, screening.next_step, crisis=screening.crisis))
            return "refused"
        check_request(release, draft.request)
        held = await recall(draft.request, self._parts.turns)
        if draft.judging is None:
            draft.judging = await look_up(draft.request, release, self._parts.truth)
        await self._choose_passages(release, draft.judging)
        today = datetime.fromtimestamp(draft.time_ms / 1000, UTC).date()
        composition = compose(release, draft.request, held, today, draft.seed, self._passages, self._positions or ())
        check_bans(composition.segments, draft.resolution.state.bans_on(draft.resolution.channel))
        draft.segments, draft.options = composition.segments, composition.options
        said = next((item.text for item in reversed(draft.request.items) if item.role == "user"), "")
        reader = Reader(Audience(release.audience), said)
        choices = 1 if release.truth.replies > 1 else composition.options.n
        self._reply = GuardedReply(policy_of(release, "output"), choices, reader, self._book.scores)
        self._prepare_truth(release, draft.judging)
        await self._generate(composition, self._reply)
        await self._book.learn(self._reply.unread(None))
        self._leave(self._reply.close())
        if self._marks is not None:
            await self._marks.finish()
        return self._status(self._reply)

    async def _choose_passages(self, release: Release, judging: Judging | None) -> None:
        """Choose what of the evidence the prompt shows; what it disagrees about is looked for once a turn."""
        words = release.retrieval.passages
        found = passages_for_prompt(judging, release, self._parts.echoes)
        self._passages = found[: words.limit] if words is not None else ()
        if self._positions is None and judging is not None and words is not None and words.dispute_head:
            self._positions = await find_positions(judging, found)

    async def _screen(self) -> Screening:
        """Screen the request; a long one on a thread, so that other turns go on."""
        draft, release = self._draft, self._draft.resolution.release
        scores = (self._book.scores, self._parts.guarding.outside.scores)
        pages = (page for item in draft.request.items for file in item.files for page in file.pages)
        size = sum(len(item.text) for item in draft.request.items) + sum(map(len, pages))
        if size <= _SCREENED_AT_ONCE_CHARS:
            screening = screen(draft.request, release, *scores)
        else:
            screening = await asyncio.to_thread(screen, draft.request, release, *scores)
        self._parts.tally.count(draft.resolution.channel, "input", screening.findings, screening.alerts)
        return screening

    def _prepare_truth(self, release: Release, judging: Judging | None) -> None:
        """Make what judges this attempt's sentences; nothing in mode ``off``."""
        truth, spec = self._parts.truth, release.truth
        if truth is None or judging is None or spec.mode == "off":
            return
        if self._marks is not None:
            self._marks.cancel()
        self._samples = Samples() if spec.samples else None
        has_sources = release.retrieval.has_sources
        self._links = LinkFilter(lambda: judging.addresses) if has_sources else None
        self._marks = Marks(judging, self._tell, self._samples)
        self._drafts = DraftPicker(judging, spec.drafts) if spec.drafts > 1 else None
        self._strict = StrictFilter(judging, spec.not_found) if spec.mode == "strict" else None

    async def _generate(self, composition: Composition, reply: GuardedReply) -> None:
        draft = self._draft
        backend = await self._parts.backends.resolve(draft.resolution.release)
        draft.identity = backend.identity
        call = ModelCall(
            draft.resolution.release, composition.segments, composition.options, stream=draft.request.stream
        )
        events = generate(backend, call, composition.tool_style, self._call_id)
        async with contextlib.AsyncExitStack() as stack:
            checked = await stack.enter_async_context(contextlib.aclosing(events))
            for step in (self._samples, self._links, self._drafts, self._strict):
                if step is not None:
                    checked = await stack.enter_async_context(contextlib.aclosing(step.pass_on(checked)))
            async for event in checked:
                if isinstance(event, Sent):
                    draft.sent = event.data
                    self._opening = asyncio.ensure_future(self._open(again=self._opening is not None))
                elif isinstance(event, Usage):
                    draft.prompt_tokens, draft.completion_tokens = event.prompt_tokens, event.completion_tokens
                else:
                    if not self._is_started:
                        await self._start()
                    await self._book.learn(reply.unread(event))
                    if is_withdrawn(draft.resolution, self._parts.governance.state):
                        reply.withdraw()
                    self._leave(reply.take(event))
                    if reply.is_cut:
                        return

    def _leave(self, events: Sequence[TurnEvent]) -> None:
        """Hand over what passed the guard; what can be checked of it is judged beside the stream."""
        abstained = self._strict.abstained if self._strict is not None else ()
        for event in events:
            self._tell(event)
            if self._marks is not None and isinstance(event, TextDelta) and event.choice not in abstained:
                self._marks.feed(event.choice, event.text)

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
        if reply.is_rewritten or (self._links is not None and self._links.is_rewritten):
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
            keeps_words=draft.request.keeps_words,
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
            if draft.request.keeps_words:
                self._remember(choices)
            draft.guard.update(self._reply.findings)
            self._parts.tally.count(draft.resolution.channel, "output", self._reply.findings, self._reply.alerts)
        self._keep_evidence()
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
                evidence=draft.evidence,
                keeps_words=draft.request.keeps_words,
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
                withheld=draft.withheld,
                drafts=self._drafts_drawn(),
            )
        )

    def _remember(self, choices: Sequence[Choice]) -> None:
        """Remember what was said, so that it is no source for later turns; what others wrote first stays theirs."""
        parts, channel = self._parts, self._draft.resolution.channel
        others = [part.text for part in self._draft.segments if part.by in ("user", "retrieved", "tool", "memory")]
        sources = [text[-_SOURCE_CHARS:] for text in others[-_REMEMBERED_SOURCES:]]
        for choice in choices:
            parts.echoes.remember(choice.text, sources)
            if parts.off_topic is not None:
                parts.tally.count_topic(channel, parts.off_topic(choice.text, sources))

    def _drafts_drawn(self) -> DraftsDrawn | None:
        if self._drafts is None or not self._drafts.drafts:
            return None
        return DraftsDrawn(len(self._drafts.drafts), self._drafts.kept)

    def _keep_evidence(self) -> None:
        """Keep what the record commits to: the verdicts that were told, and what they are about."""
        draft, marks = self._draft, self._marks
        if draft.judging is None:
            return
        draft.withheld = 0 if self._strict is None else self._strict.withheld
        release = draft.resolution.release
        draft.evidence = evidence_bytes(
            release.truth.mode,
            draft.judging,
            self._passages,
            Outcome(
                () if marks is None else marks.shown,
                draft.withheld,
                () if self._samples is None else self._samples.texts,
                () if self._drafts is None else self._drafts.drafts,
                0 if self._drafts is None else self._drafts.kept,
                self._positions or (),
            ),
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
