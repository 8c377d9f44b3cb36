"""Turns: every one leaves a record, whatever happens to it (protocol clauses 9, 10 and 14).

*Life of a turn*:

1. `open` writes a durable row before the first byte leaves: id, release, prompt, secret, and
   the record to keep if the process ends before the turn does.
2. `finish` writes the record and queues its log entry in one transaction. When that is
   durable it returns the promise.
3. A row that is still open though the process that opened it is gone: `recover` queues the record
   it was opened with, whose status is ``failed``. Rows of processes that live are left alone.
4. A turn whose words are not kept has a row without prompt, reply and secret from the start: its record and
   its place in the log are all there is, and nothing in the database tells what was said.
5. `erase` removes rows: text, record, secret, and the owner's vote. The leaves stay and nothing links them to
   anybody any more. A leaf of its own declares how many turns were erased.

What is read back is checked against the commitments of the record: a changed row is an
error, never an answer.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from verax.kernel import canonical
from verax.kernel.errors import (
    BusyError,
    CanonicalError,
    ConflictError,
    CorruptStore,
    RecordError,
    RequestError,
    StorageError,
    UnknownObject,
)
from verax.kernel.record import (
    SALT_BYTES,
    Record,
    TurnSecret,
    entry_of,
    entry_of_bytes,
    erase_entry,
    erase_profile_entry,
)
from verax.kernel.segments import Segment, close_segments, prompt_digest
from verax.store.clock import Clock
from verax.store.database import Database, Row, Tx
from verax.store.meter import Usage, record_usage, unlink_usage
from verax.store.replies import ReplyLog

__all__ = [
    "Erasure",
    "FinishedTurn",
    "OpenTurn",
    "OpenedEvidence",
    "OpenedTurn",
    "StoredTurn",
    "TurnStore",
    "new_erasure_id",
]

_RECOVER_AT_ONCE = 500
_CLAIMS_AT_ONCE = 64
_NO_SECRET = bytes(32)
"""Stands in the row of a turn whose words are not kept."""

_COLUMNS = "id, user_id, secret, draft, segments, record, reply, log_id, idx, promise, evidence"
_ONE = f"SELECT {_COLUMNS} FROM turns WHERE id = ?"  # noqa: S608 - constant names


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """A turn before its first byte.

    Attributes:
        user_id: Who owns the turn.
        key_id: The API key that asked, empty for a session.
        secret: The turn's secret.
        draft: The record to keep if the process ends first: status ``failed``, a reply of no bytes.
        segments: The prompt, opened, for the owner (clause 7).
        keeps_words: Whether secret and segments, and the reply later, are written at all.
    """

    user_id: str
    key_id: str
    secret: TurnSecret
    draft: Record
    segments: Sequence[Segment] = ()
    keeps_words: bool = True


@dataclass(frozen=True, slots=True)
class FinishedTurn:
    """A turn after its last byte.

    Attributes:
        record: The record as it will be hashed; same id as the draft.
        reply: The bytes that `record.reply` commits to.
        guard: Findings of the guard by category, for the monitor.
        claims: Verdicts on claims by kind, for the monitor.
        evidence: The bytes that `record.evidence` commits to; empty where it commits to none.
        keeps_words: As the turn was opened; without them record and usage are all that is written.
    """

    record: Record
    reply: bytes
    prompt_tokens: int = 0
    completion_tokens: int = 0
    duration_ms: int = 0
    guard: Mapping[str, int] = field(default_factory=dict)
    claims: Mapping[str, int] = field(default_factory=dict)
    evidence: bytes = b""
    keeps_words: bool = True

    @property
    def marks(self) -> str | None:
        """What the monitor reads of it as JSON; None where there is nothing to say."""
        marks = {name: dict(found) for name, found in (("guard", self.guard), ("claims", self.claims)) if found}
        return json.dumps(marks, separators=(",", ":"), sort_keys=True) if marks else None


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A recorded turn.

    Attributes:
        reply: What was delivered; None for a turn that a dead process left.
        evidence: The verdicts on it and what they are about (`verax.turn.evidence`); None where nothing
            was looked for.
        index: The leaf's place in the reply log.
        promise: The signed promise of that leaf.
    """

    turn_id: str
    user_id: str
    secret: TurnSecret
    record: Record
    reply: bytes | None
    log_id: int
    index: int
    promise: bytes
    evidence: bytes | None = None

    @property
    def keeps_words(self) -> bool:
        """Whether prompt, reply and secret were kept; without them the record is all there is."""
        return self.secret.data != _NO_SECRET


@dataclass(frozen=True, slots=True)
class OpenedTurn:
    """Everything an owner may see of the prompt of one of their turns (clause 7)."""

    turn_id: str
    owner_id: str
    prompt: str
    sent: str
    segments: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class OpenedEvidence:
    """The bytes that a turn's record commits to as `evidence`, for its owner."""

    turn_id: str
    owner_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Erasure:
    """The operator's word that turns were erased (clause 14); it cannot prove it.

    Attributes:
        salt: 32 hex digits; with the other fields it gives the leaf's entry.
        index: The leaf's place in the reply log.
    """

    erasure_id: str
    log: str
    count: int
    time_ms: int
    salt: str
    index: int


class TurnStore:
    """Turns in the database, their entries in one reply log.

    Args:
        db: The database that also holds the log's entries.
        replies: The reply log that new turns go to.
        clock: For rows and erase receipts.
        owner: The process that opens turns here, as `recover` names it to `is_alive`.
    """

    def __init__(self, db: Database, replies: ReplyLog, clock: Clock, owner: str = "") -> None:
        self._owner = owner
        self._db = db
        self._replies = replies
        self._clock = clock
        self._owed: list[FinishedTurn] = []

    @property
    def origin(self) -> str:
        """Origin of the reply log that new turns go to."""
        return self._replies.origin

    async def open(self, turn: OpenTurn) -> None:
        """Write the durable open row.

        Raises:
            StoreFull, StorageError, IntegrityError: the turn might not be recorded, so it
                must not begin.
            RequestError: the draft is not one that may stand for a dead process.
        """
        self._replies.check_accepting()
        while self._owed:
            await self.finish(self._owed.pop(0))
        draft = turn.draft
        if draft.status != "failed" or draft.log != self.origin:
            raise RequestError(f"turn {draft.id}: expected a draft with status failed for {self.origin}")
        row = (
            draft.id,
            turn.user_id,
            turn.key_id,
            self._clock.now_ms(),
            turn.secret.data if turn.keeps_words else _NO_SECRET,
            draft.to_bytes(),
            _segment_bytes(turn),
            self._owner,
        )
        sql = (
            "INSERT INTO turns (id, user_id, key_id, opened_ms, secret, draft, segments, owner)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        await self._db.write(lambda tx: tx.execute(sql, row))

    async def reopen(self, turn: OpenTurn) -> None:
        """Replace draft and prompt of a turn that is open and has said nothing.

        Raises:
            ConflictError: the turn is not open.
        """
        values = (turn.draft.to_bytes(), _segment_bytes(turn), turn.draft.id)
        sql = "UPDATE turns SET draft = ?, segments = ? WHERE id = ? AND record IS NULL RETURNING id"
        if not await self._db.write(lambda tx: tx.execute(sql, values)):
            raise ConflictError(f"turn {turn.draft.id}: it is not open, so its prompt cannot be replaced")

    async def finish(self, turn: FinishedTurn) -> str:
        """Make the record durable, queue its entry, and return the signed promise.

        Raises:
            ConflictError: the turn was never opened, or was finished before.
            StoreFull, StorageError, BusyError: the record is owed: no turn opens before it is
                written, and if the process ends first the open row becomes ``failed``.
        """
        try:
            return await self._finish(turn)
        except (StorageError, BusyError):
            self._owed.append(turn)
            raise

    async def recover(self, is_alive: Callable[[str], bool] = lambda _: False) -> int:
        """Record as ``failed`` what dead processes left open; return how many turns.

        One process of an installation calls it at a time.

        Args:
            is_alive: Says whether the process of an open turn still lives; may block.
        """
        owners = await self._db.read(lambda tx: tx.execute("SELECT DISTINCT owner FROM turns WHERE record IS NULL"))
        dead = await asyncio.to_thread(lambda: [owner for (owner,) in owners if not is_alive(owner)])
        total = 0
        for owner in dead:
            while count := await self._db.write(partial(self._recover_some, owner=owner)):
                total += count
                self._replies.notify()
        return total

    async def get(self, turn_id: str) -> StoredTurn:
        """Return a recorded turn, its reply checked against the record.

        Raises:
            UnknownObject: no such turn, or it is still running.
            CorruptStore: the row is not what was recorded.
        """
        row = await self._row(turn_id)
        if row is None or row[5] is None:
            raise _unknown(is_running=row is not None)
        return _stored(row)

    async def opened(self, turn_id: str) -> OpenedTurn:
        """Return the opened segments of a recorded turn; the caller checks who asks.

        Raises:
            UnknownObject: no such turn, or it is still running.
            CorruptStore: the row is not what was recorded.
        """
        row = await self._row(turn_id)
        if row is None or row[5] is None:
            raise _unknown(is_running=row is not None)
        turn = _stored(row)
        if not turn.keeps_words:
            raise UnknownObject("turn: its words were not kept", code="turn/not-kept")
        return OpenedTurn(turn_id, turn.user_id, turn.record.prompt, turn.record.sent, _opened_segments(row[4], turn))

    async def evidence(self, turn_id: str) -> OpenedEvidence:
        """Return what a recorded turn's verdicts are about; the caller checks who asks.

        Raises:
            UnknownObject: no such turn, it is still running, or nothing was looked for in it.
            CorruptStore: the row is not what was recorded.
        """
        turn = await self.get(turn_id)
        if turn.evidence is None:
            raise UnknownObject(
                "evidence: this turn has none",
                hint="its release names no collections, or it ended before they were searched",
                code="turn/no-evidence",
            )
        return OpenedEvidence(turn_id, turn.user_id, turn.evidence)

    async def holds_reply(self, turn_id: str, user_id: str, text: str) -> bool:
        """Say whether this installation holds a commitment to `text` as that turn's reply to that user."""
        return bool(await self.held_replies([(turn_id, text)], user_id))

    async def held_replies(self, claims: Sequence[tuple[str, str]], user_id: str) -> frozenset[tuple[str, str]]:
        """Return those claims, each a turn and a text, for which this installation holds a commitment.

        Many of them cost little more than one: they are looked up and checked together, away
        from the event loop.

        Raises:
            CorruptStore: the row of one of the turns is not what was recorded.
        """

        def check(tx: Tx, some: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
            return [claim for claim in some if _is_held(tx, *claim, user_id)]

        held: set[tuple[str, str]] = set()
        for start in range(0, len(claims), _CLAIMS_AT_ONCE):
            some = claims[start : start + _CLAIMS_AT_ONCE]
            held.update(await self._db.read(partial(check, some=some)))
        return frozenset(held)

    async def ids_of(self, user_id: str) -> list[str]:
        """Return the ids of a user's recorded turns, oldest first."""
        rows = await self._db.read(
            lambda tx: tx.execute(
                "SELECT id FROM turns WHERE user_id = ? AND record IS NOT NULL ORDER BY opened_ms, id", (user_id,)
            )
        )
        return [row[0] for row in rows]

    async def erase(self, turn_ids: Sequence[str], user_id: str) -> Erasure | None:
        """Remove text, record and secret of a user's turns, and log how many (clause 14).

        Ids of other users and of turns still running are left alone; None when nothing was
        left to erase. Safe to call again after a failure.

        Raises:
            BusyError: the rows are gone, but a long read still holds the write-ahead log that
                may have copies; call again.
            StoreFull, StorageError: nothing was erased.
        """
        erasure_id = new_erasure_id()

        def erase(tx: Tx) -> Erasure | None:
            sql = "DELETE FROM turns WHERE id = ? AND user_id = ? AND record IS NOT NULL RETURNING id"
            erased = [turn_id for turn_id in turn_ids if tx.execute(sql, (turn_id, user_id))]
            if not erased:
                return None
            count = len(erased)
            unlink_usage(tx, erased)
            tx.execute_many("DELETE FROM votes WHERE turn_id = ?", [(turn_id,) for turn_id in erased])
            return self._declare(tx, (erasure_id, user_id), count, erase_entry)

        erasure = await self._db.write(erase)
        self._replies.notify()
        await self._db.truncate_wal()
        return erasure

    def declare_profile(self, tx: Tx, erasure_id: str, user_id: str, rows: int) -> None:
        """Log, in the transaction that removes `rows` rows of a child's profile, that it does; then call `declared`."""
        self._declare(tx, (erasure_id, user_id), rows, erase_profile_entry)

    def declared(self) -> None:
        """Say that what was declared in a transaction is durable."""
        self._replies.notify()

    def _declare(
        self, tx: Tx, key: tuple[str, str], count: int, entry: Callable[[str, int, int, bytes], bytes]
    ) -> Erasure:
        time_ms, salt = self._clock.now_ms(), secrets.token_bytes(SALT_BYTES)
        erasure_id, user_id = key
        index = self._replies.queue(tx, entry(self.origin, count, time_ms, salt))
        erasure = Erasure(erasure_id, self.origin, count, time_ms, salt.hex(), index)
        tx.execute(
            "INSERT INTO erasures (id, user_id, receipt, log_id, idx) VALUES (?, ?, ?, ?, ?)",
            (erasure_id, user_id, _erase_fields(erasure), self._replies.log_id, index),
        )
        return erasure

    async def erasure(self, erasure_id: str) -> Erasure:
        """Return an erase receipt.

        Raises:
            UnknownObject: no such erasure.
        """
        rows = await self._db.read(
            lambda tx: tx.execute("SELECT receipt, idx FROM erasures WHERE id = ?", (erasure_id,))
        )
        if not rows:
            raise UnknownObject("erasure: no erasure has this id")
        fields = canonical.decode(rows[0][0])
        return Erasure(erasure_id, fields["log"], fields["count"], fields["time_ms"], fields["salt"], rows[0][1])

    async def _finish(self, turn: FinishedTurn) -> str:
        numbers = (turn.prompt_tokens, turn.completion_tokens, turn.duration_ms)
        reply, *kept = (turn.reply, turn.marks, turn.evidence or None) if turn.keeps_words else (None, None, None)

        def record(tx: Tx) -> bytes:
            # Hashed and signed here, on the database's thread, so that the event loop goes on meanwhile.
            data = turn.record.to_bytes()
            entry = entry_of_bytes(data)
            promise = self._replies.promise(entry)
            index = self._replies.queue(tx, entry)
            rows = tx.execute(
                "UPDATE turns SET record = ?, reply = ?, prompt_tokens = ?, completion_tokens = ?, duration_ms = ?,"
                " log_id = ?, idx = ?, promise = ?, marks = ?, evidence = ? WHERE id = ? AND record IS NULL"
                " RETURNING user_id, key_id",
                (data, reply, *numbers, self._replies.log_id, index, promise, *kept, turn.record.id),
            )
            if not rows:
                raise ConflictError(f"turn {turn.record.id}: it is not open, so it cannot be finished")
            (user_id, key_id), known = rows[0] if turn.keeps_words else ("", ""), turn.record
            record_usage(tx, Usage(known.id, user_id, key_id, known.channel, known.status, *numbers, known.time_ms))
            if not turn.keeps_words:
                unlink_usage(tx, [known.id])
            return promise

        promise = await self._db.write(record)
        self._replies.notify()
        return promise.decode("utf-8")

    def _recover_some(self, tx: Tx, owner: str) -> int:
        # Taking the rows first waits for a commit that a process sent just before it died.
        rows = tx.execute(
            "UPDATE turns SET owner = ? WHERE record IS NULL AND id IN"
            " (SELECT id FROM turns WHERE record IS NULL AND owner = ? LIMIT ?) RETURNING id, draft",
            (self._owner, owner, _RECOVER_AT_ONCE),
        )
        for turn_id, draft in rows:
            record = _parse_record(turn_id, draft)
            entry = entry_of(record)
            index = self._replies.queue(tx, entry)
            tx.execute(
                "UPDATE turns SET record = draft, log_id = ?, idx = ?, promise = ? WHERE id = ?",
                (self._replies.log_id, index, self._replies.promise(entry), turn_id),
            )
        return len(rows)

    async def _row(self, turn_id: str) -> Row | None:
        rows = await self._db.read(lambda tx: tx.execute(_ONE, (turn_id,)))
        return rows[0] if rows else None


def _is_held(tx: Tx, turn_id: str, text: str, user_id: str) -> bool:
    rows = tx.execute(_ONE, (turn_id,))
    if not rows or rows[0][5] is None or rows[0][1] != user_id:
        return False
    turn = _stored(rows[0])
    commit = turn.secret.commit("reply", text.encode("utf-8"))
    return turn.record.reply_form == "text" and hmac.compare_digest(commit, turn.record.reply)


def _segment_bytes(turn: OpenTurn) -> bytes:
    kept = turn.segments if turn.keeps_words else ()
    segments = [{"by": segment.by, "role": segment.role, "text": segment.text} for segment in kept]
    return canonical.encode(segments)


def _stored(row: Row) -> StoredTurn:
    turn_id, user_id, data, _, _, record, reply, log_id, index, promise, evidence = row
    try:
        secret = TurnSecret(data)
    except RecordError:
        raise _changed(turn_id) from None
    if not isinstance(index, int):
        raise _changed(turn_id)
    known = _parse_record(turn_id, record)
    turn = StoredTurn(turn_id, user_id, secret, known, reply, log_id, index, promise, evidence)
    is_own = turn.record.id == turn_id and (not turn.keeps_words or secret.salt("record").hex() == known.salt)
    committed = None if evidence is None else secret.commit("evidence", evidence)
    if not turn.keeps_words:
        if not is_own or reply is not None or evidence is not None:
            raise _changed(turn_id)
        return turn
    if not is_own or (reply is not None and secret.commit("reply", reply) != known.reply):
        raise _changed(turn_id)
    if committed != known.evidence:
        raise _changed(turn_id)
    return turn


def _opened_segments(data: bytes, turn: StoredTurn) -> list[dict[str, Any]]:
    """Return the segments of a row once they give the prompt that was recorded."""
    try:
        segments: list[dict[str, Any]] = canonical.decode(data)
        closed = close_segments([Segment(**segment) for segment in segments], turn.secret)
        if prompt_digest(closed) != turn.record.prompt:
            raise _changed(turn.turn_id)
    except (CanonicalError, RecordError, TypeError):
        raise _changed(turn.turn_id) from None
    return segments


def _parse_record(turn_id: str, data: bytes) -> Record:
    try:
        return Record.from_dict(canonical.decode(data))
    except (CanonicalError, RecordError):
        raise _changed(turn_id) from None


def new_erasure_id() -> str:
    """Return an id for an erase receipt."""
    return secrets.token_hex(16)


def _erase_fields(erasure: Erasure) -> bytes:
    fields: dict[str, canonical.Json] = {"v": 1, "log": erasure.log, "count": erasure.count}
    return canonical.encode({**fields, "time_ms": erasure.time_ms, "salt": erasure.salt})


def _changed(turn_id: str) -> CorruptStore:
    return CorruptStore(
        f"turn {turn_id}: its row in the database is not what was recorded",
        hint="restore the newest backup of the database; the log still commits to the true record",
    )


def _unknown(*, is_running: bool) -> UnknownObject:
    if is_running:
        return UnknownObject("turn: it is still running", hint="ask again when it has ended", code="turn/running")
    return UnknownObject("turn: no turn has this id", hint="ids are 32 hex digits: verax.id of a reply")
