"""A quick start hashes every entry all the same, and a kept hash never hides a changed one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from verax.kernel.errors import RolledBack
from verax.kernel.merkle import leaf_hash, tree_root
from verax.kernel.note import sign_note
from verax.store import tlog
from verax.store.database import Database, open_database
from verax.store.tlog import TileLog
from verax.store.tlog_known import KnownTiles
from verax.testing.disk import UnsyncedDisk, unsynced_vfs
from verax.testing.logs import NAME, fixed_entries, reply_spec, signer

ORIGIN = f"{NAME}/replies/0"
ENTRIES = fixed_entries(256)
ROOT = tree_root(leaf_hash(entry) for entry in ENTRIES)


def _file(lie: bytes | None = None, which: int = 0) -> bytes:
    """Return a file about `ENTRIES`; with a lie it says that the tile has another root."""
    key = signer(ORIGIN, which)
    if lie is None:
        known = KnownTiles()
        known.root_of(ENTRIES)
    else:
        known = KnownTiles({hashlib.sha256(b"".join(ENTRIES)).digest(): lie})
        known.root_of(ENTRIES)
    return known.to_bytes(ORIGIN, [key])


def _parse(data: bytes | None) -> KnownTiles:
    return KnownTiles.parse(data, ORIGIN, [signer(ORIGIN).verifier])


def test_a_tile_that_was_hashed_before_is_not_hashed_again() -> None:
    known = _parse(_file())
    assert known.root_of(ENTRIES) == ROOT
    assert known.fresh == 0


def test_a_tile_with_one_changed_byte_is_hashed_anew() -> None:
    known = _parse(_file())
    changed = [*ENTRIES[:255], bytes(32)]
    assert known.root_of(changed) == tree_root(leaf_hash(entry) for entry in changed)
    assert known.fresh == 1


@pytest.mark.parametrize("sizes", [(31, 33), (33, 31)])
def test_entries_of_other_lengths_that_join_to_the_same_bytes_are_not_confused(sizes: tuple[int, int]) -> None:
    known = _parse(_file())
    joined = ENTRIES[0] + ENTRIES[1]
    other = [joined[: sizes[0]], joined[sizes[0] :], *ENTRIES[2:]]
    assert b"".join(other) == b"".join(ENTRIES)
    assert known.root_of(other) == tree_root(leaf_hash(entry) for entry in other)


def test_a_file_by_another_key_gives_no_tiles() -> None:
    known = _parse(_file(bytes(32), which=1))
    assert known.root_of(ENTRIES) == ROOT
    assert known.fresh == 1


def test_a_file_of_another_log_gives_no_tiles() -> None:
    data = _file(bytes(32)).replace(b"/replies/0", b"/replies/1")
    assert _parse(data).root_of(ENTRIES) == ROOT


def test_a_file_changed_in_any_part_gives_no_tiles() -> None:
    sound = _file()
    for at in range(0, len(sound), 3):
        damaged = bytearray(sound)
        damaged[at] ^= 1
        known = _parse(bytes(damaged))
        assert known.root_of(ENTRIES) == ROOT
        assert known.fresh == 1, f"byte {at}"


@pytest.mark.parametrize("data", [None, b"", b"abc", b"\xff\xff\xff\xff", bytes(4), _file()[:-1], _file() + b"x"])
def test_a_torn_or_missing_file_gives_no_tiles(data: bytes | None) -> None:
    assert _parse(data).root_of(ENTRIES) == ROOT


def test_pairs_that_are_not_whole_give_no_tiles() -> None:
    text = f"verax rebuild v1\n{ORIGIN}\n{hashlib.sha256(b'half').hexdigest()}\n"
    note = sign_note(text, signer(ORIGIN))
    assert _parse(len(note).to_bytes(4, "big") + note + b"half").root_of(ENTRIES) == ROOT


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "verax.db", vfs=unsynced_vfs())
    yield database
    database.close()


def _open(db: Database, tmp_path: Path) -> TileLog:
    return TileLog.open(db, reply_spec(tmp_path / "log"), disk=UnsyncedDisk())


@pytest.fixture
def kept(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TileLog:
    """A log of 600 entries whose last start kept its two full tiles."""
    monkeypatch.setattr(tlog, "_WORTH_KEEPING", 1)
    log = _open(db, tmp_path)
    log.append_now(fixed_entries(600))
    log.integrate_now()
    log = _open(db, tmp_path)
    assert (log.folder / ".known").exists()
    return log


def test_a_start_with_kept_tiles_gives_the_same_tree(db: Database, tmp_path: Path, kept: TileLog) -> None:
    before = (kept.folder / ".known").stat().st_mtime_ns
    again = _open(db, tmp_path)
    assert again.published.tree == kept.published.tree
    assert (kept.folder / ".known").stat().st_mtime_ns == before
    assert again.prove_now(300) == kept.prove_now(300)


def test_a_changed_entry_is_noticed_in_spite_of_kept_tiles(db: Database, tmp_path: Path, kept: TileLog) -> None:
    db.write_now(lambda tx: tx.execute("UPDATE log_entries SET entry = ? WHERE idx = 300", (b"z" * 32,)))
    with pytest.raises(RolledBack, match="entry 300 is not the one that was published"):
        _open(db, tmp_path)


def test_a_kept_root_that_lies_under_the_logs_own_key_is_noticed_by_the_marks(
    db: Database, tmp_path: Path, kept: TileLog
) -> None:
    (kept.folder / ".known").write_bytes(_file(bytes(32)))
    with pytest.raises(RolledBack):
        _open(db, tmp_path)
    (kept.folder / ".known").unlink()
    assert _open(db, tmp_path).published.size == 600
