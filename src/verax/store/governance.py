"""The governance log as this process obeys it (protocol clauses 3, 5 and 6).

* Heads come from the fold over the log's entries and from nowhere else. No row, file or
  setting holds a state that could be changed instead.
* `state` is one immutable object, swapped in one assignment; whoever resolves reads it once.
* A statement is appended only if the fold says that it will have an effect, as the next entry
  exactly; its blobs are durable before it.
* A state is adopted by the rules of `verax.store.governance_adopt`. The newest adopted
  checkpoint lies on disk; a store that does not lead to it is refused: ``log/rolled-back``.
* An entry that no server adopted and this one did not append came in beside the door. Where it has
  an effect, it has it; either way it is an alarm: ``log/foreign``, ``log/no-effect``. A process
  that ends between appending and adopting leaves such an entry too. Servers that share a database
  know each other's entries by their seals (`verax.store.governance_seals`).
* No successful check for a channel's ``max_head_age_s``: no new turns. Something found
  inconsistent: no new turns at once.

*Several processes.* Each verifies and folds the log itself, and keeps the one mark they share from
going back. Whoever appends names the index that the entry must get, so that it is what the preview
spoke of; where another process was faster, the statement is previewed again.

*Life of a statement.* Preview; blobs durable; entry durable at the next index (clause 2);
integrated and published; verified and folded; mark durable; state swapped; answered.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import TypeVar

from verax.kernel import canonical
from verax.kernel.chronicle import read_statement
from verax.kernel.errors import (
    BusyError,
    ConflictError,
    CorruptStore,
    IntegrityError,
    RolledBack,
    StaleError,
    StatementError,
    UnknownObject,
    VeraxError,
)
from verax.kernel.fold import Folder, Outcome, State
from verax.kernel.forward_hold import ForwardHold
from verax.kernel.merkle import leaf_hash, tree_root
from verax.kernel.release import Release
from verax.kernel.statement import NONE, Alarm, Basis
from verax.store.blobs import Blobs
from verax.store.clock import Clock
from verax.store.database_lock import FileLock
from verax.store.disk import Disk, LocalDisk, publish
from verax.store.governance_adopt import has_quorum, log_keys, mark_size, verify_checkpoint
from verax.store.governance_alarms import AlarmDesk, AlarmLimits, PendingAlarm, Recorder
from verax.store.governance_intake import Intake
from verax.store.governance_seals import Seals
from verax.store.tlog import PublishedTree
from verax.store.tlog_live import LiveLog
from verax.store.tlog_rows import INDEX_TAKEN

__all__ = ["MAX_ENTRY_BYTES", "GovernanceParts", "GovernanceStore", "Recorder"]

MAX_ENTRY_BYTES = 32_768
"""Largest envelope (clause 3)."""

_PUBLISH_LIMIT_S = 30.0
_ATTEMPTS = 50
"""Times that others may be faster before a statement is given up; one of N processes succeeds each time."""

T = TypeVar("T")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GovernanceParts:
    """What a governance store is made of.

    Attributes:
        live: The governance log, open; started and closed by whoever opened it.
        mark: File of the newest adopted checkpoint.
        check_interval_s: Time between two checks of log and marks.
        waiting: File of alarms that could not be written yet; None to keep them in memory only.
        is_shared: Whether other processes append to this log and keep the same mark.
    """

    live: LiveLog
    blobs: Blobs
    mark: Path
    recorder: Recorder
    clock: Clock
    disk: Disk = field(default_factory=LocalDisk)
    alarm_limits: AlarmLimits = field(default_factory=AlarmLimits)
    check_interval_s: float = 30.0
    waiting: Path | None = None
    is_shared: bool = False


class GovernanceStore:
    """The adopted state, and the way in for signed statements; made by `GovernanceStore.open`."""

    def __init__(self, parts: GovernanceParts) -> None:
        self._parts = parts
        self._intake = Intake(parts.blobs)
        self._folder = Folder(self._intake.find)
        self._hold = ForwardHold()
        self._state = self._folder.state
        self._adopted: tuple[int, int] = (0, 0)
        self._checked_s = parts.clock.monotonic_s()
        self._fault: IntegrityError | None = None
        self._desk = AlarmDesk(parts.clock, parts.alarm_limits)
        self._kept = b""
        self._seen_size = 0
        self._own: set[int] = set()
        self._seals = Seals(parts.recorder.seed, parts.live.log.origin) if parts.is_shared else None
        self._told_elsewhere: list[tuple[str, str]] = []
        self._strange: list[tuple[str, int]] = []
        self._marked: tuple[int, bytes] | None = None
        self._turn = asyncio.Lock()
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[], object]] = []
        self._alarm_listeners: list[Callable[[str, str], None]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="verax-governance")
        self._following: set[asyncio.Task[None]] = set()
        self._load = lru_cache(maxsize=64)(self._load_release)

    @classmethod
    async def open(cls, parts: GovernanceParts, *, repair: bool = False) -> GovernanceStore:
        """Fold the whole log, compare it with the newest adopted checkpoint, and adopt it.

        Args:
            repair: Adopt the log though the file of the newest adopted checkpoint is gone.
                Never accepts one that disagrees.

        Raises:
            RolledBack: the log does not lead to the adopted checkpoint.
            CorruptStore: entries or blobs are not what was signed.
            FoldError: unsupported rules, or a missing blob that a rule needs.
        """
        store = cls(parts)
        await store._call(partial(store._compare_mark, repair=repair))
        await store._call(store._adopt)
        if parts.waiting is not None:
            store._kept = parts.disk.read(parts.waiting) or b""
            store._desk.restore(store._kept)
        return store

    @property
    def state(self) -> State:
        """The state that every turn resolves from; swapped as one object."""
        return self._state

    @property
    def live(self) -> LiveLog:
        """The log itself: keys, checkpoint, tiles."""
        return self._parts.live

    @property
    def fault(self) -> IntegrityError | None:
        """What was found inconsistent; None while nothing was."""
        return self._fault

    def check_fresh(self, channel: str) -> None:
        """Refuse turns that would run under a state nobody checked lately (clause 6).

        Raises:
            IntegrityError: the last check found log and marks inconsistent.
            StaleError: no check succeeded within the channel's ``max_head_age_s``.
            UnknownObject: the root names no such channel.
        """
        if self._fault is not None:
            raise self._fault.with_traceback(None)
        rules = self._state.root.channels.get(channel)
        if rules is None:
            raise UnknownObject(f"channel {channel[:64]!r}: this installation has none of that name")
        age_s = self._parts.clock.monotonic_s() - self._checked_s
        if age_s > rules.max_head_age_s:
            raise StaleError(
                f"channel {channel}: governance was checked {age_s:.0f} s ago, expected at most {rules.max_head_age_s}",
                hint="the server log says why the check fails",
            )

    def release(self, release_id: str) -> Release:
        """Return an admitted or proposed release.

        Raises:
            UnknownObject: no such release.
            CorruptStore: its blob is damaged.
        """
        return self._load(release_id)

    def blob(self, digest: str) -> bytes:
        """Return a blob that a statement refers to.

        Raises:
            UnknownObject: no such blob.
            CorruptStore: it is damaged.
        """
        data = self._parts.blobs.get(digest)
        if data is None:
            raise UnknownObject(f"blob {digest[:12]}: the log refers to none of that digest")
        return data

    async def entries(self) -> list[bytes]:
        """Return every entry of the adopted log, checked against its root.

        Raises:
            CorruptStore: the database holds others than those that were adopted.
        """
        state = self._state

        def read() -> list[bytes]:
            entries = self._parts.live.log.entries_now(0, state.size)
            if tree_root(map(leaf_hash, entries)) != state.tree_root:
                raise CorruptStore(
                    "governance log: the entries in the database are not those that were adopted",
                    hint="restore the newest backup of the database",
                )
            return entries

        return await self._call(read)

    async def begin(self, entries: Sequence[bytes], blobs: Sequence[bytes]) -> None:
        """Append the first entries of an installation, all or none.

        Raises:
            ConflictError: the log has entries already, or one of these would have no effect.
        """
        async with self._turn:
            await self._settle()
            if self._state.size:
                raise ConflictError(f"governance log: expected an empty one, it has {self._state.size} entries")
            await self._call(lambda: self._intake.keep_first(entries, blobs))
            await self._append(entries)

    async def submit(self, envelope: bytes, blobs: Mapping[str, bytes]) -> int:
        """Append a signed statement that has an effect, adopt the result, and return its index.

        Args:
            envelope: The DSSE envelope, canonical bytes.
            blobs: Content that the statement names and this store may lack, by digest.

        Raises:
            ConflictError: the fold's reason why it would have no effect.
            RequestError: a blob is missing, is not needed, or has another digest.
            KernelError: not a statement.
            StoreFull, StorageError, IntegrityError: as their classes say.
        """
        task = asyncio.ensure_future(self._submit(envelope, blobs))
        return await asyncio.shield(task)  # a caller that leaves cannot stop between append and adoption

    async def alarm(
        self, code: str, channel: str, detail: Mapping[str, canonical.Json], *, is_single: bool = False
    ) -> None:
        """Count an alarm, and write what may be written now (clause 3).

        An alarm that cannot be written is logged and tried again with the next check.

        Args:
            is_single: Never merge it with others of its code, because its detail is its point.

        Raises:
            StatementError: the detail might hold text from outside.
        """
        self._note(code, channel, detail, is_single=is_single)
        await self._write_alarms()

    def on_alarm(self, call: Callable[[str, str], None]) -> None:
        """Call `call` with code and channel of every alarm that is raised here, on this event loop.

        For notices about a log that cannot take the alarm itself; the others follow the log.
        """
        self._alarm_listeners.append(call)

    async def check(self) -> None:
        """Check log and marks, and adopt what is new.

        Raises:
            IntegrityError: something is inconsistent; no new turns from now on.
            StorageError, FoldError: the check could not be made; turns go on until it is stale.
        """
        try:
            async with self._turn:
                await self._call(self._parts.live.log.recheck_now)
                await self._call(self._compare_mark)
                await self._call(self._adopt)
        except IntegrityError as error:
            self._fault = error
            raise

    async def take_cosignatures(self) -> None:
        """Obey what a newly cosigned checkpoint lets through; nothing is checked anew.

        Raises:
            IntegrityError, StorageError: as `check`.
        """
        async with self._turn:
            await self._call(self._adopt)

    def on_adopted(self, call: Callable[[], None]) -> None:
        """Call `call` on this event loop whenever another state was adopted."""
        loop = asyncio.get_running_loop()
        self._listeners.append(lambda: loop.call_soon_threadsafe(call))

    def refuse(self, error: IntegrityError) -> None:
        """No new turns from now on: something outside shows that this is not the newest history."""
        self._fault = error
        self._parts.live.refuse(error)

    def refuse_and_tell(self, error: IntegrityError) -> None:
        """`refuse`, for what nobody was told of."""
        self._hear_of_fault(error)
        self.refuse(error)

    def start(self) -> None:
        """Start checking regularly."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._watch(), name="governance check")
        if self._parts.is_shared:
            self._parts.live.on_published(self._hear_of_entries)
            self._parts.live.on_broken(self._hear_of_fault)

    async def close(self) -> None:
        """Write alarms that wait, then stop. Safe to call twice."""
        self._stop.set()
        if self._task is not None:
            await self._task
            self._task = None
        await asyncio.gather(*self._following)
        await self._write_alarms()
        self._thread.shutdown()

    def _hear_of_entries(self) -> None:
        """Adopt what is published, whichever process wrote it."""
        if self._stop.is_set():
            return
        task = asyncio.get_running_loop().create_task(self._follow(), name="governance follow")
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    async def _follow(self) -> None:
        try:
            await self.take_cosignatures()
        except IntegrityError as error:
            self._hear_of_fault(error)
        except VeraxError as error:
            _logger.error("governance log: a newer state is not adopted yet: %s", error)
        if self._strange:
            await self._write_alarms()

    def _hear_of_fault(self, error: IntegrityError) -> None:
        """No new turns from now on, and somebody is told; the check that comes next tells nobody again."""
        if self._fault is None:
            self._fault = error
            self._note(error.reason_code, NONE, {})

    async def take_up(self, waiting: bytes) -> None:
        """Take up alarms that a process which is gone could not write."""
        self._desk.restore(waiting)
        await self._write_alarms()

    async def _watch(self) -> None:
        await self._write_alarms()  # what was found while the log was opened
        while not self._stop.is_set():
            try:
                await asyncio.wait_for(self._stop.wait(), self._parts.check_interval_s)
            except TimeoutError:
                await self.check_and_tell()

    async def check_and_tell(self) -> None:
        """One round of the regular check: an error here ends in the log and in `check_fresh`, not in silence."""
        was_sound = self._fault is None
        try:
            await self.check()
        except VeraxError as error:
            _logger.error("governance check failed: %s", error)
            if not isinstance(error, IntegrityError):
                self._note("governance/unchecked", NONE, {"reason": error.reason_code})
            elif was_sound:
                self._note(error.reason_code, NONE, {})
            self._note_stale()
        await self._write_alarms()

    def _note_stale(self) -> None:
        """Raise an alarm for every channel that answers nobody because no check succeeded (clause 6)."""
        for channel in self._state.channels:
            try:
                self.check_fresh(channel)
            except StaleError as error:
                self._note(error.reason_code, channel, {})
            except IntegrityError:
                return  # told already

    def _note(self, code: str, channel: str, detail: Mapping[str, canonical.Json], *, is_single: bool = False) -> None:
        self._desk.note(code, channel, detail, is_single=is_single)
        for listener in self._alarm_listeners:
            listener(code, channel)

    async def _submit(self, envelope: bytes, blobs: Mapping[str, bytes]) -> int:
        async with self._turn:
            for _ in range(_ATTEMPTS):
                await self._settle()
                await self._call(lambda: self._intake.accept(envelope, blobs, self._folder))
                try:
                    return await self._append([envelope])
                except ConflictError as error:
                    if error.reason_code != INDEX_TAKEN:
                        raise
        raise BusyError("governance log: other processes append to it all the time", retry_after_s=1)

    async def _settle(self) -> None:
        """Wait until everything appended is published, and adopt it."""
        if self._fault is not None:
            raise self._fault.with_traceback(None)
        live = self._parts.live
        appended = await self._call(live.log.appended_now)
        if appended > live.published.size:
            live.check_accepting()
            live.notify()
            await live.wait_published(appended - 1, _PUBLISH_LIMIT_S)
        await self._call(self._adopt)

    async def _append(self, entries: Sequence[bytes]) -> int:
        """Append entries as the next ones exactly; return the index of the last when it is adopted."""
        live, seals = self._parts.live, self._seals
        beside = None if seals is None else seals.writer(entries)
        indices = await live.append(entries, expected=self._folder.state.size, beside=beside)
        self._own.update(indices)
        await live.wait_published(indices[-1], _PUBLISH_LIMIT_S)
        await self._call(self._adopt)
        return indices[-1]

    async def _write_alarms(self) -> None:
        while self._strange:  # nothing that came in by the front door is one
            code, index = self._strange.pop()
            self._note(code, NONE, {"entry": index})
        async with self._turn:
            while await self._write_next_alarm():
                continue
            data = self._desk.to_bytes()
            if self._parts.waiting is not None and data != self._kept:
                await self._call(partial(self._keep_waiting, self._parts.waiting, data))

    async def _write_next_alarm(self) -> bool:
        """Write one alarm that is due; return whether there may be more."""
        if not self._desk.due():
            return False
        alarm = None
        try:
            await self._settle()
            while self._told_elsewhere:
                self._desk.written_elsewhere(*self._told_elsewhere.pop())
            alarm = next(iter(self._desk.due()), None)
            if alarm is None:
                return False
            await self._append([await self._call(partial(self._prepare_alarm, alarm))])
        except StatementError as error:
            if alarm is None:
                raise
            _logger.error("alarm dropped, it is none: %s", error)  # only a file that was tampered with holds one
        except VeraxError as error:
            if error.reason_code == INDEX_TAKEN:
                return True
            _logger.error("alarms could not be written: %s", error)
            return False
        self._desk.written(alarm)
        return True

    def _keep_waiting(self, path: Path, data: bytes) -> None:
        """Keep alarms that wait where the next process finds them."""
        try:
            if data:
                publish(self._parts.disk, {path: data})
            else:
                self._parts.disk.remove(path)
        except VeraxError as error:
            _logger.error("alarms that wait could not be kept: %s", error)
            return
        self._kept = data

    async def _call(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def _compare_mark(self, *, repair: bool = False) -> None:
        """Refuse a log that does not lead to the newest checkpoint this process adopted."""
        parts, log = self._parts, self._parts.live.log
        note = parts.disk.read(parts.mark)
        log.catch_up_now()  # another process may have adopted what this one has not seen yet
        if note is None:
            if log.published.size and not repair:
                raise CorruptStore(
                    f"{parts.mark}: the newest adopted checkpoint is gone",
                    hint='restore it from a backup, or run "verax log repair" to adopt the log that is here',
                )
            self._seen_size = log.published.size
            return
        seen = verify_checkpoint(note, log.origin, log_keys(self._folder.root, log.origin, log.all_verifiers))
        self._seen_size, self._marked = max(self._seen_size, seen.size), (seen.size, note)
        if seen.size > log.published.size or log.root_at(seen.size) != seen.root:
            raise RolledBack(
                f"governance log: this server adopted size {seen.size} ({seen.root.hex()[:12]}), "
                f"the log that is here has {log.published.size} and does not lead there",
                hint="an older or another log was put in place: restore the newest one",
            )

    def _adopt(self) -> None:
        """Verify, fold and swap; nothing happens when nothing is new, but the check counts."""
        parts, log, old = self._parts, self._parts.live.log, self._state
        published = log.published
        keys = log_keys(old.root_in_force, log.origin, log.verifiers)
        checkpoint = verify_checkpoint(published.checkpoint, log.origin, keys)
        if checkpoint.size < old.size or log.root_at(old.size) != old.tree_root:
            raise RolledBack(
                f"governance log: expected the tree adopted at size {old.size}, found size {checkpoint.size}",
                hint="restore the newest log",
            )
        for entry in log.entries_now(self._folder.size, checkpoint.size):
            outcome = self._folder.apply(entry)
            self._hold.follow(self._folder, entry, outcome)
            if outcome.index >= self._seen_size and outcome.index not in self._own:
                self._meet(entry, outcome)
        new = self._folder.state
        if (new.size, new.tree_root) != (checkpoint.size, checkpoint.root):
            raise CorruptStore(
                f"governance log: the entries in the database do not give the tree signed at size {checkpoint.size}",
                hint="restore the newest backup of the database",
            )
        self._count_witnesses()
        is_marked = self._is_marked(published)
        adopted = (new.size, self._hold.witnessed_size)
        if not is_marked or adopted != self._adopted:
            verify_checkpoint(published.checkpoint, log.origin, log_keys(new.root_in_force, log.origin, log.verifiers))
            if not is_marked:
                self._keep_mark(published)
            self._state, self._adopted = self._hold.obey(new), adopted
            for call in self._listeners:
                call()
        self._checked_s = parts.clock.monotonic_s()

    def _meet(self, entry: bytes, outcome: Outcome) -> None:
        """Look at an entry that this process did not append."""
        log, seals = self._parts.live.log, self._seals
        if seals is None or not log.read_rows_now(lambda tx: seals.is_sealed(tx, outcome.index, entry)):
            self._strange.append(("log/foreign" if outcome.effective else "log/no-effect", outcome.index))
            return
        statement = read_statement(entry)
        if isinstance(statement, Alarm):
            self._told_elsewhere.append((statement.code, statement.channel))

    def _is_marked(self, published: PublishedTree) -> bool:
        """Say whether the newest adopted checkpoint on the disk is this one, or a sibling's newer one."""
        note = self._parts.disk.read(self._parts.mark)
        if note == published.checkpoint or note is None or not self._parts.is_shared:
            return note == published.checkpoint
        size = mark_size(note)
        # Of one tree the process that integrates has the newest cosignatures.
        return size > published.size or (size == published.size and self._parts.live.log.is_following)

    def _keep_mark(self, published: PublishedTree) -> None:
        parts = self._parts
        if not parts.is_shared:
            publish(parts.disk, {parts.mark: published.checkpoint})
            return
        with FileLock.wait(parts.mark.with_name(f"{parts.mark.name}.lock")):
            if not self._is_marked(published):
                publish(parts.disk, {parts.mark: published.checkpoint})

    def _count_witnesses(self) -> None:
        """Let forward moves through that a checkpoint with the quorum covers."""
        log = self._parts.live.log
        trees = [(tree.size, tree.checkpoint) for tree in (log.witnessed, log.published) if tree is not None]
        # What was adopted with its quorum stays so, whoever takes the cosignatures out of the other files.
        for size, note in (*trees, *([self._marked] if self._marked else [])):
            root = self._hold.root_at(size)
            if root is not None and has_quorum(note, root, log.origin):
                self._hold.take_quorum(size)

    def _prepare_alarm(self, alarm: PendingAlarm) -> bytes:
        state, parts = self._folder.state, self._parts
        basis = Basis(
            log=parts.live.log.origin,
            root=state.root.version,
            seen_size=state.size,
            seen_root=state.tree_root.hex(),
            nonce=secrets.token_hex(16),
            time_ms=parts.clock.now_ms(),
        )
        envelope, blobs = alarm.sign(basis, parts.recorder)
        self._intake.accept(envelope, blobs, self._folder)
        return envelope

    def _load_release(self, release_id: str) -> Release:
        data = self._parts.blobs.get(release_id)
        if data is None:
            raise UnknownObject(f"release {release_id[:12]}: this installation holds no such release")
        return Release.from_bytes(data)
