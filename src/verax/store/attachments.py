"""Files that people attach to their messages, kept by their content for each person alone.

*Life of an attachment.* The account's room is checked. The bytes are written in parts, each in a
transaction of its own. One last transaction adds the text and the attachment itself, after it
saw that every part is there: an attachment is there whole or not at all. Sending a message
holds it (in the transaction that adds the message). It goes with the last message that holds it,
by erasing a turn, a conversation or a person; one that no message holds goes after a day, and
parts without an attachment after an hour.

Nothing is shared between people: the same file of two people is there twice, so that what one
erases says nothing about the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from verax.kernel.errors import ConflictError, TooLarge
from verax.store import attachments_rows as rows
from verax.store.clock import Clock
from verax.store.database import Database, Row, Tx
from verax.store.identifiers import new_id

__all__ = ["AttachmentLimits", "Attachments", "NewAttachment", "StoredAttachment"]

_PART_BYTES = 2**20
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_COLUMNS = "id, user_id, digest, name, kind, media_type, size_bytes, pages, characters, notice, created_ms"
_ADD = (
    f"INSERT INTO attachments ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constant columns
    f" RETURNING {_COLUMNS}"
)
_ADD_PART = (
    "INSERT INTO attachment_parts (user_id, digest, part, data, created_ms) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (user_id, digest, part) DO NOTHING"
)
_ORPHANS = """
DELETE FROM attachment_parts WHERE user_id = ? AND created_ms < ? AND NOT EXISTS (
    SELECT 1 FROM attachments a WHERE a.user_id = attachment_parts.user_id AND a.digest = attachment_parts.digest
)
"""


@dataclass(frozen=True, slots=True)
class AttachmentLimits:
    """How much one account may keep.

    Attributes:
        total_bytes: All its attachments together.
        unused: Attachments that no message holds yet.
    """

    total_bytes: int = 2**30
    unused: int = 64


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file before it is stored.

    Attributes:
        pages: Its text, page by page; empty for a picture.
        count: Pages of the document, read or not; None where it has none.
        notice: What will not be read of it; JSON values only.
    """

    name: str
    kind: Literal["text", "pdf", "image"]
    media_type: str
    data: bytes
    pages: Sequence[str] = ()
    count: int | None = None
    characters: int | None = None
    notice: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """A stored attachment without its content."""

    attachment_id: str
    user_id: str
    digest: str
    name: str
    kind: Literal["text", "pdf", "image"]
    media_type: str
    size_bytes: int
    pages: int | None
    characters: int | None
    notice: Mapping[str, Any] | None
    created_ms: int

    def reference(self) -> dict[str, Any]:
        """Return what a message keeps of it."""
        return {
            "id": self.attachment_id,
            "name": self.name,
            "media_type": self.media_type,
            "kind": self.kind,
            "size_bytes": self.size_bytes,
            "pages": self.pages,
            "characters": self.characters,
        }


class Attachments:
    """All attachments of an installation."""

    def __init__(self, database: Database, clock: Clock, limits: AttachmentLimits | None = None) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits or AttachmentLimits()

    async def put(self, user_id: str, new: NewAttachment) -> StoredAttachment:
        """Keep a file.

        Raises:
            TooLarge: the account has no room for it.
            ConflictError: the same bytes were erased meanwhile.
        """
        now_ms, digest = self._clock.now_ms(), hashlib.sha256(new.data).hexdigest()
        await self._database.write(lambda tx: self._make_room(tx, user_id, len(new.data), now_ms))
        parts = range(0, len(new.data), _PART_BYTES)
        for part, start in enumerate(parts):
            row = (user_id, digest, part, new.data[start : start + _PART_BYTES], now_ms)
            await self._database.write(partial(Tx.execute, sql=_ADD_PART, params=row))
        attachment_id = new_id("att", now_ms)
        add = partial(_add, new=new, key=(attachment_id, user_id, digest), parts=len(parts), now_ms=now_ms)
        return _stored(await self._database.write(add))

    async def get(self, attachment_id: str, user_id: str) -> StoredAttachment:
        """Return an attachment of this user; raises `UnknownObject`."""
        return (await self.many([attachment_id], user_id))[0]

    async def many(self, attachment_ids: Sequence[str], user_id: str) -> list[StoredAttachment]:
        """Return attachments of this user, in order; raises `UnknownObject` when one is not there."""
        sql = f"SELECT {_COLUMNS} FROM attachments WHERE id = ? AND user_id = ?"  # noqa: S608 - constant columns

        def read(tx: Tx) -> list[Row]:
            found = []
            for attachment_id in attachment_ids:
                row = tx.execute(sql, (attachment_id, user_id))
                if not row:
                    raise rows.unknown_attachment()
                found += row
            return found

        return [_stored(row) for row in await self._database.read(read)]

    async def text(self, attachment: StoredAttachment) -> tuple[str, ...]:
        """Return what a model reads of it, page by page."""
        sql = "SELECT text FROM attachment_pages WHERE user_id = ? AND digest = ? ORDER BY page"
        found = await self._database.read(lambda tx: tx.execute(sql, (attachment.user_id, attachment.digest)))
        return tuple(row[0] for row in found)

    async def data(self, attachment: StoredAttachment) -> AsyncIterator[bytes]:
        """Yield its bytes, part by part; what was erased meanwhile gives less."""
        sql = "SELECT data FROM attachment_parts WHERE user_id = ? AND digest = ? AND part = ?"
        for part in range(-(-attachment.size_bytes // _PART_BYTES)):
            key = (attachment.user_id, attachment.digest, part)
            found = await self._database.read(partial(Tx.execute, sql=sql, params=key))
            if not found:
                return
            yield bytes(found[0][0])

    async def delete(self, attachment_id: str, user_id: str) -> None:
        """Remove an attachment that no message holds.

        Raises:
            UnknownObject: no such attachment of this user.
            ConflictError: a message holds it.
        """
        await self.get(attachment_id, user_id)

        def remove(tx: Tx) -> None:
            if tx.execute("SELECT 1 FROM attachment_uses WHERE attachment_id = ? LIMIT 1", (attachment_id,)):
                raise ConflictError(
                    "attachment: a message holds it",
                    hint="delete the conversation, or erase the turn that answered the message",
                    code="attachment/in-use",
                )
            rows.drop(tx, attachment_id)

        await self._database.write(remove)
        await self._database.truncate_wal()

    def _make_room(self, tx: Tx, user_id: str, size_bytes: int, now_ms: int) -> None:
        """Remove what nobody sent, then see whether another file fits."""
        unused = tx.execute(
            "SELECT id, created_ms FROM attachments WHERE user_id = ?"
            " AND NOT EXISTS (SELECT 1 FROM attachment_uses u WHERE u.attachment_id = attachments.id)",
            (user_id,),
        )
        old = [attachment_id for attachment_id, created_ms in unused if created_ms < now_ms - _DAY_MS]
        rows.drop_unused(tx, old)
        tx.execute(_ORPHANS, (user_id, now_ms - _HOUR_MS))
        total = tx.execute("SELECT coalesce(sum(size_bytes), 0) FROM attachments WHERE user_id = ?", (user_id,))
        if int(total[0][0]) + size_bytes > self._limits.total_bytes:
            raise TooLarge(
                f"attachments: this account may keep {self._limits.total_bytes} bytes, and they are used up",
                hint="delete conversations that hold files",
                code="attachment/quota",
            )
        if len(unused) - len(old) >= self._limits.unused:
            raise TooLarge(
                f"attachments: {self._limits.unused} files wait to be sent, the most that may",
                hint="send them, or remove some",
                code="attachment/quota",
            )


def _add(tx: Tx, new: NewAttachment, key: tuple[str, str, str], parts: int, now_ms: int) -> Row:
    """Add an attachment `key` (its id, its owner, its digest) whose parts are all there."""
    _, user_id, digest = key
    found = tx.execute("SELECT count(*) FROM attachment_parts WHERE user_id = ? AND digest = ?", (user_id, digest))
    if found[0][0] != parts:
        raise ConflictError("attachment: the same file was erased meanwhile", hint="attach it again")
    tx.execute_many(
        "INSERT INTO attachment_pages (user_id, digest, page, text) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (user_id, digest, page) DO NOTHING",
        [(user_id, digest, number, text) for number, text in enumerate(new.pages)],
    )
    notice = json.dumps(dict(new.notice), ensure_ascii=False) if new.notice else ""
    described = (new.name, new.kind, new.media_type, len(new.data), new.count, new.characters, notice, now_ms)
    return tx.execute(_ADD, (*key, *described))[0]


def _stored(row: Row) -> StoredAttachment:
    attachment_id, user_id, digest, name, kind, media_type, size_bytes, pages, characters, notice, created_ms = row
    kept = json.loads(notice) if notice else None
    return StoredAttachment(
        attachment_id, user_id, digest, name, kind, media_type, size_bytes, pages, characters, kept, created_ms
    )
