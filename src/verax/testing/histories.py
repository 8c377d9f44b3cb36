"""Several histories of one log, each validly signed by its key: what a lying operator can make.

>>> histories = Histories("verax.test/log", bytes(32))
>>> histories.checkpoint("a", 5).root == histories.checkpoint("b", 5).root
False
"""

from __future__ import annotations

import hashlib

from verax.kernel.checkpoint import Checkpoint
from verax.kernel.witness import Submission
from verax.testing.simulated_log import SimulatedLog

__all__ = ["Histories"]


class Histories:
    """Branches of a log, by name, each as long as it was asked for.

    Args:
        origin: The log's name.
        seed: Ed25519 seed of its key, 32 bytes.
        common: Entries that all branches begin with.
    """

    def __init__(self, origin: str, seed: bytes, common: int = 0) -> None:
        self.origin = origin
        self._seed = seed
        self._common = common
        self._branches: dict[str, SimulatedLog] = {}

    def branch(self, name: str, size: int) -> SimulatedLog:
        """Return a branch that holds at least `size` entries."""
        log = self._branches.setdefault(name, SimulatedLog(self.origin, self._seed))
        while log.size < size:
            salt = "" if log.size < self._common else name
            log.append(hashlib.sha256(f"{salt} {log.size}".encode()).digest())
        return log

    def note(self, name: str, size: int) -> bytes:
        """Return the signed checkpoint of the first `size` entries of a branch."""
        return self.branch(name, size).checkpoint(size)

    def checkpoint(self, name: str, size: int) -> Checkpoint:
        """Return the same, parsed."""
        return Checkpoint(self.origin, size, self.branch(name, size).root(size))

    def submission(self, name: str, old: int, new: int) -> Submission:
        """Return what is sent to a witness that cosigned `old` entries of this very branch."""
        log = self.branch(name, new)
        path = log.consistency(old, new) if old <= new else []
        return Submission(old, tuple(path), log.checkpoint(new))
