"""One conversation to take along: as JSON with everything, or as Markdown for people.

* JSON holds all branches, how each turn ended and under which release, and the attached files
  as base64. Secrets are not in it: ``/v1/receipts/{id}/secret`` gives them, turn by turn.
* Markdown holds the path that is shown, and the names of files.

Both are read and written page by page, so that memory stays small.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from verax.kernel.errors import UnknownObject
from verax.store.attachments import Attachments, StoredAttachment
from verax.store.messages import Conversation, Message, Messages
from verax.store.messages_rows import ATTACHMENTS
from verax.surfaces.conversations.wire import conversation_object, message_object

__all__ = ["export_json", "export_markdown"]

_PAGE = 500
# A multiple of three bytes is a whole number of base64 groups: the pieces join to one text.
_CUT = 3 * 2**18


async def export_json(messages: Messages, attachments: Attachments, conversation: Conversation) -> AsyncIterator[bytes]:
    """Yield the JSON document, piece by piece."""
    head = conversation_object(conversation, ())
    del head["running"]
    yield b'{"v":1,"conversation":%b,"messages":[' % _dump(head)
    held: dict[str, None] = {}
    comma = b""
    async for message in messages.everything(conversation.conversation_id, conversation.user_id):
        body = message_object(message)
        del body["siblings"]
        yield comma + _dump(body)
        comma = b","
        held |= dict.fromkeys(reference["id"] for reference in message.data.get(ATTACHMENTS, ()))
    yield b'],"attachments":['
    comma = b""
    for attachment_id in held:
        try:
            attachment = await attachments.get(attachment_id, conversation.user_id)
        except UnknownObject:
            continue  # erased while this was written
        async for piece in _attachment(attachments, attachment):
            yield comma + piece
            comma = b""
        comma = b","
    yield b"]}\n"


async def export_markdown(messages: Messages, conversation: Conversation) -> AsyncIterator[bytes]:
    """Yield the Markdown document, piece by piece."""
    title = conversation.title or conversation.conversation_id
    about = f"Conversation `{conversation.conversation_id}` on the channel `{conversation.channel}`."
    yield f"# {' '.join(title.split())}\n\n{about}\n".encode()
    above, length = 0, 1
    while above < length:
        page = await messages.path(
            conversation.conversation_id, conversation.user_id, before=above + _PAGE, limit=_PAGE
        )
        for message in page.messages:
            yield _section(message).encode()
        above, length = above + _PAGE, page.length


async def _attachment(attachments: Attachments, attachment: StoredAttachment) -> AsyncIterator[bytes]:
    head = {**attachment.reference(), "sha256": attachment.digest}
    yield _dump(head)[:-1] + b',"data":"'
    left = b""
    async for part in attachments.data(attachment):
        whole = left + part
        end = len(whole) // _CUT * _CUT
        yield base64.b64encode(whole[:end])
        left = whole[end:]
    yield base64.b64encode(left) + b'"}'


def _section(message: Message) -> str:
    moment = datetime.fromtimestamp(message.created_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [f"\n## {message.role}, {moment}\n"]
    lines += [f"- `{reference['name']}`" for reference in message.data.get(ATTACHMENTS, ())]
    body = message_object(message)
    lines.append("(erased)" if message.erased_ms is not None else message.text)
    if body["turn"] is not None:
        turn = body["turn"]
        lines.append(f"\n> turn `{turn['id']}`, {turn['status']}, release `{turn['release'][:12]}`")
    return "\n".join([*lines, ""])


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
