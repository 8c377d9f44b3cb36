"""A transparency log in memory, with real keys, trees, checkpoints and proofs.

What it makes verifies like what a server makes; only nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verax.kernel.checkpoint import Checkpoint
from verax.kernel.merkle import consistency_path, inclusion_path, leaf_hash, tree_root
from verax.kernel.note import NoteSigner, Signer, add_signature, sign_note
from verax.kernel.proof import LogProof
from verax.kernel.receipt import Receipt
from verax.kernel.record import BackendRef, GovernanceRef, Record, TurnSecret, entry_of
from verax.kernel.tiles import TILE_WIDTH, encode_bundle, tiles_between

__all__ = ["SimulatedLog", "issue_receipt", "sample_record"]


class SimulatedLog:
    """Append entries, sign checkpoints, prove leaves, and lay the whole out as tiles.

    Args:
        origin: The log's name and its key's name.
        seed: Ed25519 seed of the log's key, 32 bytes.
        witnesses: Further signers of every checkpoint.
    """

    def __init__(self, origin: str, seed: bytes, witnesses: Sequence[Signer] = ()) -> None:
        self.signer = NoteSigner(origin, seed)
        self.origin = origin
        self._witnesses = tuple(witnesses)
        self._entries: list[bytes] = []
        self._leaves: list[bytes] = []

    @property
    def size(self) -> int:
        """Entries appended so far."""
        return len(self._entries)

    def append(self, entry: bytes) -> int:
        """Append one entry and return its index."""
        self._entries.append(entry)
        self._leaves.append(leaf_hash(entry))
        return len(self._entries) - 1

    def node(self, level: int, index: int) -> bytes:
        """Return the root of a full subtree: `merkle.GetNode`."""
        return tree_root(self._leaves[index << level : (index + 1) << level])

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first `size` leaves, all of them by default."""
        return tree_root(self._leaves[:size])

    def checkpoint(self, size: int | None = None) -> bytes:
        """Return the signed checkpoint of the first `size` leaves."""
        size = self.size if size is None else size
        note = sign_note(Checkpoint(self.origin, size, self.root(size)).to_text(), self.signer)
        for witness in self._witnesses:
            note = add_signature(note, witness)
        return note

    def prove(self, index: int, size: int | None = None) -> LogProof:
        """Return the proof that leaf `index` is in the first `size` leaves."""
        size = self.size if size is None else size
        path = inclusion_path(index, size, self.node)
        return LogProof(index, tuple(path), self.checkpoint(size))

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """Return the proof that the tree grew from `old` to `new` leaves."""
        return consistency_path(old, self.size if new is None else new, self.node)

    def files(self) -> Mapping[str, bytes]:
        """Return checkpoint, tiles and entry bundles by path, as tlog-tiles serves them."""
        files = {"checkpoint": self.checkpoint()}
        for tile in tiles_between(0, self.size):
            first = tile.index * TILE_WIDTH
            if tile.level is None:
                files[tile.path] = encode_bundle(self._entries[first : first + tile.width])
            else:
                level = 8 * tile.level
                files[tile.path] = b"".join(self.node(level, first + offset) for offset in range(tile.width))
        return files


def sample_record(secret: TurnSecret, reply: bytes, log: str, **changes: object) -> Record:
    """Return a complete record whose reply and salts come from `secret`; `changes` replace fields."""
    values: dict[str, object] = {
        "log": log,
        "id": secret.salt("id").hex(),
        "channel": "assistant",
        "arm": "head",
        "mode": "solo",
        "release": "11" * 32,
        "runtime": "22" * 32,
        "governance": GovernanceRef(5, "33" * 32),
        "backend": BackendRef("embedded", "44" * 32),
        "prompt": "55" * 32,
        "sent": secret.commit("sent", b"what the model read"),
        "request": secret.commit("request", b'[{"role":"user","text":"Who wrote Hamlet?"}]'),
        "reply": secret.commit("reply", reply),
        "reply_form": "text",
        "status": "complete",
        "seed": 7,
        "time_ms": 1_795_392_000_000,
        "salt": secret.salt("record").hex(),
    }
    return Record(**{**values, **changes})  # type: ignore[arg-type]  # a bag of fields; Record checks each


def issue_receipt(log: SimulatedLog, record: Record, secret: TurnSecret, opened: Sequence[str] = ("reply",)) -> Receipt:
    """Append the record's entry and return its receipt with the salts of `opened`."""
    index = log.append(entry_of(record))
    return Receipt(record, log.prove(index), {name: secret.salt(name) for name in opened})
