"""Asking witnesses: one task a log, which never stands in the way of a turn (clauses 2, 6 and 10).

*Life of a cosignature, on the side of the log:*

1. A tree is published. At the log's pace one published checkpoint becomes the target, and every
   witness of the plan that does not rest is asked for it, all at once: cosignatures on different
   trees would make no quorum.
2. A witness is told the size that it cosigned last and the proof from there; where it knows
   another size it says so, and is asked once more.
3. Its line is verified under the key that the root names, with a time near ours.
4. The line joins the target's: the log's own lines first, then the witnesses in the policy's
   order, one line each, the newest. The published checkpoint is replaced by that note where it
   still is the newest, and the note is kept where it makes the quorum.
5. A cosignature grows old: after `refresh_s` the witness is asked for the same tree again.

A witness that fails rests, twice as long each time. One that shows a larger or another tree,
signed by this log's own key, is believed: somebody put an older state in place, or signs with
our key. The log then takes nothing more, which `on_contradiction` decides.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from verax.kernel.cosignature import verify_cosignature, with_cosignatures
from verax.kernel.errors import (
    CorruptStore,
    IntegrityError,
    KernelError,
    NoteError,
    ProofError,
    RolledBack,
    VeraxError,
    WitnessError,
)
from verax.kernel.note import NoteSignature, parse_note
from verax.kernel.witness import SIZE_TYPE, Submission, origin_digest, parse_answer, parse_size
from verax.store.clock import Clock
from verax.store.tlog_live import LiveLog
from verax.store.witness_plan import Standing, WitnessBoard, WitnessPlan

__all__ = ["AskPace", "Cosigner", "LinkAnswer", "WitnessLink"]

_logger = logging.getLogger(__name__)
_ATTEMPTS = 3
_LONGEST_LOOK_S = 30.0  # a root change reaches every log's task within this time
_MAX_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What a witness answered to a submission."""

    status: int
    content_type: str
    body: bytes


class WitnessLink(Protocol):
    """The way to witnesses; every method raises `WitnessError` where one cannot be reached in time."""

    async def add_checkpoint(self, address: str, body: bytes) -> LinkAnswer:
        """Send a submission to the witness at `address`."""
        ...

    async def newest(self, address: str, digest: str) -> bytes | None:
        """Return the newest checkpoint it shows of the log with that hash of its origin; None where it shows none."""
        ...


@dataclass(frozen=True, slots=True)
class AskPace:
    """How often witnesses are asked.

    Attributes:
        interval_s: Least time from one target to the next.
        refresh_s: Age of a cosignature at which the same tree is cosigned again.
        rest_s: Rest of a witness after a first failure; doubles up to `longest_rest_s`.
        grace_s: Time without the quorum after which it is called missing.
    """

    interval_s: float = 0.0
    refresh_s: float = 3600.0
    rest_s: float = 1.0
    longest_rest_s: float = 300.0
    grace_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Reports:
    """Where a `Cosigner` tells what it found.

    Attributes:
        on_cosigned: A checkpoint got one more cosignature.
        on_contradiction: A witness shows what this log's key signed and this log does not have: the
            witness's name, the note it shows (None where it only says so), and what is wrong.
        on_quorum_missing: The quorum is missing for `AskPace.grace_s`; called once each time.
    """

    on_cosigned: Callable[[], Awaitable[None]]
    on_contradiction: Callable[[str, bytes | None, IntegrityError], Awaitable[None]]
    on_quorum_missing: Callable[[], Awaitable[None]]


@dataclass(slots=True)
class _Target:
    """A published checkpoint that witnesses are asked for, and their lines with the times stated."""

    note: bytes
    text: str
    size: int
    since_s: float
    lines: dict[str, tuple[NoteSignature, int]] = field(default_factory=dict)


class Cosigner:
    """Asks the witnesses of one log.

    Args:
        live: The log.
        plan: Returns whom to ask now; the root may change.
        link: The way to them.
        board: Where their standing is kept.
        clock: Wall time for cosignatures, monotonic time for waiting.
    """

    def __init__(
        self,
        live: LiveLog,
        plan: Callable[[], WitnessPlan],
        link: WitnessLink,
        board: WitnessBoard,
        clock: Clock,
        reports: Reports,
        pace: AskPace | None = None,
    ) -> None:
        self._live = live
        self._plan = plan
        self._link = link
        self._board = board
        self._clock = clock
        self._reports = reports
        self._pace = pace or AskPace()
        self._target: _Target | None = None
        self._began_s = float("-inf")
        self._is_missing_told = False
        self._attaching = asyncio.Lock()
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._asking: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        live.on_published(self._wake.set)

    @property
    def origin(self) -> str:
        """The log."""
        return self._live.log.origin

    def start(self) -> None:
        """Start asking."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"cosign {self.origin}")

    def wake(self) -> None:
        """Look again at once: the plan may have changed."""
        self._wake.set()

    async def close(self) -> None:
        """Stop; questions that are open are given up."""
        self._stop.set()
        self._wake.set()
        for task in (*self._asking, *([self._task] if self._task else [])):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._task = None

    async def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                wait_s = await self._round()
            except VeraxError as error:
                _logger.error("log %s: witnesses cannot be asked: %s", self.origin, error)
                wait_s = self._pace.longest_rest_s
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait_s)

    async def _round(self) -> float:
        """Ask whom it is time to ask, and return how long to wait for the next look, in seconds."""
        plan, now_s = self._plan(), self._clock.monotonic_s()
        if plan.is_empty or self._live.published.size == 0:
            return _LONGEST_LOOK_S
        target = self._choose_target(plan, now_s)
        for name in plan.addresses:
            if self._due_in_s(name, target, now_s) == 0:
                self._board.of(self.origin, name).is_busy = True
                task = asyncio.create_task(self._ask(name, target, plan))
                self._asking.add(task)
                task.add_done_callback(self._end_of_question)
        await self._tell_missing(plan, target, now_s)
        return self._next_look_s(plan, target, now_s)

    def _choose_target(self, plan: WitnessPlan, now_s: float) -> _Target:
        published, target = self._live.published, self._target
        text = parse_note(published.checkpoint).text
        is_time = now_s - self._began_s >= self._pace.interval_s
        if target is None or (text != target.text and is_time):
            since_s = now_s if target is None or plan.policy.is_met_by(target.lines) else target.since_s
            bare = with_cosignatures(published.checkpoint, self._live.log.all_verifiers, [])
            target = _Target(bare, text, published.size, since_s, dict(_held_lines(published.checkpoint, plan)))
            for name in target.lines:
                self._board.of(self.origin, name).size = target.size
            self._target, self._began_s = target, now_s
        return target

    def _due_in_s(self, name: str, target: _Target, now_s: float) -> float:
        """Return in how many seconds a witness is to be asked; never while it is."""
        standing, held = self._board.of(self.origin, name), target.lines.get(name)
        if standing.is_busy:
            return float("inf")
        fresh_s = 0.0 if held is None else held[1] + self._pace.refresh_s - self._now_s()
        return max(0.0, fresh_s, standing.retry_at_s - now_s)

    def _next_look_s(self, plan: WitnessPlan, target: _Target, now_s: float) -> float:
        waits = [_LONGEST_LOOK_S, *(self._due_in_s(name, target, now_s) for name in plan.addresses)]
        if parse_note(self._live.published.checkpoint).text != target.text:
            waits.append(self._began_s + self._pace.interval_s - now_s)
        if not plan.policy.is_met_by(target.lines):
            waits.append(self._pace.grace_s)
        return max(0.0, min(waits))

    async def _tell_missing(self, plan: WitnessPlan, target: _Target, now_s: float) -> None:
        if plan.policy.is_met_by(target.lines):
            self._is_missing_told = False
        elif not self._is_missing_told and now_s - target.since_s >= self._pace.grace_s:
            self._is_missing_told = True
            await self._reports.on_quorum_missing()

    def _end_of_question(self, task: asyncio.Task[None]) -> None:
        self._asking.discard(task)
        self._wake.set()

    async def _ask(self, name: str, target: _Target, plan: WitnessPlan) -> None:
        standing = self._board.of(self.origin, name)
        try:
            line, time_s = await self._converse(name, target, plan)
            standing.size, standing.time_s = target.size, time_s
            await self._attach(target, plan, name, (line, time_s))
            standing.problem, standing.failures, standing.retry_at_s = "", 0, 0.0
        except VeraxError as error:
            self._rest(standing, error)
            if isinstance(error, RolledBack):
                _logger.error("log %s, witness %s: %s", self.origin, name, error)
        finally:
            standing.is_busy = False

    def _rest(self, standing: Standing, error: VeraxError) -> None:
        longest = self._pace.rest_s * 2 ** min(standing.failures, _MAX_DOUBLINGS)
        rest_s = min(longest, self._pace.longest_rest_s) * random.uniform(0.75, 1.0)  # noqa: S311 - spreads, hides nothing
        standing.problem, standing.failures = error.message, standing.failures + 1
        standing.retry_at_s = self._clock.monotonic_s() + rest_s

    async def _converse(self, name: str, target: _Target, plan: WitnessPlan) -> tuple[NoteSignature, int]:
        """Ask one witness for one tree until it cosigns; at most `_ATTEMPTS` times.

        Raises:
            WitnessError: it does not.
            RolledBack: it shows that it should not.
        """
        address, old = plan.addresses[name], min(self._board.of(self.origin, name).size, target.size)
        for _ in range(_ATTEMPTS):
            path = await self._live.consistency(old, target.size)
            answer = await self._link.add_checkpoint(address, Submission(old, tuple(path), target.note).to_bytes())
            if answer.status == 200:
                return self._read(answer, name, target, plan)
            if answer.status == 409 and answer.content_type == SIZE_TYPE:
                old = await self._reported_size(answer, name, target, plan)
            elif answer.status in (409, 422):
                await self._look_for_contradiction(name, plan, None)
                raise WitnessError(f"it cosigned another tree of {old} entries, or says so")
            else:
                raise WitnessError(_explain(answer.status))
        raise WitnessError("it names another size each time")

    def _read(self, answer: LinkAnswer, name: str, target: _Target, plan: WitnessPlan) -> tuple[NoteSignature, int]:
        try:
            return parse_answer(answer.body, target.text, {name: plan.key(name)}, self._now_s())[name]
        except NoteError as error:
            raise WitnessError(f"its answer proves nothing: {error.message}") from error

    async def _reported_size(self, answer: LinkAnswer, name: str, target: _Target, plan: WitnessPlan) -> int:
        try:
            size = parse_size(answer.body)
        except ProofError as error:
            raise WitnessError(error.message) from error
        published = self._live.published.size
        if size > published:
            problem = f"it says that it cosigned {size} entries, and this log has {published}"
            await self._look_for_contradiction(name, plan, problem)
            raise WitnessError(problem)
        if size > target.size:
            raise WitnessError("it has cosigned a newer tree meanwhile")
        return size

    async def _look_for_contradiction(self, name: str, plan: WitnessPlan, claim: str | None) -> None:
        """Ask a witness for what it has, and report it where this log's own key signed it.

        Args:
            claim: What the witness says of its size, in words; None where it named none.

        Raises:
            RolledBack: it contradicts this log.
            WitnessError: it cannot be reached, or shows what this log never signed.
        """
        note = await self._link.newest(plan.addresses[name], origin_digest(self.origin))
        if note is None:
            if claim is not None:
                error = IntegrityError(f"log {self.origin}, witness {name}: {claim}", code="witness/ahead")
                await self._reports.on_contradiction(name, None, error)
            return
        try:
            await self._live.check_mark(f"witness {name}", note)
        except RolledBack as found:
            await self._reports.on_contradiction(name, note, found)
            raise
        except CorruptStore:
            raise WitnessError("it shows a checkpoint that this log never signed") from None

    async def _attach(self, target: _Target, plan: WitnessPlan, name: str, line: tuple[NoteSignature, int]) -> None:
        """Put one more line on the target's note, in the policy's order; the line counts once it is durable."""
        async with self._attaching:
            held = {**target.lines, name: line}
            names = [known for known in plan.policy.witnesses if known in held]
            note = with_cosignatures(target.note, self._live.log.all_verifiers, [held[known][0] for known in names])
            is_met = plan.policy.quorum != "none" and plan.policy.is_met_by(names)
            await self._live.attach(note, is_witnessed=is_met)
            target.lines[name] = line
        await self._reports.on_cosigned()

    def _now_s(self) -> int:
        return self._clock.now_ms() // 1000


def _held_lines(note: bytes, plan: WitnessPlan) -> Iterable[tuple[str, tuple[NoteSignature, int]]]:
    """Yield the lines of a note that verify, by the witness's name: what an earlier process attached."""
    parsed = parse_note(note)
    for name, key in plan.policy.witnesses.items():
        for line in parsed.signatures:
            with contextlib.suppress(KernelError):
                yield name, (line, verify_cosignature(key, parsed.text, line).time_s)


def _explain(status: int) -> str:
    return {
        403: "it does not know the key of this log",
        404: "it does not follow this log",
    }.get(status, f"it answers with HTTP {status}")
