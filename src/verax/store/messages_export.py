"""Everything a person has here, as JSON lines.

Each line is an object with a ``type``: ``export`` first, then ``account``, ``key``,
``settings``, ``session``, ``attachment``, ``attachment_part`` (the bytes of a file, by its
digest), ``conversation``, ``message``, ``response``, ``turn``, ``junior_profile`` and the
other parts of a child's profile (`verax.store.junior.export`), ``usage``, and ``end`` last,
which counts the lines before it: an export without it was cut off. Passwords and credentials
are not in it, because they are not here. Turns carry their secret: it is the owner's, and
opens what the receipts commit to.

Read page by page, so that memory stays small and no long read holds the database's log.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from verax.kernel.errors import CorruptStore, UnknownObject
from verax.store.accounts import Accounts
from verax.store.accounts_settings import AccountSettings
from verax.store.clock import SystemClock
from verax.store.database import Database, Row, SqlValue, Tx
from verax.store.junior.export import export_profile
from verax.store.junior.profiles import Profiles
from verax.store.turns import TurnStore

__all__ = ["export_user"]

_PAGE = 100

# Each of these reads on behind the last row's first columns; the columns' names become the keys.
_CONVERSATION = ("id", "kind", "channel", "title", "created_ms", "updated_ms", "pinned", "archived", "leaf_id")
_ATTACHMENT = ("id", "digest", "name", "kind", "media_type", "size_bytes", "pages", "created_ms")
_MESSAGE = ("branch", "depth", "id", "parent_id", "role", "text", "data", "turn_id", "created_ms", "erased_ms")
_RESPONSE = ("id", "conversation_id", "leaf_id", "previous_id", "turn_id", "body", "created_ms")
_USAGE = ("turn_id", "key_id", "channel", "status", "prompt_tokens", "completion_tokens", "duration_ms", "created_ms")
_SESSION = ("id", "client", "agent", "opened_by", "created_ms", "expires_ms", "last_seen_ms")

_CONVERSATIONS = (
    f"SELECT {', '.join(_CONVERSATION)} FROM conversations WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?"  # noqa: S608 - constant columns
)
_MESSAGES = (
    f"SELECT {', '.join(_MESSAGE)} FROM messages WHERE conversation_id = ? AND (branch, depth) > (?, ?)"  # noqa: S608 - constant columns
    " ORDER BY branch, depth LIMIT ?"
)
_RESPONSES = f"SELECT {', '.join(_RESPONSE)} FROM responses WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?"  # noqa: S608 - constant columns
_ATTACHMENTS = f"SELECT {', '.join(_ATTACHMENT)} FROM attachments WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?"  # noqa: S608 - constant columns
_PARTS = (
    "SELECT digest, part, data FROM attachment_parts WHERE user_id = ? AND (digest, part) > (?, ?)"
    " ORDER BY digest, part LIMIT ?"
)
_USAGE_OF_DAY = f"SELECT {', '.join(_USAGE)} FROM usage WHERE user_id = ? AND day = ? ORDER BY created_ms"  # noqa: S608 - constant columns
_NEXT_DAY = "SELECT min(day) FROM usage WHERE user_id = ? AND day > ?"
_SESSIONS = f"SELECT {', '.join(_SESSION)} FROM sessions WHERE user_id = ? ORDER BY created_ms"  # noqa: S608 - constant columns


async def export_user(
    database: Database, turns: TurnStore, accounts: Accounts, user_id: str, now_ms: int
) -> AsyncIterator[str]:
    """Yield the lines of one person's export, without line ends.

    A turn that is damaged, or erased meanwhile, gives a line with an ``error`` instead.

    Raises:
        UnknownObject: no such account.
    """
    count = 0
    async for entry in _entries(database, turns, accounts, user_id, now_ms):
        count += 1
        yield json.dumps(entry, ensure_ascii=False)
    yield json.dumps({"type": "end", "lines": count})


async def _entries(
    database: Database, turns: TurnStore, accounts: Accounts, user_id: str, now_ms: int
) -> AsyncIterator[dict[str, Any]]:
    user = await accounts.user(user_id)
    yield {"type": "export", "v": 1, "user_id": user.user_id, "time_ms": now_ms}
    yield {"type": "account", **_plain(dataclasses.asdict(user))}
    for key in await accounts.keys(user.user_id):
        yield {"type": "key", **_plain(dataclasses.asdict(key))}
    yield {"type": "settings", **await AccountSettings(database).get(user.user_id)}
    for row in await database.read(partial(Tx.execute, sql=_SESSIONS, params=(user.user_id,))):
        yield {"type": "session", **dict(zip(_SESSION, row, strict=True))}
    async for row in _pages(database, _ATTACHMENTS, user.user_id, ("",)):
        yield {"type": "attachment", **dict(zip(_ATTACHMENT, row, strict=True))}
    async for row in _pages(database, _PARTS, user.user_id, ("", -1), limit=1):
        yield {"type": "attachment_part", "digest": row[0], "part": row[1], "data": _base64(row[2])}
    async for row in _pages(database, _CONVERSATIONS, user.user_id, ("",)):
        yield {"type": "conversation", **dict(zip(_CONVERSATION, row, strict=True))}
        async for message in _pages(database, _MESSAGES, row[0], (-1, -1)):
            yield _message(row[0], message)
    async for row in _pages(database, _RESPONSES, user.user_id, ("",)):
        yield {"type": "response", **dict(zip(_RESPONSE, row, strict=True)), "body": json.loads(row[5])}
    for turn_id in await turns.ids_of(user.user_id):
        yield await _turn(turns, turn_id)
    for profile in await Profiles(database, SystemClock()).listed(user.user_id):
        async for entry in export_profile(database, profile):
            yield {**entry, "type": f"junior_{entry['type']}"}
    async for row in _usage(database, user.user_id):
        yield {"type": "usage", **dict(zip(_USAGE, row, strict=True))}


async def _pages(
    database: Database, sql: str, owner: str, key: Sequence[SqlValue], *, limit: int = _PAGE
) -> AsyncIterator[Row]:
    """Yield all rows of a statement that reads on from a key."""
    rows: list[Row] = [()] * limit
    while len(rows) == limit:
        rows = await database.read(partial(Tx.execute, sql=sql, params=(owner, *key, limit)))
        for row in rows:
            yield row
        key = rows[-1][: len(key)] if rows else key


async def _usage(database: Database, user_id: str) -> AsyncIterator[Row]:
    day = -1
    while True:
        day = (await database.read(partial(Tx.execute, sql=_NEXT_DAY, params=(user_id, day))))[0][0]
        if day is None:
            return
        for row in await database.read(partial(Tx.execute, sql=_USAGE_OF_DAY, params=(user_id, day))):
            yield row


async def _turn(turns: TurnStore, turn_id: str) -> dict[str, Any]:
    try:
        stored, opened = await turns.get(turn_id), await turns.opened(turn_id)
    except (CorruptStore, UnknownObject) as error:
        return {"type": "turn", "id": turn_id, "error": error.reason_code, "message": error.message}
    return {
        "type": "turn",
        "id": turn_id,
        "record": stored.record.to_dict(),
        "secret": stored.secret.data.hex(),
        "promise": stored.promise.decode("utf-8"),
        "reply": None if stored.reply is None else _base64(stored.reply),
        "segments": list(opened.segments),
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _message(conversation_id: str, row: Row) -> dict[str, Any]:
    fields = dict(zip(_MESSAGE, row, strict=True))
    fields["data"] = json.loads(fields["data"]) if fields["data"] else {}
    return {"type": "message", "conversation_id": conversation_id, **fields}


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Write sets as sorted lists, which JSON has."""
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in fields.items()}
