"""What an insider forges with the keys that lie in the server's folder: whole logs, checkpoints, marks.

`Forgery` holds a governance log in memory. It is written back as the server would have: rows, tiles,
bundles, a checkpoint signed by the log's own key, and the mark of what was adopted.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import apsw

from bench.mutations.case import Case
from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.dsse import Envelope
from verax.kernel.fold import State, fold
from verax.kernel.merkle import leaf_hash, tree_root
from verax.kernel.note import sign_note
from verax.kernel.tiles import TileAddress, encode_bundle
from verax.store.blobs import Blobs
from verax.store.keys import ServerKeys

__all__ = ["MACHINES", "Forgery", "read_entries"]

MACHINES = ("gate", "monitor", "recorder", "operator")
"""Keys of the server's folder that the root gives a role."""


def read_entries(case: Case) -> list[bytes]:
    """Return the leaf bytes of the governance log."""
    connection = apsw.Connection(str(case.database))
    try:
        rows = connection.execute("SELECT entry FROM log_entries WHERE log_id = 0 ORDER BY idx").fetchall()
        return [row[0] for row in rows]
    finally:
        connection.close()


@dataclass
class Forgery:
    """A governance log about to be written over the true one."""

    case: Case
    entries: list[bytes]
    keys: ServerKeys

    @classmethod
    def of(cls, case: Case) -> Forgery:
        """Begin with the true log."""
        return cls(case, read_entries(case), case.keys())

    @property
    def state(self) -> State:
        """What the fold makes of it."""
        return fold(self.entries, Blobs(self.case.home / "blobs").get)

    def payload(self, index: int) -> dict[str, object]:
        """Return the statement of an entry as plain objects."""
        value: dict[str, object] = dict(canonical.decode(Envelope.parse(self.entries[index]).payload))
        return value

    def put(self, data: bytes) -> str:
        """Add a blob and return its digest."""
        return Blobs(self.case.home / "blobs").put(data)

    def checkpoint(self) -> bytes:
        """Return the checkpoint of these entries, signed by the log's own key."""
        root = tree_root(map(leaf_hash, self.entries))
        text = Checkpoint(self.keys.governance_origin, len(self.entries), root).to_text()
        return sign_note(text, self.keys.governance_signer())

    def write_rows(self, *, moves_tree: bool) -> None:
        """Write entries into the database, and with `moves_tree` the row of the log too."""
        root = tree_root(map(leaf_hash, self.entries))
        connection = apsw.Connection(str(self.case.database))
        connection.set_busy_timeout(5_000)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM log_entries WHERE log_id = 0")
            connection.executemany("INSERT INTO log_entries VALUES (0, ?, ?)", list(enumerate(self.entries)))
            size = len(self.entries)
            connection.execute("UPDATE logs SET appended = ? WHERE id = 0", (size,))
            if moves_tree:
                connection.execute("UPDATE logs SET size = ?, root = ? WHERE id = 0", (size, root))
            connection.execute("COMMIT")
        finally:
            connection.close()

    def write_tiles(self) -> None:
        """Write the partial tile and bundle of these entries; the log here is shorter than one tile."""
        shutil.rmtree(self.case.governance / "tile")
        width = len(self.entries)
        hashes = b"".join(map(leaf_hash, self.entries))
        for address, data in (
            (TileAddress(0, 0, width), hashes),
            (TileAddress(None, 0, width), encode_bundle(self.entries)),
        ):
            path = self.case.governance / address.path
            path.parent.mkdir(parents=True)
            path.write_bytes(data)

    def write_marks(self) -> None:
        """Write the published checkpoint and the adopted one."""
        note = self.checkpoint()
        (self.case.governance / "checkpoint").write_bytes(note)
        (self.case.home / "governance.seen").write_bytes(note)
        if self.case.rng.random() < 0.5:
            (self.case.governance / "checkpoint.witnessed").unlink(missing_ok=True)

    def write_all(self) -> None:
        """Write everything that a server itself would have written."""
        self.write_rows(moves_tree=True)
        self.write_tiles()
        self.write_marks()
