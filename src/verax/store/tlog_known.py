"""Tiles that an earlier start has hashed already, so that the next one is quick.

Rebuilding a log hashes every entry and every node: two million calls for a million entries.
What an earlier start computed is kept as pairs: the SHA-256 over the 8,192 bytes of a full
tile's 256 entries, and the root of that tile. A start still reads and hashes the bytes of
every entry, once in a block instead of 511 times, and takes the root only for a block that
is the same to the byte. Everything is compared with the marks afterwards all the same.

* The file is signed by the log's key, since a pair that lies would hide a changed entry.
* A file that is missing, torn, or not signed by a key of the log is as good as none.
* Only entries of exactly 32 bytes are kept: for others a block would be ambiguous.

::

    4 bytes   length of the note
    note      "verax rebuild v1", origin, SHA-256 of the pairs in hex; signed
    pairs     64 bytes each
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from verax.kernel.errors import NoteError
from verax.kernel.merkle import HASH_BYTES
from verax.kernel.note import NoteSigner, VerifierKey, open_note, sign_note
from verax.kernel.tiles import TILE_WIDTH
from verax.store.tlog_tree import hash_leaves, subtree_root

__all__ = ["KnownTiles"]

_PAIR_BYTES = 2 * HASH_BYTES
_BLOCK_BYTES = TILE_WIDTH * HASH_BYTES


class KnownTiles:
    """Roots of full tiles by the hash of their entries.

    Attributes:
        fresh: How many this start had to compute.
    """

    def __init__(self, pairs: Mapping[bytes, bytes] | None = None) -> None:
        self._known = dict(pairs or {})
        self._used: dict[bytes, bytes] = {}
        self.fresh = 0

    def root_of(self, entries: Sequence[bytes]) -> bytes:
        """Return the root of a full tile over 256 entries."""
        block = b"".join(entries)
        if len(block) != _BLOCK_BYTES or max(map(len, entries)) != HASH_BYTES:
            return subtree_root(hash_leaves(entries))
        digest = sha256(block).digest()
        root = self._known.get(digest)
        if root is None:
            root = subtree_root(hash_leaves(entries))
            self.fresh += 1
        self._used[digest] = root
        return root

    def to_bytes(self, origin: str, signers: Sequence[NoteSigner]) -> bytes:
        """Return the signed file of every tile that this start met."""
        pairs = b"".join(digest + root for digest, root in self._used.items())
        note = sign_note(_text(origin, pairs), *signers)
        return len(note).to_bytes(4, "big") + note + pairs

    @classmethod
    def parse(cls, data: bytes | None, origin: str, keys: Sequence[VerifierKey]) -> KnownTiles:
        """Take up a file; one that cannot be believed gives no tiles."""
        if data is None or len(data) < 4:
            return cls()
        end = 4 + int.from_bytes(data[:4], "big")
        note, pairs = data[4:end], data[end:]
        try:
            text = open_note(note, keys).text
        except NoteError:
            return cls()
        if text != _text(origin, pairs) or len(pairs) % _PAIR_BYTES:
            return cls()
        starts = range(0, len(pairs), _PAIR_BYTES)
        return cls({pairs[at : at + HASH_BYTES]: pairs[at + HASH_BYTES : at + _PAIR_BYTES] for at in starts})


def _text(origin: str, pairs: bytes) -> str:
    return f"verax rebuild v1\n{origin}\n{sha256(pairs).hexdigest()}\n"
