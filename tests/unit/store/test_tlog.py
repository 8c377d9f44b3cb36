"""A log: the life of an entry, what is served, and what start-up refuses (clause 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from verax.kernel import merkle
from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.cosignature import CosignatureSigner
from verax.kernel.errors import (
    ConflictError,
    CorruptStore,
    RolledBack,
    StorageError,
    StoreFull,
    TooLarge,
    UnknownObject,
)
from verax.kernel.note import add_signature, open_note, sign_note
from verax.kernel.proof import verify_proof
from verax.kernel.tiles import parse_bundle, tiles_between
from verax.store.database import Database, open_database
from verax.store.tlog import TileLog
from verax.testing.disk import UnsyncedDisk, unsynced_vfs
from verax.testing.logs import NAME, fixed_entries, reply_spec, signer

ORIGIN = f"{NAME}/replies/0"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "verax.db", vfs=unsynced_vfs())
    yield database
    database.close()


def _open(db: Database, tmp_path: Path, **options: object) -> TileLog:
    options.setdefault("disk", UnsyncedDisk())
    return TileLog.open(db, reply_spec(tmp_path / "log"), **options)  # type: ignore[arg-type]


def _grown(db: Database, tmp_path: Path, *steps: int) -> TileLog:
    log = _open(db, tmp_path)
    for step in steps:
        log.append_now(fixed_entries(step, log.published.size))
        log.integrate_now()
    return log


def _run(db: Database, sql: str, *params: object) -> None:
    db.write_now(lambda tx: tx.execute(sql, params))  # type: ignore[arg-type]


# The life of an entry


def test_a_new_log_publishes_the_empty_tree(db: Database, tmp_path: Path) -> None:
    log = _open(db, tmp_path)
    checkpoint = open_checkpoint(log.read_now("checkpoint"), ORIGIN, log.verifiers)
    assert (checkpoint.size, checkpoint.root) == (0, merkle.EMPTY_ROOT)


def test_entries_get_their_indices_at_once_and_stand_in_the_tree_after_integration(
    db: Database, tmp_path: Path
) -> None:
    log = _open(db, tmp_path)
    assert log.append_now(fixed_entries(3)) == range(3)
    assert log.append_now(fixed_entries(2, 3)) == range(3, 5)
    assert (log.pending_now(), log.published.size) == (5, 0)
    assert log.integrate_now() == 5
    assert log.pending_now() == 0
    assert log.published.root == merkle.tree_root(merkle.leaf_hash(entry) for entry in fixed_entries(5))


@pytest.mark.parametrize("steps", [(1,), (255, 1), (256,), (257,), (100, 200, 300), (1, 1, 1, 600)])
def test_every_leaf_has_a_proof_that_the_kernel_verifies(db: Database, tmp_path: Path, steps: tuple[int, ...]) -> None:
    log = _grown(db, tmp_path, *steps)
    size = sum(steps)
    for index in {0, size - 1, size // 2, size // 3}:
        leaf = merkle.leaf_hash(fixed_entries(1, index)[0])
        assert verify_proof(log.prove_now(index), leaf, ORIGIN, log.verifiers).size == size


def test_every_published_tree_is_a_prefix_of_the_next(db: Database, tmp_path: Path) -> None:
    log = _open(db, tmp_path)
    seen = [log.published]
    for step in (1, 5, 250, 1, 300):
        log.append_now(fixed_entries(step, log.published.size))
        log.integrate_now()
        for old in seen:
            merkle.check_consistency(
                old.size, old.root, log.published.size, log.published.root, log.consistency_now(old.size)
            )
            assert log.root_at(old.size) == old.root
        seen.append(log.published)


def test_what_is_served_is_the_standard_layout_and_the_files_are_the_same(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 40, 260, 400)
    entries = fixed_entries(700)
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    for address in tiles_between(0, 700):
        data = log.read_now(address.path)
        assert (log.folder / address.path).read_bytes() == data
        start = address.index * 256
        if address.level is None:
            assert parse_bundle(data, address.width) == entries[start : start + address.width]
        elif address.level == 0:
            assert data == b"".join(leaves[start : start + address.width])
        else:
            assert data == b"".join(merkle.tree_root(leaves[n * 256 : n * 256 + 256]) for n in range(2))


def test_partial_tiles_go_when_their_tile_is_full_and_are_still_answered(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 40, 60, 300)
    assert not (log.folder / "tile/0/000.p").exists()
    assert not (log.folder / "tile/entries/000.p").exists()
    assert (log.folder / "tile/0/001.p/144").exists()
    assert len(log.read_now("tile/0/000.p/40")) == 40 * 32
    assert len(parse_bundle(log.read_now("tile/entries/000.p/40"), 40)) == 40
    assert len(log.read_now("tile/0/001.p/3")) == 3 * 32


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/001",
        "tile/0/000.p/45",
        "tile/0/000",
        "tile/entries/000.p/45",
        "tile/1/000.p/1",
        "tile/0/0",
        "../verax.db",
        "",
    ],
)
def test_nothing_beyond_the_published_tree_is_served(db: Database, tmp_path: Path, path: str) -> None:
    log = _grown(db, tmp_path, 44)
    log.append_now(fixed_entries(600, 44))
    with pytest.raises(UnknownObject):
        log.read_now(path)


def test_proofs_of_what_is_not_published_are_refused(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 3)
    log.append_now(fixed_entries(1, 3))
    for index in (-1, 3):
        with pytest.raises(UnknownObject):
            log.prove_now(index)
    for size in (-1, 4):
        with pytest.raises(UnknownObject):
            log.consistency_now(size)
        with pytest.raises(UnknownObject):
            log.root_at(size)


def test_an_entry_that_is_too_long_is_refused_and_takes_no_index(db: Database, tmp_path: Path) -> None:
    log = _open(db, tmp_path)
    with pytest.raises(TooLarge):
        log.append_now([b"x" * 33])
    assert log.append_now([b"y" * 32]) == range(1)


def test_an_entry_meant_for_another_index_is_refused_and_takes_none(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 2)
    with pytest.raises(ConflictError):
        log.append_now(fixed_entries(1, 9), expected=3)
    assert log.append_now(fixed_entries(1, 2), expected=2) == range(2, 3)


def test_an_entry_shares_the_fate_of_the_transaction_it_was_written_in(db: Database, tmp_path: Path) -> None:
    log = _open(db, tmp_path)

    def fail(tx: object) -> None:
        log.append_in(tx, fixed_entries(1))  # type: ignore[arg-type]
        raise ValueError("the record could not be written")

    with pytest.raises(ValueError, match="the record"):
        db.write_now(fail)
    assert log.pending_now() == 0
    assert log.append_now(fixed_entries(1)) == range(1)


def test_entries_come_back_in_order(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 300)
    assert log.entries_now(250, 300) == fixed_entries(50, 250)


# Start-up


def test_a_log_reopens_where_it_was(db: Database, tmp_path: Path) -> None:
    before = _grown(db, tmp_path, 300, 20).published
    after = _open(db, tmp_path).published
    assert (after.tree, after.root, after.checkpoint) == (before.tree, before.root, before.checkpoint)


def test_entries_that_were_acknowledged_before_a_crash_are_integrated_after_it(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 10)
    log.append_now(fixed_entries(5, 10))
    again = _open(db, tmp_path)
    assert again.published.size == 10
    assert again.integrate_now() == 15


def test_a_swap_whose_checkpoint_was_not_published_is_published_at_start(db: Database, tmp_path: Path) -> None:
    class _FailsAtCheckpoint(UnsyncedDisk):
        def rename(self, source: Path, target: Path) -> None:
            if target.name == "checkpoint" and target.exists():
                raise StorageError("the disk failed")
            super().rename(source, target)

    log = _open(db, tmp_path, disk=_FailsAtCheckpoint())
    log.append_now(fixed_entries(4))
    with pytest.raises(StorageError):
        log.integrate_now()
    assert log.published.size == 0
    assert _open(db, tmp_path).published.size == 4


def test_a_newer_checkpoint_than_the_database_stops_the_server(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 10)
    newer = log.published.checkpoint
    _run(db, "DELETE FROM log_entries WHERE idx >= 4")
    tree_root = merkle.tree_root(merkle.leaf_hash(entry) for entry in fixed_entries(4))
    _run(db, "UPDATE logs SET appended = 4, size = 4, root = ?", tree_root)
    with pytest.raises(RolledBack, match="checkpoint file says size 10, the database holds 4") as caught:
        _open(db, tmp_path)
    assert caught.value.reason_code == "log/rolled-back"
    assert (log.folder / "checkpoint").read_bytes() == newer


def test_a_restored_older_database_stops_the_server(tmp_path: Path) -> None:
    path = tmp_path / "verax.db"
    db = open_database(path, vfs=unsynced_vfs())
    _grown(db, tmp_path, 10)
    db.close()
    backup = path.read_bytes()
    db = open_database(path, vfs=unsynced_vfs())
    _grown(db, tmp_path, 10)
    db.close()
    path.write_bytes(backup)
    for leftover in ("verax.db-wal", "verax.db-shm"):
        (tmp_path / leftover).unlink(missing_ok=True)
    db = open_database(path, vfs=unsynced_vfs())
    with pytest.raises(RolledBack):
        _open(db, tmp_path)
    with pytest.raises(RolledBack):
        _open(db, tmp_path, repair=True)
    db.close()


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.9])
def test_a_truncated_database_log_stops_the_server(db: Database, tmp_path: Path, kept: float) -> None:
    """A disk that loses the end of the write-ahead log loses what was acknowledged: that is said, not hidden."""
    log = _grown(db, tmp_path, 3)
    db.truncate_wal_now()
    log.append_now(fixed_entries(300, 3))
    log.integrate_now()
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "verax.db").write_bytes((tmp_path / "verax.db").read_bytes())
    ahead = (tmp_path / "verax.db-wal").read_bytes()
    (copy / "verax.db-wal").write_bytes(ahead[: int(len(ahead) * kept)])
    other = open_database(copy / "verax.db", vfs=unsynced_vfs())
    with pytest.raises(RolledBack, match="checkpoint file says size 303, the database holds 3"):
        TileLog.open(other, reply_spec(tmp_path / "log"), disk=UnsyncedDisk())
    other.close()


def test_a_changed_entry_stops_the_server_and_is_named(db: Database, tmp_path: Path) -> None:
    _grown(db, tmp_path, 300)
    _run(db, "UPDATE log_entries SET entry = ? WHERE idx = 270", b"z" * 32)
    with pytest.raises(RolledBack, match="entry 270 is not the one that was published"):
        _open(db, tmp_path)


def test_a_changed_entry_stops_the_server_where_no_bundle_can_name_it(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 300)
    (log.folder / "tile/entries/000").write_bytes(b"torn")
    (log.folder / "tile/entries/001.p/44").unlink()
    _run(db, "UPDATE log_entries SET entry = ? WHERE idx = 270", b"z" * 32)
    with pytest.raises(RolledBack, match=r"the entries give [0-9a-f]{12}\n"):
        _open(db, tmp_path)


def test_a_changed_entry_with_a_row_made_to_fit_stops_the_server(db: Database, tmp_path: Path) -> None:
    _grown(db, tmp_path, 3)
    entries = fixed_entries(3)
    entries[1] = b"z" * 32
    _run(db, "UPDATE log_entries SET entry = ? WHERE idx = 1", entries[1])
    _run(db, "UPDATE logs SET root = ?", merkle.tree_root(merkle.leaf_hash(entry) for entry in entries))
    with pytest.raises(RolledBack, match="checkpoint file"):
        _open(db, tmp_path)


@pytest.mark.parametrize("index", [0, 5, 9])
def test_a_missing_entry_stops_the_server_and_is_named(db: Database, tmp_path: Path, index: int) -> None:
    _grown(db, tmp_path, 10)
    _run(db, "DELETE FROM log_entries WHERE idx = ?", index)
    with pytest.raises(RolledBack, match=f"entry {index} is missing"):
        _open(db, tmp_path)


def test_a_missing_entry_that_was_only_acknowledged_stops_the_server(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 10)
    log.append_now(fixed_entries(2, 10))
    _run(db, "DELETE FROM log_entries WHERE idx = 11")
    with pytest.raises(RolledBack, match="entry 11 is missing"):
        _open(db, tmp_path)


def test_a_changed_row_stops_the_server(db: Database, tmp_path: Path) -> None:
    _grown(db, tmp_path, 10)
    _run(db, "UPDATE logs SET root = ?", b"r" * 32)
    with pytest.raises(RolledBack, match="database row"):
        _open(db, tmp_path)


def test_a_row_that_claims_more_than_there_is_stops_the_server(db: Database, tmp_path: Path) -> None:
    _grown(db, tmp_path, 10)
    _run(db, "UPDATE logs SET size = 12, appended = 12")
    with pytest.raises(RolledBack, match="entry 10 is missing"):
        _open(db, tmp_path)


def test_a_deleted_row_stops_the_server(db: Database, tmp_path: Path) -> None:
    _grown(db, tmp_path, 10)
    _run(db, "DELETE FROM logs")
    with pytest.raises(RolledBack, match="checkpoint file says size 10"):
        _open(db, tmp_path)


def test_a_witness_that_saw_a_larger_tree_stops_the_server(db: Database, tmp_path: Path) -> None:
    ahead = _grown(db, tmp_path, 10).published.checkpoint
    other = open_database(tmp_path / "other.db", vfs=unsynced_vfs())
    _grown(other, tmp_path / "other", 6)
    with pytest.raises(RolledBack, match="witness north says size 10, the database holds 6"):
        TileLog.open(other, reply_spec(tmp_path / "other" / "log"), witnesses=[("north", lambda: ahead)])
    other.close()


def test_a_witness_that_saw_another_tree_stops_the_server(db: Database, tmp_path: Path) -> None:
    _grown(db, tmp_path, 10)
    other = open_database(tmp_path / "other.db", vfs=unsynced_vfs())
    fork = _open(other, tmp_path / "other")
    fork.append_now([b"f" * 32])
    fork.integrate_now()
    with pytest.raises(RolledBack, match="witness north says root"):
        _open(db, tmp_path, witnesses=[("north", lambda: fork.published.checkpoint)])
    other.close()


def test_a_witness_that_saw_an_earlier_tree_or_nothing_is_content(db: Database, tmp_path: Path) -> None:
    earlier = _grown(db, tmp_path, 10).published.checkpoint
    _grown(db, tmp_path, 290)
    marks = [("north", lambda: earlier), ("south", lambda: None)]
    assert _open(db, tmp_path, witnesses=marks).published.size == 300


@pytest.mark.parametrize("content", [b"", b"half a checkpo", b"\xff\xfe", b"verax\n0\n\n\n"])
def test_a_damaged_checkpoint_file_is_refused_and_repair_signs_again(
    db: Database, tmp_path: Path, content: bytes
) -> None:
    log = _grown(db, tmp_path, 10)
    (log.folder / "checkpoint").write_bytes(content)
    with pytest.raises(CorruptStore, match="checkpoint file"):
        _open(db, tmp_path)
    assert _open(db, tmp_path, repair=True).published.size == 10
    assert _open(db, tmp_path).published.size == 10


def test_a_missing_checkpoint_file_is_refused_and_repair_signs_again(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 10)
    (log.folder / "checkpoint").unlink()
    with pytest.raises(CorruptStore, match="no checkpoint file"):
        _open(db, tmp_path)
    assert _open(db, tmp_path, repair=True).published.size == 10


def test_a_checkpoint_by_a_stranger_is_refused(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 10)
    stranger = reply_spec(tmp_path / "log", keys=[7])
    with pytest.raises(CorruptStore, match="expected a checkpoint that this log signed"):
        TileLog.open(db, stranger)
    assert log.published.size == 10


def test_a_number_belongs_to_one_origin(db: Database, tmp_path: Path) -> None:
    _grown(db, tmp_path, 1)
    spec = reply_spec(tmp_path / "log2")
    other = type(spec)(1, f"{NAME}/replies/1", spec.folder, (signer(f"{NAME}/replies/1"),))
    with pytest.raises(ConflictError, match="belongs to another log"):
        TileLog.open(db, other)


def test_both_keys_sign_while_one_replaces_the_other(db: Database, tmp_path: Path) -> None:
    _grown(db, tmp_path, 3)
    old, new = signer(ORIGIN, 0).verifier, signer(ORIGIN, 1).verifier
    both = TileLog.open(db, reply_spec(tmp_path / "log", keys=[0, 1]))
    assert open_note(both.published.checkpoint, [old, new]).verified == (old, new)
    both.append_now(fixed_entries(1, 3))
    both.integrate_now()
    assert open_note(both.published.checkpoint, [old, new]).verified == (old, new)
    after = TileLog.open(db, reply_spec(tmp_path / "log", keys=[1], retired=[0]))
    assert open_note(after.published.checkpoint, [old, new]).verified == (new,)
    assert after.published.size == 4
    assert TileLog.open(db, reply_spec(tmp_path / "log", keys=[1])).published.checkpoint == after.published.checkpoint


# Cosignatures

WITNESS = CosignatureSigner("witness.test", b"w" * 32, 1_760_000_000)


def test_cosignatures_are_attached_to_the_published_checkpoint_and_last(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 10)
    note = add_signature(log.published.checkpoint, WITNESS)
    log.attach_now(note, is_witnessed=False)
    assert (log.published.checkpoint, log.published.size, log.witnessed) == (note, 10, None)
    assert log.read_now("checkpoint") == (log.folder / "checkpoint").read_bytes() == note
    log.recheck_now()
    assert _open(db, tmp_path).published.checkpoint == note
    grown = _grown(db, tmp_path, 1)
    assert WITNESS.verifier.name.encode() not in grown.published.checkpoint


def test_the_newest_witnessed_checkpoint_is_kept_while_the_log_grows_on(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 200, 130)
    note = add_signature(log.published.checkpoint, WITNESS)
    with pytest.raises(UnknownObject):
        log.read_now("checkpoint.witnessed")
    log.append_now(fixed_entries(300, 330))
    log.integrate_now()
    newest = log.published.checkpoint
    log.attach_now(note, is_witnessed=True)
    for opened in (log, _open(db, tmp_path)):
        assert opened.published.checkpoint == newest
        assert opened.read_now("checkpoint.witnessed") == note
        for index in (0, 255, 256, 329):
            proof = opened.prove_witnessed_now(index)
            assert proof is not None and proof.checkpoint == note
            leaf = merkle.leaf_hash(fixed_entries(1, index)[0])
            assert verify_proof(proof, leaf, ORIGIN, log.verifiers).size == 330
        assert opened.prove_witnessed_now(330) is None


def test_an_older_witnessed_checkpoint_does_not_replace_a_newer_one(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 5)
    older = add_signature(log.published.checkpoint, WITNESS)
    log.append_now(fixed_entries(1, 5))
    log.integrate_now()
    newer = add_signature(log.published.checkpoint, WITNESS)
    log.attach_now(newer, is_witnessed=True)
    log.attach_now(older, is_witnessed=True)
    assert log.read_now("checkpoint.witnessed") == log.published.checkpoint == newer
    again = add_signature(newer, CosignatureSigner("other.test", b"o" * 32, 1_760_000_000))
    log.attach_now(again, is_witnessed=True)
    assert log.read_now("checkpoint.witnessed") == again


def test_a_checkpoint_of_another_history_is_never_attached(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 10)
    before = log.published
    with closing(open_database(tmp_path / "other.db", vfs=unsynced_vfs())) as other:
        fork = _open(other, tmp_path / "other")
        for step in (10, 1):
            fork.append_now([b"f" * 32] * step)
            fork.integrate_now()
            with pytest.raises(ConflictError):
                log.attach_now(add_signature(fork.published.checkpoint, WITNESS), is_witnessed=True)
    for note in (b"", sign_note("text\n", signer(ORIGIN)), sign_note("text\n", WITNESS)):
        with pytest.raises(ConflictError):
            log.attach_now(note, is_witnessed=True)
    assert (log.published, log.witnessed) == (before, None)


def test_a_witnessed_checkpoint_that_is_ahead_of_the_database_stops_the_server(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "verax.db", vfs=unsynced_vfs())) as db:
        _grown(db, tmp_path, 6)
        db.truncate_wal_now()
        yesterday = (tmp_path / "verax.db").read_bytes()
        log = _grown(db, tmp_path, 4)
        log.attach_now(add_signature(log.published.checkpoint, WITNESS), is_witnessed=True)
    (tmp_path / "verax.db").write_bytes(yesterday)
    (tmp_path / "log" / "checkpoint").unlink()
    with (
        closing(open_database(tmp_path / "verax.db", vfs=unsynced_vfs())) as db,
        pytest.raises(RolledBack, match="witnessed checkpoint file says size 10"),
    ):
        _open(db, tmp_path, repair=True)


def test_a_damaged_witnessed_checkpoint_is_refused_and_repair_drops_it(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 6)
    log.attach_now(add_signature(log.published.checkpoint, WITNESS), is_witnessed=True)
    (tmp_path / "log" / "checkpoint.witnessed").write_bytes(b"half a no")
    with pytest.raises(CorruptStore, match="witnessed checkpoint file"):
        _open(db, tmp_path)
    assert _open(db, tmp_path, repair=True).witnessed is None


def test_a_full_disk_leaves_the_checkpoint_as_it_was(db: Database, tmp_path: Path) -> None:
    class _FullDisk(UnsyncedDisk):
        is_full = False

        def write_synced(self, path: Path, data: bytes) -> None:
            if self.is_full:
                raise StoreFull("no room on the disk")
            super().write_synced(path, data)

    disk = _FullDisk()
    log = _open(db, tmp_path, disk=disk)
    log.append_now(fixed_entries(3))
    log.integrate_now()
    before = log.published
    disk.is_full = True
    with pytest.raises(StoreFull):
        log.attach_now(add_signature(before.checkpoint, WITNESS), is_witnessed=True)
    assert (log.published, log.witnessed) == (before, None)
    log.recheck_now()


def test_proofs_of_growth_lead_to_any_published_size(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 600)
    for old, new in ((0, 0), (1, 2), (255, 256), (256, 300), (300, 600), (600, 600)):
        path = log.consistency_now(old, new)
        merkle.check_consistency(old, log.root_at(old), new, log.root_at(new), path)
    for old, new in ((-1, 3), (4, 3), (3, 601)):
        with pytest.raises(UnknownObject):
            log.consistency_now(old, new)


def test_a_mark_from_outside_is_compared_while_the_log_runs(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 10)
    log.check_mark_now("witness north", log.published.checkpoint)
    with closing(open_database(tmp_path / "other.db", vfs=unsynced_vfs())) as other:
        ahead = _grown(other, tmp_path / "other", 11).published.checkpoint
    with pytest.raises(RolledBack, match="witness north says size 11"):
        log.check_mark_now("witness north", ahead)
    forked = sign_note(Checkpoint(ORIGIN, 3, bytes(32)).to_text(), signer(ORIGIN))
    with pytest.raises(RolledBack, match="says root"):
        log.check_mark_now("witness north", forked)
    with pytest.raises(CorruptStore):
        log.check_mark_now("witness north", sign_note(Checkpoint(ORIGIN, 3, bytes(32)).to_text(), WITNESS))


# Damage and repair while the log is open


@pytest.mark.parametrize("path", ["tile/0/001", "tile/1/000.p/2", "tile/entries/000", "tile/entries/002.p/8"])
def test_a_missing_tile_is_named_at_start_and_can_be_made_anew(db: Database, tmp_path: Path, path: str) -> None:
    log = _grown(db, tmp_path, 520)
    (log.folder / path).unlink()
    with pytest.raises(CorruptStore, match=f"{path}: expected what the log signed, found no file") as caught:
        _open(db, tmp_path)
    assert "verax log repair" in caught.value.hint
    _open(db, tmp_path, repair=True)
    assert _open(db, tmp_path).damaged_tiles() == []


def test_a_truncated_tile_is_named_at_start(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 520)
    with (log.folder / "tile/0/001").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(CorruptStore, match="tile/0/001"):
        _open(db, tmp_path)


@pytest.mark.parametrize(
    ("path", "size"),
    [("tile/0/001", 520), ("tile/entries/000", 520), ("tile/entries/002.p/8", 520), ("tile/1/000", 65_536)],
)
def test_a_corrupt_tile_is_named_when_it_is_read_and_nothing_false_is_served(
    db: Database, tmp_path: Path, path: str, size: int
) -> None:
    log = _grown(db, tmp_path, size)
    sound = log.read_now(path)
    damaged = bytearray(sound)
    damaged[len(damaged) // 2] ^= 1
    (log.folder / path).write_bytes(damaged)
    with pytest.raises(CorruptStore, match=f"{path}: expected what the log signed, found {len(sound)} bytes"):
        log.read_now(path)
    assert log.damaged_tiles() == [path]
    assert log.repair_tiles() == [path]
    assert log.read_now(path) == sound
    assert log.damaged_tiles() == []


def test_a_proof_never_uses_a_corrupt_tile(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 600)
    (log.folder / "tile/0/001").write_bytes(bytes(8192))
    with pytest.raises(CorruptStore, match="tile/0/001"):
        log.prove_now(300)
    assert log.prove_now(10).index == 10


def test_a_row_moved_by_another_process_stops_the_log(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 3)
    twin = _open(db, tmp_path)
    twin.append_now(fixed_entries(1, 3))
    twin.integrate_now()
    with pytest.raises(RolledBack, match="another process"):
        log.integrate_now()


def test_a_swap_that_another_process_won_is_not_signed(db: Database, tmp_path: Path) -> None:
    twin_ran: list[int] = []

    class _RacingDisk(UnsyncedDisk):
        def sync_folders(self, paths: Sequence[Path]) -> None:
            if paths[0].parent.parent.name == "tile" and not twin_ran:
                twin_ran.append(1)
                _open(db, tmp_path).integrate_now()

    _grown(db, tmp_path, 3)
    log = _open(db, tmp_path, disk=_RacingDisk())
    log.append_now(fixed_entries(1, 3))
    published = log.published
    with pytest.raises(RolledBack, match="another process"):
        log.integrate_now()
    assert twin_ran
    assert log.published is published


def test_an_entry_changed_in_the_unfinished_tile_is_noticed_before_anything_is_signed(
    db: Database, tmp_path: Path
) -> None:
    log = _grown(db, tmp_path, 3)
    _run(db, "UPDATE log_entries SET entry = ? WHERE idx = 1", b"z" * 32)
    log.append_now(fixed_entries(1, 3))
    with pytest.raises(RolledBack, match="changed in the database"):
        log.integrate_now()
    assert log.published.size == 3


def test_a_row_that_is_deleted_under_a_running_log_stops_it(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 3)
    _run(db, "DELETE FROM logs")
    with pytest.raises(CorruptStore, match="its row is gone"):
        log.append_now(fixed_entries(1, 3))
    with pytest.raises(CorruptStore, match="its row is gone"):
        log.integrate_now()
    assert log.prove_now(1).index == 1


def test_a_bundle_of_another_length_is_never_served(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 300)
    for path, content in (("tile/entries/000", b"\x00\x01a"), ("tile/entries/001.p/44", bytes(88))):
        (log.folder / path).write_bytes(content)
        with pytest.raises(CorruptStore, match=path):
            log.read_now(path)


def test_what_changed_behind_a_running_log_is_noticed_by_a_check(db: Database, tmp_path: Path) -> None:
    log = _grown(db, tmp_path, 3)
    log.recheck_now()
    _run(db, "UPDATE logs SET appended = 2")
    with pytest.raises(RolledBack):
        log.recheck_now()
    _run(db, "UPDATE logs SET appended = 3")
    (log.folder / "checkpoint").write_bytes(b"another")
    with pytest.raises(RolledBack, match="not the one that was published"):
        log.recheck_now()


def test_a_full_disk_leaves_the_published_tree_served_and_integration_goes_on_later(
    db: Database, tmp_path: Path
) -> None:
    class _FullDisk(UnsyncedDisk):
        is_full = False

        def write_synced(self, path: Path, data: bytes) -> None:
            if self.is_full:
                raise StoreFull(f"{path}: no room on the disk")
            super().write_synced(path, data)

    disk = _FullDisk()
    log = _open(db, tmp_path, disk=disk)
    log.append_now(fixed_entries(3))
    log.integrate_now()
    log.append_now(fixed_entries(3, 3))
    disk.is_full = True
    with pytest.raises(StoreFull):
        log.integrate_now()
    assert len(log.read_now("tile/0/000.p/3")) == 96
    assert log.prove_now(2).index == 2
    disk.is_full = False
    assert log.integrate_now() == 6
