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
    claims = {
        index: (item.reply_id, item.text)
        for index, item in enumerate(request.items)
        if item.role == "assistant" and item.reply_id
    }
    if not claims:
        return frozenset()
    held = await turns.held_replies(list(claims.values()), request.caller.user_id)
    return frozenset(index for index, claim in claims.items() if claim in held)
