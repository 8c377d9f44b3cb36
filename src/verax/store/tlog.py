"""An append-only log on this machine: entries in the database, tiles and checkpoint as files.

*Life of an entry* (protocol clause 2), in this order:

1. Its bytes and its index are written in a database transaction, together with whatever
   belongs to it (a turn's record), and synced (``synchronous=FULL``; many share one commit).
2. Only then is it acknowledged: `append` returns, a promise leaves the server.
3. The integrating task reads every committed entry that is not in the tree yet and hashes it.
4. Each tile and bundle that grew goes to a temporary file, is synced, and renamed; then the
   folders are synced.
5. ``(old size, old root) → (new size, new root)`` is swapped in the row of the log by
   compare-and-swap, in a durable transaction. A swap that finds another tree stops the log.
6. The checkpoint is signed, by every key the log has at that time.
7. It replaces the published file: temporary file, sync, rename, folder sync. From then on
   readers and proofs see the new tree, as one immutable object.
8. Cosignatures by witnesses come later, if at all: the published file is replaced by one that
   carries them, and the newest note that carried the quorum is kept beside it.

A crash after 1 loses nothing: start-up takes up at the step that is missing. A failure in 3 to
7 (a full disk) leaves the published tree served as it is, and the next attempt goes on from
there. Start-up is described in `verax.store.tlog_start`.

Of several processes on one database and one folder, one takes the steps from 3 on; the others
*follow* (`TileLog.follow`): they write entries, and of every checkpoint that is published they
see for themselves that the tree they have and the entries in the database lead there. A
follower signs no checkpoint and writes no file. `take_over_now` makes it the one that does.

Every method here blocks and may be called from any thread; `verax.store.tlog_live` runs
them beside an event loop.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.errors import (
    ConflictError,
    CorruptStore,
    KernelError,
    ProofError,
    RolledBack,
    TooLarge,
    UnknownObject,
)
from verax.kernel.merkle import HASH_BYTES
from verax.kernel.note import NoteSigner, VerifierKey, sign_note
from verax.kernel.proof import LogProof
from verax.kernel.tiles import TILE_WIDTH, TileAddress, encode_bundle, parse_tile_path
from verax.store.database import Database, Tx
from verax.store.disk import Disk, LocalDisk
from verax.store.tlog_files import CHECKPOINT, WITNESSED, TileFiles, corrupt_tile
from verax.store.tlog_known import KnownTiles
from verax.store.tlog_rows import LogRow, TreeHead, append_entries, open_row, read_entries, read_row, swap_head
from verax.store.tlog_start import (
    check_marks,
    file_marks,
    hash_tile,
    is_signed_as_now,
    open_mark,
    rebuild,
    witnessed_marks,
)
from verax.store.tlog_tree import EMPTY_TREE, LeafTile, LogTree, hash_leaves

__all__ = ["LogSpec", "PublishedTree", "TileLog", "WitnessMark"]

T = TypeVar("T")
WitnessMark = Callable[[], bytes | None]
"""Returns the newest checkpoint of this log that somebody outside the data folder has seen."""

_MAX_STEP = 65_536
"""Entries that one integration takes; bounds its memory and the time to the next checkpoint."""

_WORTH_KEEPING = 256
"""Tiles that a start has hashed anew before it keeps them for the next: a third of a second of work."""


@dataclass(frozen=True, slots=True)
class LogSpec:
    """What makes a log this log.

    Attributes:
        log_id: 0 for the governance log, k+1 for reply log k.
        origin: ``<name>/governance`` or ``<name>/replies/<k>``; its keys have this name.
        folder: Holds the files.
        signers: Keys that sign; two while one replaces the other.
        retired: Keys that signed before and may stand on the checkpoint found at start.
        max_entry_bytes: Largest entry (clauses 2 and 3).
    """

    log_id: int
    origin: str
    folder: Path
    signers: tuple[NoteSigner, ...]
    retired: tuple[VerifierKey, ...] = ()
    max_entry_bytes: int = HASH_BYTES

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        """Keys whose signature on a checkpoint counts."""
        return (*(signer.verifier for signer in self.signers), *self.retired)


@dataclass(frozen=True, slots=True)
class PublishedTree:
    """What readers see: a tree, its root, and the signed checkpoint, byte for byte."""

    tree: LogTree
    root: bytes
    checkpoint: bytes

    @property
    def size(self) -> int:
        """Leaves that the checkpoint covers."""
        return self.tree.size


class TileLog:
    """A log that is open; made by `TileLog.open`."""

    def __init__(self, db: Database, spec: LogSpec, files: TileFiles, tree: LogTree) -> None:
        self._db = db
        self._spec = spec
        self._files = files
        self._lock = threading.Lock()
        self._tree = tree
        self._repaired: tuple[str, ...] = ()
        self._published = PublishedTree(EMPTY_TREE, EMPTY_TREE.root(), b"")
        self._witnessed: PublishedTree | None = None
        self._is_following = False

    @classmethod
    def follow(cls, db: Database, spec: LogSpec, *, disk: Disk | None = None) -> TileLog:
        """Open a log that another process integrates, compared with every mark as `open` does.

        Raises:
            UnknownObject: that process has not published anything yet.
            RolledBack, CorruptStore, StorageError: as `open`.
        """
        files = TileFiles(spec.folder, disk or LocalDisk())
        # The marks are read before the row: what was signed when they were is in the row by then.
        note, witnessed = files.read_checkpoint(), files.read_witnessed()
        if note is None:
            raise UnknownObject(f"log {spec.origin}: nothing is published yet")
        row = db.read_now(lambda tx: read_row(tx, spec.log_id))
        tree = rebuild(db, row, KnownTiles.parse(files.read_known(), spec.origin, spec.verifiers))
        found = file_marks(note, row, spec.verifiers, repair=False)
        kept = witnessed_marks(witnessed, row, spec.verifiers, repair=False)
        check_marks(db, row, tree, [*found, *kept], files)
        log = cls(db, spec, files, tree)
        log._is_following = True
        head = found[0].head
        log._tree = tree.prefix(head.size, lambda index: hash_tile(db, row, index))
        log._published = PublishedTree(log._tree, head.root, note)
        log._follow_witnessed(witnessed)
        return log

    @classmethod
    def open(
        cls,
        db: Database,
        spec: LogSpec,
        *,
        disk: Disk | None = None,
        witnesses: Iterable[tuple[str, WitnessMark]] = (),
        repair: bool = False,
    ) -> TileLog:
        """Rebuild the log from its entries, compare it with every mark, and publish what is due.

        Args:
            disk: How files are written.
            witnesses: Name and source of marks outside the data folder.
            repair: Make missing and damaged tiles anew, and sign again where the checkpoint file
                is missing or unreadable. Never accepts a mark that disagrees.

        Raises:
            RolledBack: a mark is ahead of the entries or inconsistent with them.
            CorruptStore: a tile or the checkpoint file is missing or damaged.
            StoreFull, StorageError: as their classes say.
        """
        disk = disk or LocalDisk()
        disk.make_folder(spec.folder)
        files = TileFiles(spec.folder, disk)
        row = db.write_now(lambda tx: open_row(tx, spec.log_id, spec.origin))
        known = KnownTiles.parse(files.read_known(), spec.origin, spec.verifiers)
        tree = rebuild(db, row, known)
        note = files.read_checkpoint()
        found = file_marks(note, row, spec.verifiers, repair=repair)
        witnessed = files.read_witnessed()
        kept = witnessed_marks(witnessed, row, spec.verifiers, repair=repair)
        seen = [(f"witness {name}", source()) for name, source in witnesses]
        marks = [open_mark(name, seen_note, spec.origin, spec.verifiers) for name, seen_note in seen if seen_note]
        check_marks(db, row, tree, [*found, *kept, *marks], files)
        log = cls(db, spec, files, tree)
        log._take_up(row, note if found else None, repair=repair)
        if witnessed is not None and kept:
            log._witnessed = log._earlier(kept[0].head, witnessed)
        if known.fresh >= _WORTH_KEEPING:
            files.write_known(known.to_bytes(spec.origin, spec.signers))
        return log

    @property
    def origin(self) -> str:
        return self._spec.origin

    @property
    def log_id(self) -> int:
        return self._spec.log_id

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        """Keys that sign this log's checkpoints now."""
        return tuple(signer.verifier for signer in self._spec.signers)

    @property
    def all_verifiers(self) -> tuple[VerifierKey, ...]:
        """Those, and keys that signed earlier checkpoints."""
        return self._spec.verifiers

    @property
    def published(self) -> PublishedTree:
        """The tree that readers see; swapped as one object."""
        return self._published

    @property
    def witnessed(self) -> PublishedTree | None:
        """The newest tree whose checkpoint carried the witness quorum; None where none did."""
        return self._witnessed

    @property
    def folder(self) -> Path:
        """Where the files lie; may be served as it is."""
        return self._files.folder

    def append_in(self, tx: Tx, entries: Sequence[bytes], *, expected: int | None = None) -> int:
        """Write entries inside a caller's transaction and return the index of the first.

        They are in the log once that transaction is durable; wake the `LiveLog` then.

        Raises:
            TooLarge: an entry is longer than the log takes.
            ConflictError: the first entry would not get index `expected`.
        """
        for entry in entries:
            if len(entry) > self._spec.max_entry_bytes:
                raise TooLarge(
                    f"log {self.origin}: expected an entry of at most {self._spec.max_entry_bytes} bytes, "
                    f"found {len(entry)}"
                )
        return append_entries(tx, self.log_id, entries, expected)

    def read_rows_now(self, call: Callable[[Tx], T]) -> T:
        """Read what lies beside the entries in the database."""
        return self._db.read_now(call)

    def append_now(self, entries: Sequence[bytes], *, expected: int | None = None) -> range:
        """Write entries durably and return their indices."""
        first = self._db.write_now(lambda tx: self.append_in(tx, entries, expected=expected))
        return range(first, first + len(entries))

    @property
    def is_following(self) -> bool:
        """Whether another process integrates this log."""
        return self._is_following

    def advance_now(self) -> int:
        """Integrate what is committed, or follow what another process integrated; return the published size.

        Raises:
            RolledBack: row, entries or checkpoint changed behind this process.
            CorruptStore, StorageError: as their classes say.
        """
        return self._follow_now() if self._is_following else self.integrate_now()

    def catch_up_now(self) -> None:
        """See to it that what any process has published by now is published here.

        Raises:
            RolledBack, CorruptStore, StorageError: as `advance_now`.
        """
        if self._is_following:
            self._follow_now()
        with self._lock:
            return  # a checkpoint that lies in its file already is published before the lock is free

    def take_over_now(self) -> None:
        """Integrate from now on; the process that did so has ended. The checks of a start are made anew.

        Raises:
            RolledBack: what is stored is not a continuation of what this process saw.
            CorruptStore, StorageError: as `open`; the log is followed as before.
        """
        with self._lock:
            seen = self._published
            fresh = TileLog.open(self._db, self._spec, disk=self._files.disk)
            if fresh.published.size < seen.size or fresh.root_at(seen.size) != seen.root:
                raise self._another_history(fresh.published.size)
            self._tree, self._published, self._witnessed = fresh.published.tree, fresh.published, fresh.witnessed
            self._is_following = False

    def integrate_now(self) -> int:
        """Carry every committed entry through steps 3 to 7; return the size that is published then.

        Raises:
            RolledBack: the row moved, or an entry changed, behind this process.
            StoreFull, StorageError: nothing was lost; call again.
        """
        with self._lock:
            has_more = True
            while has_more:
                has_more = self._advance()
                if self._tree is not self._published.tree:
                    self._publish()
            return self._published.size

    def read_now(self, path: str) -> bytes:
        """Return what the log serves below its prefix: a checkpoint, a tile, or an entry bundle.

        Raises:
            UnknownObject: no such path, or nothing published there yet.
            CorruptStore: the file is damaged; nothing false is served.
        """
        try:
            return self._read(self._published, path)
        except CorruptStore:
            before = self._published
            self.catch_up_now()
            if self._published is before:
                raise
            # The tile became full meanwhile, and its partial file is gone.
            return self._read(self._published, path)

    def _read(self, published: PublishedTree, path: str) -> bytes:
        if path == CHECKPOINT:
            return published.checkpoint
        if path == WITNESSED and self._witnessed is not None:
            return self._witnessed.checkpoint
        try:
            address = parse_tile_path(path)
        except ProofError as error:
            raise UnknownObject(f"log {self.origin}: {error.message}") from None
        available = published.tree.width(address.level or 0, address.index)
        if address.width > available:
            raise UnknownObject(f"log {self.origin}: {path} is beyond the published tree of {published.size} entries")
        if address.level is None:
            return encode_bundle(self._files.read_bundle(published.tree, address.index)[: address.width])
        return self._hashes(published.tree, address, available)[: address.width * HASH_BYTES]

    def entries_now(self, start: int, end: int) -> list[bytes]:
        """Return entries from the database, unchecked: whoever folds them compares the root.

        Raises:
            CorruptStore: an entry is missing.
        """
        return [entry for batch in read_entries(self._db, self.log_id, start, end) for entry in batch]

    def prove_now(self, index: int) -> LogProof:
        """Return the proof that entry `index` is in the published tree.

        Raises:
            UnknownObject: the entry is not in the published tree yet.
            CorruptStore: a tile that the proof needs is damaged.
        """
        published = self._published
        if not 0 <= index < published.size:
            raise UnknownObject(f"log {self.origin}: entry {index} is not in the published tree of {published.size}")
        return self._prove(published, index)

    def prove_witnessed_now(self, index: int) -> LogProof | None:
        """Return the proof under the newest witnessed checkpoint; None where that does not cover the entry."""
        witnessed = self._witnessed
        return None if witnessed is None or not 0 <= index < witnessed.size else self._prove(witnessed, index)

    def consistency_now(self, old: int, new: int | None = None) -> list[bytes]:
        """Return the proof that the tree of `new` leaves, the published one by default, begins with that of `old`.

        Raises:
            UnknownObject: the log never had those sizes.
        """
        tree = self._published.tree
        new = tree.size if new is None else new
        if not 0 <= old <= new <= tree.size:
            raise UnknownObject(f"log {self.origin}: sizes {old} and {new} are beyond the published {tree.size}")
        leaf_tiles = self._leaf_tiles(tree)
        return tree.prefix(new, leaf_tiles).consistency(old, leaf_tiles)

    def check_mark_now(self, source: str, note: bytes) -> None:
        """Compare a checkpoint of this log that somebody outside has seen with the published tree.

        Raises:
            RolledBack: it is ahead, or the published tree does not begin with it.
            CorruptStore: no key of this log signed it, so it is no mark.
        """
        mark = open_mark(source, note, self.origin, self.all_verifiers)
        self.catch_up_now()  # whoever has seen it may have seen it before this process
        row = self._db.read_now(lambda tx: read_row(tx, self.log_id))
        check_marks(self._db, row, self._published.tree, [mark], self._files)

    def attach_now(self, note: bytes, *, is_witnessed: bool) -> None:
        """Take a checkpoint of this log that carries verified cosignatures, step 8.

        Args:
            note: A checkpoint that this process published, with more lines behind its own.
            is_witnessed: Its cosignatures make the quorum.

        Raises:
            ConflictError: it is of no tree that this log has.
            StoreFull, StorageError: nothing was lost; call again.
        """
        try:
            checkpoint = open_checkpoint(note, self.origin, self.all_verifiers)
        except KernelError as error:
            raise ConflictError(f"log {self.origin}: expected a checkpoint of its own: {error.message}") from error
        with self._lock:
            published, head = self._published, TreeHead(checkpoint.size, checkpoint.root)
            if head.size > published.size or self.root_at(head.size) != head.root:
                raise ConflictError(f"log {self.origin}: it never had the tree of {head.size} entries in that note")
            if head.size == published.size and self._tree is published.tree and note != published.checkpoint:
                self._files.write_checkpoint(note)
                self._published = PublishedTree(published.tree, published.root, note)
            if is_witnessed and head.size >= (0 if self._witnessed is None else self._witnessed.size):
                self._files.write_witnessed(note)
                self._witnessed = self._earlier(head, note)

    def root_at(self, size: int) -> bytes:
        """Return the root of the first `size` entries, at most those published."""
        tree = self._published.tree
        if not 0 <= size <= tree.size:
            raise UnknownObject(f"log {self.origin}: size {size} is beyond the published tree of {tree.size}")
        return tree.root_at(size, self._leaf_tiles(tree))

    def damaged_tiles(self) -> list[str]:
        """Compare every tile and bundle with the entries; return the paths that are wrong."""
        tree = self._published.tree
        batches = read_entries(self._db, self.log_id, 0, tree.size)
        return [address.path for address, _ in self._files.damaged(tree, batches)]

    def repair_tiles(self) -> list[str]:
        """Make every missing or damaged tile and bundle anew; return their paths."""
        with self._lock:
            return self._rewrite(self._published.tree)

    @property
    def repaired(self) -> tuple[str, ...]:
        """Paths that `open` made anew because it was asked to."""
        return self._repaired

    def recheck_now(self) -> None:
        """Compare row, checkpoint file and schema with what this process published, as start-up does.

        Raises:
            RolledBack: either was changed behind this process.
            CorruptStore: the schema was.
            BusyError, StorageError: the database takes nothing.
        """
        self._db.check_now()
        if self._is_following:
            self._recheck_followed()
            return
        with self._lock:
            row = self._db.read_now(lambda tx: read_row(tx, self.log_id))
            head = TreeHead(self._tree.size, self._tree.root())
            if row.head != head or row.appended < head.size:
                raise self._moved(head, row.head)
            if self._tree is self._published.tree and self._files.read_checkpoint() != self._published.checkpoint:
                raise RolledBack(
                    f"log {self.origin}: the checkpoint file is not the one that was published at size {head.size}",
                    hint="restore it from a backup; the published tree is still served",
                )

    def _recheck_followed(self) -> None:
        """Compare the row with what another process published; it may be ahead of that by what is being signed."""
        self._follow_now()
        published = self._published
        row = self._db.read_now(lambda tx: read_row(tx, self.log_id))
        head = TreeHead(published.size, published.root)
        if row.head.size < head.size or row.appended < row.head.size:
            raise self._moved(head, row.head)
        if row.head.size == head.size and row.head != head:
            raise self._moved(head, row.head)

    def appended_now(self) -> int:
        """Return how many entries were committed, published or not."""
        return self._db.read_now(lambda tx: read_row(tx, self.log_id)).appended

    def pending_now(self) -> int:
        """Return how many committed entries no published tree holds yet."""
        return self.appended_now() - self._published.size

    def _take_up(self, row: LogRow, note: bytes | None, *, repair: bool) -> None:
        """Check that the files of the tree are there, then publish it, or what was published already."""
        if repair:
            self._repaired = tuple(self._rewrite(self._tree))
        missing = self._files.missing(self._tree)
        if missing:
            raise corrupt_tile(missing[0], None)
        checkpoint = Checkpoint(self.origin, row.head.size, row.head.root)
        if note is not None and is_signed_as_now(note, checkpoint, self.verifiers):
            self._published = PublishedTree(self._tree, row.head.root, note)
        else:
            self._publish()

    def _earlier(self, head: TreeHead, note: bytes) -> PublishedTree:
        tree = self._published.tree
        return PublishedTree(tree.prefix(head.size, self._leaf_tiles(tree)), head.root, note)

    def _prove(self, published: PublishedTree, index: int) -> LogProof:
        path = published.tree.inclusion(index, self._leaf_tiles(self._published.tree))
        return LogProof(index, tuple(path), published.checkpoint)

    def _rewrite(self, tree: LogTree) -> list[str]:
        rewritten: list[str] = []
        for address, data in self._files.damaged(tree, read_entries(self._db, self.log_id, 0, tree.size)):
            self._files.write(address, data)
            rewritten.append(address.path)
        return rewritten

    def _advance(self) -> bool:
        """Steps 3 to 5 for the next entries; return whether there may be more."""
        old = self._tree
        row = self._db.read_now(lambda tx: read_row(tx, self.log_id))
        head = TreeHead(old.size, old.root())
        if row.head != head:
            raise self._moved(head, row.head)
        if row.appended <= old.size:
            return False
        end = min(row.appended, old.size // TILE_WIDTH * TILE_WIDTH + _MAX_STEP)
        new, entries = self._grown(old, end)
        self._files.write_growth(old, new, entries)
        target = TreeHead(new.size, new.root())
        if not self._db.write_now(lambda tx: swap_head(tx, self.log_id, head, target)):
            raise self._moved(head, self._db.read_now(lambda tx: read_row(tx, self.log_id)).head)
        self._tree = new
        return end < row.appended

    def _grown(self, old: LogTree, end: int) -> tuple[LogTree, list[bytes]]:
        """Return the tree of `end` entries, and the entries from the start of the unfinished bundle of `old` on.

        Raises:
            RolledBack: an entry changed after it was published.
        """
        base = old.size // TILE_WIDTH * TILE_WIDTH
        entries = [entry for batch in read_entries(self._db, self.log_id, base, end) for entry in batch]
        leaves = hash_leaves(entries)
        if not leaves.startswith(old.tail):
            raise RolledBack(
                f"log {self.origin}: an entry from {base} on changed in the database after it was published",
                hint="restore the newest backup; the published tree is still served",
            )
        return old.extend(leaves[len(old.tail) :]), entries

    def _follow_now(self) -> int:
        """Take up what another process published; return the size of that."""
        with self._lock:
            note, witnessed = self._files.read_checkpoint(), self._files.read_witnessed()
            if note is None:
                raise CorruptStore(
                    f"log {self.origin}: its checkpoint file is gone",
                    hint="restore it from a backup; the published tree is still served",
                )
            if note != self._published.checkpoint:
                self._follow_checkpoint(note)
            self._follow_witnessed(witnessed)
            return self._published.size

    def _follow_checkpoint(self, note: bytes) -> None:
        published, head = self._published, open_mark("checkpoint file", note, self.origin, self.all_verifiers).head
        row = self._db.read_now(lambda tx: read_row(tx, self.log_id))
        if head.size < published.size or row.head.size < head.size or row.appended < row.head.size:
            raise self._another_history(min(head.size, row.head.size))
        tree = published.tree
        while tree.size < head.size:
            tree, _ = self._grown(tree, min(head.size, tree.size // TILE_WIDTH * TILE_WIDTH + _MAX_STEP))
        if tree.root() != head.root:
            raise self._another_history(head.size)
        self._tree, self._published = tree, PublishedTree(tree, head.root, note)

    def _follow_witnessed(self, note: bytes | None) -> None:
        """Take up a witnessed checkpoint; one of a tree that is not followed yet waits for the next look."""
        known = self._witnessed
        if note is None or (known is not None and known.checkpoint == note):
            return
        head = open_mark("witnessed checkpoint file", note, self.origin, self.all_verifiers).head
        if head.size > self._published.size or (known is not None and head.size < known.size):
            return
        if self.root_at(head.size) != head.root:
            raise self._another_history(head.size)
        self._witnessed = self._earlier(head, note)

    def _another_history(self, size: int) -> RolledBack:
        published = self._published
        return RolledBack(
            f"log {self.origin}: this process saw size {published.size} ({published.root.hex()[:12]}), and what is "
            f"stored at size {size} does not go on from there",
            hint="an older or another log was put in place: restore the newest one; the published tree is still served",
        )

    def _publish(self) -> None:
        """Steps 6 and 7, then drop partial tiles that became full."""
        old, tree = self._published.tree, self._tree
        root = tree.root()
        note = sign_note(Checkpoint(self.origin, tree.size, root).to_text(), *self._spec.signers)
        self._files.write_checkpoint(note)
        self._published = PublishedTree(tree, root, note)
        if old.size:
            self._files.remove_partials(old, tree)

    def _moved(self, expected: TreeHead, found: TreeHead) -> RolledBack:
        return RolledBack(
            f"log {self.origin}: expected the row at size {expected.size} ({expected.root.hex()[:12]}), "
            f"found size {found.size} ({found.root.hex()[:12]})",
            hint="another process writes to this database; stop it, then start Verax again",
        )

    def _leaf_tiles(self, tree: LogTree) -> LeafTile:
        """Return a reader for one proof: each tile is read and checked once, not once a level."""
        return cache(partial(self._files.read_leaf_tile, tree))

    def _hashes(self, tree: LogTree, address: TileAddress, available: int) -> bytes:
        level, index = address.level or 0, address.index
        if available < TILE_WIDTH:
            return tree.known_tile(level, index) or b""
        if level:
            return self._files.read_upper_tile(tree, level, index)
        return self._files.read_leaf_tile(tree, index)
