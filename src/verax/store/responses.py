"""Stored responses of `/v1/responses`: the body as it was sent, and where its conversation stands.

A chain of responses is one conversation, of the kind that no list shows. A response that
continues another appends its lines below that one's leaf; two that continue the same one are
two branches. The history of a response is then a path, read like any other.

Deleting a response takes its own lines with it (their places stay). Responses that continue
it stay, and their history lacks those lines from then on.
"""

from __future__ import annotations

import json

from verax.kernel.errors import ConflictError, RequestError, UnknownObject
from verax.store import messages_rows as rows
from verax.store.clock import Clock, SystemClock
from verax.store.database import Database, Row, Tx
from verax.store.messages_types import Line, Message, StoredResponse

__all__ = ["Responses", "delete_response"]

_BY_ID = (
    "SELECT conversation_id, leaf_id, previous_id, added, turn_id, body FROM responses WHERE id = ? AND user_id = ?"
)
_PAGE = 500


class Responses:
    """All stored responses of an installation."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    async def put(self, response: StoredResponse) -> None:
        """Keep a response.

        Raises:
            UnknownObject: the response that it continues is not there any more.
            ConflictError: its id is taken.
            RequestError: it has no lines.
        """
        now_ms = self._clock.now_ms()
        await self._database.write(lambda tx: _insert(tx, response, now_ms))

    async def get(self, response_id: str, user_id: str) -> StoredResponse:
        """Return a response of this user; raises `UnknownObject`."""

        def read(tx: Tx) -> StoredResponse:
            row = _find(tx, response_id, user_id)
            conversation_id, leaf_id, previous_id, added, turn_id, body = row
            page = rows.read_page(tx, conversation_id, user_id, leaf_id=leaf_id, before=None, limit=added)
            lines = tuple(_line(message) for message in page.messages)
            return StoredResponse(response_id, user_id, previous_id, lines, turn_id, json.loads(body))

        return await self._database.read(read)

    async def history(self, response_id: str, user_id: str) -> list[Line]:
        """Return all lines up to and including a response, oldest first, without erased ones.

        Raises:
            UnknownObject: no such response of this user.
        """

        def read(tx: Tx) -> list[Line]:
            conversation_id, leaf_id = _find(tx, response_id, user_id)[:2]
            newest_first: list[Message] = []
            while leaf_id:
                page = rows.read_page(tx, conversation_id, user_id, leaf_id=leaf_id, before=None, limit=_PAGE)
                newest_first += reversed(page.messages)
                leaf_id = page.messages[0].parent_id if page.has_older else ""
            return [_line(message) for message in reversed(newest_first) if message.erased_ms is None]

        return await self._database.read(read)

    async def delete(self, response_id: str, user_id: str) -> None:
        """Forget a response and the content of its own lines; raises `UnknownObject`.

        The record of its turn is erased by `verax.store.erase`.
        """
        now_ms = self._clock.now_ms()
        await self._database.write(lambda tx: delete_response(tx, response_id, user_id, now_ms))


def delete_response(tx: Tx, response_id: str, user_id: str, now_ms: int) -> tuple[str, int]:
    """Remove a response and blank its lines; return the turn that gave it, and how many lines.

    Raises:
        UnknownObject: no such response of this user.
    """
    conversation_id, leaf_id, _, added, turn_id, _ = _find(tx, response_id, user_id)
    page = rows.read_page(tx, conversation_id, user_id, leaf_id=leaf_id, before=None, limit=added)
    rows.blank(tx, [message.message_id for message in page.messages], now_ms)
    tx.execute("DELETE FROM responses WHERE id = ?", (response_id,))
    if not tx.execute("SELECT 1 FROM responses WHERE conversation_id = ? LIMIT 1", (conversation_id,)):
        tx.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))
    return str(turn_id), len(page.messages)


def _insert(tx: Tx, response: StoredResponse, now_ms: int) -> None:
    if not response.lines:
        raise RequestError(f"response {response.response_id}: expected at least one line")
    if response.previous_id:
        conversation_id, parent_id = _find(tx, response.previous_id, response.user_id)[:2]
    else:
        channel = str(response.body.get("model", ""))
        conversation_id = rows.insert_conversation(tx, response.user_id, channel, "", now_ms, kind="response")
        parent_id = ""
    added = rows.append_lines(tx, conversation_id, response.user_id, parent_id, response.lines, now_ms)
    made = tx.execute(
        "INSERT INTO responses (id, user_id, conversation_id, leaf_id, previous_id, added, turn_id, body, created_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING id",
        (
            response.response_id,
            response.user_id,
            conversation_id,
            added[-1].message_id,
            response.previous_id,
            len(added),
            response.turn_id,
            json.dumps(response.body, ensure_ascii=False, allow_nan=False),
            now_ms,
        ),
    )
    if not made:
        raise ConflictError("response: this id is taken")


def _find(tx: Tx, response_id: str, user_id: str) -> Row:
    found = tx.execute(_BY_ID, (response_id, user_id))
    if not found:
        raise UnknownObject(
            "response: no such response of this account",
            hint="it may have been deleted, or was created with store: false",
        )
    return found[0]


def _line(message: Message) -> Line:
    return Line(message.role, message.text, message.data, message.turn_id)
