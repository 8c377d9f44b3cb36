"""Read connections: a few, each with a consistent view, never waiting for the writer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from verax.kernel.errors import BusyError, StorageError
from verax.store.database_types import Connection, DatabaseLimits, Driver, Observer, Tx

__all__ = ["Readers"]

T = TypeVar("T")


class Readers:
    """Runs reads on at most ``limits.readers`` connections, opened when first needed.

    Args:
        driver: Opens the connections.
        limits: Number of connections, and how many reads may wait for one.
        observe: Called with each SQL text, on the reading thread.
    """

    def __init__(self, driver: Driver, limits: DatabaseLimits, observe: Observer | None) -> None:
        self._driver = driver
        self._limits = limits
        self._observe = observe
        self._threads = ThreadPoolExecutor(limits.readers, thread_name_prefix="verax-reader")
        self._free: list[Connection] = []
        self._slots = threading.BoundedSemaphore(limits.readers)
        self._gate = threading.Lock()
        self._waiting = 0
        self._is_closed = False

    async def read(self, call: Callable[[Tx], T]) -> T:
        """Run `call` in a read transaction on a reader thread."""
        with self._gate:
            self._check_open()
            if self._waiting >= self._limits.read_queue:
                raise BusyError(
                    f"{self._driver.label}: {self._waiting} reads are waiting already",
                    retry_after_s=1,
                    hint="try again in a moment",
                )
            self._waiting += 1
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run_counted, call)

    def read_now(self, call: Callable[[Tx], T]) -> T:
        """Run `call` in a read transaction on the calling thread."""
        if not self._slots.acquire(timeout=self._limits.lock_wait_s):
            raise BusyError(f"{self._driver.label}: every read connection is in use", retry_after_s=1)
        try:
            return self._run(call)
        finally:
            self._slots.release()

    def close(self) -> None:
        """Finish running reads and close the connections. Safe to call twice."""
        with self._gate:
            self._is_closed = True
        self._threads.shutdown(wait=True)
        with self._gate:
            free, self._free = self._free, []
        for connection in free:
            connection.close()

    def _run_counted(self, call: Callable[[Tx], T]) -> T:
        try:
            with self._slots:
                return self._run(call)
        finally:
            with self._gate:
                self._waiting -= 1

    def _run(self, call: Callable[[Tx], T]) -> T:
        with self._gate:
            self._check_open()
            connection = self._free.pop() if self._free else None
        if connection is None:
            connection = self._driver.connect(readonly=True)
        try:
            connection.begin()
            tx = Tx(connection, self._observe)
            try:
                value = call(tx)
            finally:
                tx.end()
            connection.commit()
        except BaseException:
            # A failed read is rare, and a fresh connection is certain to be in a known state.
            connection.close()
            raise
        with self._gate:
            if not self._is_closed:
                self._free.append(connection)
                return value
        connection.close()
        return value

    def _check_open(self) -> None:
        if self._is_closed:
            raise StorageError(f"{self._driver.label}: the database is closed", hint="start Verax again")
