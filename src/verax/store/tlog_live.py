"""A log beside an event loop: acknowledges when durable, integrates soon after, serves.

* The first entry after a quiet time is integrated at once; under load there is one
  integration every `interval_s`, so that a tile and a checkpoint are not rewritten for every
  entry.
* An integration that fails for want of room is tried again after `retry_s`; the log refuses
  new entries meanwhile and is served all the same. An integrity error stops it for good.
* Of several processes one integrates; the others look every `poll_s` for what it published, and so
  does that one for what they wrote. `take_over` makes this process the one.
* Nothing here blocks the loop: the log works on threads of its own, so that other work of
  the process cannot hold up a promised entry.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from verax.kernel.errors import IntegrityError, StorageError, UnknownObject, VeraxError
from verax.kernel.proof import LogProof
from verax.store.clock import Clock, SystemClock
from verax.store.database import Database, Tx
from verax.store.tlog import PublishedTree, TileLog

__all__ = ["LiveLog", "Pace"]

T = TypeVar("T")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a log is integrated.

    Attributes:
        interval_s: Least time from the start of one integration to the start of the next.
        retry_s: Wait after one that failed.
        stall_s: Age of the oldest entry without an integration at which the log takes no more.
        poll_s: Time between two looks for what other processes did; None where there are none.
    """

    interval_s: float = 0.25
    retry_s: float = 1.0
    stall_s: float = 20.0
    poll_s: float | None = None


class LiveLog:
    """An open log with the one task that integrates it.

    Args:
        db: Where entries are written.
        log: The open log.
        pace: How often to integrate.
        clock: For the age of entries.
    """

    def __init__(self, db: Database, log: TileLog, pace: Pace | None = None, clock: Clock | None = None) -> None:
        self._db = db
        self._log = log
        self._pace = pace or Pace()
        self._threads = ThreadPoolExecutor(3, thread_name_prefix=f"verax-log-{log.log_id}")
        self._work = asyncio.Event()
        self._stop = asyncio.Event()
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._fault: VeraxError | None = None
        self._broken: IntegrityError | None = None
        self._listeners: list[Callable[[], None]] = []
        self._fault_listeners: list[Callable[[IntegrityError], None]] = []
        self._clock = clock or SystemClock()
        self._waiting_since_s: float | None = None
        self._running_since_s: float | None = None

    @property
    def log(self) -> TileLog:
        return self._log

    @property
    def published(self) -> PublishedTree:
        """The tree that readers see."""
        return self._log.published

    @property
    def fault(self) -> VeraxError | None:
        """Why the log takes no more entries: refused for good, or the last integration failed; None when neither."""
        return self._broken or self._fault

    def start(self) -> None:
        """Start the task; entries that an earlier process left are integrated first."""
        if self._task is None:
            self._work.set()
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"integrate {self._log.origin}")

    async def take_over(self) -> None:
        """Integrate from now on; `TileLog.take_over_now` on a thread of the log."""
        await self._call(self._log.take_over_now)
        self._work.set()

    async def close(self) -> None:
        """Integrate what is left, then stop. Safe to call twice."""
        self._stop.set()
        self._work.set()
        if self._task is not None:
            await self._task
            self._task = None
        self._fail_waiters(StorageError(f"log {self._log.origin}: closed", hint="start Verax again"))
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)

    def notify(self) -> None:
        """Say that entries were committed through `TileLog.append_in`."""
        if self._waiting_since_s is None:
            self._waiting_since_s = self._clock.monotonic_s()
        self._work.set()

    def check_accepting(self) -> None:
        """Refuse new entries while the log cannot integrate those it has (clause 10).

        Raises:
            StorageError, IntegrityError: the fault, as its class says.
        """
        fault = self.fault
        if fault is not None:
            raise fault.with_traceback(None)  # one object, raised for many callers
        if self._task is None or self._task.done():
            raise StorageError(f"log {self._log.origin}: nothing integrates it", hint="start Verax again")
        oldest_s = self._running_since_s if self._running_since_s is not None else self._waiting_since_s
        age_s = 0.0 if oldest_s is None else self._clock.monotonic_s() - oldest_s
        if age_s > self._pace.stall_s:
            raise StorageError(
                f"log {self._log.origin}: entries wait for integration since {age_s:.0f} s, expected under 1 s",
                hint="look at the disk: a write or a sync hangs",
            )

    async def append(
        self,
        entries: Sequence[bytes],
        *,
        expected: int | None = None,
        beside: Callable[[Tx, int], None] | None = None,
    ) -> range:
        """Write entries durably and return their indices; integration follows.

        Args:
            beside: Writes what belongs to them in the same transaction; gets the index of the first.

        Raises:
            TooLarge, ConflictError: as `TileLog.append_in`.
            StoreFull, StorageError, IntegrityError: the log takes nothing now.
        """
        self.check_accepting()

        def write(tx: Tx) -> int:
            first = self._log.append_in(tx, entries, expected=expected)
            if beside is not None:
                beside(tx, first)
            return first

        first = await self._db.write(write)
        self.notify()
        return range(first, first + len(entries))

    async def wait_published(self, index: int, timeout_s: float) -> None:
        """Wait until entry `index` is in the published tree.

        Raises:
            StorageError, IntegrityError: not within `timeout_s`, or the log was closed or failed.
        """
        if index < self._log.published.size:
            return
        if isinstance(self._fault, IntegrityError):
            raise self._fault.with_traceback(None)  # nothing integrates any more
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((index, waiter))
        try:
            await asyncio.wait_for(waiter, timeout_s)
        except TimeoutError:
            raise StorageError(
                f"log {self._log.origin}: entry {index} was not published within {timeout_s:.0f} s",
                hint="the entry is durable and will be published; look at the disk",
            ) from None

    def on_published(self, call: Callable[[], None]) -> None:
        """Call `call` on the event loop whenever a larger tree was published, or another process cosigned one."""
        self._listeners.append(call)

    def on_broken(self, call: Callable[[IntegrityError], None]) -> None:
        """Call `call` on the event loop when something inconsistent ends the integration for good."""
        self._fault_listeners.append(call)

    def refuse(self, error: IntegrityError) -> None:
        """Take no more entries: something outside shows that this is not the log's newest history."""
        self._broken = error

    def keys(self) -> bytes:
        """Return the verifier keys of this log, one a line."""
        return "".join(f"{key}\n" for key in self._log.verifiers).encode("utf-8")

    def checkpoint(self) -> bytes:
        """Return the newest published checkpoint, byte for byte."""
        return self._log.published.checkpoint

    def witnessed_checkpoint(self) -> bytes:
        """Return the newest checkpoint that carried the witness quorum, byte for byte.

        Raises:
            UnknownObject: none did.
        """
        witnessed = self._log.witnessed
        if witnessed is None:
            raise UnknownObject(f"log {self._log.origin}: no checkpoint carries the quorum of its witnesses")
        return witnessed.checkpoint

    async def tile(self, path: str) -> bytes:
        """`TileLog.read_now` on a thread of the log."""
        return await self._call(lambda: self._log.read_now(path))

    async def prove(self, index: int) -> LogProof:
        """`TileLog.prove_now` on a thread of the log."""
        return await self._call(lambda: self._log.prove_now(index))

    async def prove_witnessed(self, index: int) -> LogProof | None:
        """`TileLog.prove_witnessed_now` on a thread of the log."""
        return await self._call(lambda: self._log.prove_witnessed_now(index))

    async def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """`TileLog.consistency_now` on a thread of the log."""
        return await self._call(lambda: self._log.consistency_now(old, new))

    async def attach(self, note: bytes, *, is_witnessed: bool) -> None:
        """`TileLog.attach_now` on a thread of the log."""
        await self._call(lambda: self._log.attach_now(note, is_witnessed=is_witnessed))

    async def check_mark(self, source: str, note: bytes) -> None:
        """`TileLog.check_mark_now` on a thread of the log."""
        await self._call(lambda: self._log.check_mark_now(source, note))

    async def _call(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def _run(self) -> None:
        while not self._stop.is_set():
            await self._wait_for_work()
            self._work.clear()
            began_s = self._clock.monotonic_s()
            await self._integrate()
            if isinstance(self._fault, IntegrityError):
                return
            took_s = self._clock.monotonic_s() - began_s
            await self._rest(self._pace.retry_s if self._fault else max(0.0, self._pace.interval_s - took_s))
        if not isinstance(self._fault, IntegrityError):
            await self._integrate()

    async def _wait_for_work(self) -> None:
        try:
            await asyncio.wait_for(self._work.wait(), self._pace.poll_s)
        except TimeoutError:
            return

    async def _integrate(self) -> None:
        self._running_since_s, self._waiting_since_s = self._waiting_since_s, None
        log = self._log
        before, witnessed = log.published, log.witnessed
        try:
            size = await self._call(log.advance_now)
            await self._keep_waiting(size > before.size)
        except VeraxError as error:
            self._failed(error)
            return
        self._running_since_s = self._fault = None
        self._settle_waiters(size)
        is_cosigned = log.is_following and (log.published is not before or log.witnessed is not witnessed)
        if size > before.size or is_cosigned:
            for call in self._listeners:
                call()

    async def _keep_waiting(self, has_grown: bool) -> None:
        """Let entries wait on that the process which integrates has not taken yet."""
        since_s = self._running_since_s
        if since_s is not None and self._log.is_following and await self._call(self._log.pending_now) > 0:
            self._waiting_since_s = self._clock.monotonic_s() if has_grown else since_s

    def _failed(self, error: VeraxError) -> None:
        self._waiting_since_s = self._running_since_s
        if type(error) is not type(self._fault):
            _logger.error("log %s: integration failed: %s", self._log.origin, error)
        self._running_since_s, self._fault = None, error
        self._fail_waiters(error)
        self._work.set()
        if isinstance(error, IntegrityError):
            for call in self._fault_listeners:
                call(error)

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return

    def _settle_waiters(self, size: int) -> None:
        for index, waiter in self._waiters:
            if index < size and not waiter.done():
                waiter.set_result(None)
        self._waiters = [item for item in self._waiters if not item[1].done()]

    def _fail_waiters(self, error: VeraxError) -> None:
        waiters, self._waiters = self._waiters, []
        for _, waiter in waiters:
            if not waiter.done():
                waiter.set_exception(error)
