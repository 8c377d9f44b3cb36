"""From the path of a conversation to what the turn path is asked.

* Read from the end, page by page, and no further than the release could read: a conversation
  of 100,000 messages costs what a short one does. The turn path leaves out what does not fit
  (`verax.turn.trim`); lines that were not even read here are counted with them.
* Lines that hold nothing are passed over: erased ones, and answers of turns that delivered
  nothing.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Protocol

from verax.kernel.fold import State
from verax.kernel.release import Release
from verax.store.attachments import Attachments, StoredAttachment
from verax.store.messages import Message, Messages
from verax.store.messages_rows import ATTACHMENTS
from verax.turn.events import ToolCall
from verax.turn.request import Caller, InputFile, InputItem, TurnRequest
from verax.turn.trim import cost_of

__all__ = ["Heads", "Sources", "read_request", "release_for"]

_PAGE = 50
_MAX_LINES = 2_000


class Heads(Protocol):
    """Which release answers whom."""

    @property
    def state(self) -> State:
        """The state that every turn resolves from."""
        ...

    def release(self, release_id: str) -> Release:
        """Return a release; raises `UnknownObject`."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Where lines and files are, and which release answers."""

    messages: Messages
    attachments: Attachments
    heads: Heads


async def read_request(sources: Sources, caller: Caller, conversation_id: str, leaf_id: str) -> TurnRequest:
    """Return the request that answers the message `leaf_id`.

    Raises:
        UnknownObject: the conversation or the message is gone.
        RefusedError: nothing answers on its channel.
    """
    messages, user_id = sources.messages, caller.user_id
    page = await messages.path(conversation_id, user_id, leaf_id=leaf_id, limit=_PAGE)
    channel = page.conversation.channel
    room = release_for(sources.heads, caller, channel).model.context_tokens
    newest_first: list[InputItem] = []
    above = page.length
    while room > 0 and len(newest_first) < _MAX_LINES:
        for message in reversed(page.messages):
            above = message.depth
            if _says_something(message):
                newest_first.append(await _item(sources.attachments, message, user_id))
                room -= cost_of(newest_first[-1])
            if room <= 0:
                break
        if above == 0 or room <= 0:
            break
        parent_id = page.messages[0].parent_id
        page = await messages.path(conversation_id, user_id, leaf_id=parent_id, limit=_PAGE)
    return TurnRequest(channel, caller, tuple(reversed(newest_first)), trim=True, older=above)


def release_for(heads: Heads, caller: Caller, channel: str) -> Release:
    """Return the release that answers this caller on a channel; raises `RefusedError` where none does."""
    return heads.release(heads.state.serving(channel, caller.user_id).release)


def _says_something(message: Message) -> bool:
    held = message.data.get("tool_calls") or message.data.get(ATTACHMENTS)
    return message.erased_ms is None and bool(message.text or held)


async def _item(attachments: Attachments, message: Message, user_id: str) -> InputItem:
    held = [str(reference["id"]) for reference in message.data.get(ATTACHMENTS, ())]
    found = await attachments.many(held, user_id) if held else []
    files = tuple([await _file(attachments, attachment) for attachment in found])
    calls = tuple(ToolCall(call["id"], call["name"], call["arguments"]) for call in message.data.get("tool_calls", ()))
    tool_call_id = str(message.data.get("tool_call_id", ""))
    return InputItem(message.role, message.text, calls, tool_call_id, message.turn_id, files)


async def _file(attachments: Attachments, attachment: StoredAttachment) -> InputFile:
    image = ""
    if attachment.kind == "image":
        data = b"".join([part async for part in attachments.data(attachment)])
        image = f"data:{attachment.media_type};base64,{base64.b64encode(data).decode('ascii')}"
    pages = await attachments.text(attachment)
    return InputFile(attachment.name, attachment.kind, attachment.digest, pages, image)
