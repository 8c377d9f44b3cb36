"""Attachments in rows; each function runs inside a transaction.

An attachment goes when the last message that holds it goes; what it holds goes with the last
attachment of the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from verax.kernel.errors import UnknownObject
from verax.store.database import Tx

__all__ = ["drop", "drop_from_messages", "drop_unused", "hold", "unknown_attachment"]


def hold(tx: Tx, user_id: str, conversation_id: str, message_id: str, attachment_ids: Sequence[str]) -> None:
    """Say that a message holds attachments; raises `UnknownObject` for one that is not this user's."""
    for attachment_id in attachment_ids:
        held = tx.execute(
            "INSERT INTO attachment_uses (attachment_id, message_id, conversation_id)"
            " SELECT id, ?, ? FROM attachments WHERE id = ? AND user_id = ? RETURNING attachment_id",
            (message_id, conversation_id, attachment_id, user_id),
        )
        if not held:
            raise unknown_attachment()


def drop_from_messages(tx: Tx, message_ids: Sequence[str]) -> None:
    """Take attachments from messages, and remove those that no other message holds."""
    for message_id in message_ids:
        sql = "DELETE FROM attachment_uses WHERE message_id = ? RETURNING attachment_id"
        drop_unused(tx, [row[0] for row in tx.execute(sql, (message_id,))])


def drop_unused(tx: Tx, attachment_ids: Sequence[str]) -> None:
    """Remove those attachments that no message holds."""
    for attachment_id in attachment_ids:
        if not tx.execute("SELECT 1 FROM attachment_uses WHERE attachment_id = ? LIMIT 1", (attachment_id,)):
            drop(tx, attachment_id)


def drop(tx: Tx, attachment_id: str) -> None:
    """Remove an attachment, and what it holds where no other one holds the same."""
    for user_id, digest in tx.execute(
        "DELETE FROM attachments WHERE id = ? RETURNING user_id, digest", (attachment_id,)
    ):
        tx.execute("DELETE FROM attachment_uses WHERE attachment_id = ?", (attachment_id,))
        if not tx.execute("SELECT 1 FROM attachments WHERE user_id = ? AND digest = ? LIMIT 1", (user_id, digest)):
            tx.execute("DELETE FROM attachment_parts WHERE user_id = ? AND digest = ?", (user_id, digest))
            tx.execute("DELETE FROM attachment_pages WHERE user_id = ? AND digest = ?", (user_id, digest))


def unknown_attachment() -> UnknownObject:
    """Return the error for an attachment that is not there, or is another user's."""
    return UnknownObject(
        "attachment: no such attachment of this account", hint="attach the file again", param="attachments"
    )
