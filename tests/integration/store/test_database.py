"""What both databases promise: durability in groups, isolation of errors, consistent reads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from verax.kernel.errors import BusyError, ConflictError, RequestError, StorageError
from verax.store.database import Database, DatabaseLimits, Tx, open_database


@pytest.fixture
def table(database: Database) -> Database:
    database.write_now(
        lambda tx: tx.execute("CREATE TABLE box (id bigint PRIMARY KEY, label text UNIQUE, data bytea, n bigint)")
    )
    return database


def put(number: int, label: str | None = None, data: bytes = b"") -> Callable[[Tx], Any]:
    def run(tx: Tx) -> int:
        tx.execute("INSERT INTO box (id, label, data) VALUES (?, ?, ?)", (number, label or f"box {number}", data))
        return number

    return run


def ids(database: Database) -> list[int]:
    return database.read_now(lambda tx: [row[0] for row in tx.execute("SELECT id FROM box ORDER BY id")])


async def test_a_write_returns_its_value_and_a_read_sees_it(table: Database) -> None:
    assert await table.write(put(7)) == 7
    assert await table.read(lambda tx: tx.execute("SELECT id, label FROM box")) == [(7, "box 7")]


async def test_many_writes_at_once_all_return_their_own_value(table: Database) -> None:
    values = await asyncio.gather(*(table.write(put(number)) for number in range(300)))
    assert values == list(range(300))
    assert ids(table) == list(range(300))


async def test_a_raising_closure_rolls_back_only_itself(table: Database) -> None:
    def half_done(tx: Tx) -> None:
        put(1000)(tx)
        raise ValueError("no further")

    jobs = [table.write(half_done if number == 5 else put(number)) for number in range(10)]
    results = await asyncio.gather(*jobs, return_exceptions=True)
    assert [type(result) for result in results].count(ValueError) == 1
    assert ids(table) == [0, 1, 2, 3, 4, 6, 7, 8, 9]


async def test_a_lone_raising_closure_leaves_nothing(table: Database) -> None:
    def half_done(tx: Tx) -> None:
        put(1)(tx)
        raise ValueError("no further")

    with pytest.raises(ValueError, match="no further"):
        await table.write(half_done)
    assert ids(table) == []
    await table.write(put(2))
    assert ids(table) == [2]


async def test_a_broken_rule_of_the_schema_is_a_conflict_for_its_own_writer_only(table: Database) -> None:
    await table.write(put(1))
    results = await asyncio.gather(*(table.write(put(number)) for number in (1, 2, 3)), return_exceptions=True)
    assert [type(result) for result in results] == [ConflictError, int, int]
    assert ids(table) == [1, 2, 3]


async def test_a_conflict_does_not_repeat_what_the_user_wrote(table: Database) -> None:
    await table.write(put(1, "my secret"))
    with pytest.raises(ConflictError) as caught:
        await table.write(put(2, "my secret"))
    assert "my secret" not in str(caught.value)


async def test_wrong_sql_is_a_storage_error_and_the_writer_goes_on(table: Database) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        await table.write(lambda tx: tx.execute("SELECT * FROM nowhere"))
    await table.write(put(1))
    assert ids(table) == [1]


async def test_a_read_cannot_write(table: Database) -> None:
    with pytest.raises(StorageError):
        await table.read(put(1))
    assert ids(table) == []
    assert await table.read(lambda tx: tx.execute("SELECT count(*) FROM box")) == [(0,)]


async def test_a_read_sees_one_state_while_writes_go_on(table: Database) -> None:
    await table.write(put(1))
    first_count_taken, written = threading.Event(), threading.Event()

    def count_twice(tx: Tx) -> tuple[int, int]:
        first = tx.execute("SELECT count(*) FROM box")[0][0]
        first_count_taken.set()
        assert written.wait(60)
        return first, tx.execute("SELECT count(*) FROM box")[0][0]

    reading = asyncio.ensure_future(table.read(count_twice))
    assert await asyncio.to_thread(first_count_taken.wait, 60)
    await table.write(put(2))
    written.set()
    assert await reading == (1, 1)


async def test_a_cancelled_waiter_does_not_undo_its_write(table: Database) -> None:
    waiting = asyncio.ensure_future(table.write(put(1)))
    await asyncio.sleep(0)
    waiting.cancel()
    await table.write(put(2))
    assert ids(table) == [1, 2]


async def test_a_full_write_queue_refuses_with_a_time_to_come_back(target: str) -> None:
    database = open_database(target, limits=DatabaseLimits(write_queue=2))
    started, go_on = threading.Event(), threading.Event()

    def hold(tx: Tx) -> None:
        started.set()
        assert go_on.wait(60)

    held = asyncio.ensure_future(database.write(hold))
    assert await asyncio.to_thread(started.wait, 60)
    queued = [asyncio.ensure_future(database.write(lambda tx: None)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(BusyError) as caught:
        await database.write(lambda tx: None)
    assert caught.value.retry_after_s >= 1
    go_on.set()
    await asyncio.gather(held, *queued)
    await database.write(lambda tx: None)
    database.close()


async def test_a_full_read_queue_refuses_with_a_time_to_come_back(target: str) -> None:
    database = open_database(target, limits=DatabaseLimits(read_queue=1, readers=1))
    go_on = threading.Event()
    held = asyncio.ensure_future(database.read(lambda tx: go_on.wait(60)))
    await asyncio.sleep(0)
    with pytest.raises(BusyError):
        await database.read(lambda tx: None)
    go_on.set()
    assert await held
    database.close()


async def test_close_finishes_what_was_queued_and_refuses_the_rest(target: str) -> None:
    database = open_database(target)
    database.write_now(lambda tx: tx.execute("CREATE TABLE box (id bigint PRIMARY KEY, label text, data bytea)"))
    waiting = [asyncio.ensure_future(database.write(put(number))) for number in range(20)]
    await asyncio.sleep(0)
    await asyncio.to_thread(database.close)
    assert await asyncio.gather(*waiting) == list(range(20))
    with pytest.raises(StorageError, match="closed"):
        await database.write(put(99))
    with pytest.raises(StorageError, match="closed"):
        await database.read(lambda tx: None)
    with pytest.raises(StorageError, match="closed"):
        database.read_now(lambda tx: None)
    database.close()
    reopened = open_database(target)
    assert ids(reopened) == list(range(20))
    reopened.close()


def test_a_transaction_is_unusable_after_its_closure(database: Database) -> None:
    kept = database.write_now(lambda tx: tx)
    with pytest.raises(StorageError, match="after its closure"):
        kept.execute("SELECT 1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "a\0b",
        "\0",
        "\ufdd0",
        "\ufdd00 and \ufdd01",
        "\ufdd0\0\ufdd0",
        "100 % of %s and ?",
        "'quoted' -- no",
    ],
)
def test_any_text_comes_back_as_it_was_given(table: Database, text: str) -> None:
    table.write_now(lambda tx: tx.execute("INSERT INTO box (id, label) VALUES (1, ?)", (text,)))
    assert table.read_now(lambda tx: tx.execute("SELECT label FROM box")) == [(text,)]


def test_bytes_and_large_numbers_come_back_as_they_were_given(table: Database) -> None:
    data, number = bytes(range(256)), 2**63 - 1
    table.write_now(lambda tx: tx.execute("INSERT INTO box (id, data, n) VALUES (?, ?, ?)", (1, data, number)))
    assert table.read_now(lambda tx: tx.execute("SELECT data, n FROM box")) == [(data, number)]


def test_a_lone_surrogate_is_refused_as_the_callers_fault(table: Database) -> None:
    with pytest.raises(RequestError, match="lone surrogate"):
        table.write_now(lambda tx: tx.execute("INSERT INTO box (id, label) VALUES (1, ?)", ("\ud800",)))
    with pytest.raises(RequestError, match="lone surrogate"):
        table.write_now(lambda tx: tx.execute_many("INSERT INTO box (id, label) VALUES (?, ?)", [(1, "\udfff")]))
    assert ids(table) == []


def test_execute_many_writes_every_row(table: Database) -> None:
    table.write_now(
        lambda tx: tx.execute_many("INSERT INTO box (id, data) VALUES (?, ?)", ((n, bytes([n])) for n in range(50)))
    )
    assert ids(table) == list(range(50))


def test_question_marks_and_per_cent_signs_in_literals_are_no_placeholders(table: Database) -> None:
    table.write_now(put(1, "5 % off?"))
    found = table.read_now(
        lambda tx: tx.execute("SELECT id -- really?\nFROM box WHERE label LIKE '%?' AND id = ?", (1,))
    )
    assert found == [(1,)]


def test_a_lock_excludes_a_second_database_until_it_is_released(target: str, database: Database) -> None:
    other = open_database(target)
    held = database.try_lock("replies/sequencer")
    assert held is not None and held.is_held()
    assert other.try_lock("replies/sequencer") is None
    different = other.try_lock("governance/sequencer")
    assert different is not None
    different.release()
    held.release()
    assert not held.is_held()
    held.release()
    again = other.try_lock("replies/sequencer")
    assert again is not None and again.is_held()
    again.release()
    other.close()


async def test_two_databases_write_one_table_and_both_survive(target: str, table: Database) -> None:
    other = open_database(target)
    await asyncio.gather(
        *((table if number % 2 else other).write(put(number)) for number in range(100)),
    )
    assert ids(table) == ids(other) == list(range(100))
    other.close()


async def test_a_named_lock_serialises_read_and_write_between_processes(target: str, table: Database) -> None:
    """Without the lock two writers on PostgreSQL read the same number and one increment is lost."""
    other = open_database(target)
    table.write_now(lambda tx: tx.execute("INSERT INTO box (id, n) VALUES (1, 0)"))

    def increment(tx: Tx) -> None:
        tx.lock("counter")
        number = tx.execute("SELECT n FROM box WHERE id = 1")[0][0]
        tx.execute("UPDATE box SET n = ? WHERE id = 1", (number + 1,))

    for _ in range(25):
        await asyncio.gather(table.write(increment), other.write(increment))
    assert table.read_now(lambda tx: tx.execute("SELECT n FROM box")) == [(50,)]
    other.close()


async def test_every_statement_can_be_observed(target: str) -> None:
    seen: list[str] = []
    database = open_database(target, observe=seen.append)
    await database.write(lambda tx: tx.execute("SELECT 1"))
    await database.read(lambda tx: tx.execute("SELECT 2"))
    await database.write(lambda tx: tx.execute_many("SELECT ?", []))
    database.close()
    assert seen == ["SELECT 1", "SELECT 2", "SELECT ?"]


async def test_truncating_the_log_runs_between_writes(table: Database) -> None:
    await asyncio.gather(table.write(put(1)), table.truncate_wal(), table.write(put(2)))
    await asyncio.to_thread(table.truncate_wal_now)
    assert ids(table) == [1, 2]


def test_a_sound_database_has_no_problems(table: Database) -> None:
    assert table.problems() == []


def test_an_event_loop_that_is_gone_does_not_stop_the_writer(table: Database) -> None:
    async def leave_early() -> None:
        asyncio.ensure_future(table.write(put(1))).cancel()
        started = asyncio.ensure_future(table.write(put(2)))
        await asyncio.sleep(0)
        started.cancel()

    asyncio.run(leave_early())
    table.write_now(put(3))
    assert 3 in ids(table)
