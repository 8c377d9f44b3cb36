"""Conversations: append-only trees of messages, and everything a person may do with them.

Example::

    messages = Messages(database)
    chat = await messages.create(user_id, channel="assistant")
    question, = await messages.append(chat, user_id, "", [Line("user", "Who wrote Hamlet?")])
    await messages.append(chat, user_id, question.message_id, [Line("assistant", "…", turn_id=turn)])
    page = await messages.path(chat, user_id)           # the newest messages of the path shown

Rules:

* A message is never changed; editing it or asking again appends a sibling, which starts a
  branch. Only erasing (`verax.store.erase`) takes content away, and leaves the place.
* Every method takes the user and finds only what is theirs.
* Opening a conversation takes three statements and sending takes three, at message ten and
  at message 100,000 (`verax.store.messages_rows`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial

from verax.kernel.errors import RequestError
from verax.store import messages_rows as rows
from verax.store.clock import Clock, SystemClock
from verax.store.database import Database, SqlValue, Tx
from verax.store.messages_search import search
from verax.store.messages_types import Appended, Conversation, Line, Message, Page, SearchHit

__all__ = ["Appended", "Conversation", "Line", "Message", "Messages", "Page", "SearchHit"]

MAX_PAGE = 500
_MAX_TITLE = 200

_LIST = f"""
SELECT {rows.CONVERSATION} FROM conversations c
WHERE c.user_id = ? AND c.kind = 'chat' AND c.archived = ? AND (c.pinned, c.updated_ms, c.id) < (?, ?, ?)
ORDER BY c.pinned DESC, c.updated_ms DESC, c.id DESC LIMIT ?
"""  # noqa: S608 - constant columns
_BEFORE_ALL = (2, 0, "")


class Messages:
    """All conversations of an installation.

    Args:
        database: Where they are kept.
        clock: For the times in rows.
    """

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    async def create(self, user_id: str, *, channel: str, title: str = "") -> str:
        """Begin a conversation and return its id."""
        _check_title(title)
        now_ms = self._clock.now_ms()
        return await self._database.write(lambda tx: rows.insert_conversation(tx, user_id, channel, title, now_ms))

    async def append(
        self, conversation_id: str, user_id: str, parent_id: str, lines: Sequence[Line], *, follows: bool = False
    ) -> list[Message]:
        """Add a chain of messages below a message and show that path.

        Args:
            parent_id: The message that the writer saw last; empty at the beginning. When
                somebody else was faster, both stay, as siblings.
            follows: Show it only where the parent ends the path that is shown: whoever looks
                at another branch meanwhile is left there.

        Raises:
            UnknownObject: no such conversation of this user, or no such parent in it.
        """
        now_ms = self._clock.now_ms()
        return await self._database.write(
            lambda tx: rows.append_lines(tx, conversation_id, user_id, parent_id, lines, now_ms, follows=follows)
        )

    async def append_once(
        self, conversation_id: str, user_id: str, parent_id: str, line: Line, client_id: str
    ) -> Appended:
        """Add one message, unless the parent has a child that was added with the same `client_id`.

        Raises:
            UnknownObject: no such conversation of this user, or no such parent in it.
        """
        now_ms = self._clock.now_ms()

        def add(tx: Tx) -> Appended:
            # On PostgreSQL this makes a second request with the same id wait.
            rows.take_conversation(tx, conversation_id, user_id)
            known = rows.child_of_client(tx, conversation_id, parent_id, client_id)
            if known:
                return Appended(known, is_new=False)
            marked = replace(line, data={**line.data, rows.CLIENT_ID: client_id})
            added = rows.append_lines(tx, conversation_id, user_id, parent_id, [marked], now_ms)
            return Appended(added[0].message_id, is_new=True)

        return await self._database.write(add)

    async def path(
        self,
        conversation_id: str,
        user_id: str,
        *,
        leaf_id: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Page:
        """Return a window of a path: its newest messages, or those above the depth `before`.

        Args:
            leaf_id: The end of the path; None for the one that is shown. The cheapest way to
                the next older window is ``leaf_id=page.messages[0].parent_id``: it costs the
                same however many branches lie below.
            before: For a jump to any place of the path.
            limit: 1 to `MAX_PAGE`.

        Raises:
            UnknownObject: no such conversation of this user, or no such leaf in it.
        """
        _check_limit(limit)
        return await self._database.read(
            lambda tx: rows.read_page(tx, conversation_id, user_id, leaf_id=leaf_id, before=before, limit=limit)
        )

    async def everything(self, conversation_id: str, user_id: str) -> AsyncIterator[Message]:
        """Yield all messages of all branches, branch by branch; without siblings. Raises `UnknownObject`."""
        await self.conversation(conversation_id, user_id)
        key = (-1, -1)
        while True:
            read = partial(rows.read_all, conversation_id=conversation_id, after=key, limit=MAX_PAGE)
            found = await self._database.read(read)
            for place, message in found:
                key = place
                yield message
            if len(found) < MAX_PAGE:
                return

    async def show(self, conversation_id: str, user_id: str, message_id: str, *, to_end: bool = True) -> str:
        """Show the path through a message, to the end of its branch; return that end's id.

        Args:
            to_end: False ends the path at the message itself, where another answer is about to come.
        """

        def choose(tx: Tx) -> str:
            rows.read_conversation(tx, conversation_id, user_id)
            end = rows.branch_end(tx, conversation_id, message_id)
            leaf_id = end if to_end else message_id
            tx.execute("UPDATE conversations SET leaf_id = ? WHERE id = ?", (leaf_id, conversation_id))
            return leaf_id

        return await self._database.write(choose)

    async def conversation(self, conversation_id: str, user_id: str) -> Conversation:
        """Return a conversation without its messages; raises `UnknownObject`."""
        return await self._database.read(lambda tx: rows.read_conversation(tx, conversation_id, user_id))

    async def conversations(
        self, user_id: str, *, archived: bool = False, after: Conversation | None = None, limit: int = 50
    ) -> list[Conversation]:
        """Return conversations, pinned ones first, then the latest; from behind `after` on."""
        _check_limit(limit)
        behind = (int(after.is_pinned), after.updated_ms, after.conversation_id) if after else _BEFORE_ALL
        found = await self._database.read(lambda tx: tx.execute(_LIST, (user_id, int(archived), *behind, limit)))
        return [rows.to_conversation(row) for row in found]

    async def rename(self, conversation_id: str, user_id: str, title: str) -> None:
        """Give a conversation another title, at most 200 characters."""
        _check_title(title)
        sql = "UPDATE conversations SET title = ?, folded_title = ? WHERE id = ? AND user_id = ? RETURNING id"
        await self._change(sql, (title, rows.fold(title), conversation_id, user_id))

    async def pin(self, conversation_id: str, user_id: str, is_pinned: bool) -> None:
        """Keep a conversation on top of the list, or no longer."""
        sql = "UPDATE conversations SET pinned = ? WHERE id = ? AND user_id = ? RETURNING id"
        await self._change(sql, (int(is_pinned), conversation_id, user_id))

    async def archive(self, conversation_id: str, user_id: str, is_archived: bool) -> None:
        """Put a conversation out of the list, or back."""
        sql = "UPDATE conversations SET archived = ? WHERE id = ? AND user_id = ? RETURNING id"
        await self._change(sql, (int(is_archived), conversation_id, user_id))

    async def search(self, user_id: str, words: str, *, limit: int = 50) -> list[SearchHit]:
        """Return what holds all words, titles first, then messages, newest first.

        Case and width do not matter. A word matches inside others, so that scripts without
        spaces work too.
        """
        _check_limit(limit)
        return await self._database.read(lambda tx: search(tx, user_id, words, limit))

    async def _change(self, sql: str, params: Sequence[SqlValue]) -> None:
        def run(tx: Tx) -> None:
            if not tx.execute(sql, params):
                raise rows.unknown_conversation()

        await self._database.write(run)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_PAGE:
        raise RequestError(f"limit: expected 1 to {MAX_PAGE}", param="limit")


def _check_title(title: str) -> None:
    if len(title) > _MAX_TITLE:
        raise RequestError(f"title: expected at most {_MAX_TITLE} characters, found {len(title)}", param="title")
