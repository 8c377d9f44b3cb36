"""Step 4, recall: what this installation itself holds that belongs into the prompt.

* An assistant line is believed only where this installation holds the reply commitment of
  that turn for that user (clause 7); every other assistant line is the caller's text.
* Evidence and memory enter here as ``retrieved`` and ``memory`` segments. A release that
  asks for collections is refused by `resolve` in a version that holds none.
"""

from __future__ import annotations

from verax.turn.ports import Turns
from verax.turn.request import TurnRequest

__all__ = ["recall"]


async def recall(request: TurnRequest, turns: Turns) -> frozenset[int]:
    """Return the indices of `request.items` that are replies this installation gave.

    A line with tool calls is looked up by its text alone, as it was committed to.
    """
    held: set[int] = set()
    for index, item in enumerate(request.items):
        if item.role != "assistant" or not item.reply_id:
            continue
        if await turns.holds_reply(item.reply_id, request.caller.user_id, item.text):
            held.add(index)
    return frozenset(held)
