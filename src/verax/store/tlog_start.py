"""Taking up a log: rebuilt from its entries, then compared with every mark (protocol clause 2).

* The tree is rebuilt from all entries in the database; nothing else is believed. What an
  earlier start hashed is taken over only for entries that are the same to the byte
  (`verax.store.tlog_known`).
* Marks are the row with size and root, the checkpoint file, and whatever else the caller can
  reach (a witness, an object store). Each must be a tree that the entries begin with.
* A mark ahead of the store, or inconsistent with it, stops the server: ``log/rolled-back``.
* The swap comes before the signature, so no signed mark can be ahead of the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.errors import CorruptStore, KernelError, RolledBack
from verax.kernel.note import VerifierKey, parse_note
from verax.kernel.tiles import TILE_WIDTH
from verax.store.database import Database
from verax.store.tlog_files import TileFiles
from verax.store.tlog_known import KnownTiles
from verax.store.tlog_rows import LogRow, TreeHead, read_entries
from verax.store.tlog_tree import EMPTY_TREE, LogTree, hash_leaves

__all__ = [
    "Mark",
    "check_marks",
    "file_marks",
    "hash_tile",
    "is_signed_as_now",
    "open_mark",
    "rebuild",
    "witnessed_marks",
]


@dataclass(frozen=True, slots=True)
class Mark:
    """A tree that somebody remembers this log had, and who."""

    source: str
    head: TreeHead


def open_mark(source: str, note: bytes, origin: str, keys: Iterable[VerifierKey]) -> Mark:
    """Verify a signed checkpoint and take it as a mark.

    Raises:
        CorruptStore: not a checkpoint that one of `keys` signed for `origin`.
    """
    try:
        checkpoint: Checkpoint = open_checkpoint(note, origin, keys)
    except KernelError as error:
        raise CorruptStore(
            f"log {origin}, {source}: expected a checkpoint that this log signed: {error.message}",
            hint='restore it from a backup, or run "verax log repair" to sign the present tree again',
        ) from error
    return Mark(source, TreeHead(checkpoint.size, checkpoint.root))


def file_marks(note: bytes | None, row: LogRow, keys: Sequence[VerifierKey], *, repair: bool) -> list[Mark]:
    """Take the checkpoint file as a mark; none where there was never one, or it is to be made anew.

    Raises:
        CorruptStore: missing though the log has entries, or unreadable, and not in repair.
    """
    if note is None:
        if row.head.size and not repair:
            raise CorruptStore(
                f"log {row.origin}: the database says size {row.head.size}, and there is no checkpoint file",
                hint='restore it from a backup, or run "verax log repair" to sign the present tree again',
            )
        return []
    try:
        return [open_mark("checkpoint file", note, row.origin, keys)]
    except CorruptStore:
        if repair:
            return []
        raise


def witnessed_marks(note: bytes | None, row: LogRow, keys: Sequence[VerifierKey], *, repair: bool) -> list[Mark]:
    """Take the newest witnessed checkpoint as a mark; none where there was never one, or it may be dropped.

    Raises:
        CorruptStore: unreadable, and not in repair.
    """
    if note is None:
        return []
    try:
        return [open_mark("witnessed checkpoint file", note, row.origin, keys)]
    except CorruptStore:
        if repair:
            return []
        raise


def is_signed_as_now(note: bytes, checkpoint: Checkpoint, keys: Sequence[VerifierKey]) -> bool:
    """Say whether a verified note covers exactly this tree and begins with exactly the present keys.

    What follows them are cosignatures, which whoever relies on witnesses verifies.
    """
    parsed = parse_note(note)
    signed = [(line.name, line.key_id) for line in parsed.signatures if line.name == checkpoint.origin]
    first = [(line.name, line.key_id) for line in parsed.signatures[: len(keys)]]
    return parsed.text == checkpoint.to_text() and signed == first == [(key.name, key.key_id) for key in keys]


def rebuild(db: Database, row: LogRow, known: KnownTiles) -> LogTree:
    """Hash all entries that the row says are in the tree, and see that the pending ones are there.

    Raises:
        RolledBack: the database holds fewer entries than its own row says.
    """
    tree = EMPTY_TREE
    try:
        for batch in read_entries(db, row.log_id, 0, row.head.size):
            whole = len(batch) // TILE_WIDTH * TILE_WIDTH
            roots = [known.root_of(batch[start : start + TILE_WIDTH]) for start in range(0, whole, TILE_WIDTH)]
            tree = tree.extend_full(b"".join(roots)).extend(hash_leaves(batch[whole:]))
        for _ in read_entries(db, row.log_id, row.head.size, row.appended):
            continue
    except CorruptStore as error:
        raise RolledBack(
            f"log {row.origin}: the row says {row.appended} entries; {error.message}", hint=error.hint
        ) from error
    return tree


def check_marks(db: Database, row: LogRow, tree: LogTree, marks: Iterable[Mark], files: TileFiles) -> None:
    """Compare the rebuilt tree with its row and every other mark.

    Raises:
        RolledBack: a mark is ahead, or is not a tree that the entries begin with.
    """
    for mark in (Mark("database row", row.head), *marks):
        if mark.head.size > tree.size:
            raise RolledBack(
                f"log {row.origin}: {mark.source} says size {mark.head.size}, the database holds {tree.size}",
                hint="an older database was put in place: restore the newest one; nothing was changed",
            )
        found = tree.root_at(mark.head.size, lambda index: hash_tile(db, row, index))
        if found != mark.head.root:
            raise RolledBack(
                f"log {row.origin}: {mark.source} says root {mark.head.root.hex()[:12]} at size {mark.head.size}, "
                f"the entries give {found.hex()[:12]}{_locate(db, row, tree, files)}",
                hint="entries or marks were changed: restore the newest backup; nothing was changed",
            )


def hash_tile(db: Database, row: LogRow, index: int) -> bytes:
    """Return the leaf hashes of tile `index`, from the entries in the database."""
    start = index * TILE_WIDTH
    return b"".join(hash_leaves(batch) for batch in read_entries(db, row.log_id, start, start + TILE_WIDTH))


def _locate(db: Database, row: LogRow, tree: LogTree, files: TileFiles) -> str:
    """Name the first entry that differs from the published bundles, where they still show it."""
    for index in range((tree.size + TILE_WIDTH - 1) // TILE_WIDTH):
        start, end = index * TILE_WIDTH, min((index + 1) * TILE_WIDTH, tree.size)
        published = files.peek_bundle(index, end - start)
        held = [entry for batch in read_entries(db, row.log_id, start, end) for entry in batch]
        for offset, (old, now) in enumerate(zip(published, held, strict=False)):
            if old != now:
                return f"; entry {start + offset} is not the one that was published"
    return ""
