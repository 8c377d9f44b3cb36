"""Erasing: a turn, a conversation, a stored response, a child's profile, or everything a person has (clause 14).

*Life of an erasure.* One transaction writes down the job and hides its subject; from then on
nobody finds it. Then, in batches that let other writers through: the records, secrets and
texts of its turns (`verax.store.turns` logs how many were erased), its messages with the files
that no other message holds, responses and usage. Then the write-ahead log is emptied. Last the
job is removed. `resume`, which a start calls and then a task every minute, finishes the jobs that
a crash, a long read or a turn that still ran left behind; every step may run twice.

What stays: the opaque leaves in the reply log, the erase receipts, and whatever copies people
took. Nothing here can reach a backup.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from verax.kernel.errors import BusyError, UnknownObject, VeraxError
from verax.store import attachments_rows, messages_rows
from verax.store.accounts import Accounts
from verax.store.clock import Clock, SystemClock
from verax.store.collections import Collections
from verax.store.database import Database, Tx
from verax.store.identifiers import new_id
from verax.store.junior.profiles import remove_profile
from verax.store.junior.records import sweep_records
from verax.store.junior.types import RECEIPT_DAYS
from verax.store.responses import delete_response
from verax.store.turns import TurnStore, new_erasure_id

__all__ = ["EraseReport", "Eraser"]

_BATCH = 1_000
_DAY_MS = 86_400_000

# Ids of profiles begin with `child_`; the condition is that of the index.
_CHILDRENS_TURNS = """
SELECT id, user_id FROM turns WHERE substr(user_id, 1, 6) = 'child_' AND opened_ms <= ? AND record IS NOT NULL LIMIT ?
"""

_log = logging.getLogger(__name__)

Kind = Literal["turn", "conversation", "user", "profile"]


@dataclass(frozen=True, slots=True)
class EraseReport:
    """What was erased.

    Attributes:
        turns: Turns whose record, secret and text are gone.
        messages: Messages whose content is gone.
        erasures: Ids of the erase receipts (`verax.store.turns.TurnStore.erasure`).
        is_done: False while something is left that a later `resume` erases.
    """

    turns: int = 0
    messages: int = 0
    erasures: tuple[str, ...] = ()
    is_done: bool = True


@dataclass(frozen=True, slots=True)
class _Job:
    job_id: str
    user_id: str
    kind: Kind
    subject: str


class Eraser:
    """Erases for an installation.

    Args:
        turns: Where records and secrets are.
        accounts: Learns at once that a person's credentials are gone.
        resume_every_s: How often the task looks for jobs that are left.
    """

    def __init__(
        self,
        database: Database,
        turns: TurnStore,
        accounts: Accounts,
        clock: Clock | None = None,
        *,
        resume_every_s: float = 60.0,
    ) -> None:
        self._database = database
        self._turns = turns
        self._accounts = accounts
        self._clock = clock or SystemClock()
        self._resume_every_s = resume_every_s
        self._running: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def turn(self, turn_id: str, user_id: str) -> EraseReport:
        """Erase one turn: reply, question if nothing else answers it, response, record, secret.

        Raises:
            UnknownObject: no such turn of this user.
        """
        now_ms = self._clock.now_ms()

        def hide(tx: Tx) -> tuple[str, int]:
            if not tx.execute("SELECT 1 FROM turns WHERE id = ? AND user_id = ?", (turn_id, user_id)):
                raise UnknownObject("turn: no such turn of this account")
            return turn_id, _hide_turn(tx, turn_id, user_id, now_ms)

        return await self._begin("turn", user_id, hide)

    async def response(self, response_id: str, user_id: str) -> EraseReport:
        """Erase a stored response with its lines and its turn; raises `UnknownObject`."""
        now_ms = self._clock.now_ms()
        return await self._begin("turn", user_id, lambda tx: delete_response(tx, response_id, user_id, now_ms))

    async def conversation(self, conversation_id: str, user_id: str) -> EraseReport:
        """Erase a conversation with all its branches and turns; raises `UnknownObject`."""

        def hide(tx: Tx) -> tuple[str, int]:
            messages_rows.read_conversation(tx, conversation_id, user_id)
            tx.execute("UPDATE conversations SET user_id = '' WHERE id = ?", (conversation_id,))
            return conversation_id, 0

        return await self._begin("conversation", user_id, hide)

    async def profile(self, profile_id: str, user_id: str) -> EraseReport:
        """Erase a child's profile with sessions, use, alerts, log and consents; raises `UnknownObject`.

        All of it goes in one transaction, which also logs the receipt: `erasures` holds its id. Only a turn that
        runs meanwhile is erased when it has ended, with a receipt of its own.
        """
        erasure_id = new_erasure_id()

        def hide(tx: Tx) -> tuple[str, int]:
            rows = remove_profile(tx, profile_id, user_id)
            self._turns.declare_profile(tx, erasure_id, user_id, rows)
            return f"{erasure_id}/{profile_id}", 0

        try:
            return await self._begin("profile", user_id, hide)
        except BusyError:
            # A long read holds deleted rows in the write-ahead log; `resume` empties it. Or nothing was written.
            with contextlib.suppress(UnknownObject):
                await self._turns.erasure(erasure_id)
                return EraseReport(erasures=(erasure_id,), is_done=False)
            raise

    async def user(self, user_id: str) -> EraseReport:
        """Erase a person: account, credentials, conversations, responses, turns and usage.

        A turn that still runs meanwhile is erased by a later `resume`: the report says so.

        Raises:
            UnknownObject: no such account.
            ConflictError: it is the last owner.
        """
        await self._accounts.set_disabled(user_id, True)

        def hide(tx: Tx) -> tuple[str, int]:
            tx.execute("DELETE FROM api_keys WHERE user_id = ?", (user_id,))
            return user_id, 0

        return await self._begin("user", user_id, hide)

    async def resume(self) -> list[EraseReport]:
        """Finish every erasure that was begun and not ended, and that nobody is at; of documents too.

        Of children, what is older than was agreed to goes as well.
        """
        await Collections(self._database, self._clock).sweep()
        await sweep_records(self._database, self._clock.now_ms())
        await self._sweep_childrens_turns()
        rows = await self._database.read(
            lambda tx: tx.execute("SELECT id, user_id, kind, subject FROM erase_jobs ORDER BY id")
        )
        return [await self._run(_Job(*row)) for row in rows if row[0] not in self._running]

    async def waiting(self) -> int:
        """Return the number of erasures that were begun and have not ended."""
        rows = await self._database.read(lambda tx: tx.execute("SELECT count(*) FROM erase_jobs"))
        return int(rows[0][0])

    def start(self) -> None:
        """Start the task that resumes."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._watch(), name="resume erasures")

    async def close(self) -> None:
        """Stop it; what is left is for the next start. Safe to call twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._resume_every_s)
            try:
                await self.resume()
            except VeraxError as error:
                _log.warning("an erasure is put off: %s", error)

    async def _begin(self, kind: Kind, user_id: str, hide: Callable[[Tx], tuple[str, int]]) -> EraseReport:
        """Write down the job and hide its subject in one transaction, then do it.

        Args:
            hide: Returns the job's subject, and how many messages it erased at once.
        """
        now_ms = self._clock.now_ms()
        job_id = new_id("erase", now_ms)

        def begin(tx: Tx) -> tuple[str, int]:
            subject, count = hide(tx)
            tx.execute(
                "INSERT INTO erase_jobs (id, user_id, kind, subject, created_ms) VALUES (?, ?, ?, ?, ?)",
                (job_id, user_id, kind, subject, now_ms),
            )
            return subject, count

        subject, count = await self._database.write(begin)
        report = await self._run(_Job(job_id, user_id, kind, subject))
        return replace(report, messages=report.messages + count)

    async def _run(self, job: _Job) -> EraseReport:
        self._running.add(job.job_id)
        try:
            return await self._carry_out(job)
        finally:
            self._running.discard(job.job_id)

    async def _carry_out(self, job: _Job) -> EraseReport:
        tally = _Tally()
        is_done = True
        if job.kind == "turn":
            await self._erase_turns([job.subject], job.user_id, tally)
        elif job.kind == "conversation":
            await self._erase_conversation(job.subject, job.user_id, tally)
        elif job.kind == "profile":
            is_done = await self._finish_profile(job, tally)
        else:
            is_done = await self._erase_user(job.user_id, tally)
        if is_done:
            await self._database.truncate_wal()
            await self._database.write(lambda tx: tx.execute("DELETE FROM erase_jobs WHERE id = ?", (job.job_id,)))
        return EraseReport(tally.turns, tally.messages, tuple(tally.erasures), is_done)

    async def _erase_turns(self, turn_ids: Sequence[str], user_id: str, tally: _Tally) -> None:
        for start in range(0, len(turn_ids), _BATCH):
            erasure = await self._turns.erase(turn_ids[start : start + _BATCH], user_id)
            if erasure is not None:
                tally.turns += erasure.count
                tally.erasures.append(erasure.erasure_id)

    async def _sweep_childrens_turns(self) -> None:
        """Erase the records of children's turns that are older than was agreed to."""
        until_ms = self._clock.now_ms() - RECEIPT_DAYS * _DAY_MS
        rows = await self._database.read(lambda tx: tx.execute(_CHILDRENS_TURNS, (until_ms, _BATCH)))
        for profile_id in sorted({owner for _, owner in rows}):
            ids = [turn_id for turn_id, owner in rows if owner == profile_id]
            await self._erase_turns(ids, profile_id, _Tally())

    async def _finish_profile(self, job: _Job, tally: _Tally) -> bool:
        """Erase turns that ran while the profile went; False when one still runs."""
        self._turns.declared()
        erasure_id, _, profile_id = job.subject.partition("/")
        tally.erasures.append(erasure_id)
        if not profile_id:
            return True
        await self._erase_turns(await self._turns.ids_of(profile_id), profile_id, tally)
        count = "SELECT 1 FROM turns WHERE user_id = ? LIMIT 1"
        if await self._database.read(lambda tx: tx.execute(count, (profile_id,))):
            return False
        # The job's row must not be the last place that names the profile.
        forget = "UPDATE erase_jobs SET subject = ? WHERE id = ?"
        await self._database.write(lambda tx: tx.execute(forget, (erasure_id, job.job_id)))
        return True

    async def _erase_conversation(self, conversation_id: str, user_id: str, tally: _Tally) -> None:
        select = "SELECT id, turn_id FROM messages WHERE conversation_id = ? LIMIT ?"
        while rows := await self._database.read(lambda tx: tx.execute(select, (conversation_id, _BATCH))):
            await self._erase_turns([turn_id for _, turn_id in rows if turn_id], user_id, tally)
            ids = [(message_id,) for message_id, _ in rows]
            await self._database.write(partial(Tx.execute_many, sql="DELETE FROM messages WHERE id = ?", rows=ids))
            tally.messages += len(ids)
        held = "SELECT DISTINCT attachment_id FROM attachment_uses WHERE conversation_id = ? LIMIT 1"
        while rows := await self._database.read(lambda tx: tx.execute(held, (conversation_id,))):
            await self._database.write(partial(_let_go, conversation_id=conversation_id, attachment_id=rows[0][0]))
        await self._database.write(partial(_delete_conversation, conversation_id=conversation_id))

    async def _erase_user(self, user_id: str, tally: _Tally) -> bool:
        """Erase what is there; False when a turn of this user still runs."""
        await self._erase_turns(await self._turns.ids_of(user_id), user_id, tally)
        select = "SELECT id FROM conversations WHERE user_id = ? LIMIT ?"
        while rows := await self._database.read(lambda tx: tx.execute(select, (user_id, _BATCH))):
            for (conversation_id,) in rows:
                await self._erase_conversation(conversation_id, user_id, tally)

        profiles = "SELECT id FROM junior_profiles WHERE user_id = ?"
        for (profile_id,) in await self._database.read(lambda tx: tx.execute(profiles, (user_id,))):
            await self._erase_turns(await self._turns.ids_of(profile_id), profile_id, tally)

        left = "SELECT id FROM attachments WHERE user_id = ? LIMIT 1"
        while rows := await self._database.read(lambda tx: tx.execute(left, (user_id,))):
            await self._database.write(partial(attachments_rows.drop, attachment_id=rows[0][0]))

        await Collections(self._database, self._clock).delete_of(user_id)

        def finish(tx: Tx) -> bool:
            tx.execute("DELETE FROM attachment_parts WHERE user_id = ?", (user_id,))
            tx.execute("DELETE FROM usage WHERE user_id = ?", (user_id,))
            return not tx.execute("SELECT 1 FROM turns WHERE user_id = ? LIMIT 1", (user_id,))

        if not await self._database.write(finish):
            return False
        # Gone already where a crash came between this step and the end of the job.
        with contextlib.suppress(UnknownObject):
            await self._accounts.remove_user(user_id)
        return True


class _Tally:
    """Counts while a job runs."""

    def __init__(self) -> None:
        self.turns = 0
        self.messages = 0
        self.erasures: list[str] = []


def _hide_turn(tx: Tx, turn_id: str, user_id: str, now_ms: int) -> int:
    """Blank what a turn left in conversations; return how many messages."""
    count = 0
    for (response_id,) in tx.execute("SELECT id FROM responses WHERE turn_id = ? AND user_id = ?", (turn_id, user_id)):
        count += delete_response(tx, response_id, user_id, now_ms)[1]
    replies = [
        row[0]
        for row in tx.execute(
            "SELECT m.id FROM messages m JOIN conversations c ON c.id = m.conversation_id"
            " WHERE m.turn_id = ? AND c.user_id = ?",
            (turn_id, user_id),
        )
    ]
    questions = messages_rows.unanswered_parents(tx, replies)
    messages_rows.blank(tx, [*replies, *questions], now_ms)
    return count + len(replies) + len(questions)


def _let_go(tx: Tx, conversation_id: str, attachment_id: str) -> None:
    """Take an attachment from the messages of a conversation, and remove it where no other holds it."""
    sql = "DELETE FROM attachment_uses WHERE conversation_id = ? AND attachment_id = ?"
    tx.execute(sql, (conversation_id, attachment_id))
    attachments_rows.drop_unused(tx, [attachment_id])


def _delete_conversation(tx: Tx, conversation_id: str) -> None:
    tx.execute("DELETE FROM responses WHERE conversation_id = ?", (conversation_id,))
    tx.execute("DELETE FROM branches WHERE conversation_id = ?", (conversation_id,))
    tx.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))
