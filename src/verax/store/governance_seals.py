"""Seals: which entries of the governance log came in through a server of this installation.

* A server that appends an entry writes its seal in the same transaction: a hash over log, index and
  entry under a key of the servers, which lies in their data folder.
* An entry without one came in beside the door. Where it has an effect, it has it; either way it is
  an alarm, whichever of several servers finds it.

A seal has no authority: with none of them nothing is refused, and whoever has the data folder can make one.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence

from verax.kernel.merkle import leaf_hash
from verax.store.database import Tx

__all__ = ["Seals"]


class Seals:
    """Writes and reads the seals of one log.

    Args:
        secret: Of the servers, at least 16 bytes.
        origin: The log's.
    """

    def __init__(self, secret: bytes, origin: str) -> None:
        self._key = hmac.digest(secret, f"verax/entry-seal/v1\n{origin}".encode(), "sha256")

    def writer(self, entries: Sequence[bytes]) -> Callable[[Tx, int], None]:
        """Return what writes the seals of entries that are appended in a transaction, given the first one's index."""

        def write(tx: Tx, first: int) -> None:
            tx.execute_many(
                "INSERT INTO entry_seals (idx, seal) VALUES (?, ?)"
                " ON CONFLICT (idx) DO UPDATE SET seal = excluded.seal",
                [(index, self._seal(index, entry)) for index, entry in enumerate(entries, first)],
            )

        return write

    def is_sealed(self, tx: Tx, index: int, entry: bytes) -> bool:
        """Say whether an entry came in through a server."""
        rows = tx.execute("SELECT seal FROM entry_seals WHERE idx = ?", (index,))
        return any(isinstance(seal, bytes) and hmac.compare_digest(seal, self._seal(index, entry)) for (seal,) in rows)

    def _seal(self, index: int, entry: bytes) -> bytes:
        return hmac.digest(self._key, index.to_bytes(8, "big") + leaf_hash(entry), "sha256")
