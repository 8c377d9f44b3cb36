"""One writer thread with group commit.

*Life of a write.* ``submit`` puts a job into the queue. The thread takes everything queued
(at most ``write_batch``), opens one transaction, runs each job in a savepoint of it, commits
once, and only then answers all of them: with its value, or with its own error, which rolled
back nothing but itself. When the commit fails nobody gets a value. A single job needs no
savepoint. While a commit waits for the disk the next batch gathers by itself, so nothing
ever waits on purpose.

A job that was queued runs even when whoever awaited it was cancelled meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from verax.kernel.errors import BusyError, StorageError, VeraxError
from verax.store.database_types import Connection, DatabaseLimits, DeadlockError, Driver, Observer, Tx

__all__ = ["Writer"]

_ATTEMPTS = 5  # a deadlock costs a second of waiting on the server; five of them are an overload

T = TypeVar("T")
_log = logging.getLogger(__name__)


class _Job:
    """One closure, and how to answer whoever waits for it."""

    __slots__ = ("attempts", "call", "error", "is_maintenance", "loop", "value", "waiter")

    def __init__(
        self,
        call: Callable[[Any], Any],
        waiter: asyncio.Future[Any] | Future[Any],
        loop: asyncio.AbstractEventLoop | None,
        *,
        is_maintenance: bool = False,
    ) -> None:
        self.call = call
        self.waiter = waiter
        self.loop = loop
        self.is_maintenance = is_maintenance
        self.attempts = 0
        self.value: Any = None
        self.error: BaseException | None = None


class Writer:
    """Owns the writing connection.

    Args:
        driver: Replaces a connection that was lost.
        connection: The writing connection; closed by `close`.
        limits: Length of the queue and of a batch.
        observe: Called with each SQL text, on the writer thread.
    """

    def __init__(
        self, driver: Driver, connection: Connection, limits: DatabaseLimits, observe: Observer | None
    ) -> None:
        self._driver = driver
        self._connection = connection
        self._limits = limits
        self._observe = observe
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="verax-writer", daemon=True)
        self._thread.start()

    async def write(self, call: Callable[[Tx], T]) -> T:
        """Run `call` in a transaction; return its value when it is durable."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        self._submit(_Job(call, waiter, loop))
        return await waiter

    def write_now(self, call: Callable[[Tx], T]) -> T:
        """The same for code without an event loop; blocks the calling thread."""
        waiter: Future[T] = Future()
        self._submit(_Job(call, waiter, None))
        return waiter.result()

    async def scrub(self) -> None:
        """Run the connection's `scrub` between two batches."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._submit(_Job(_scrub, waiter, loop, is_maintenance=True))
        await waiter

    def scrub_now(self) -> None:
        """The same for code without an event loop."""
        waiter: Future[None] = Future()
        self._submit(_Job(_scrub, waiter, None, is_maintenance=True))
        waiter.result()

    def close(self) -> None:
        """Refuse new writes, finish the queued ones, close the connection. Safe to call twice."""
        with self._gate:
            if not self._is_closed:
                self._is_closed = True
                self._queue.put(None)
        self._thread.join()

    def _submit(self, job: _Job) -> None:
        with self._gate:
            if self._is_closed:
                raise StorageError(f"{self._driver.label}: the database is closed", hint="start Verax again")
            if self._queue.qsize() >= self._limits.write_queue:
                raise BusyError(
                    f"{self._driver.label}: {self._limits.write_queue} writes are waiting already",
                    retry_after_s=1,
                    hint="try again in a moment",
                )
            self._queue.put(job)

    def _run(self) -> None:
        is_open = True
        while is_open:
            job = self._queue.get()
            batch: list[_Job] = []
            while job is not None:
                batch.append(job)
                if len(batch) >= self._limits.write_batch or self._queue.empty():
                    break
                job = self._queue.get()
            is_open = job is not None
            self._process(batch)
        try:
            self._connection.close()
        except VeraxError as error:
            _log.warning("%s: closing: %s", self._driver.label, error.message)

    def _process(self, batch: list[_Job]) -> None:
        """Run and answer a batch; jobs that met a deadlock run again, alone."""
        writes = [job for job in batch if not job.is_maintenance]
        again = self._transact(writes) if writes else []
        _answer([job for job in writes if job not in again])
        for job in again:
            while self._transact([job]):
                pass
            _answer([job])
        for job in batch:
            if job.is_maintenance:
                self._maintain(job)
        self._connection.upkeep()

    def _maintain(self, job: _Job) -> None:
        try:
            job.call(self._connection)
        except VeraxError as error:
            job.error = error
        _answer([job])

    def _transact(self, jobs: list[_Job]) -> list[_Job]:
        """Run `jobs` in one transaction; return those that must run again."""
        for job in jobs:
            job.error, job.attempts = None, job.attempts + 1
        try:
            if self._connection.is_lost:
                self._connection = self._driver.connect(readonly=False)
            self._connection.begin()
            for job in jobs:
                self._run_job(job, alone=len(jobs) == 1)
            if len(jobs) > 1 or jobs[0].error is None:
                self._connection.commit()
        except VeraxError as error:
            self._abandon(jobs, error)
        return [job for job in jobs if isinstance(job.error, DeadlockError) and job.attempts < _ATTEMPTS]

    def _abandon(self, jobs: list[_Job], error: VeraxError) -> None:
        """Fail every job of a transaction that did not reach the disk."""
        for job in jobs:
            job.error = _twin(error)
        try:
            self._connection.rollback()
        except VeraxError as second:
            _log.error("%s: rolling back: %s", self._driver.label, second.message)

    def _run_job(self, job: _Job, *, alone: bool) -> None:
        """Run one closure; its own error stays its own as long as the transaction lives.

        Raises:
            VeraxError: the transaction is gone, so the whole batch failed.
        """
        tx = Tx(self._connection, self._observe)
        if not alone:
            self._connection.savepoint()
        try:
            job.value = job.call(tx)
        except Exception as error:  # noqa: BLE001 - one write ends here; its waiter gets whatever it raised
            job.error = error
        finally:
            tx.end()
        if not self._connection.in_transaction:
            raise (
                job.error
                if isinstance(job.error, VeraxError)
                else StorageError(
                    f"{self._driver.label}: a write ended the transaction that it shares",
                    hint="this is a defect of Verax: please report it",
                )
            )
        if alone and job.error is not None:
            self._connection.rollback()
        elif not alone and job.error is None:
            self._connection.release()
        elif not alone:
            self._connection.rollback_to()


def _scrub(connection: Connection) -> None:
    connection.scrub()


def _answer(jobs: list[_Job]) -> None:
    """Hand each waiter its value or error; one wake-up of each event loop for all of them."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in jobs:
        if job.loop is not None:
            by_loop.setdefault(job.loop, []).append(job)
        else:
            _settle(job)
    for loop, waiting in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle_all, waiting)
        except RuntimeError:
            _log.warning("%d writes finished after their event loop was closed", len(waiting))


def _settle_all(jobs: list[_Job]) -> None:
    for job in jobs:
        _settle(job)


def _settle(job: _Job) -> None:
    if job.waiter.cancelled():
        return
    if job.error is not None:
        job.waiter.set_exception(job.error)
    else:
        job.waiter.set_result(job.value)


def _twin(error: VeraxError) -> VeraxError:
    """Copy an error: one raised in several tasks would gather the traceback of each."""
    twin = type(error).__new__(type(error), *error.args)
    twin.__dict__.update(error.__dict__)
    twin.__cause__ = error.__cause__
    return twin
