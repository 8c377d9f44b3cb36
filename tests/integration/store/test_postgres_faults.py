"""What only a server can do to us: deadlocks, lost connections, no connection at all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from verax.kernel.errors import BusyError, ConfigError, StorageError
from verax.store.database import DatabaseLimits, Tx, open_database

pytestmark = pytest.mark.postgres


def _end_other_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'verax'")


async def test_two_writers_that_deadlock_both_succeed_in_the_end(postgres_url: str) -> None:
    first, second = open_database(postgres_url), open_database(postgres_url)
    first.write_now(lambda tx: tx.execute("CREATE TABLE box (id bigint PRIMARY KEY, n bigint)"))
    first.write_now(lambda tx: tx.execute_many("INSERT INTO box VALUES (?, 0)", [(1,), (2,)]))
    meeting = threading.Barrier(2)
    runs: list[int] = []

    def cross(mine: int, other: int) -> Callable[[Tx], Any]:
        is_first_run = True

        def run(tx: Tx) -> None:
            nonlocal is_first_run
            runs.append(mine)
            tx.execute("UPDATE box SET n = n + 1 WHERE id = ?", (mine,))
            if is_first_run:
                is_first_run = False
                meeting.wait(60)
            tx.execute("UPDATE box SET n = n + 1 WHERE id = ?", (other,))

        return run

    await asyncio.gather(first.write(cross(1, 2)), second.write(cross(2, 1)))
    assert first.read_now(lambda tx: tx.execute("SELECT n FROM box")) == [(2,), (2,)]
    # Whoever is run again may meet the other once more before it ends.
    assert len(runs) > 2
    first.close()
    second.close()


async def test_a_deadlock_in_a_batch_costs_the_others_nothing(postgres_url: str) -> None:
    first, second = open_database(postgres_url), open_database(postgres_url)
    first.write_now(lambda tx: tx.execute("CREATE TABLE box (id bigint PRIMARY KEY, n bigint)"))
    first.write_now(lambda tx: tx.execute_many("INSERT INTO box VALUES (?, 0)", [(n,) for n in range(20)]))

    def both(one: int, two: int) -> Callable[[Tx], Any]:
        def run(tx: Tx) -> None:
            for number in (one, two):
                tx.execute("UPDATE box SET n = n + 1 WHERE id = ?", (number,))

        return run

    await asyncio.gather(
        *(first.write(both(1, 2)) for _ in range(20)),
        *(second.write(both(2, 1)) for _ in range(20)),
    )
    assert first.read_now(lambda tx: tx.execute("SELECT n FROM box WHERE id IN (1, 2)")) == [(40,), (40,)]
    first.close()
    second.close()


async def test_a_lost_connection_fails_its_batch_and_is_replaced(postgres_url: str) -> None:
    database = open_database(postgres_url)
    await database.write(lambda tx: tx.execute("CREATE TABLE box (id bigint PRIMARY KEY)"))
    await database.read(lambda tx: tx.execute("SELECT 1"))
    _end_other_connections(postgres_url)
    with pytest.raises(StorageError) as caught:
        await database.write(lambda tx: tx.execute("INSERT INTO box VALUES (1)"))
    assert caught.value.reason_code == "store/unreachable"
    await database.write(lambda tx: tx.execute("INSERT INTO box VALUES (2)"))
    with pytest.raises(StorageError):
        await database.read(lambda tx: tx.execute("SELECT 1"))
    assert await database.read(lambda tx: tx.execute("SELECT id FROM box")) == [(2,)]
    database.close()


def test_a_lost_connection_loses_its_lock(postgres_url: str) -> None:
    database = open_database(postgres_url)
    held = database.try_lock("sequencer")
    assert held is not None
    _end_other_connections(postgres_url)
    assert not held.is_held()
    again = database.try_lock("sequencer")
    assert again is not None
    again.release()
    database.close()


def test_a_row_held_by_another_writer_for_too_long_is_busy(postgres_url: str) -> None:
    database = open_database(postgres_url, limits=DatabaseLimits(lock_wait_s=0.1))
    database.write_now(lambda tx: tx.execute("CREATE TABLE box (id bigint PRIMARY KEY)"))
    with psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE box")
        with pytest.raises(BusyError):
            database.write_now(lambda tx: tx.execute("INSERT INTO box VALUES (1)"))
    database.write_now(lambda tx: tx.execute("INSERT INTO box VALUES (1)"))
    database.close()


def test_commits_wait_for_the_disk_whatever_the_server_says(postgres_url: str) -> None:
    database = open_database(postgres_url)
    assert database.write_now(lambda tx: tx.execute("SHOW synchronous_commit")) == [("on",)]
    database.close()


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(StorageError) as caught:
        open_database("postgresql://ada:hunter2@localhost:1/verax")
    assert "localhost/verax" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_malformed_url_is_a_setting_to_mend() -> None:
    with pytest.raises(ConfigError, match="malformed"):
        open_database("postgresql://localhost/verax?colour=green")
