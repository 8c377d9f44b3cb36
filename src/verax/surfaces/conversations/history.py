"""From the path of a conversation to what the turn path is asked.

Lines that hold nothing are left out: erased ones, and answers of turns that delivered nothing.
"""

from __future__ import annotations

from verax.store.messages import Message, Messages
from verax.turn.events import ToolCall
from verax.turn.request import Caller, InputItem, TurnRequest

__all__ = ["read_request"]

_PAGE = 500


async def read_request(messages: Messages, caller: Caller, conversation_id: str, leaf_id: str) -> TurnRequest:
    """Return the request that answers the message `leaf_id`.

    Raises:
        UnknownObject: the conversation or the message is gone.
    """
    page = await messages.path(conversation_id, caller.user_id, leaf_id=leaf_id, limit=_PAGE)
    items = tuple(_item(message) for message in page.messages if _says_something(message))
    return TurnRequest(page.conversation.channel, caller, items)


def _says_something(message: Message) -> bool:
    return message.erased_ms is None and bool(message.text or message.data.get("tool_calls"))


def _item(message: Message) -> InputItem:
    calls = tuple(ToolCall(call["id"], call["name"], call["arguments"]) for call in message.data.get("tool_calls", ()))
    tool_call_id = str(message.data.get("tool_call_id", ""))
    return InputItem(message.role, message.text, calls, tool_call_id, message.turn_id)
