"""The tree of messages in rows; each function runs inside a transaction.

*Life of a message.* `append_lines` first changes the row of the conversation, which on
PostgreSQL makes every other writer of this conversation wait; then it finds where the parent
ends; then it adds the rows. Two writers who answer the same message both survive: the second
finds the place taken and starts a branch.

Every step uses an index, and none depends on how many messages there are.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from verax.kernel.errors import RequestError, UnknownObject
from verax.store import attachments_rows
from verax.store.database import Row, Tx
from verax.store.identifiers import new_id, new_ids
from verax.store.messages_types import ROLES, Conversation, Line, Message, Page

__all__ = [
    "ATTACHMENTS",
    "CLIENT_ID",
    "append_lines",
    "blank",
    "branch_end",
    "child_of_client",
    "fold",
    "insert_conversation",
    "read_all",
    "read_conversation",
    "read_page",
    "take_conversation",
    "title_of",
    "to_conversation",
    "to_message",
    "unanswered_parents",
    "unknown_conversation",
]

CONVERSATION = (
    "c.id, c.user_id, c.channel, c.title, c.created_ms, c.updated_ms, c.pinned, c.archived, c.leaf_id, c.messages"
)
_ONE = f"SELECT {CONVERSATION} FROM conversations c WHERE c.id = ? AND c.user_id = ?"  # noqa: S608 - constant columns
_ONE_AND_LEAF = f"""
SELECT {CONVERSATION}, m.branch, m.depth FROM conversations c
LEFT JOIN messages m ON m.id = coalesce(?, c.leaf_id) AND m.conversation_id = c.id
WHERE c.id = ? AND c.user_id = ?
"""  # noqa: S608 - constant columns
_PARENT = """
SELECT p.id, p.conversation_id, p.branch, p.depth FROM messages m JOIN messages p ON p.id = m.parent_id
WHERE m.id = ? AND p.role <> 'assistant'
"""
_CHILDREN = """
SELECT id, erased_ms, data FROM messages
WHERE conversation_id = ? AND depth = ? AND branch IN (
    SELECT CAST(? AS bigint)
    UNION ALL
    SELECT number FROM branches WHERE conversation_id = ? AND parent = ? AND starts = ?
)
"""
ATTACHMENTS = "attachments"
"""Where a line's data keeps what it says of the files it holds; each has an ``id``."""

CLIENT_ID = "client_id"
"""Where a line's data keeps the id that a client drew for it, so that a repeated request adds it once."""

_TITLE = 80
_ROOT = -1  # the branch and depth above the first message

# The ranges of a path, newest first, and no more of them than the window needs. Each is cut to
# the window before messages are looked up, so that only those of the window are read. CROSS JOIN
# keeps SQLite from turning the order of the joins round.
_PATH = """
WITH RECURSIVE ranges (number, parent, starts, ends) AS (
    SELECT number, parent, starts, CAST(? AS bigint) FROM branches WHERE conversation_id = ? AND number = ?
    UNION ALL
    SELECT b.number, b.parent, b.starts, r.starts - 1
    FROM ranges r CROSS JOIN branches b
    WHERE b.conversation_id = ? AND b.number = r.parent AND r.starts > ?
), cut (number, parent, starts, low, high) AS (
    SELECT number, parent, starts,
        CASE WHEN starts > ? THEN starts ELSE ? END,
        CASE WHEN ends < ? THEN ends ELSE ? END
    FROM ranges
)
SELECT m.id, m.conversation_id, m.parent_id, m.depth, m.role, m.text, m.data, m.turn_id, m.created_ms, m.erased_ms,
    r.number, r.parent, r.starts
FROM cut r CROSS JOIN messages m
WHERE m.conversation_id = ? AND m.branch = r.number AND m.depth BETWEEN r.low AND r.high
ORDER BY m.depth
"""

_ALL = """
SELECT id, conversation_id, parent_id, depth, role, text, data, turn_id, created_ms, erased_ms, branch FROM messages
WHERE conversation_id = ? AND (branch, depth) > (?, ?) ORDER BY branch, depth LIMIT ?
"""

_FORKS = """
SELECT b.parent, b.starts, m.branch, m.id
FROM branches b CROSS JOIN messages m
WHERE b.conversation_id = ? AND b.starts >= ? AND b.starts < ? AND b.parent IN ({marks})
    AND m.conversation_id = b.conversation_id AND m.depth = b.starts AND m.branch IN (b.number, b.parent)
"""


def fold(text: str) -> str:
    """Return the form in which texts are compared by a search."""
    return unicodedata.normalize("NFKC", text).casefold()


def title_of(text: str) -> str:
    """Return the first line of a message, short enough for a list; empty where nothing can be seen."""
    words = next((line for line in text.splitlines() if line.strip()), "").split()
    title = ""
    for word in words:
        if len(title) + len(word) + 1 > _TITLE:
            return f"{title or word[: _TITLE - 1]}…"
        title = f"{title} {word}" if title else word
    return title


def insert_conversation(tx: Tx, user_id: str, channel: str, title: str, now_ms: int, *, kind: str = "chat") -> str:
    """Add an empty conversation and return its id."""
    conversation_id = new_id("conv", now_ms)
    tx.execute(
        "INSERT INTO conversations (id, user_id, kind, channel, title, folded_title, created_ms, updated_ms, pinned,"
        " archived, leaf_id, branches, messages) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', 0, 0)",
        (conversation_id, user_id, kind, channel, title, fold(title), now_ms, now_ms),
    )
    return conversation_id


def append_lines(
    tx: Tx,
    conversation_id: str,
    user_id: str,
    parent_id: str,
    lines: Sequence[Line],
    now_ms: int,
    *,
    follows: bool = False,
) -> list[Message]:
    """Add a chain of messages below `parent_id` and show it; empty for the root.

    Args:
        follows: Show it only where `parent_id` ends the path that is shown.

    Raises:
        UnknownObject: no such conversation of this user, no such parent in it, or no such
            attachment of this user.
        RequestError: a role that is none, or data that is not JSON.
    """
    ids = new_ids("msg", now_ms, len(lines))
    if not ids:
        return []
    taken = tx.execute(
        "UPDATE conversations SET updated_ms = ?, messages = messages + ?,"
        " leaf_id = CASE WHEN ? = 0 OR leaf_id = ? THEN ? ELSE leaf_id END"
        " WHERE id = ? AND user_id = ? RETURNING branches",
        (now_ms, len(ids), int(follows), parent_id, ids[-1], conversation_id, user_id),
    )
    if not taken:
        raise unknown_conversation()
    branch, depth = _place(tx, conversation_id, parent_id, taken[0][0])
    parents = [parent_id, *ids]
    messages = [
        Message(
            ids[index],
            conversation_id,
            parents[index],
            depth + index,
            line.role,
            line.text,
            line.data,
            line.turn_id,
            now_ms,
        )
        for index, line in enumerate(lines)
    ]
    tx.execute_many(
        "INSERT INTO messages (id, conversation_id, parent_id, branch, depth, role, text, folded, data, turn_id,"
        " created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_to_row(message, branch) for message in messages],
    )
    for message in messages:
        held = [reference["id"] for reference in message.data.get(ATTACHMENTS, ())]
        attachments_rows.hold(tx, user_id, conversation_id, message.message_id, held)
    return messages


def take_conversation(tx: Tx, conversation_id: str, user_id: str) -> None:
    """Make every other writer of this conversation wait until this transaction ends; raises `UnknownObject`."""
    sql = "UPDATE conversations SET branches = branches WHERE id = ? AND user_id = ? RETURNING id"
    if not tx.execute(sql, (conversation_id, user_id)):
        raise unknown_conversation()


def child_of_client(tx: Tx, conversation_id: str, parent_id: str, client_id: str) -> str:
    """Return the child of a message that was added with this `client_id`, empty where there is none."""
    branch, depth = _ROOT, _ROOT
    if parent_id:
        rows = tx.execute(
            "SELECT branch, depth FROM messages WHERE id = ? AND conversation_id = ?", (parent_id, conversation_id)
        )
        if not rows:
            raise _unknown_message()
        branch, depth = rows[0]
    for child_id, _, data in tx.execute(_CHILDREN, _children_of(conversation_id, branch, depth)):
        if data and json.loads(data).get(CLIENT_ID) == client_id:
            return str(child_id)
    return ""


def read_conversation(tx: Tx, conversation_id: str, user_id: str) -> Conversation:
    """Return a conversation of this user; raises `UnknownObject`."""
    rows = tx.execute(_ONE, (conversation_id, user_id))
    if not rows:
        raise unknown_conversation()
    return to_conversation(rows[0])


def read_page(
    tx: Tx, conversation_id: str, user_id: str, *, leaf_id: str | None, before: int | None, limit: int
) -> Page:
    """Return a window of the path that ends in `leaf_id`, in three statements.

    Args:
        leaf_id: None for the path that is shown.
        before: Only messages above this depth; None for the end of the path.
        limit: Messages, at most.

    Raises:
        UnknownObject: no such conversation of this user, or no such leaf in it.
    """
    rows = tx.execute(_ONE_AND_LEAF, (leaf_id, conversation_id, user_id))
    if not rows:
        raise unknown_conversation()
    conversation, branch, end = to_conversation(rows[0]), rows[0][-2], rows[0][-1]
    if end is None:
        if leaf_id is not None:
            raise _unknown_message()
        return Page(conversation, (), 0, has_older=False)
    stop = end + 1 if before is None else max(0, min(before, end + 1))
    first = max(0, stop - limit)
    last = stop - 1
    window = (first, first, last, last)
    found = tx.execute(_PATH, (end, conversation_id, branch, conversation_id, first, *window, conversation_id))
    messages = _with_siblings(tx, conversation_id, found, first, stop)
    return Page(conversation, messages, end + 1, has_older=first > 0)


def read_all(tx: Tx, conversation_id: str, after: tuple[int, int], limit: int) -> list[tuple[tuple[int, int], Message]]:
    """Return messages behind a branch and depth, each with its own branch and depth."""
    rows = tx.execute(_ALL, (conversation_id, *after, limit))
    return [((row[10], row[3]), to_message(row)) for row in rows]


def branch_end(tx: Tx, conversation_id: str, message_id: str) -> str:
    """Return the last message of the branch that a message lies on: where its chain leads by itself."""
    rows = tx.execute(
        "SELECT e.id FROM messages m JOIN messages e ON e.conversation_id = m.conversation_id AND e.branch = m.branch"
        " WHERE m.id = ? AND m.conversation_id = ? ORDER BY e.depth DESC LIMIT 1",
        (message_id, conversation_id),
    )
    if not rows:
        raise _unknown_message()
    return str(rows[0][0])


def blank(tx: Tx, message_ids: Sequence[str], now_ms: int) -> None:
    """Erase the content of messages, the files they alone hold, and titles made of them; their places stay."""
    for message_id in message_ids:
        for text, conversation_id in tx.execute(
            "SELECT text, conversation_id FROM messages WHERE id = ? AND depth = 0", (message_id,)
        ):
            sql = "UPDATE conversations SET title = '', folded_title = '' WHERE id = ? AND title = ?"
            tx.execute(sql, (conversation_id, title_of(text)))
    attachments_rows.drop_from_messages(tx, message_ids)
    tx.execute_many(
        "UPDATE messages SET text = '', folded = '', data = '', turn_id = NULL, erased_ms = ? WHERE id = ?",
        [(now_ms, message_id) for message_id in message_ids],
    )


def unanswered_parents(tx: Tx, message_ids: Sequence[str]) -> list[str]:
    """Return the parents of these messages that have no other child with content left."""
    found = []
    for message_id in message_ids:
        rows = tx.execute(_PARENT, (message_id,))
        if not rows:
            continue
        parent_id, conversation_id, branch, depth = rows[0]
        children = tx.execute(_CHILDREN, _children_of(conversation_id, branch, depth))
        if all(erased_ms is not None or child_id in message_ids for child_id, erased_ms, _ in children):
            found.append(parent_id)
    return found


def to_conversation(row: Row) -> Conversation:
    """Read the columns `CONVERSATION`; more may follow."""
    conversation_id, user_id, channel, title, created_ms, updated_ms, pinned, archived, leaf_id, messages = row[:10]
    return Conversation(
        conversation_id,
        user_id,
        channel,
        title,
        created_ms,
        updated_ms,
        bool(pinned),
        bool(archived),
        leaf_id,
        messages,
    )


def to_message(row: Row) -> Message:
    """Read the first ten columns of a path; more may follow."""
    message_id, conversation_id, parent_id, depth, role, text, data, turn_id, created_ms, erased_ms = row[:10]
    return Message(
        message_id,
        conversation_id,
        parent_id,
        depth,
        role,
        text,
        json.loads(data) if data else {},
        turn_id or "",
        created_ms,
        erased_ms,
    )


def unknown_conversation() -> UnknownObject:
    """Return the error for a conversation that is not there, or is another user's."""
    return UnknownObject("conversation: no such conversation", hint="it may have been deleted")


def _place(tx: Tx, conversation_id: str, parent_id: str, branches: int) -> tuple[int, int]:
    """Return branch and depth for a new child of the parent, on a new branch when the place is taken."""
    if parent_id:
        rows = tx.execute(
            "SELECT p.branch, p.depth, n.id FROM messages p LEFT JOIN messages n"
            " ON n.conversation_id = p.conversation_id AND n.branch = p.branch AND n.depth = p.depth + 1"
            " WHERE p.id = ? AND p.conversation_id = ?",
            (parent_id, conversation_id),
        )
        if not rows:
            raise _unknown_message()
        parent_branch, parent_depth, next_id = rows[0]
        if next_id is None:
            return parent_branch, parent_depth + 1
    else:
        parent_branch, parent_depth = _ROOT, _ROOT
    tx.execute(
        "INSERT INTO branches (conversation_id, number, parent, starts) VALUES (?, ?, ?, ?)",
        (conversation_id, branches, parent_branch, parent_depth + 1),
    )
    tx.execute("UPDATE conversations SET branches = branches + 1 WHERE id = ?", (conversation_id,))
    return branches, parent_depth + 1


def _children_of(conversation_id: str, branch: int, depth: int) -> tuple[str | int, ...]:
    """Return the parameters of `_CHILDREN` for the message at this place."""
    return conversation_id, depth + 1, branch, conversation_id, branch, depth + 1


def _with_siblings(tx: Tx, conversation_id: str, found: Sequence[Row], first: int, stop: int) -> tuple[Message, ...]:
    """Make messages of the rows of a path; one statement finds the siblings of all of them."""
    # The branch that the parent of each message lies on: the message's own, unless it starts it.
    parent_branch = {row[3]: row[11] if row[12] == row[3] else row[10] for row in found}
    branches = sorted(set(parent_branch.values()))
    forks: dict[int, set[tuple[int, str]]] = {row[3]: {(row[10], row[0])} for row in found}
    if branches:
        sql = _FORKS.format(marks=", ".join("?" * len(branches)))
        for parent, depth, branch, message_id in tx.execute(sql, (conversation_id, first, stop, *branches)):
            if parent_branch.get(depth) == parent:
                forks[depth].add((branch, message_id))
    return tuple(
        replace(to_message(row), siblings=tuple(message_id for _, message_id in sorted(forks[row[3]]))) for row in found
    )


def _to_row(message: Message, branch: int) -> tuple[str | int | None, ...]:
    if message.role not in ROLES:
        raise RequestError("message: expected a known role, found another", param="role")
    try:
        data = json.dumps(message.data, ensure_ascii=False, allow_nan=False) if message.data else ""
    except (TypeError, ValueError) as error:
        raise RequestError("message: its data is not JSON", param="data") from error
    return (
        message.message_id,
        message.conversation_id,
        message.parent_id,
        branch,
        message.depth,
        message.role,
        message.text,
        fold(message.text),
        data,
        message.turn_id or None,
        message.created_ms,
    )


def _unknown_message() -> UnknownObject:
    return UnknownObject("message: no such message in this conversation", hint="load the conversation again")
