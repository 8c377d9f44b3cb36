"""From the path of a conversation to what the turn path is asked.

* Read from the end, page by page, and no further than the release could read: a conversation
  of 100,000 messages costs what a short one does. The turn path leaves out what does not fit
  (`verax.turn.trim`); lines that were not even read here are counted with them.
* Lines that hold nothing are passed over: erased ones, and answers of turns that delivered
  nothing.
"""

from __future__ import annotations

from typing import Protocol

from verax.kernel.fold import State
from verax.kernel.release import Release
from verax.store.messages import Message, Messages
from verax.turn.events import ToolCall
from verax.turn.request import Caller, InputItem, TurnRequest
from verax.turn.trim import cost_of

__all__ = ["Heads", "read_request"]

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


async def read_request(
    messages: Messages, heads: Heads, caller: Caller, conversation_id: str, leaf_id: str
) -> TurnRequest:
    """Return the request that answers the message `leaf_id`.

    Raises:
        UnknownObject: the conversation or the message is gone.
        RefusedError: nothing answers on its channel.
    """
    page = await messages.path(conversation_id, caller.user_id, leaf_id=leaf_id, limit=_PAGE)
    channel = page.conversation.channel
    room = heads.release(heads.state.serving(channel, caller.user_id).release).model.context_tokens
    newest_first: list[InputItem] = []
    above = page.length
    while room > 0 and len(newest_first) < _MAX_LINES:
        for message in reversed(page.messages):
            above = message.depth
            if _says_something(message):
                newest_first.append(_item(message))
                room -= cost_of(newest_first[-1])
            if room <= 0:
                break
        if above == 0 or room <= 0:
            break
        parent_id = page.messages[0].parent_id
        page = await messages.path(conversation_id, caller.user_id, leaf_id=parent_id, limit=_PAGE)
    return TurnRequest(channel, caller, tuple(reversed(newest_first)), trim=True, older=above)


def _says_something(message: Message) -> bool:
    return message.erased_ms is None and bool(message.text or message.data.get("tool_calls"))


def _item(message: Message) -> InputItem:
    calls = tuple(ToolCall(call["id"], call["name"], call["arguments"]) for call in message.data.get("tool_calls", ()))
    tool_call_id = str(message.data.get("tool_call_id", ""))
    return InputItem(message.role, message.text, calls, tool_call_id, message.turn_id)
