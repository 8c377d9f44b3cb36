"""A copy of a database in use is the database of one moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from verax.kernel.errors import ConfigError, CorruptStore, StoreFull
from verax.store import database_copy
from verax.store.database import Database, open_database
from verax.store.database_copy import copy_database, look_into
from verax.store.disk import LocalDisk


class NearlyFull(LocalDisk):
    """A disk with a megabyte left."""

    def free_bytes(self, path: Path) -> int:
        return 2**20


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "verax.db")
    opened.write_now(lambda tx: tx.execute("CREATE TABLE pairs (one bigint, two bigint)"))
    opened.write_now(lambda tx: tx.execute("CREATE TABLE filling (text text)"))
    opened.write_now(lambda tx: tx.execute_many("INSERT INTO filling VALUES (?)", [("x" * 500,)] * 20_000))
    yield opened
    opened.close()


def test_a_copy_taken_while_others_write_holds_whole_transactions(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_copy, "_PAGES_A_STEP", 50)
    steps = 0

    def write_on(done: int, total: int) -> None:
        """Between two steps of the copy somebody commits a transaction of two rows that belong together."""
        nonlocal steps
        steps += 1

        def work() -> None:
            database.write_now(lambda tx: tx.execute("INSERT INTO pairs VALUES (?, 0)", (steps,)))
            database.write_now(lambda tx: tx.execute("UPDATE pairs SET two = one WHERE one = ?", (steps,)))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    copy_database(tmp_path / "verax.db", tmp_path / "copy.db", write_on)
    assert steps > 10
    assert look_into(tmp_path / "copy.db", "PRAGMA quick_check") == [("ok",)]
    assert look_into(tmp_path / "copy.db", "SELECT count(*) FROM pairs") == [(0,)]
    assert look_into(tmp_path / "copy.db", "SELECT count(*) FROM filling") == [(20_000,)]
    assert database.read_now(lambda tx: tx.execute("SELECT count(*) FROM pairs WHERE one = two")) == [(steps,)]


def test_a_copy_is_private_and_leaves_nothing_beside_it(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    copy_database(tmp_path / "verax.db", folder / "copy.db")
    look_into(folder / "copy.db", "SELECT 1")
    assert [path.name for path in folder.iterdir()] == ["copy.db"]
    assert (folder / "copy.db").stat().st_mode & 0o077 == 0


def test_a_copy_is_a_database_that_opens(database: Database, tmp_path: Path) -> None:
    copy_database(tmp_path / "verax.db", tmp_path / "copy.db")
    copied = open_database(tmp_path / "copy.db")
    assert copied.read_now(lambda tx: tx.execute("SELECT count(*) FROM filling")) == [(20_000,)]
    copied.close()


def test_no_database_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        copy_database(tmp_path / "missing.db", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_would_not_fit_is_not_begun(database: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreFull):
        copy_database(tmp_path / "verax.db", tmp_path / "copy.db", disk=NearlyFull())
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.parametrize("data", [b"", b"not a database at all" * 100, bytes(4096)])
def test_what_is_no_database_of_ours_is_not_looked_into(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "strange.db").write_bytes(data)
    with pytest.raises(CorruptStore):
        look_into(tmp_path / "strange.db", "SELECT 1")
