"""A reply log: 32 bytes a turn, a promise first, the leaf soon after (protocol clauses 2, 9, 10).

* An entry is queued in the transaction that makes its record durable; its index is final
  then. Integration is the log's own life (`verax.store.tlog`).
* A promise is a note by a key of its own over origin, leaf hash and deadline. It is signed
  before that transaction, stored in it, and handed out after it.
* No database, disk or queue: no new turns. `check_accepting` refuses while entries cannot be
  integrated, and while so little room is left that turns in flight might not be recorded.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from verax.kernel.errors import ConfigError, CorruptStore, StoreFull
from verax.kernel.merkle import HASH_BYTES, leaf_hash
from verax.kernel.note import NoteSigner, VerifierKey, sign_note
from verax.kernel.promise import promise_key_name, promise_text
from verax.kernel.proof import LogProof
from verax.store.clock import Clock
from verax.store.database import Tx
from verax.store.disk import Disk, LocalDisk
from verax.store.tlog_live import LiveLog

__all__ = ["ReplyLimits", "ReplyLog"]

_ROOM_AGE_S = 0.25


@dataclass(frozen=True, slots=True)
class ReplyLimits:
    """What a reply log promises, and when it stops taking turns.

    Attributes:
        deadline_ms: A promised leaf stands in the log within this time.
        reserve_bytes: Room on the disk that is kept for turns in flight.
    """

    deadline_ms: int = 60_000
    reserve_bytes: int = 32 * 2**20


class ReplyLog:
    """One reply log and its promise key.

    Args:
        live: The open log; started and closed by whoever opened it.
        promise_signer: The key ``<name>/promise``.
        clock: For deadlines.
    """

    def __init__(
        self,
        live: LiveLog,
        promise_signer: NoteSigner,
        clock: Clock,
        *,
        limits: ReplyLimits | None = None,
        disk: Disk | None = None,
    ) -> None:
        if promise_signer.verifier.name != promise_key_name(live.log.origin):
            raise ConfigError(
                f"promise key: expected the name {promise_key_name(live.log.origin)}, "
                f"found {promise_signer.verifier.name}"
            )
        self._live = live
        self._signer = promise_signer
        self._clock = clock
        self._limits = limits or ReplyLimits()
        self._disk = disk or LocalDisk()
        self._room: tuple[float, int] | None = None

    @property
    def origin(self) -> str:
        return self._live.log.origin

    @property
    def log_id(self) -> int:
        return self._live.log.log_id

    @property
    def live(self) -> LiveLog:
        """The log itself: keys, checkpoint, tiles."""
        return self._live

    @property
    def promise_key(self) -> VerifierKey:
        """The key that promises are checked with."""
        return self._signer.verifier

    def check_accepting(self) -> None:
        """Refuse a new turn that might not be recorded (clause 10).

        Raises:
            StoreFull: less than the reserve is left on the disk.
            StorageError, IntegrityError: the log does not integrate what it has.
        """
        self._live.check_accepting()
        free = self._free_bytes()
        if free < self._limits.reserve_bytes:
            reserve = self._limits.reserve_bytes
            raise StoreFull(
                f"log {self.origin}: expected {reserve} bytes in reserve on the disk, found {free}",
                hint="free space on this disk; new turns are answered again then",
            )

    def _free_bytes(self) -> int:
        """Return the room on the disk, asked for at most every `_ROOM_AGE_S`, not for every turn."""
        now_s = self._clock.monotonic_s()
        if self._room is None or now_s - self._room[0] >= _ROOM_AGE_S:
            self._room = (now_s, self._disk.free_bytes(self._live.log.folder))
        return self._room[1]

    def promise(self, entry: bytes) -> bytes:
        """Return the signed promise that `entry` will be a leaf within the deadline; not yet given."""
        deadline_ms = self._clock.now_ms() + self._limits.deadline_ms
        return sign_note(promise_text(self.origin, leaf_hash(entry), deadline_ms), self._signer)

    def queue(self, tx: Tx, entry: bytes) -> int:
        """Write an entry inside a transaction and return its index; call `notify` after the commit."""
        if len(entry) != HASH_BYTES:
            raise ConfigError(f"log {self.origin}: expected an entry of {HASH_BYTES} bytes, found {len(entry)}")
        return self._live.log.append_in(tx, [entry])

    def notify(self) -> None:
        """Say that queued entries are durable."""
        self._live.notify()

    async def prove(self, index: int) -> LogProof | None:
        """Return the proof of an entry, or None while it is only promised.

        Raises:
            CorruptStore: no entry of that index was ever queued.
        """
        if not 0 <= index < self._live.published.size:
            if not 0 <= index < await asyncio.to_thread(self._live.log.appended_now):
                raise CorruptStore(
                    f"log {self.origin}: no entry {index} was ever queued", hint="restore the newest backup"
                )
            return None
        return await self._live.prove(index)

    async def prove_witnessed(self, index: int) -> LogProof | None:
        """Return the proof under the newest witnessed checkpoint, or None where that does not cover the entry."""
        return await self._live.prove_witnessed(index)
