"""A proof of one entry, chosen at random, made and checked as a stranger would.

A full audit of a large log takes long; a damaged tile or a changed entry is found sooner or
later by proving one entry after the other. An entry that cannot be proved is an alarm.
"""

from __future__ import annotations

from collections.abc import Callable

from verax.kernel.errors import CorruptStore, KernelError, StorageError
from verax.kernel.merkle import leaf_hash
from verax.kernel.proof import verify_proof
from verax.store.tlog import TileLog

__all__ = ["probe_now"]


def probe_now(log: TileLog, choose: Callable[[int], int]) -> int | None:
    """Prove one published entry from its tiles and check the proof; return its index, None for an empty log.

    Args:
        choose: Returns a number below its argument.

    Raises:
        CorruptStore: the entry is missing, changed, or its proof does not hold.
        StorageError: the disk or database could not be read; says nothing of the log.
    """
    size = log.published.size
    if not size:
        return None
    index = choose(size)
    try:
        (entry,) = log.entries_now(index, index + 1)
        verify_proof(log.prove_now(index), leaf_hash(entry), log.origin, log.verifiers)
    except StorageError:
        raise
    except KernelError as error:
        raise CorruptStore(
            f"log {log.origin}: entry {index} cannot be proved: {error.message}",
            hint='run "verax log verify", and restore the newest backup',
        ) from error
    return index
