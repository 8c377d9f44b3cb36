"""SQLite: what a full, failing, damaged or foreign file does, and what it never does."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from verax.kernel.errors import (
    BusyError,
    ConfigError,
    ConflictError,
    CorruptStore,
    StorageError,
    StoreFull,
    VeraxError,
)
from verax.store.database import Database, DatabaseLimits, Tx, open_database
from verax.store.database_schema import load_migrations
from verax.store.database_sqlite_errors import explain


class _FaultyFile(apsw.VFSFile):
    def __init__(self, vfs: str, name: apsw.URIFilename | str | None, flags: list[int], faults: _Faults) -> None:
        super().__init__(vfs, name, flags)
        self._faults = faults

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        if self._faults.is_full:
            raise apsw.FullError("no room")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        self._faults.syncs += 1
        if self._faults.sync_fails:
            error = apsw.IOError("the disk is on fire")
            error.extendedresult = apsw.SQLITE_IOERR_FSYNC  # type: ignore[attr-defined]  # set as apsw itself does
            raise error
        super().xSync(flags)


class _Faults(apsw.VFS):
    """The real file system, with faults on demand."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "")
        self.is_full = False
        self.sync_fails = False
        self.syncs = 0

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> _FaultyFile:  # noqa: N802 - SQLite's name
        return _FaultyFile("", name, flags, self)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "verax.db"


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> Iterator[_Faults]:
    vfs = _Faults(f"faults-{request.node.name}")
    yield vfs
    vfs.unregister()


@pytest.fixture
def faulty(path: Path, faults: _Faults, request: pytest.FixtureRequest) -> Iterator[Database]:
    database = open_database(path, vfs=f"faults-{request.node.name}")
    make_table(database)
    yield database
    faults.is_full = faults.sync_fails = False
    database.close()


def make_table(database: Database) -> None:
    database.write_now(lambda tx: tx.execute("CREATE TABLE box (id bigint PRIMARY KEY, data bytea)"))


def put(number: int, size_bytes: int = 100) -> Callable[[Tx], Any]:
    return lambda tx: tx.execute("INSERT INTO box VALUES (?, ?)", (number, os.urandom(size_bytes)))


def ids(tx: Tx) -> list[int]:
    return [row[0] for row in tx.execute("SELECT id FROM box ORDER BY id")]


def test_the_settings_are_those_that_durability_needs(path: Path) -> None:
    database = open_database(path)
    names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
    found = database.write_now(lambda tx: [tx.execute(f"PRAGMA {name}")[0][0] for name in names])
    assert found == ["wal", 2, 1, 1, 5000]
    database.close()


def test_a_foreign_rollback_journal_holds_no_new_connection_up(path: Path) -> None:
    database = open_database(path, limits=DatabaseLimits(lock_wait_s=0.1))
    database.write_now(lambda tx: tx.execute("CREATE TABLE box (id INTEGER PRIMARY KEY)"))
    journal = path.with_name(f"{path.name}-journal")
    journal.write_bytes(b"x")
    assert database.read_now(lambda tx: tx.execute("SELECT count(*) FROM box")) == [(0,)]
    assert not journal.exists()
    assert journal.with_name(f"{journal.name}.foreign").read_bytes() == b"x"
    database.close()


@pytest.mark.parametrize("is_put_back", [True, False])
def test_another_file_under_its_name_is_not_opened_and_takes_nobody_down(path: Path, is_put_back: bool) -> None:
    database = open_database(path)
    make_table(database)
    database.write_now(put(1))
    opened = path.with_name("opened")
    path.rename(opened)
    if is_put_back:
        path.write_bytes(opened.read_bytes())
    # Were the file opened, SQLite could cut the index that is mapped here, and the process would not outlive that.
    with pytest.raises(CorruptStore, match="is gone"):
        database.read_now(lambda tx: tx.execute("SELECT count(*) FROM box"))
    database.write_now(put(2))
    assert path.exists() is is_put_back
    database.close()


def test_the_file_is_readable_by_its_owner_only(path: Path) -> None:
    database = open_database(path)
    make_table(database)
    for suffix in ("", "-wal", "-shm"):
        assert stat.S_IMODE(path.with_name(path.name + suffix).stat().st_mode) == 0o600
    database.close()


async def test_a_hundred_writes_at_once_need_few_syncs(faulty: Database, faults: _Faults) -> None:
    before = faults.syncs
    await asyncio.gather(*(faulty.write(put(number)) for number in range(100)))
    assert faults.syncs - before < 20


def test_every_lone_write_is_synced_before_it_returns(faulty: Database, faults: _Faults) -> None:
    for number in range(5):
        before = faults.syncs
        faulty.write_now(put(number))
        assert faults.syncs > before


async def test_a_full_disk_refuses_writes_and_goes_on_reading(faulty: Database, faults: _Faults) -> None:
    await faulty.write(put(1))
    faults.is_full = True
    results = await asyncio.gather(*(faulty.write(put(number)) for number in (2, 3)), return_exceptions=True)
    assert [type(result) for result in results] == [StoreFull, StoreFull]
    assert await faulty.read(ids) == [1]
    faults.is_full = False
    await faulty.write(put(4))
    assert await faulty.read(ids) == [1, 4]


def test_the_operating_systems_word_for_a_full_disk_is_understood() -> None:
    class Full:
        system_errno = errno.ENOSPC

    assert isinstance(explain(apsw.IOError("disk I/O error"), "verax.db", Full()), StoreFull)  # type: ignore[arg-type]


def test_a_file_at_its_size_limit_fails_the_whole_group_and_keeps_what_was_acknowledged(path: Path) -> None:
    database = open_database(path)
    make_table(database)
    database.write_now(put(1))
    database.write_now(lambda tx: tx.execute(f"PRAGMA max_page_count={tx.execute('PRAGMA page_count')[0][0] + 4}"))
    with pytest.raises(StoreFull):
        database.write_now(put(2, 1_000_000))
    assert database.read_now(ids) == [1]
    database.write_now(put(3))
    assert database.read_now(ids) == [1, 3]
    database.close()


async def test_after_a_failed_sync_nothing_more_is_written_until_a_restart(
    path: Path, faulty: Database, faults: _Faults
) -> None:
    """A second sync would report success although the kernel may have dropped the first one's pages."""
    await faulty.write(put(1))
    faults.sync_fails = True
    with pytest.raises(StorageError, match="the disk failed"):
        await faulty.write(put(2))
    faults.sync_fails = False
    with pytest.raises(StorageError, match="writing has stopped"):
        await faulty.write(put(3))
    assert await faulty.read(ids) == [1]
    reopened = open_database(path)
    assert 1 in reopened.read_now(ids)
    assert 3 not in reopened.read_now(ids)
    reopened.write_now(put(4))
    reopened.close()


def test_a_failed_sync_in_a_checkpoint_stops_writing_too(faulty: Database, faults: _Faults) -> None:
    writer = faulty._writer._connection
    faulty.write_now(put(1))
    faults.sync_fails = True
    assert not writer._try_checkpoint(writer)  # type: ignore[attr-defined]
    faults.sync_fails = False
    with pytest.raises(StorageError, match="writing has stopped"):
        faulty.write_now(put(2))


def test_the_write_ahead_log_stays_short_under_load(path: Path) -> None:
    database = open_database(path)
    make_table(database)
    log = path.with_name(path.name + "-wal")
    longest = 0
    for number in range(60):
        database.write_now(put(number, 400_000))
        longest = max(longest, log.stat().st_size)
    assert longest < 20_000_000
    database.close()
    assert not log.exists()


def test_a_checkpoint_that_cannot_run_is_put_off_and_loses_nothing(
    path: Path, faulty: Database, faults: _Faults, caplog: pytest.LogCaptureFixture
) -> None:
    writer = faulty._writer._connection
    faulty.write_now(put(1))
    faults.is_full = True
    assert not writer._try_checkpoint(writer)  # type: ignore[attr-defined]
    faults.is_full = False
    faulty.write_now(put(2))
    assert faulty.read_now(ids) == [1, 2]
    assert "checkpoint put off" in caplog.text


def test_a_reader_that_pins_the_log_puts_the_checkpoint_off(path: Path) -> None:
    database = open_database(path)
    make_table(database)
    started, go_on = threading.Event(), threading.Event()

    def hold(tx: Tx) -> int:
        count = tx.execute("SELECT count(*) FROM box")[0][0]
        started.set()
        assert go_on.wait(60)
        return int(count)

    reading = threading.Thread(target=database.read_now, args=(hold,))
    reading.start()
    assert started.wait(60)
    for number in range(30):
        database.write_now(put(number, 400_000))
    assert len(database.read_now(ids)) == 30
    go_on.set()
    reading.join(60)
    database.truncate_wal_now()
    assert path.with_name(path.name + "-wal").stat().st_size == 0
    database.close()


def test_truncating_while_a_read_holds_the_log_is_busy(path: Path) -> None:
    database = open_database(path, limits=DatabaseLimits(lock_wait_s=0.05))
    make_table(database)
    database.write_now(put(1))
    started, go_on = threading.Event(), threading.Event()

    def hold(tx: Tx) -> None:
        tx.execute("SELECT count(*) FROM box")
        started.set()
        assert go_on.wait(60)

    reading = threading.Thread(target=database.read_now, args=(hold,))
    reading.start()
    assert started.wait(60)
    database.write_now(put(2))
    with pytest.raises(BusyError):
        database.truncate_wal_now()
    go_on.set()
    reading.join(60)
    database.truncate_wal_now()
    database.close()


def test_deleted_text_is_gone_from_every_file_after_truncation(path: Path) -> None:
    secret = b"a sentence that nobody shall find again " * 200
    database = open_database(path)
    make_table(database)
    database.write_now(lambda tx: tx.execute("INSERT INTO box VALUES (1, ?)", (secret,)))
    database.truncate_wal_now()
    assert secret[:40] in path.read_bytes()
    database.write_now(lambda tx: tx.execute("DELETE FROM box"))
    database.truncate_wal_now()
    for file in path.parent.iterdir():
        assert secret[:40] not in file.read_bytes()
    database.close()


def test_another_writing_process_is_waited_for_and_then_reported(path: Path) -> None:
    database = open_database(path, limits=DatabaseLimits(lock_wait_s=0.05))
    make_table(database)
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError, match="another process is writing"):
        database.write_now(put(1))
    other.execute("ROLLBACK")
    database.write_now(put(2))
    assert database.read_now(ids) == [2]
    other.close()
    database.close()


def test_a_closure_that_ends_the_shared_transaction_fails_its_group_and_nothing_else(path: Path) -> None:
    database = open_database(path)
    make_table(database)
    with pytest.raises(StorageError, match="ended the transaction"):
        database.write_now(lambda tx: tx.execute("ROLLBACK"))
    database.write_now(put(1))
    assert database.read_now(ids) == [1]
    database.close()


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be one" * 100, b"SQLite format 3\0" + bytes(5000)]
)
def test_a_file_that_is_no_database_is_named_with_its_repair(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CorruptStore) as caught:
        open_database(path)
    assert str(path) in caught.value.message
    assert ".recover" in caught.value.hint
    assert path.read_bytes() == content


def test_a_damaged_page_is_reported_and_never_served(path: Path) -> None:
    database = open_database(path)
    make_table(database)
    database.write_now(
        lambda tx: tx.execute_many("INSERT INTO box VALUES (?, ?)", [(n, bytes(900)) for n in range(99)])
    )
    root = database.read_now(lambda tx: tx.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'box'"))[0][0]
    database.close()
    damaged = bytearray(path.read_bytes())
    damaged[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
    path.write_bytes(damaged)
    database = open_database(path)
    with pytest.raises(CorruptStore, match=r"verax\.db"):
        database.read_now(lambda tx: tx.execute("SELECT * FROM box"))
    with pytest.raises(CorruptStore):
        database.write_now(lambda tx: tx.execute("SELECT * FROM box"))
    assert database.problems()
    database.close()


def test_a_database_that_is_cut_to_nothing_while_open_is_damaged_and_not_begun_anew(path: Path) -> None:
    open_database(path).close()
    database = open_database(path)
    os.truncate(path, 0)
    for _ in range(2):
        with pytest.raises(CorruptStore, match="is gone"):
            database.read_now(lambda tx: tx.execute("SELECT 1"))
    assert path.read_bytes() == b""
    database.close()


def test_the_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE notes (text)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="another program"):
        open_database(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_reported_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened"):
        open_database(tmp_path / "missing" / "verax.db")


def test_a_folder_in_place_of_the_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened"):
        open_database(tmp_path)


@pytest.mark.parametrize("url", ["mysql://localhost/verax", "http://localhost/verax.db"])
def test_an_unknown_kind_of_url_is_a_setting_to_mend(url: str) -> None:
    with pytest.raises(ConfigError, match="scheme"):
        open_database(url)


def test_postgresql_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(ConfigError) as caught:
        open_database("postgresql://localhost/verax")
    assert 'pip install "verax[postgres]"' in caught.value.hint


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (apsw.FullError("full"), StoreFull, "disk is full"),
        (apsw.CorruptError("malformed"), CorruptStore, "damaged"),
        (apsw.NotADBError("no"), CorruptStore, "damaged"),
        (apsw.ConstraintError("UNIQUE"), ConflictError, "refused the row"),
        (apsw.LockedError("locked"), BusyError, "another process"),
        (apsw.IOError("disk I/O error"), StorageError, "the disk failed"),
        (apsw.ReadOnlyError("read-only"), StorageError, "cannot be written"),
        (apsw.SQLError("near FROM"), StorageError, "near FROM"),
    ],
)
def test_every_kind_of_error_has_its_class_and_a_thing_to_do(
    error: apsw.Error, expected: type[VeraxError], words: str
) -> None:
    found = explain(error, "/srv/verax.db", None)
    assert type(found) is expected
    assert words in found.message
    assert found.hint or expected is ConflictError


def test_reads_beyond_the_connections_wait_and_then_give_up(path: Path) -> None:
    database = open_database(path, limits=DatabaseLimits(readers=1, lock_wait_s=0.05))
    started, go_on = threading.Event(), threading.Event()

    def hold(tx: Tx) -> None:
        started.set()
        assert go_on.wait(60)

    reading = threading.Thread(target=database.read_now, args=(hold,))
    reading.start()
    assert started.wait(60)
    with pytest.raises(BusyError, match="every read connection"):
        database.read_now(ids)
    go_on.set()
    reading.join(60)
    database.close()


def test_a_read_that_fails_leaves_no_connection_in_an_unknown_state(path: Path) -> None:
    database = open_database(path, limits=DatabaseLimits(readers=1))
    make_table(database)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            database.read_now(lambda tx: 1 // 0)
    assert database.read_now(ids) == []
    database.close()


def test_processes_that_start_at_once_migrate_once(path: Path) -> None:
    opened: list[Database] = []
    starts = [threading.Thread(target=lambda: opened.append(open_database(path))) for _ in range(4)]
    for start in starts:
        start.start()
    for start in starts:
        start.join(60)
    assert len(opened) == 4
    versions = opened[0].read_now(lambda tx: tx.execute("SELECT version FROM schema_version ORDER BY version"))
    assert versions == [(migration.version,) for migration in load_migrations("sqlite")]
    for database in opened:
        database.close()
